"""The page in a real browser, where there is one: Chromium, driven by Playwright."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import lepton_local as lepton
from lepton_local.store.feedback import Feedback
from tests.pdfs import drawn

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
LEASE = [(100, 700, "The notice period is three months to the end of a quarter.")]
HOSTILE = "<h1>Otters</h1><script>document.title='taken'</script><img src=https://example.org/x>"
QUESTION = "How long is the notice period?"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("browser")


@pytest.fixture(scope="module")
def address(place: Path) -> Iterator[str]:
    """Where a server of three documents, which records use, lets everybody of this machine in."""
    (place / "notes").mkdir()
    (place / "notes" / "lease.pdf").write_bytes(drawn([LEASE]))
    (place / "notes" / "<img src=x onerror=alert(1)>.txt").write_text(f"Otters swim. {HOSTILE}")
    (place / "notes" / "שלום 世界.md").write_text("# שלום\n\nOtters עולם 世界 swim far.\n")
    lepton.build(place / "notes", place / "index")
    command = "from lepton_local.cli.search import main; main()"
    words = ["serve", str(place / "index"), "--port", "0", "--no-token", "--record-use"]
    with subprocess.Popen(
        [sys.executable, "-c", command, *words],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as server:
        assert server.stdout is not None
        yield next(line.strip() for line in server.stdout if line.startswith("http"))
        server.terminate()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with api.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def page(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page that has asked nothing of anybody else, and has had no fault, when the test ends. What
    it looks like then is kept in a folder of the cache of pytest.
    """
    context = browser.new_context(viewport={"width": 320, "height": 700})
    found = context.new_page()
    asked: list[str] = []
    faults: list[str] = []
    found.on("request", lambda request: asked.append(request.url))
    found.on("pageerror", lambda error: faults.append(str(error)))
    found.on("dialog", lambda dialog: faults.append(dialog.message))
    found.goto(address)
    yield found
    found.wait_for_load_state()  # its style sheet too
    assert all(url.startswith(address) for url in asked)
    assert not faults
    kept = request.config.cache.mkdir("screenshots") / f"{request.node.name}.png"
    found.screenshot(path=kept, full_page=True)
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not found.evaluate(wide), "something is wider than a narrow window"
    context.close()


def ask(page: Page, question: str) -> None:
    page.keyboard.press("/")
    page.keyboard.press("Control+A")
    page.keyboard.type(question)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_a_question_is_asked_and_its_page_opened_by_keys(page: Page) -> None:
    ask(page, QUESTION)
    assert page.get_by_label("Answer", exact=True).inner_text().startswith("three months")
    page.keyboard.press("ArrowDown")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "/document?" in page.url
    picture = page.locator("figure img")
    page.wait_for_function("document.querySelector('figure img').naturalWidth > 500")
    assert "words marked" in str(picture.get_attribute("alt"))
    page.go_back()
    assert page.locator("#q").input_value() == QUESTION


def test_a_talk_goes_on_and_documents_lead_to_the_next(page: Page) -> None:
    ask(page, QUESTION)
    ask(page, "To the end of which quarter is it?")
    carried = page.get_by_label("Carried")
    assert "notice" in carried.inner_text()
    page.locator("ol li h2 a").first.click()
    page.wait_for_load_state()
    first = page.url
    page.keyboard.press("ArrowRight")
    page.wait_for_url(lambda url: url != first)
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(first)
    page.keyboard.press("n")
    page.wait_for_url(lambda url: url.endswith("/"))


def test_documents_are_shown_as_text(page: Page) -> None:
    ask(page, "otters swim")
    assert page.locator("main img").count() == 0
    assert page.locator("ol li h2 a", has_text="<img src=x").count() == 1
    assert page.locator("ol li h2 a", has_text="世界").count() == 1
    page.locator("ol li h2 a", has_text="<img src=x").click()
    assert "document.title" in page.locator("ol.lines").inner_text()
    assert "taken" not in page.title()


def test_what_a_screen_reader_is_told(page: Page) -> None:
    ask(page, QUESTION)
    told = page.locator("body").aria_snapshot()
    assert "searchbox" in told
    assert 'region "Answer"' in told
    assert re.search(r'button "This answer is good"', told)
    assert "list" in told
    page.keyboard.press("?")
    assert 'dialog "Keys"' in page.locator("body").aria_snapshot()
    page.keyboard.press("Escape")
    assert "dialog" not in page.locator("body").aria_snapshot()


SCHEMES: list[dict[str, Any]] = [
    {"color_scheme": "light"},
    {"color_scheme": "dark"},
    {"forced_colors": "active"},
]


@pytest.mark.parametrize("looks", SCHEMES, ids=["light", "dark", "forced"])
def test_nobody_is_shut_out(page: Page, looks: dict[str, Any]) -> None:
    """By what axe knows of the guidelines (WCAG 2.2 AA), in a narrow window."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page.emulate_media(**looks)
    ask(page, "otters swim")
    results = page.url
    page.locator("summary").click()
    found = [axe.run(page)]
    page.keyboard.press("?")
    found.append(axe.run(page))
    page.goto(results)
    assert [each.generate_report() for each in found if each.violations_count] == []


@pytest.mark.parametrize("question", [QUESTION, "otters swim"], ids=["pdf", "text"])
def test_nobody_is_shut_out_of_a_document(page: Page, question: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    ask(page, question)
    page.locator("ol li h2 a").first.click()
    page.wait_for_load_state()
    report = axe.run(page)
    assert report.violations_count == 0, report.generate_report()


def test_colours_are_chosen_and_kept(page: Page) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    ask(page, QUESTION)
    light = page.evaluate(paper)
    page.keyboard.press("?")
    page.get_by_label("Colours").select_option("dark")
    dark = page.evaluate(paper)
    assert dark != light
    page.reload()
    assert page.evaluate(paper) == dark
    page.keyboard.press("?")
    page.get_by_label("Colours").select_option("automatic")
    assert page.evaluate(paper) == light


def test_text_of_twice_the_size_fits(page: Page) -> None:
    """And what is written from right to left begins at the right."""
    page.set_viewport_size({"width": 640, "height": 700})
    ask(page, "otters swim")
    page.evaluate("document.documentElement.style.zoom = 2")
    other = page.locator("ol li", has_text="עולם").locator(".passage")
    assert other.evaluate("each => getComputedStyle(each).direction") == "rtl"


def test_an_answer_is_saved_and_shown_without_asking_for_anything(
    page: Page, browser: Browser, tmp_path: Path
) -> None:
    ask(page, QUESTION)
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save this answer").click()
    saved.value.save_as(tmp_path / "answer.html")
    context = browser.new_context(viewport={"width": 320, "height": 700}, offline=True)
    alone = context.new_page()
    asked: list[str] = []
    alone.on("request", lambda request: asked.append(request.url[:30]))
    alone.goto((tmp_path / "answer.html").as_uri())
    assert alone.locator("figure img").evaluate("each => each.naturalWidth") > 300
    assert [each for each in asked if not each.startswith(("file:", "data:image/png"))] == []
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    report = axe.run(alone)
    assert report.violations_count == 0, report.generate_report()
    context.close()


def test_a_page_of_another_site_is_refused(page: Page, address: str) -> None:
    page.set_content(f'<form action="{address}/rate" method=post><button>Go</button></form>')
    with page.expect_navigation():
        page.get_by_role("button").click()
    assert "another site" in page.content() or "403" in page.content()


def test_what_is_opened_and_copied_is_kept(page: Page, place: Path) -> None:
    page.context.grant_permissions(["clipboard-write"])
    ask(page, QUESTION)
    with page.expect_response("**/use") as copied:
        page.get_by_role("button", name="Copy lease.pdf").first.click()
    link = page.locator("main > ol h2 a", has_text="lease.pdf")
    with page.expect_response("**/use") as opened:
        link.click(button="middle")  # in a tab of its own: this page sees what is answered
    with page.expect_request("**/use"), page.expect_navigation():
        link.click()
    assert (copied.value.status, opened.value.status) == (204, 204)
    every = Feedback(place / "index").events()
    at = next(n for n, each in enumerate(every) if each.action == "copied")
    events = every[at : at + 2]
    assert [each.action for each in events] == ["copied", "opened"]
    assert {each.what.document for each in events if each.what is not None} == {"lease.pdf"}
