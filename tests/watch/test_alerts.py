"""Alerts reach every channel, once, over bad lines and across kills."""

import contextlib
import json
import socket

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from spillover.api import alerts as sending
from spillover.api.alert_file import read_alerts
from spillover.errors import CaseError, InputError
from spillover.store import ledger, watch_folder
from tests.watch.conftest import STRIKE, write
from tests.watch.misbehaving import hook

QUESTIONS = {
    "strike-on-arland@30 days": ("strike-on-arland", "within 30 days"),
    "strike-on-arland@90 days": ("strike-on-arland", "within 90 days"),
    "council-breaks@90 days": ("council-breaks", "within 90 days"),
}
LOW = "{outcome: strike-on-arland, window: 90 days, above: 5 %, below: 1 %}"


@pytest.fixture
def rules(tmp_path):
    def put(to="[file, stdout]", rule=LOW, more=""):
        path = tmp_path / "rules.yaml"
        path.write_text(f"to: {to}\nalerts:\n  - {rule}\n{more}")
        return path

    return put


def lines(path):
    return [json.loads(x) for x in path.read_text().splitlines()] if path.exists() else []  # fmt: skip


# ---- the file of rules ----------------------------------------------------------


def test_rules_are_read(rules):
    got = read_alerts(rules(), QUESTIONS)
    (rule,) = got.rules
    assert (rule.question, rule.above, rule.below) == ("strike-on-arland@90 days", 0.05, 0.01)  # fmt: skip
    assert got.to == (("file", "stdout"),)
    only = "{outcome: council-breaks, above: 0.2, below: 0.1, least_rise: 3 %}"
    assert read_alerts(rules(rule=only), QUESTIONS).rules[0].least_rise == 0.03


def test_every_fault_of_the_rules_is_told_at_once(tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text(
        "to: [fax]\n"
        "alert_rules: 1\n"
        "alerts:\n"
        "  - {outcome: strike-on-arlan, window: 30 days, above: 20 %, below: 10 %}\n"
        "  - {outcome: strike-on-arland, window: 31 days, above: 20 %, below: 10 %}\n"
        "  - {outcome: strike-on-arland, above: 20 %, below: 10 %}\n"
        "  - {outcome: council-breaks, above: 10 %, below: 20 %}\n"
        "  - {outcome: council-breaks, above: much, below: 2}\n"
        "  - {outcome: council-breaks}\n"
        "  - {outcome: council-breaks, above: 20 %, below: 10 %, belo: 3, to: email}\n"
        "email: {host: mail.example, from: nobody, to: [a@b], security: tls}\n"
    )
    with pytest.raises(CaseError) as e:
        read_alerts(path, QUESTIONS)
    assert str(e.value).splitlines() == [
        'rules.yaml:2:1: alert_rules: unknown key "alert_rules". Expected one of to, alerts, email. Did you mean "alerts"?',
        'rules.yaml:1:1: to: "fax" is no channel. Expected one of file, stdout, webhook, email.',
        'rules.yaml:4:6: alerts.1.outcome: unknown outcome "strike-on-arlan". Expected one of council-breaks, strike-on-arland, which ask yes or no. Did you mean "strike-on-arland"?',
        'rules.yaml:5:33: alerts.2.window: strike-on-arland has no window "31 days". Expected one of 30 days, 90 days.',
        "rules.yaml:6:5: alerts.3.window: strike-on-arland has several windows. Expected one of 30 days, 90 days.",
        "rules.yaml:7:44: alerts.4.below: below (0.2) is not under above (0.1). Expected a lower chance, so that an alert does not flicker.",
        'rules.yaml:8:31: alerts.5.above: "much" is no chance. Expected such as 20 % or 0.2.',
        'rules.yaml:8:44: alerts.5.below: "2" is no chance. Expected such as 20 % or 0.2.',
        'rules.yaml:9:5: alerts.6: "above" is missing. Expected a chance such as above: 20 %.',
        'rules.yaml:9:5: alerts.6: "below" is missing. Expected a lower chance such as below: 12 %.',
        'rules.yaml:10:57: alerts.7.belo: unknown key "belo". Expected one of id, outcome, window, above, below, least_rise, to. Did you mean "below"?',
        'rules.yaml:7:5: alerts.4: two rules are called "council-breaks@90 days". Give each an id.',
        'rules.yaml:8:5: alerts.5: two rules are called "council-breaks@90 days". Give each an id.',
        'rules.yaml:10:5: alerts.7: two rules are called "council-breaks@90 days". Give each an id.',
        'rules.yaml:11:54: email.security: "tls" is no way to secure mail. Expected one of starttls, ssl, none.',
    ]  # fmt: skip


def test_what_a_channel_needs_is_asked_for_before_the_work(rules, look, monkeypatch):
    monkeypatch.delenv(sending.URL, raising=False)
    with pytest.raises(InputError, match="SPILLOVER_WEBHOOK_URL=https"):
        look(1, alerts=rules("webhook"))
    monkeypatch.setenv(sending.URL, "http://example.org/hook?secret=s3cret")
    with pytest.raises(InputError, match="is not encrypted") as e:
        look(1, alerts=rules("webhook"))
    assert "s3cret" not in str(e.value)
    with pytest.raises(CaseError, match="nothing says where to"):
        look(1, alerts=rules("email"))


# ---- raised, cleared, once ------------------------------------------------------


def test_an_alert_is_raised_once_and_stands_in_file_and_stdout(look, rules, watching):
    said = []
    for n in (1, 1, 2, 3):
        look(n, said, alerts=rules())
    assert len(said) == 1
    assert said[0].startswith("ALERT: Does Westmark strike on Arland's soil? within 90 days after 2031-03-02: ")  # fmt: skip
    (line,) = lines(watching().folder.alerts.path)
    assert line["body"]["kind"] == "raised"
    assert line["body"]["why"] == ["The watch begins at 2031-03-02."]


# ---- the webhook ----------------------------------------------------------------


def test_a_misbehaving_webhook_gets_each_alert_under_one_key(
    look, rules, watching, monkeypatch
):
    """Errors, silence, resets: tried again in the look; what is left, at the next."""
    script = ["500", "hang", "reset", "503", "429", "ok"]
    with hook(script) as server:
        monkeypatch.setenv(sending.URL, server.url)
        monkeypatch.setenv(sending.TOKEN, "t0ken")
        first = look(1, alerts=rules("[webhook, file]"))
        assert server.taken == []
        (problem,) = first.problems
        assert problem == "webhook: it was not taken, tried 3 times: the line broke (ReadError) (1 alert waits in the outbox and will be tried again)"  # fmt: skip
        second = look(1, alerts=rules("[webhook, file]"))
        assert second.update is None
        assert second.problems == ()
        assert server.asked == script
        look(2, alerts=rules("[webhook, file]"))
    ((key, body),) = server.taken
    (kept,) = lines(watching().folder.alerts.path)
    assert key == body["id"] == kept["body"]["id"]
    assert server.headers[0]["Authorization"] == "Bearer t0ken"
    for path in watching().folder.path.rglob("*.json*"):
        assert "s3cret" not in path.read_text()
        assert "t0ken" not in path.read_text()


def test_taken_and_then_reset_is_sent_again_under_the_same_key(
    look, rules, monkeypatch
):
    with hook(["taken-reset", "ok"]) as server:
        monkeypatch.setenv(sending.URL, server.url)
        look(1, alerts=rules("webhook"))
    assert len(server.taken) == 2
    assert len({key for key, _ in server.taken}) == 1


def test_a_refusal_is_not_repeated_within_a_look(look, rules, monkeypatch):
    with hook(["400", "ok"]) as server:
        monkeypatch.setenv(sending.URL, server.url)
        report = look(1, alerts=rules("webhook"))
        assert server.asked == ["400"]
        assert report.problems == ("webhook: the server refuses it with 400 (1 alert waits in the outbox and will be tried again)",)  # fmt: skip
        assert look(1, alerts=rules("webhook")).problems == ()


# ---- e-mail ---------------------------------------------------------------------


class Box:
    """A real SMTP server's handler: says no as often as told, then keeps the mail."""

    def __init__(self, no=()):
        self.no, self.mails = list(no), []

    async def handle_DATA(self, server, session, envelope):
        if self.no:
            return self.no.pop(0)
        self.mails.append(envelope.content.decode())
        return "250 taken"


@pytest.fixture
def smtp(rules):
    made = []

    def serve(no=(), **more):
        box = Box(no)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        controller = Controller(box, hostname="127.0.0.1", port=port, **more)
        controller.start()
        made.append(controller)
        mail = f"email: {{host: 127.0.0.1, port: {port}, security: none, from: watch@example.org, to: [desk@example.org, duty@example.org]}}\n"
        return box, rules("email", more=mail)

    yield serve
    for controller in made:
        controller.stop()


def test_mail_arrives_under_the_key_of_the_alert(look, smtp, watching):
    box, rules = smtp(no=["451 later", "421 later"])
    assert look(1, alerts=rules).problems == ()
    look(2, alerts=rules)
    (mail,) = box.mails
    (put,) = [x for x in lines(watching().folder.outbox.path) if x["kind"] == "put"]
    key = put["body"]["alert"]["id"]
    assert f"Message-ID: <{key}@spillover-watch>" in mail
    assert "Subject: [spillover] strait-demo: raised: strike-on-arland@90 days" in mail
    assert "To: desk@example.org, duty@example.org" in mail


def test_a_mail_that_is_refused_waits(look, smtp):
    box, rules = smtp(no=["554 no"])
    report = look(1, alerts=rules)
    assert report.problems == ("email: 127.0.0.1 answers 554 (1 alert waits in the outbox and will be tried again)",)  # fmt: skip
    assert look(1, alerts=rules).problems == ()
    assert len(box.mails) == 1


def test_the_password_comes_from_the_environment(look, smtp, monkeypatch, watching):
    seen = []

    def check(server, session, envelope, mechanism, data):
        seen.append((data.login.decode(), data.password.decode()))
        good = data.password == b"s3cret"
        return AuthResult(success=good, handled=good)

    box, rules = smtp(authenticator=check, auth_require_tls=False)
    monkeypatch.setenv(sending.USER, "me")
    monkeypatch.setenv(sending.PASSWORD, "wrong")
    report = look(1, alerts=rules)
    assert "refuses the user or password" in report.problems[0]
    monkeypatch.setenv(sending.PASSWORD, "s3cret")
    assert look(1, alerts=rules).problems == ()
    assert len(box.mails) == 1
    assert ("me", "s3cret") in seen
    for path in watching().folder.path.rglob("*.json*"):
        assert "s3cret" not in path.read_text()


# ---- killed at any point --------------------------------------------------------


class Killed(BaseException):
    """As if the process had gone: nothing catches it, nothing is cleaned up."""


def interrupted(monkeypatch, at, after):
    """Kill before (or after) the ``at``-th thing that is written or sent."""
    count = [0]

    def wrap(owner, name):
        real = getattr(owner, name)

        def counted(*args, **more):
            count[0] += 1
            mine = count[0]
            if mine == at and not after:
                raise Killed
            found = real(*args, **more)
            if mine == at:
                raise Killed
            return found

        monkeypatch.setattr(owner, name, counted)

    wrap(ledger.Ledger, "add")
    wrap(watch_folder, "write_folder")
    wrap(watch_folder.shutil, "rmtree")
    wrap(sending, "_post")
    from spillover.api import watch, watch_files

    wrap(watch_files, "write_json")
    wrap(watch, "write_text")
    return count


@pytest.mark.slow
def test_killed_at_every_write_nothing_is_lost_and_nothing_alerts_twice(
    watching, rules, monkeypatch, incoming
):
    """A look, killed at its k-th write, then run again: the same line, one alert each."""
    path = rules("[file, webhook]")

    def look_in(out, n):
        from tests.watch.conftest import day

        watch = watching(out=out, alerts=path, draws=8, futures=2)
        with watch.folder.locked():
            return watch.look(today=day(n), out=lambda _: None)

    with hook(["ok"]) as server:
        monkeypatch.setenv(sending.URL, server.url)
        k = 0
        reached = True
        while reached:
            k += 1
            for after in (False, True):
                out = f"w{k}-{after}"
                for old in incoming.iterdir():
                    old.unlink()
                write(incoming, "a.csv", [("a1", 0, *STRIKE)])
                server.taken.clear()
                with monkeypatch.context() as m:
                    count = interrupted(m, k, after)
                    with contextlib.suppress(Killed):
                        look_in(out, 2)
                    reached = count[0] >= k
                look_in(out, 2)
                look_in(out, 2)
                folder = watching(out=out).folder
                updates = [e for e in folder.line.entries() if e.kind == "update"]
                assert [u.body["n"] for u in updates] == [1], (k, after)
                assert updates[0].body["known_events"] == 1
                alert = updates[0].body["alerts"][0]["id"]
                assert [e.body["id"] for e in folder.alerts.entries()] == [alert]
                keys = [key for key, _ in server.taken]
                assert set(keys) == {alert}, (k, after)
                assert len(keys) <= 2  # killed between sending and marking: twice
                states = [p.name for p in (folder.path / "states").iterdir()]
                assert states == ["000001"]
        assert k > 8
