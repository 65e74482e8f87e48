"""A replay played in a real browser: by keyboard, with less motion, without a script."""

import pytest

from spillover.api.replay_page import replay_html
from tests.brief.sample_replay import sample_replay
from tests.support.browser import running_browser

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser():
    with running_browser() as running:
        yield running


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "replay.html"
    path.write_text(replay_html(sample_replay()), encoding="utf-8")
    return path.as_uri()


def opened(browser, address, **how):
    page = browser.new_page(**{"viewport": {"width": 1280, "height": 900}, **how})
    page.wrong = []
    page.on("pageerror", lambda e: page.wrong.append(str(e)))
    page.goto(address)
    return page


def covers(page):
    """Left edges of the covers in the first picture, wide."""
    return page.evaluate(
        "[...document.querySelectorAll('figure .wide svg')][0].querySelectorAll('svg > rect[visibility=visible]').length"
    )


def test_steps_by_keyboard(browser, address):
    page = opened(browser, address)
    says = page.locator(".player output")
    assert says.inner_text() == "All 40 days"
    assert covers(page) == 0
    page.get_by_role("slider").focus()
    page.keyboard.press("Home")
    assert says.inner_text() == "4 March 2030"
    assert covers(page) == 2
    assert page.get_by_role("button", name="One day back").is_disabled()
    page.get_by_role("button", name="Next day").focus()
    for _ in range(6):
        page.keyboard.press("Enter")
    assert says.inner_text() == "15 April 2030"
    told = page.locator("figure .says-day").first.inner_text()
    assert told.startswith("15 April 2030: said ")
    assert "Known by then of windows that were over: 0 yes, 1 no, 1 open." in told
    assert page.wrong == []
    page.close()


def test_plays_to_the_end_and_pauses(browser, address):
    from playwright.sync_api import expect

    page = opened(browser, address)
    play = page.locator(".player button").first
    says, slider = page.locator(".player output"), page.get_by_role("slider")
    play.click()
    expect(play).to_have_text("Pause")
    expect(slider).to_have_value("3", timeout=20_000)
    play.click()
    at = slider.input_value()
    page.wait_for_timeout(700)
    assert slider.input_value() == at
    play.click()
    expect(says).to_have_text("All 40 days", timeout=60_000)
    expect(play).to_have_text("Play")
    assert covers(page) == 0
    page.close()


def test_less_motion_is_no_motion(browser, address):
    page = opened(browser, address, reduced_motion="reduce")
    assert not page.locator(".player button").first.is_visible()
    page.get_by_role("button", name="One day back").click()
    assert page.locator(".player output").inner_text() == "25 November 2030"
    page.close()


def test_without_javascript_the_whole_picture_stands(browser, address):
    page = opened(browser, address, java_script_enabled=False)
    assert page.locator(".player").count() == 0
    assert page.locator("figure .wide svg").first.is_visible()
    assert page.get_by_role("table").count() >= 4
    page.close()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessible(browser, address, width, scheme):
    page = opened(browser, address, viewport={"width": width, "height": 900}, color_scheme=scheme)  # fmt: skip
    page.get_by_role("button", name="One day back").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    report = axe.Axe().run(page)
    page.close()
    assert report.violations_count == 0, report.generate_report()
