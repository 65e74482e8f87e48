"""Who may ask: every refusal for real, through the whole app, none of it reaching a page."""

import pytest
from starlette.testclient import TestClient

from spillover.web.app import desk_app
from spillover.web.desk import Desk
from spillover.web.jobs import Jobs
from spillover.web.pool import Pool
from spillover.web.security import MOST_BYTES, MOST_UPLOAD, Session

BASE = "http://127.0.0.1:4321"


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    return Desk(tmp_path_factory.mktemp("desk")).make()


@pytest.fixture
def session(desk):
    return Session.of(desk.root)


@pytest.fixture
def app(desk, session):
    return desk_app(desk, session, Pool(desk, Jobs(desk.jobs)))


@pytest.fixture
def stranger(app):
    return TestClient(app, base_url=BASE)


@pytest.fixture
def page(app, session):
    """A page of the desk in its browser."""
    client = TestClient(
        app, base_url=BASE, headers={"origin": BASE, "sec-fetch-site": "same-origin"}
    )
    client.cookies.set(session.cookie, session.secret, domain="127.0.0.1")
    return client


def said(answer):
    return answer.json()["message"]


@pytest.mark.parametrize(
    "path",
    ["/", "/desk.json", "/cases/iraq-2024", "/api/jobs", "/api/openapi.json", "/nope"],
)
def test_a_stranger_sees_nothing(stranger, path):
    answer = stranger.get(path)
    assert answer.status_code == 401
    assert said(answer).startswith("this desk does not know you")
    assert "iraq" not in answer.text


def test_the_link_serves_once(app, session):
    token = session.link
    first = TestClient(app, base_url=BASE)
    answer = first.get(f"/?token={token}")
    assert answer.status_code == 200
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert first.get("/").status_code == 200
    assert TestClient(app, base_url=BASE).get(f"/?token={token}").status_code == 401
    assert TestClient(app, base_url=BASE).get("/?token=").status_code == 401


@pytest.mark.parametrize("token", ["wrong", "", "x" * 5000, "\u00e9"])
def test_wrong_tokens(stranger, session, token):
    heads = {"authorization": f"Bearer {token}".encode("latin-1")}
    assert stranger.get("/", headers=heads).status_code == 401
    assert stranger.get(f"/?token={token}").status_code == 401
    stranger.cookies.set(session.cookie, "wrong", domain="127.0.0.1")
    assert stranger.get("/").status_code == 401


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:4321",
        "127.0.0.1.evil.example:4321",
        "",
        "[::2]:4321",
    ],
)
def test_another_name_for_this_machine_is_refused(page, host):
    answer = page.get("/desk.json", headers={"host": host})
    assert answer.status_code == 421
    assert "is not this machine" in said(answer)


@pytest.mark.parametrize("host", ["127.0.0.1:4321", "localhost:4321"])
def test_this_machine_by_its_names(page, host):
    assert (
        page.get(
            "/desk.json", headers={"host": host, "origin": f"http://{host}"}
        ).status_code
        == 200
    )


@pytest.mark.parametrize(
    "heads",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://[127.0.0.1:4321"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_posts_from_elsewhere_are_refused(page, desk, heads):
    answer = page.post(
        "/api/cases/strait-demo/copy", json={"id": "stolen"}, headers=heads
    )
    assert answer.status_code == 403
    assert said(answer).startswith("this request comes from another site")
    assert "stolen" not in [c.id for c in desk.cases()]
    read = page.get("/api/cases/iraq-2024", headers=heads | {"sec-fetch-mode": "cors"})
    assert read.status_code == 403


def test_a_post_without_an_origin_needs_the_token(app, session, desk):
    client = TestClient(app, base_url=BASE)
    client.cookies.set(session.cookie, session.secret, domain="127.0.0.1")
    answer = client.post("/api/cases/strait-demo/copy", json={"id": "mine"})
    assert answer.status_code == 403
    assert "names no origin" in said(answer)
    heads = {"authorization": f"Bearer {session.secret}"}
    assert (
        client.post(
            "/api/cases/strait-demo/copy", json={"id": "mine"}, headers=heads
        ).status_code
        == 201
    )
    desk.remove_case("mine")


@pytest.mark.parametrize("day", ["2031-02-31", "2031-2-3", "2031-02-0x", "tomorrow"])
def test_a_day_that_is_none_is_refused_with_a_word(page, desk, day):
    text = {"files": ("a.txt", b"Two men.")}
    answer = page.post("/api/reports", files=text, data={"published": day})
    words = f'published: "{day}" is no day: write it as 2024-11-01, or leave it out'
    assert (answer.status_code, said(answer)) == (400, words)
    pasted = page.post("/api/reports/text", json={"text": "x", "published": day})
    assert pasted.status_code == 422
    assert said(pasted) == f"This request does not fit: {words}"
    assert list(desk.inbox.iterdir()) == []


def test_what_is_too_large_is_refused_before_it_is_read(page):
    answer = page.post(
        "/api/reports/text",
        content=b"x" * 10,
        headers={
            "content-length": str(MOST_BYTES + 1),
            "content-type": "application/json",
        },
    )
    assert answer.status_code == 413
    assert f"at most {MOST_BYTES:,} bytes" in said(answer)

    for path in ("/api/events", "/api/reports"):
        heads = {
            "content-length": str(MOST_UPLOAD + 1),
            "content-type": "multipart/form-data; boundary=x",
        }
        answer = page.post(path, content=b"x", headers=heads)
        assert answer.status_code == 413
        assert f"at most {MOST_UPLOAD:,} bytes" in said(answer)
    assert (
        page.post(
            "/api/cases", content=b"x", headers={"content-length": "many"}
        ).status_code
        == 413
    )

    def pieces():
        for _ in range(MOST_BYTES // 65536 + 2):
            yield b" " * 65536

    answer = page.post(
        "/api/reports/text",
        content=pieces(),
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/nope",
        "/api/jobs",
        "/static/desk.js",
        "/static/desk.css",
        "/cases/no.json",
    ],
)
def test_every_answer_shuts_everything_out(page, path):
    heads = page.get(path).headers
    policy = heads["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    for never in ("unsafe", "http:", "https:", "*", "blob:"):
        assert never not in policy
    assert heads["x-content-type-options"] == "nosniff"
    assert heads["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "path",
    [
        "/cases/..%2f..%2fsession", "/cases/%2e%2e/session", "/runs/..%2fsession/brief",
        "/static/../session", "/static/%2e%2e/%2e%2e/desk.py", "/static/..%2fapp.py",
        "/runs/x/files/..%2f..%2fsession", "/reports/..%2fverdicts.json", "/cases/a%00b",
        "/cases/iraq-2024%2f..%2f..", "//etc/passwd", "/static//etc/passwd",
    ],
)  # fmt: skip
def test_no_path_leads_out(page, session, path):
    answer = page.get(path)
    assert 400 <= answer.status_code < 500
    assert session.secret not in answer.text
    assert "import" not in answer.text


def test_the_session_is_for_its_owner_alone_and_outlives_a_restart(desk, session):
    assert (desk.root / "session").stat().st_mode & 0o777 == 0o600
    again = Session.of(desk.root)
    assert again.secret == session.secret
    assert again.link != session.link


def test_the_brief_stands_in_a_frame_of_the_desk_without_script(page, desk):
    folder = desk.root / "runs" / "by-hand"
    folder.mkdir(exist_ok=True)
    manifest = '{"case": "x", "generated": "", "origin": "", "draws": 1, "futures_per_draw": 1, "seed": 1, "case_digest": "", "fitted_numbers": []}'
    (folder / "manifest.json").write_text(manifest, "utf-8")
    (folder / "brief.html").write_text("<script>steal()</script>", "utf-8")
    policy = page.get("/runs/by-hand/files/brief.html").headers[
        "content-security-policy"
    ]
    assert "script-src" not in policy
    assert policy.startswith("default-src 'none'")
    assert "sandbox" in policy
    assert page.get("/runs/by-hand/files/manifest.json").status_code == 404
