"""The API against its own description: whatever is sent, no error of the program."""

import io
import zipfile
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from spillover.web.app import desk_app
from spillover.web.desk import Desk
from spillover.web.jobs import Jobs
from spillover.web.pool import Pool
from spillover.web.security import Session
from tests.web.served import Served

pytestmark = pytest.mark.slow
LAW = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    found = Served(tmp_path_factory.mktemp("desk") / "desk")
    yield found
    found.stop()


@pytest.fixture(scope="module")
def client(served):
    return served.client


@pytest.fixture(scope="module")
def run(served):
    """A run, so that ids that lead somewhere are tried too."""
    return served.run()


def operations():
    """Every operation of the description, which needs no desk."""
    desk = Desk(Path("nowhere"))
    app = desk_app(desk, Session("x" * 40), Pool(desk, Jobs(desk.jobs)))
    schema = schemathesis.openapi.from_dict(app.app.openapi())
    return [found.ok() for found in schema.get_all_operations()]


@pytest.mark.parametrize(
    "operation", operations(), ids=lambda o: f"{o.method} {o.path}"
)
def test_whatever_is_sent(operation, served, run):
    """Ids that lead somewhere are put in now and then, or most would end at once."""
    known = {"case": "strait-demo", "run": run, "a": run, "b": run}

    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy(), st.booleans())
    def law(case, real):
        if real and operation.method != "delete":
            for place in (case.path_parameters, case.query):
                for name in set(place or ()) & set(known):
                    place[name] = known[name]
        body = case.body
        if (
            operation.path.endswith("/runs")
            and isinstance(body, dict)
            and "full" in body
        ):
            body |= {"full": False, "draws": 2}  # else chance asks for minutes of work
        heads = {"authorization": f"Bearer {served.token}"}
        answer = case.call(base_url=served.base, headers=heads)
        case.validate_response(answer, checks=LAW)

    law()


def test_a_run_of_one_sample_is_read_by_every_page(served, client):
    """Its simulation error is not known: null, not NaN, which no browser reads."""
    run = served.run(draws=1, futures=1)
    for path in (
        "/work.json",
        "/desk.json",
        f"/runs/{run}.json",
        f"/compare.json?a={run}&b={run}",
    ):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert "NaN" not in answer.text
    for path in (
        "/work",
        "/",
        f"/runs/{run}",
        f"/compare?a={run}&b={run}",
        f"/runs/{run}/brief",
    ):
        assert client.get(path).status_code == 200, path


MALFORMED = {
    "empty": b"",
    "binary": bytes(range(256)) * 40,
    "nul": b"\0" * 5000,
    "half a zip": b"PK\x03\x04" + b"\x00" * 30,
    "pdf": b"%PDF-1.7\n" + b"x" * 500,
    "not utf-8": b"\xff\xfe\x00\xd8" * 100,
    "one long line": b"a" * 300_000,
    "script": b"<html><script>fetch('http://evil.example')</script></html>",
    "csv without rows": b"id,date,source,action,target\n",
    "quotes": b'"' * 2001,
}


def bomb():
    """A zip that unpacks to far more than it is."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("events.csv", b"id,date\n" + b"1,2020-01-01\n" * 400_000)
    return packed.getvalue()


@pytest.mark.parametrize("kind", [*MALFORMED, "bomb"])
@pytest.mark.parametrize("to", ["/api/reports", "/api/events"])
def test_malformed_uploads_are_refused_with_a_reason(client, kind, to):
    data = bomb() if kind == "bomb" else MALFORMED[kind]
    name = "a.txt" if to.endswith("reports") else "a.csv" if kind != "bomb" else "a.zip"
    answer = client.post(to, files={"files": (name, data)})
    assert answer.status_code == 202
    job = answer.json()["id"]
    for line in client.get(f"/api/jobs/{job}/events").iter_lines():
        del line  # followed until it is over
    found = client.get(f"/api/jobs/{job}").json()
    if found["status"] == "failed":
        message = found["error"]["message"]
        assert found["error"]["kind"] == "input", message
        assert "Traceback" not in message
        assert message.strip()
    else:
        assert found["status"] == "done"
    assert client.get("/desk.json").status_code == 200


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b'{"text": 1}', "application/json"),
        (b"[" * 50_000, "application/json"),
        (b"\xff\xfe", "application/json"),
        (
            b"--x\r\nContent-Disposition: form-data; name=files; filename=a\r\n\r\n",
            "multipart/form-data; boundary=x",
        ),
        (b"x", "multipart/form-data"),
        (b"x" * 1000, "multipart/form-data; boundary=" + "y" * 500),
        (b"a=1&b=2", "application/x-www-form-urlencoded"),
    ],
)
@pytest.mark.parametrize(
    "to", ["/api/reports", "/api/reports/text", "/api/events", "/api/cases"]
)
def test_broken_requests(client, to, body, kind):
    answer = client.post(to, content=body, headers={"content-type": kind})
    assert 400 <= answer.status_code < 500
    assert answer.json()["message"]
