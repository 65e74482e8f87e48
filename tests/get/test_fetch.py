"""Fetching from a server that misbehaves: the file is whole, or it is not there."""

from __future__ import annotations

import datetime as dt
import email.utils
import gzip
import itertools
import time

import pytest

from spillover.errors import InputError, RunError
from spillover.readers.get_fetch import (
    Absent,
    Policy,
    Refused,
    ask,
    check_secret_way,
    download,
    open_client,
    shown,
)
from tests.get.server import Answer, as_json, md5, serving, zipped

QUICK = Policy(attempts=4, base_seconds=0.01, longest_seconds=0.05, timeout_seconds=2.0)
BODY = bytes(itertools.islice(itertools.cycle(range(251)), 300_000))
TAG = {"ETag": '"one"'}


def fetched(script, tmp_path, *, name="data.bin", policy=QUICK, **options):
    """(the file, the requests) of a fetch from a server that follows ``script``."""
    target = tmp_path / name
    with serving(script) as server, open_client(policy) as client:
        download(client, f"{server.url}/{name}", target, policy=policy, **options)
    assert not list(tmp_path.glob("*.part*"))
    return target, server.requests


def test_a_good_server(tmp_path):
    seen = []
    target, requests = fetched(
        lambda r, k: Answer(BODY, headers=TAG), tmp_path, progress=lambda *a: seen.append(a)
    )  # fmt: skip
    assert target.read_bytes() == BODY
    assert len(requests) == 1
    assert seen[-1] == (len(BODY), len(BODY), "data.bin")


def test_a_cut_line_goes_on_where_it_stopped(tmp_path):
    def script(r, k):
        return Answer(BODY, headers=TAG, cut=100_000 if k < 2 else None)

    target, requests = fetched(script, tmp_path)
    assert target.read_bytes() == BODY
    ranges = [r.headers.get("range") for r in requests]
    assert ranges[0] is None
    assert [r for r in ranges[1:] if r] == ranges[1:]
    assert all(r.headers["if-range"] == '"one"' for r in requests[1:])


def test_many_cuts_are_no_fault_while_it_gets_on(tmp_path):
    """12 cuts, more than the tries in a row: each got further."""
    target, requests = fetched(
        lambda r, k: Answer(BODY, headers=TAG, cut=25_000 if k < 11 else None), tmp_path
    )
    assert target.read_bytes() == BODY
    assert len(requests) > QUICK.attempts + 2


def test_a_server_without_ranges_starts_again(tmp_path):
    def script(r, k):
        return Answer(BODY, headers=TAG, ranges=False, cut=100_000 if k < 2 else None)

    target, requests = fetched(script, tmp_path)
    assert target.read_bytes() == BODY
    assert requests[1].headers["range"].startswith("bytes=")


def test_without_a_tag_or_a_date_it_starts_again(tmp_path):
    target, requests = fetched(
        lambda r, k: Answer(BODY, cut=100_000 if k == 0 else None), tmp_path
    )
    assert target.read_bytes() == BODY
    assert "range" not in requests[1].headers


@pytest.mark.parametrize("headers", [{"ETag": 'W/"x"', "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}, {"Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}])  # fmt: skip
def test_a_date_is_proof_where_the_tag_is_weak(tmp_path, headers):
    target, requests = fetched(
        lambda r, k: Answer(BODY, headers=headers, cut=100_000 if k == 0 else None), tmp_path
    )  # fmt: skip
    assert target.read_bytes() == BODY
    assert requests[1].headers["if-range"] == "Mon, 01 Jan 2024 00:00:00 GMT"


def test_a_changed_file_is_never_glued_to_the_old_one(tmp_path):
    other = BODY[::-1]

    def script(r, k):
        if k == 0:
            return Answer(BODY, headers=TAG, cut=100_000)
        return Answer(other, headers={"ETag": '"two"'})

    target, _ = fetched(script, tmp_path)
    assert target.read_bytes() == other


def test_a_server_that_ignores_if_range_but_shows_another_tag(tmp_path):
    """It sends the end of another file: the tag gives it away."""
    other = BODY[::-1]

    def script(r, k):
        if k == 0:
            return Answer(BODY, headers=TAG, cut=100_000)
        if "range" in r.headers:
            start = int(r.headers["range"][6:-1])
            place = f"bytes {start}-{len(other) - 1}/{len(other)}"
            headers = {"ETag": '"two"', "Content-Range": place}
            return Answer(other[start:], 206, headers)
        return Answer(other, headers={"ETag": '"two"'})

    target, _ = fetched(script, tmp_path)
    assert target.read_bytes() == other


def test_a_range_from_the_wrong_place(tmp_path):
    def script(r, k):
        if k == 0:
            return Answer(BODY, headers=TAG, cut=100_000)
        if "range" in r.headers:
            place = f"bytes 5-{len(BODY) - 1}/{len(BODY)}"
            return Answer(BODY[5:], 206, TAG | {"Content-Range": place})
        return Answer(BODY, headers=TAG)

    target, _ = fetched(script, tmp_path)
    assert target.read_bytes() == BODY


def test_a_part_of_an_earlier_run_is_used(tmp_path):
    once = Policy(attempts=1, base_seconds=0.01)
    target = tmp_path / "data.bin"
    with (
        serving(lambda r, k: Answer(BODY, headers=TAG, cut=120_000 if k < 2 else None)) as server,
        open_client(once) as client,
    ):  # fmt: skip
        url = f"{server.url}/data.bin"
        with pytest.raises(RunError, match="gave up after 1 tries"):
            download(client, url, target, policy=once)
        assert not target.exists()
        had = (tmp_path / "data.bin.part").stat().st_size
        assert had > 0
        download(client, url, target, policy=QUICK)
    assert server.requests[1].headers["range"] == f"bytes={had}-"
    assert target.read_bytes() == BODY


def test_a_part_of_another_address_is_not(tmp_path):
    (tmp_path / "data.bin.part").write_bytes(b"something else")
    (tmp_path / "data.bin.part.json").write_text(
        '{"url": "http://other/", "proof": "x"}'
    )
    target, requests = fetched(lambda r, k: Answer(BODY, headers=TAG), tmp_path)
    assert "range" not in requests[0].headers
    assert target.read_bytes() == BODY


def test_416_with_the_whole_part_is_done(tmp_path):
    (tmp_path / "data.bin.part").write_bytes(BODY)

    def script(r, k):
        if "range" in r.headers:
            return Answer(b"", 416, {"Content-Range": f"bytes */{len(BODY)}"})
        return Answer(BODY, headers=TAG)

    with serving(script) as server, open_client(QUICK) as client:
        url = f"{server.url}/data.bin"
        note = f'{{"url": "{url}", "proof": "\\"one\\""}}'
        (tmp_path / "data.bin.part.json").write_text(note)
        download(client, url, tmp_path / "data.bin", policy=QUICK)
    assert (tmp_path / "data.bin").read_bytes() == BODY
    assert len(server.requests) == 1


def test_what_is_there_and_sound_is_not_fetched(tmp_path):
    (tmp_path / "a.zip").write_bytes(zipped("x"))
    _, requests = fetched(lambda r, k: Answer(zipped("y")), tmp_path, name="a.zip")
    assert requests == []


def test_what_is_there_and_broken_is(tmp_path):
    (tmp_path / "a.zip").write_bytes(zipped("x" * 500)[:200])
    target, _ = fetched(lambda r, k: Answer(zipped("y")), tmp_path, name="a.zip")
    assert target.read_bytes() == zipped("y")


# ---- waiting -------------------------------------------------------------------------


def test_429_waits_as_long_as_it_is_asked(tmp_path):
    times = []

    def script(r, k):
        times.append(time.monotonic())
        return Answer(b"", 429, {"Retry-After": "1"}) if k == 0 else Answer(BODY)

    fetched(script, tmp_path)
    assert times[1] - times[0] >= 1.0


def test_429_with_a_date(tmp_path):
    times = []

    def script(r, k):
        times.append(time.time())
        when = email.utils.format_datetime(
            dt.datetime.fromtimestamp(times[0], dt.UTC) + dt.timedelta(seconds=2)
        )
        return Answer(b"", 429, {"Retry-After": when}) if k == 0 else Answer(BODY)

    fetched(script, tmp_path)
    assert times[1] - times[0] >= 0.9  # a date has whole seconds


def test_a_wait_too_long_is_said_and_not_sat_out(tmp_path):
    with pytest.raises(
        RunError, match=r"asks to wait 7200 s\. Run the same command later"
    ):
        fetched(lambda r, k: Answer(b"", 429, {"Retry-After": "7200"}), tmp_path)


def test_waits_grow_and_differ(tmp_path):
    """Exponential with jitter: mean waits grow, and no two runs wait alike."""
    slow = Policy(attempts=5, base_seconds=0.05, longest_seconds=5.0)
    runs = []
    for _ in range(2):
        times = []

        def script(r, k, times=times):
            times.append(time.monotonic())
            return Answer(b"", 503) if k < 4 else Answer(BODY)

        fetched(script, tmp_path, policy=slow)
        (tmp_path / "data.bin").unlink()
        runs.append([b - a for a, b in itertools.pairwise(times)])
    assert all(w >= 0.025 for run in runs for w in run)
    assert runs[0] != runs[1]
    assert sum(r[2] + r[3] for r in runs) > sum(r[0] for r in runs)


@pytest.mark.parametrize("status", [500, 502, 503, 408])
def test_a_server_in_trouble_is_asked_again(tmp_path, status):
    target, requests = fetched(
        lambda r, k: Answer(b"no", status) if k < 2 else Answer(BODY), tmp_path
    )
    assert target.read_bytes() == BODY
    assert len(requests) == 3


def test_but_not_for_ever(tmp_path):
    with pytest.raises(RunError, match="gave up after 4 tries in a row: answer 500"):
        fetched(lambda r, k: Answer(b"", 500), tmp_path)
    assert not (tmp_path / "data.bin").exists()


def test_silence_is_not_waited_out(tmp_path):
    hasty = Policy(attempts=3, base_seconds=0.01, timeout_seconds=0.3)
    began = time.monotonic()
    target, _ = fetched(
        lambda r, k: Answer(BODY, hang=20.0 if k == 0 else 0.0), tmp_path, policy=hasty
    )
    assert target.read_bytes() == BODY
    assert time.monotonic() - began < 5.0


def test_nobody_there(tmp_path):
    with open_client(QUICK) as client, pytest.raises(RunError, match="gave up"):
        download(client, "http://127.0.0.1:9/x", tmp_path / "x", policy=QUICK)


@pytest.mark.parametrize(("status", "error"), [(404, Absent), (410, Absent), (401, Refused), (403, Refused), (400, RunError)])  # fmt: skip
def test_a_plain_no_is_taken_at_once(tmp_path, status, error):
    with serving(lambda r, k: Answer(b"", status)) as server:  # noqa: SIM117
        with open_client(QUICK) as client:
            with pytest.raises(error):
                download(client, f"{server.url}/x", tmp_path / "x", policy=QUICK)
    assert len(server.requests) == 1
    assert not list(tmp_path.iterdir())


# ---- bodies --------------------------------------------------------------------------


def test_a_truncated_archive_without_a_length(tmp_path):
    whole = zipped("text" * 5000)

    def script(r, k):
        return Answer(whole, length=False, cut=5000 if k == 0 else None)

    target, requests = fetched(script, tmp_path, name="a.zip")
    assert target.read_bytes() == whole
    assert len(requests) == 2


def test_an_archive_with_a_wrong_checksum_inside(tmp_path):
    whole = zipped("text" * 5000)
    bad = bytearray(whole)
    bad[2000] ^= 1

    target, requests = fetched(
        lambda r, k: Answer(bytes(bad) if k == 0 else whole), tmp_path, name="a.zip"
    )
    assert target.read_bytes() == whole
    assert len(requests) == 2


def test_a_truncated_gzip(tmp_path):
    whole = gzip.compress(b"text" * 5000, mtime=0)
    target, _ = fetched(
        lambda r, k: Answer(whole, length=False, cut=40 if k == 0 else None),
        tmp_path,
        name="a.csv.gz",
    )
    assert target.read_bytes() == whole


def test_a_page_of_words_instead_of_an_archive(tmp_path):
    with pytest.raises(RunError, match="it is no whole zip archive"):
        fetched(lambda r, k: Answer(b"<html>busy</html>"), tmp_path, name="a.zip")
    assert not (tmp_path / "a.zip").exists()


def test_a_wrong_checksum_of_the_list_is_done_again(tmp_path):
    good, bad = zipped("good"), zipped("evil")
    target, requests = fetched(
        lambda r, k: Answer(bad if k == 0 else good),
        tmp_path,
        name="a.zip",
        md5=md5(good),
        size=len(good),
    )
    assert target.read_bytes() == good
    assert len(requests) == 2


def test_a_packed_body_is_unpacked(tmp_path):
    packed = gzip.compress(BODY)
    target, _ = fetched(
        lambda r, k: Answer(packed, headers=TAG | {"Content-Encoding": "gzip"}),
        tmp_path,
    )
    assert target.read_bytes() == BODY


# ---- answers and secrets -------------------------------------------------------------


def test_json_is_asked_for_again_when_it_is_broken():
    def script(r, k):
        return Answer(b'{"a":') if k == 0 else as_json({"a": 1})

    with serving(script) as server, open_client(QUICK) as client:
        assert ask(client, f"{server.url}/x", policy=QUICK) == {"a": 1}


def test_a_login_is_not_sent_elsewhere():
    def script(r, k):
        return Answer(b"", 302, {"Location": "http://elsewhere.example/steal?x=1"})

    with (
        serving(script) as server,
        open_client(QUICK, headers={"x-ucdp-access-token": "secret"}) as client,
        pytest.raises(
            RunError, match=r"moved to http://elsewhere\.example/steal; a login"
        ),
    ):
        ask(client, f"{server.url}/x", policy=QUICK)
    assert len(server.requests) == 1


def test_a_secret_travels_encrypted():
    check_secret_way("https://acleddata.com")
    check_secret_way("http://127.0.0.1:8000")
    with pytest.raises(InputError, match="not encrypted"):
        check_secret_way("http://acleddata.com")


def test_an_address_is_shown_without_what_may_be_secret():
    assert shown("https://me:pw@host:8/a/b?key=secret#x") == "https://host:8/a/b"
