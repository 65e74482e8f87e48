"""The desk in a real browser: the whole job, by keyboard too; nothing asked of another host."""

import datetime as dt
import os
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.browser import running_browser
from tests.web.served import Served

pytestmark = pytest.mark.browser

REPORT = Path(__file__).parent.parent / "reports" / "own" / "baghdad.txt"
FULL = {"draws": 220, "futures": 6, "as_written": True, "full": True}


@pytest.fixture(scope="module")
def browser():
    with running_browser() as running:
        yield running


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    found = Served(tmp_path_factory.mktemp("desk") / "desk")
    yield found
    found.stop()


@pytest.fixture(scope="module")
def run(served):
    """A run with all of it."""
    return served.run(**FULL)


@pytest.fixture
def log():
    return []


@pytest.fixture
def context(browser, served, log):
    """A browser of its own for a test; what it asks and what goes wrong in it is kept."""
    made = browser.new_context(
        viewport={"width": 1280, "height": 900}, accept_downloads=True
    )
    made.add_cookies([{**served.cookie, "url": served.base}])
    made.set_default_timeout(60_000)
    errors = []

    def watch(page):
        page.on("request", lambda r: log.append(r.url))
        page.on("pageerror", lambda e: errors.append(str(e)))
        page.on(
            "console", lambda m: errors.append(m.text) if m.type == "error" else None
        )

    made.on("page", watch)
    yield made
    made.close()
    hosts = {
        urlsplit(u).netloc
        for u in log
        if urlsplit(u).scheme in ("http", "https", "ws", "wss")
    }
    assert hosts <= {urlsplit(served.base).netloc}
    refused = "Failed to load resource: the server responded with a status of"
    assert [e for e in errors if refused not in e and "ERR_" not in e] == []


@pytest.fixture
def page(context):
    return context.new_page()


def picture(page, name):
    """Keep a picture for the docs, where they are asked for."""
    folder = os.environ.get("SPILLOVER_PICTURES")
    if folder:
        page.wait_for_timeout(300)
        page.screenshot(path=f"{folder}/desk-{name}.jpg", type="jpeg", quality=72)


def test_from_a_report_to_a_brief(page, served, tmp_path):
    page.goto(served.base)
    page.locator("input[type=file]").set_input_files(REPORT)
    page.get_by_role("button", name="Read it").click()

    page.wait_for_url("**/reports/*")
    assert (
        page.get_by_role("heading", level=1)
        .inner_text()
        .startswith("Baghdad leans on Tehran")
    )
    picture(page, "review")
    first = page.locator(".item[data-decidable]").first
    first.get_by_role("button", name="Accept").click()
    first.locator(".verdict", has_text="Accepted").wait_for()

    page.get_by_role("link", name="Reports").first.click()
    page.get_by_label("Choose Baghdad leans").check()
    page.get_by_label("Id", exact=True).fill("baghdad")
    page.get_by_label("Title").first.fill("Baghdad between two allies")
    picture(page, "reports")
    page.get_by_role("button", name="Draft the case").click()

    page.wait_for_url("**/cases/baghdad/edit")
    page.get_by_text("No fault.").wait_for()
    assert page.get_by_text("Questions that only you can answer").is_visible()
    text = page.get_by_label("Text of the case, YAML")
    before = text.input_value()
    number = page.locator("details.part[open] input[data-where]").first
    if not number.count():
        page.locator("details.part summary").first.click()
        number = page.locator("details.part[open] input[data-where]").first
    number.fill("0.31..0.47")
    number.press("Tab")
    page.wait_for_function(
        "was => document.getElementById('text').value !== was", arg=before
    )
    assert "0.31..0.47" in text.input_value()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved; the version before is kept.").wait_for()
    picture(page, "edit")

    page.get_by_role("link", name="Runs", exact=True).click()
    page.get_by_label("Samples of the uncertain numbers").fill("300")
    page.get_by_role("button", name="Run the case").click()
    page.get_by_text("First numbers, from").wait_for()
    page.wait_for_url("**/runs/baghdad-*")
    assert page.get_by_text("Confidence is").is_visible()
    picture(page, "run")

    page.get_by_role("link", name="Levers", exact=True).click()
    page.locator("[data-lever]").first.check()
    page.get_by_text("courses with and without").wait_for()
    page.get_by_text("64,000 courses with and without.", exact=False).or_(
        page.get_by_text("32,000 courses with and without.", exact=False)
    ).wait_for()
    picture(page, "levers")
    page.get_by_role("button", name="Compare all levers").click()
    page.locator(".flow .bottom").wait_for()

    page.get_by_role("link", name="Paths", exact=True).click()
    page.get_by_role("button", name="Follow the ways").click()
    page.get_by_role("heading", name="Down to one course").wait_for()
    page.locator("details.course summary").first.click()
    assert page.locator("details.course[open] .events li.on").count() >= 1
    page.get_by_role("heading", name="Down to one course").scroll_into_view_if_needed()
    picture(page, "paths")

    page.get_by_role("link", name="Assumptions", exact=True).click()
    page.get_by_role("button", name="Weigh the assumptions").click()
    page.locator(".flow .bottom").wait_for()

    page.get_by_role("link", name="Brief", exact=True).click()
    frame = page.frame_locator("iframe.brief")
    assert (
        frame.get_by_role("heading", level=1).inner_text()
        == "Baghdad between two allies"
    )
    picture(page, "brief")
    home = page.context.new_page()
    home.goto(served.base)
    picture(home, "home")
    home.close()
    for name, starts in (
        ("PDF", b"%PDF"),
        ("Markdown", b"# Baghdad"),
        ("Everything (zip)", b"PK"),
    ):
        with page.expect_download() as found:
            page.get_by_role("link", name=name, exact=True).click()
        path = tmp_path / "file"
        found.value.save_as(path)
        assert path.read_bytes().startswith(starts)
    assert (
        page.request.get(page.url + ".json").json()["brief"]["title"]
        == "Baghdad between two allies"
    )


def tab_to(page, locator, most=80, back=False):
    """Press Tab until an element has the focus: it can be reached, in order."""
    wanted = locator.first.element_handle()
    for _ in range(most):
        if page.evaluate("e => e === document.activeElement", wanted):
            outline = page.evaluate(
                "getComputedStyle(document.activeElement).outlineStyle"
            )
            assert outline != "none", "the focus cannot be seen"
            return
        page.keyboard.press("Shift+Tab" if back else "Tab")
    raise AssertionError(f"{locator} cannot be reached by keyboard")


def test_by_keyboard_alone(page, served):
    page.goto(served.base)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    tab_to(page, page.locator('h2 a[href="/cases/strait-demo"]'))
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/strait-demo")
    draws = page.get_by_label("Samples of the uncertain numbers")
    tab_to(page, draws)
    page.keyboard.press("Control+A")
    page.keyboard.type("250")
    tab_to(page, page.get_by_label("Take the numbers as written"))
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url("**/runs/strait-demo-*")

    tab_to(page, page.get_by_role("link", name="Levers", exact=True))
    page.keyboard.press("Enter")
    page.wait_for_url("**/levers")
    tab_to(page, page.locator("[data-lever]"))
    page.keyboard.press("Space")
    page.get_by_text("courses with and without").wait_for()
    tab_to(page, page.locator("[data-strength]"), most=2)
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    page.get_by_text("50 %", exact=True).first.wait_for()

    page.goto(served.base + "/cases/strait-demo/edit")
    page.get_by_text("No fault.").wait_for()
    tab_to(page, page.get_by_label("Text of the case, YAML"))
    page.keyboard.press("Control+End")
    page.keyboard.type("\n# typed\nwrnings: []")
    fault = page.get_by_text('unknown key "wrnings"')
    fault.wait_for()
    assert 'Did you mean "warnings"?' in fault.inner_text()
    tab_to(page, fault, most=6)
    page.keyboard.press("Enter")
    assert (
        page.evaluate(
            "document.getSelection().toString() || text.value.slice(text.selectionStart, text.selectionEnd)"
        )
        == "wrnings: []"
    )
    page.keyboard.press("Delete")
    page.get_by_text("No fault.").wait_for()
    page.keyboard.press("Control+s")
    page.get_by_text("Saved; the version before is kept.").wait_for()
    tab_to(
        page, page.get_by_role("button", name="Back to the version before"), back=True
    )
    page.keyboard.press("Enter")
    page.get_by_text("Back at the version before.").wait_for()
    assert "# typed" not in served.client.get("/api/cases/strait-demo").json()["text"]


PAGES = (
    "/", "/reports", "/events", "/forecasts", "/work", "/glossary", "/cases/strait-demo", "/cases/strait-demo/edit",
    "/cases/strait-demo/events", "/cases/strait-demo/replay", "/runs/{run}", "/runs/{run}/levers", "/runs/{run}/paths",
    "/runs/{run}/what-if", "/runs/{run}/what-if-no-strike-in-january", "/runs/{run}/sensitivity",
    "/runs/{run}/brief", "/compare?a={run}&b={run}", "/nothing-here",
)  # fmt: skip


@pytest.fixture(scope="module")
def report(served):
    job = served.client.post(
        "/api/reports", files={"files": (REPORT.name, REPORT.read_bytes())}
    ).json()
    return served.finished(job)["result"]["reports"][0]


@pytest.fixture(scope="module")
def recorded(served, run):
    """Forecasts on record, so that their page is looked at with something on it."""
    served.finished(served.client.post(f"/api/runs/{run}/record", json={}).json())


@pytest.fixture(scope="module")
def replayed(served):
    """The demo case replayed, every other week of its winter, at the least size."""
    asked = {"every": "14d", "first": "2030-12-20", "draws": 40, "futures": 4}
    job = served.client.post("/api/cases/strait-demo/replay", json=asked).json()
    return served.finished(job)["result"]["link"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_is_accessible_and_fits(
    browser, served, run, report, recorded, replayed, width, scheme
):
    del recorded, replayed
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    context.add_cookies([{**served.cookie, "url": served.base}])
    page = context.new_page()
    faults = []
    for path in (*PAGES, f"/reports/{report}"):
        page.goto(served.base + path.format(run=run))
        page.wait_for_load_state("networkidle")
        page.evaluate(
            "for (const d of document.querySelectorAll('details')) d.open = true"
        )
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            faults.append(f"{path}: {wide} px wide")
        found = Axe().run(page)
        faults += [
            f"{path}: {v['id']}: {v['nodes'][0]['html'][:200]}"
            for v in found.response["violations"]
        ]
        for figure in page.locator("figure").all():
            if not figure.locator("table tbody tr").count():
                faults.append(f"{path}: {figure.get_attribute('id')} has no table")
    context.close()
    assert faults == []


def test_a_forecast_goes_on_record_and_is_resolved(page, served):
    """On a case drafted from a report of yesterday: its windows open today."""
    yesterday = dt.date.today() - dt.timedelta(1)
    text = {
        "text": "The army of Israel attacked Lebanon on Tuesday, killing four people, officials said.",
        "published": yesterday.isoformat(), "outlet": "A Wire",
    }  # fmt: skip
    read = served.finished(served.client.post("/api/reports/text", json=text).json())
    asked = {"reports": read["result"]["reports"], "id": "today"}
    served.finished(served.client.post("/api/reports/draft", json=asked).json())
    page.goto(f"{served.base}/runs/{served.run('today')}")
    page.get_by_role("button", name="Put on record").click()
    page.wait_for_url("**/forecasts")
    card = (
        page.locator("article", has_text="today · line")
        .filter(has_text="Israel attacks Lebanon")
        .last
    )
    assert "90 % interval" in card.inner_text()
    card.locator("summary").click()
    card.get_by_label("Answer: yes or no").fill("yes")
    card.get_by_role("button", name="Put on record").click()
    card.get_by_text("cite the source").wait_for()
    card.get_by_label("Source: who says so, where").fill("A Wire, of today")
    card.get_by_role("button", name="Put on record").click()
    page.get_by_text("judged: A Wire, of today").wait_for()
    page.get_by_text("mean Brier score of 1 chances").first.wait_for()
    assert "1 chances on record are resolved" in page.locator(".lead").inner_text()
    page.goto(served.base)
    steps = page.locator("article", has_text="today ·").locator(".steps")
    assert "done" in steps.get_by_text("Score").evaluate(
        "e => e.closest('li').className"
    )


def test_a_replay_is_played_from_the_page_of_its_case(page, served, replayed):
    page.goto(served.base + "/cases/strait-demo")
    page.get_by_role("link", name="Replay").click()
    assert page.url.endswith(replayed)
    assert "A replay is no proof of foresight" in page.locator("main").inner_text()
    slider = page.get_by_role("slider", name="Day of the replay")
    slider.focus()
    page.keyboard.press("Home")
    assert page.locator(".player output").inner_text() == "20 December 2030"
    assert "said" in page.locator("figure .says-day").first.inner_text()
    with page.expect_download() as got:
        page.get_by_role("link", name="Take the page along").click()
    assert b"data-replay" in Path(got.value.path()).read_bytes()
    twin = served.client.get("/cases/strait-demo/replay.json").json()
    assert twin["page"]["report"]["kind"] == "Replay"
    assert not twin["stale"]
    bad = served.client.post("/api/cases/strait-demo/replay", json={"every": "often"})
    assert bad.status_code == 422


def test_what_a_report_holds_is_shown_and_never_run(page, served):
    told = "The army of Israel attacked Lebanon on Tuesday, officials said. "
    hostile = "<script>window.hacked = 1</script> <img src=x onerror='window.hacked = 1'> <a href='javascript:window.hacked=1'>x</a>"
    body = {
        "text": told + hostile,
        "title": "<b onmouseover='window.hacked=1'>Bold</b>",
    }
    read = served.finished(served.client.post("/api/reports/text", json=body).json())
    for path in (f"/reports/{read['result']['reports'][0]}", "/reports", "/"):
        page.goto(served.base + path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("() => window.hacked === undefined")
        assert (
            page.locator(
                "main script, main img, main a[href^='javascript:'], main b[onmouseover]"
            ).count()
            == 0
        )
    page.goto(f"{served.base}/reports/{read['result']['reports'][0]}")
    assert "<script>window.hacked = 1</script>" in page.locator("#text").inner_text()


def test_a_reload_and_a_second_tab_see_the_same_work(context, served):
    page = context.new_page()
    page.goto(served.base + "/cases/strait-demo")
    page.get_by_label("Samples of the uncertain numbers").fill("30000")
    page.get_by_label("Take the numbers as written").check()
    page.get_by_role("button", name="Run the case").click()
    page.locator(".work progress").wait_for()
    page.reload()
    assert page.locator(".work progress").count() == 1
    other = context.new_page()
    other.goto(served.base + "/")
    assert other.get_by_text("Running strait-demo").is_visible()
    other.get_by_role("button", name="Stop").click()
    page.get_by_text("stopped").wait_for()


def test_two_tabs_do_not_overwrite_each_other(context, served):
    served.client.post("/api/cases/strait-demo/copy", json={"id": "tabs"})
    one, two = context.new_page(), context.new_page()
    for tab in (one, two):
        tab.goto(served.base + "/cases/tabs/edit")
        tab.get_by_text("No fault.").wait_for()
    for tab, words in ((one, "# first"), (two, "# second")):
        text = tab.get_by_label("Text of the case, YAML")
        text.fill(f"{text.input_value()}{words}\n")
    one.get_by_role("button", name="Save").click()
    one.get_by_text("Saved").wait_for()
    two.get_by_role("button", name="Save").click()
    two.get_by_text("the case was changed meanwhile").wait_for()
    assert "# second" in two.get_by_label("Text of the case, YAML").input_value()
    kept = served.client.get("/api/cases/tabs").json()["text"]
    assert "# first" in kept
    assert "# second" not in kept


def test_an_element_is_added_at_the_end_of_its_section(page, served):
    served.client.post("/api/cases/strait-demo/copy", json={"id": "added"})
    page.goto(served.base + "/cases/added/edit")
    page.get_by_text("No fault.").wait_for()
    page.get_by_label("Add").select_option("an outcome")
    page.get_by_role("button", name="Put it into the file").click()
    fault = page.get_by_text('"an-actor"').first
    fault.wait_for()  # it names what is still to be set
    text = page.get_by_label("Text of the case, YAML")
    lines = text.input_value().splitlines()
    at = next(n for n, x in enumerate(lines) if "new-outcome" in x)
    assert (
        lines[at - 1]
        .lstrip()
        .startswith(("-", "within", "unmodelled", "references", "resolves"))
    )
    text.fill(
        text.input_value().replace(
            "an-actor ASSAULT another,", "westmark ASSAULT first,"
        )
    )
    page.locator("summary", has_text="The case itself").click()
    page.get_by_label("Title").fill("Added to")
    page.get_by_label("Title").press("Tab")
    page.wait_for_function(
        "() => document.getElementById('text').value.includes('title: Added to')"
    )
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved").wait_for()
    assert "title: Added to" in served.client.get("/api/cases/added").json()["text"]


def test_what_was_typed_and_not_saved_comes_back(context, served):
    served.client.post("/api/cases/strait-demo/copy", json={"id": "typed"})
    page = context.new_page()
    page.goto(served.base + "/cases/typed/edit")
    page.get_by_text("No fault.").wait_for()
    text = page.get_by_label("Text of the case, YAML")
    text.fill(f"{text.input_value()}# not saved\n")
    page.get_by_text("Changed, not saved.").wait_for()
    page.close(run_before_unload=False)
    page = context.new_page()
    page.goto(served.base + "/cases/typed/edit")
    page.get_by_text(
        "What you typed before, and had not saved, is here again."
    ).wait_for()
    assert "# not saved" in page.get_by_label("Text of the case, YAML").input_value()


def test_a_term_is_explained_on_hover_and_on_focus(page, served):
    page.goto(served.base + "/cases/strait-demo")
    term = page.locator("a.g", has_text="Seed")
    shown = "getComputedStyle(document.querySelector('a.g[href$=\"#seed\"]'), '::after').content"
    assert page.evaluate(shown) == "none"
    term.hover()
    assert "same case, same seed, same answers" in page.evaluate(shown)
    page.mouse.move(0, 0)
    term.focus()
    assert "same case, same seed, same answers" in page.evaluate(shown)


def test_the_printed_link_opens_the_desk_and_serves_once(browser, serve):
    served = serve()
    context = browser.new_context()
    page = context.new_page()
    page.goto(served.link)
    page.wait_for_url(served.base + "/")
    page.get_by_role("heading", name="Desk").wait_for()
    assert "token" not in page.url
    stranger = browser.new_context().new_page()
    stranger.goto(served.link)
    stranger.get_by_text("this desk does not know you").wait_for()


def test_the_page_outlives_a_killed_server(browser, serve):
    served = serve()
    context = browser.new_context()
    context.add_cookies([{**served.cookie, "url": served.base}])
    context.set_default_timeout(120_000)
    page = context.new_page()
    page.goto(served.base + "/cases/strait-demo")
    page.get_by_label("Samples of the uncertain numbers").fill("20000")
    page.get_by_label("Take the numbers as written").check()
    page.get_by_role("button", name="Run the case").click()
    page.get_by_text("First numbers, from").wait_for()
    served.kill()
    page.get_by_text("The desk is away; trying again").wait_for()
    time.sleep(0.5)
    served.start()
    page.wait_for_url("**/runs/strait-demo-*")
    assert page.get_by_text("400,000 courses").first.is_visible()
