"""Alerts sent: file, stdout, webhook, e-mail; each written down before and after.

An alert goes into the outbox before anything is sent, and is marked sent when a channel
took it. What is not marked is sent again at the next look, so after a kill between the
two a receiver on the network may see one twice, always under the same key: the header
``Idempotency-Key`` of a webhook, the Message-ID of a mail. In the file of alerts each
stands exactly once.

Secrets come from the environment: SPILLOVER_WEBHOOK_URL, SPILLOVER_WEBHOOK_TOKEN,
SPILLOVER_SMTP_USER, SPILLOVER_SMTP_PASSWORD. They appear in no message.

Must never import `cli` or the web.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spillover.api.alert_file import Alerts, EMail
from spillover.brief.words import interval, percent
from spillover.errors import InputError, RunError
from spillover.readers.get_fetch import check_secret_way

if TYPE_CHECKING:
    from email.message import EmailMessage

    from spillover.store.watch_folder import WatchFolder

__all__ = ["Patience", "alert_key", "alert_text", "check_channels", "deliver", "queue"]

URL, TOKEN = "SPILLOVER_WEBHOOK_URL", "SPILLOVER_WEBHOOK_TOKEN"
USER, PASSWORD = "SPILLOVER_SMTP_USER", "SPILLOVER_SMTP_PASSWORD"
Alert = Mapping[str, Any]


@dataclass(frozen=True)
class Patience:
    """How often and how long a channel is tried within one look."""

    attempts: int = 4
    base_seconds: float = 1.0
    longest_seconds: float = 20.0
    timeout_seconds: float = 15.0


def alert_key(watch: str, n: int, rule: str, kind: str) -> str:
    """Key of an alert: the same whenever update ``n`` of a watch is made again."""
    text = "\x1f".join((watch, str(n), rule, kind))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def alert_text(a: Alert) -> str:
    """An alert in a sentence or two."""
    word = "ALERT" if a["kind"] == "raised" else "all clear"
    bound = f"at or above {percent(a['above'])}" if a["kind"] == "raised" else f"at or below {percent(a['below'])}"  # fmt: skip
    p = f"{percent(a['p'])} ({interval(a['low'], a['high'])})"
    was = "" if a["before"] is None else f", was {percent(a['before'])}"
    return f"{word}: {a['text']} {a['window']} after {a['origin']}: {p}{was}; the rule says {bound}."


def check_channels(alerts: Alerts) -> None:
    """What the channels need is there.

    Raises
    ------
    InputError
        When a variable of the environment is missing or an address cannot be used.
    """
    if "webhook" in alerts.channels:
        url = os.environ.get(URL, "")
        if not url.startswith(("http://", "https://")):
            msg = f"rules send to a webhook: put its address into the environment, {URL}=https://..."
            raise InputError(msg)
        check_secret_way(url)
    if "email" in alerts.channels and bool(os.environ.get(USER)) != bool(os.environ.get(PASSWORD)):  # fmt: skip
        msg = f"e-mail needs both {USER} and {PASSWORD} in the environment, or neither"
        raise InputError(msg)
    if alerts.email is not None and alerts.email.security == "none":
        local = alerts.email.host in ("localhost", "127.0.0.1", "::1")
        if os.environ.get(PASSWORD) and not local:
            msg = f"email: {alerts.email.host} without security: a password is not sent there. Use  security: starttls"
            raise InputError(msg)


def queue(
    folder: WatchFolder, found: list[Alert], ways: Mapping[str, tuple[str, ...]]
) -> None:
    """Put alerts into the outbox, each once."""
    there = {e.body["alert"]["id"] for e in folder.outbox.entries() if e.kind == "put"}
    folder_items = [
        ("put", {"alert": dict(a), "to": list(ways.get(a["rule"], ("file",)))})
        for a in found
        if a["id"] not in there
    ]
    if folder_items:
        folder.outbox.add(folder_items)


def deliver(
    folder: WatchFolder,
    alerts: Alerts,
    *,
    out: Callable[[str], None],
    patience: Patience | None = None,
) -> tuple[str, ...]:
    """Send what the outbox holds and is not marked sent.

    Parameters
    ----------
    out
        Prints to stdout.
    patience
        Of the network.

    Returns
    -------
    tuple of str
        What could not be sent, in sentences; it stays and is tried again.
    """
    entries = folder.outbox.entries()
    sent = {(e.body["id"], e.body["channel"]) for e in entries if e.kind == "sent"}
    problems: dict[str, int] = {}
    for entry in entries:
        if entry.kind != "put":
            continue
        alert = entry.body["alert"]
        for channel in entry.body["to"]:
            if (alert["id"], channel) in sent:
                continue
            try:
                _send(folder, channel, alert, alerts, out, patience or Patience())
            except (RunError, InputError) as e:
                problems[f"{channel}: {e}"] = problems.get(f"{channel}: {e}", 0) + 1
                continue
            folder.outbox.add([("sent", {"id": alert["id"], "channel": channel})])
    return tuple(
        f"{text} ({n} {'alert waits' if n == 1 else 'alerts wait'} in the outbox and will be tried again)"
        for text, n in problems.items()
    )


def _send(
    folder: WatchFolder, channel: str, alert: Alert, alerts: Alerts,
    out: Callable[[str], None], patience: Patience,
) -> None:  # fmt: skip
    if channel == "file":
        if alert["id"] not in {e.body["id"] for e in folder.alerts.entries()}:
            folder.alerts.add([("alert", alert)])
    elif channel == "stdout":
        out(alert_text(alert))
    elif channel == "webhook":
        _post(alert, patience)
    elif alerts.email is None:
        msg = "the file of rules no longer says where mail goes"
        raise InputError(msg)
    else:
        _mail(alert, alerts.email, patience)


class _Again(Exception):
    """Failed in a way that may pass."""


def _retried(send: Callable[[], None], patience: Patience, what: str) -> None:
    from tenacity import RetryError, Retrying, retry_if_exception_type
    from tenacity.stop import stop_after_attempt
    from tenacity.wait import wait_random_exponential

    retrying = Retrying(
        stop=stop_after_attempt(patience.attempts),
        wait=wait_random_exponential(
            multiplier=patience.base_seconds, max=patience.longest_seconds
        ),
        retry=retry_if_exception_type(_Again),
    )
    try:
        retrying(send)
    except RetryError as e:
        last = e.last_attempt.exception()
        msg = f"{what}, tried {patience.attempts} times: {last}"
        raise RunError(msg) from None


def _post(alert: Alert, patience: Patience) -> None:
    """POST as JSON; the address is shown in no message, it may be a secret."""
    import httpx

    url = os.environ.get(URL, "")
    if not url:
        msg = f"{URL} is not set"
        raise InputError(msg)
    headers = {"Idempotency-Key": alert["id"], "User-Agent": "spillover-watch"}
    if os.environ.get(TOKEN):
        headers["Authorization"] = f"Bearer {os.environ[TOKEN]}"
    body = dict(alert) | {"text_for_people": alert_text(alert), "schema_version": 1}

    def send() -> None:
        try:
            answer = httpx.post(
                url, json=body, headers=headers, timeout=patience.timeout_seconds
            )
        except httpx.TransportError as e:
            name = type(e).__name__
            msg = "no answer in time" if "Timeout" in name else f"the line broke ({name})"  # fmt: skip
            raise _Again(msg) from None
        except (httpx.InvalidURL, httpx.HTTPError) as e:
            msg = f"the address in {URL} cannot be used ({type(e).__name__})"
            raise InputError(msg) from None
        if answer.status_code == 429 or answer.status_code >= 500:
            msg = f"the server answers {answer.status_code}"
            raise _Again(msg)
        if answer.status_code >= 300:
            msg = f"the server refuses it with {answer.status_code}"
            raise RunError(msg)

    _retried(send, patience, "it was not taken")


def mail_of(alert: Alert, mail: EMail) -> EmailMessage:
    """The message, under a Message-ID that is the alert's key."""
    from email.message import EmailMessage
    from email.utils import format_datetime

    message = EmailMessage()
    word = "raised" if alert["kind"] == "raised" else "cleared"
    message["Subject"] = f"[spillover] {alert['case']}: {word}: {alert['question']}"
    message["From"] = mail.sender
    message["To"] = ", ".join(mail.to)
    message["Message-ID"] = f"<{alert['id']}@spillover-watch>"
    message["Date"] = format_datetime(dt.datetime.fromisoformat(alert["time"]))
    message["Auto-Submitted"] = "auto-generated"
    why = "\n".join(alert.get("why", ()))
    message.set_content(f"{alert_text(alert)}\n\n{why}\n\nKey: {alert['id']}\n")
    return message


def _mail(alert: Alert, mail: EMail, patience: Patience) -> None:
    import smtplib
    import ssl

    user, password = os.environ.get(USER, ""), os.environ.get(PASSWORD, "")
    message = mail_of(alert, mail)

    def send() -> None:
        try:
            safe = ssl.create_default_context()
            seconds = patience.timeout_seconds
            made: smtplib.SMTP
            if mail.security == "ssl":
                made = smtplib.SMTP_SSL(mail.host, mail.port, timeout=seconds, context=safe)  # fmt: skip
            else:
                made = smtplib.SMTP(mail.host, mail.port, timeout=seconds)
            with made as smtp:
                if mail.security == "starttls":
                    smtp.starttls(context=safe)
                if user:
                    smtp.login(user, password)
                # One receiver of several refused: the others have it, so it is sent.
                smtp.send_message(message)
        except smtplib.SMTPAuthenticationError:
            msg = f"{mail.host} refuses the user or password of {USER}, {PASSWORD}"
            raise RunError(msg) from None
        except smtplib.SMTPRecipientsRefused as e:
            codes = {code for code, _ in e.recipients.values()}
            msg = f"{mail.host} refuses every receiver ({', '.join(map(str, codes))})"
            raise (_Again if all(c < 500 for c in codes) else RunError)(msg) from None
        except smtplib.SMTPResponseException as e:
            msg = f"{mail.host} answers {e.smtp_code}"
            raise (_Again if e.smtp_code < 500 else RunError)(msg) from None
        except (smtplib.SMTPException, OSError) as e:
            msg = f"{mail.host}: {type(e).__name__}"
            raise _Again(msg) from None

    _retried(send, patience, "it was not taken")
