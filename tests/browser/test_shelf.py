"""A reader fills a shelf in a browser, asks several articles, changes their mind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from bot.engine import Engine
from bot.ui import texts
from index import intake
from index.embedder import Embedder
from index.errors import SourceUnreadable
from index.library import Library
from index.sources import Article
from tests.browser.conftest import DESK, PATIENCE, PHONE, Open, served

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE)

BRIDGE = "The Talbot bridge will close on 3 May for eleven weeks, the council said. The repair of the bridge will cost £4.2m."
LATER = "The repair of the Talbot bridge will cost £5.1m, the council said on Wednesday. Steel prices rose."
TRAM = "A tram derailed in Oldtown on Sunday. The mayor of Oldtown said 45 people were hurt."
COST = "How much will the repair of the bridge cost?"


@pytest.fixture(scope="module")
def shared(embedder: Embedder) -> Iterator[tuple[Library, str]]:
    """A shelf that every test begins with, and the page over it."""
    with Library.temporary(embedder) as library, served(Engine(library)) as url:
        yield library, url


@pytest.fixture
def library(shared: tuple[Library, str]) -> Library:
    library, _ = shared
    for article_id in library.ids():
        library.remove(article_id)
    library.add(Article(BRIDGE, "Council approves the repair", "Western Mail", "2024-03-02", language="en"))
    library.add(Article(LATER, "The bill grows", "South Wales Argus", "2024-06-19", language="en"))
    return library


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def page(request: pytest.FixtureRequest, visit: Open, library: Library, shared: tuple[Library, str]) -> Page:
    page = visit(shared[1], request.param)
    expect(page.locator("#asking")).to_contain_text("all 2 articles")
    return page


@pytest.fixture
def desk(visit: Open, library: Library, shared: tuple[Library, str]) -> Page:
    page = visit(shared[1])
    expect(page.locator("#asking")).to_contain_text("all 2 articles")
    return page


def open_shelf(page: Page) -> Locator:
    page.get_by_role("button", name="Articles", exact=True).click()
    return page.get_by_role("list", name="Articles on the shelf")


def row(page: Page, title: str) -> Locator:
    return page.locator("#shelf-list .row").filter(has_text=title)


def asking(page: Page) -> Locator:
    """The words that say whom the question is put to."""
    return page.locator("#asking label:has(input:checked)")


def paste(page: Page, text: str, title: str = "") -> None:
    open_shelf(page)
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("tab", name="Text").click()
    page.get_by_label("Title (optional)").fill(title)
    page.get_by_label("Paste the text of an article").fill(text)
    page.locator("#add-pasted").click()


def summary(page: Page) -> Locator:
    return page.locator("#intake .intake-summary")


def ask(page: Page, question: str) -> Locator:
    notes = page.get_by_test_id("bot")
    before = notes.count()
    page.get_by_role("textbox", name="Your question").fill(question)
    page.keyboard.press("Enter")
    note = notes.nth(before)
    expect(note).to_be_visible()
    expect(note).not_to_contain_text(texts.BUSY)
    return note


def test_a_pasted_text_is_added_opened_and_asked(page: Page) -> None:
    paste(page, TRAM, "Tram derails")
    expect(summary(page)).to_have_text("1 added")
    page.get_by_role("button", name="Ask about it").click()
    expect(asking(page)).to_have_text("this article")
    note = ask(page, "How many people were hurt?")
    expect(note).to_contain_text("45")
    note.get_by_role("link", name="[1]").first.click()
    expect(page.locator("#viewer mark.outlined")).to_be_in_viewport()
    expect(page.get_by_role("heading", name="Tram derails")).to_be_attached()


def test_of_two_files_the_bad_one_is_refused_with_the_reason(desk: Page, library: Library) -> None:
    open_shelf(desk)
    desk.get_by_role("button", name="Add", exact=True).click()
    desk.locator("#add-files input[type=file]").set_input_files([
        {"name": "tram & co.txt", "mimeType": "text/plain", "buffer": TRAM.encode()},
        {"name": "broken.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 and no more"},
    ])
    expect(summary(desk)).to_have_text("1 added · 1 not added")
    expect(desk.locator("#intake .refused")).to_contain_text("broken.pdf")
    expect(desk.locator("#intake .refused .intake-reason")).not_to_be_empty()
    expect(row(desk, "tram & co.txt")).to_be_visible()
    assert len(library.ids()) == 3


def drop(page: Page, *paths: Path) -> None:
    """Files and folders of this machine are dropped on the box, as from its file manager."""
    box = page.locator("#add-files").bounding_box()
    assert box
    place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    dragged = {"items": [], "files": list(map(str, paths)), "dragOperationsMask": 1}
    mouse = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        mouse.send("Input.dispatchDragEvent", {"type": kind, **place, "data": dragged})


def test_a_folder_and_a_file_dropped_together_are_added_with_all_that_lies_deeper(
    desk: Page, library: Library, tmp_path: Path
) -> None:
    folder, alone = tmp_path / "cuttings", tmp_path / "alone.txt"
    (folder / "deep" / "deeper").mkdir(parents=True)
    (folder / "empty").mkdir()
    (folder / "tram & co.txt").write_text(TRAM)
    (folder / "deep" / "deeper" / "storm.txt").write_text("A storm cut the power of 800 homes on Monday.")
    (folder / "deep" / "picture.jpg").write_bytes(b"\xff\xd8\xff")
    alone.write_text("The mayor of Newtown resigned on Friday after two years.")
    open_shelf(desk)
    desk.get_by_role("button", name="Add", exact=True).click()
    expect(desk.locator("#add-files button")).to_be_visible()
    drop(desk, folder, alone)
    expect(summary(desk)).to_have_text("3 added · 1 not added")
    expect(desk.locator("#intake .refused")).to_contain_text("picture.jpg")
    for name in ("tram & co.txt", "storm.txt", "alone.txt"):
        expect(row(desk, name)).to_be_visible()
    assert len(library.ids()) == 5


def test_files_dropped_without_a_folder_are_added(desk: Page, tmp_path: Path) -> None:
    (tmp_path / "tram.txt").write_text(TRAM)
    open_shelf(desk)
    desk.get_by_role("button", name="Add", exact=True).click()
    expect(desk.locator("#add-files button")).to_be_visible()
    drop(desk, tmp_path / "tram.txt")
    expect(summary(desk)).to_have_text("1 added")
    expect(row(desk, "tram.txt")).to_be_visible()


def test_an_empty_folder_is_refused_by_its_name(desk: Page, tmp_path: Path) -> None:
    (tmp_path / "cuttings" / "deeper").mkdir(parents=True)
    open_shelf(desk)
    desk.get_by_role("button", name="Add", exact=True).click()
    expect(desk.locator("#add-files button")).to_be_visible()
    drop(desk, tmp_path / "cuttings")
    expect(summary(desk)).to_have_text("1 not added")
    expect(desk.locator("#intake .refused")).to_contain_text("cuttings is empty")


def test_a_folder_of_more_files_than_the_browser_lists_at_once_is_read_whole(desk: Page, tmp_path: Path) -> None:
    for number in range(101):  # Chromium lists 100
        (tmp_path / f"{number}.jpg").touch()
    open_shelf(desk)
    desk.get_by_role("button", name="Add", exact=True).click()
    expect(desk.locator("#add-files button")).to_be_visible()
    drop(desk, tmp_path)
    expect(summary(desk)).to_have_text("101 not added")


def test_cancelling_leaves_nothing_behind(desk: Page, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    held = threading.Event()
    encode = library.embedder.encode

    def slow(texts_: list[str], progress=None):  # type: ignore[no-untyped-def]
        progress(0, len(texts_))
        held.wait(60)
        return encode(texts_, progress)

    monkeypatch.setattr(Embedder, "encode", lambda self, *given, **named: slow(*given, **named))
    paste(desk, TRAM, "Tram derails")
    expect(desk.locator("#intake .intake-stage")).to_have_text("Embedding 0 of 3")
    expect(desk.get_by_role("progressbar")).to_be_visible()
    desk.get_by_role("button", name="Cancel").click()
    expect(desk.locator("#intake .intake-stage")).to_have_text("Cancelling…")
    held.set()
    expect(summary(desk)).to_have_text("1 cancelled")
    expect(row(desk, "Tram derails")).to_have_count(0)
    assert len(library.ids()) == 2


def test_what_was_removed_comes_back_with_undo_and_says_removed_until_then(page: Page, library: Library) -> None:
    note = ask(page, COST)
    expect(note.get_by_role("link", name="[1]").first).to_be_visible()
    open_shelf(page)
    row(page, "The bill grows").hover()
    page.get_by_role("button", name="Remove: The bill grows").click()

    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    expect(row(page, "The bill grows")).to_have_count(0)
    expect(note).to_contain_text("removed")
    assert len(library.ids()) == 1

    page.keyboard.press("Enter")
    expect(row(page, "The bill grows")).to_be_visible()
    expect(note).not_to_contain_text("removed")
    assert len(library.ids()) == 2


def test_two_articles_are_asked_and_each_citation_opens_its_own(page: Page) -> None:
    open_shelf(page)
    page.get_by_role("checkbox", name="Ask “The bill grows”").check()
    expect(asking(page)).to_have_text("1 article") if page.viewport_size == DESK else None
    page.get_by_role("checkbox", name="Ask “Council approves the repair”").check()
    page.keyboard.press("Escape")
    expect(asking(page)).to_have_text("2 articles")

    note = ask(page, COST)
    expect(note).to_contain_text("The bill grows · 19 June 2024")
    expect(note).to_contain_text("Council approves the repair · 2 March 2024")
    for title, amount in (("Council approves the repair", "£4.2m"), ("The bill grows", "£5.1m")):
        quotation = note.locator("blockquote").filter(has_text=title)
        quotation.get_by_role("link").click()
        expect(page.get_by_role("heading", name=title)).to_be_visible()
        expect(page.locator("#viewer mark.outlined").first).to_contain_text(amount)


def test_titles_texts_and_names_of_strangers_do_not_run(desk: Page) -> None:
    evil = "<img src=x onerror=\"alert('evil')\"> ${alert(1)} {{value}} `+alert(2)+`"
    paste(desk, f"{evil} The tram hurt 45 people in Oldtown. {evil}", evil)
    expect(summary(desk)).to_have_text("1 added")
    expect(desk.locator("#intake .intake-name")).to_have_text(evil)
    expect(row(desk, "onerror").locator(".row-title")).to_have_text(evil)
    row(desk, "onerror").locator(".row-title").click()
    expect(desk.get_by_role("heading", name="onerror")).to_have_text(evil)
    ask(desk, "How many people did the tram hurt?")
    open_shelf(desk)
    row(desk, "onerror").hover()
    desk.get_by_role("button", name="Remove: <img").click()
    expect(desk.locator("#shelf-list .list-notice")).to_contain_text("onerror")
    expect(desk.locator("#shelf img, #viewer img, #chat .bot-row img")).to_have_count(0)


def test_a_refused_address_offers_to_paste_instead(desk: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(url: str, **_: object) -> Article:
        raise SourceUnreadable(f"{url} shows a cookie banner. Open it and paste the text.")

    monkeypatch.setattr(intake, "read_address", refuse)
    open_shelf(desk)
    desk.get_by_role("button", name="Add", exact=True).click()
    desk.get_by_role("tab", name="Web address").click()
    desk.get_by_role("textbox", name="Web address").fill("news.example/story")
    desk.keyboard.press("Enter")
    expect(desk.locator("#intake .refused")).to_contain_text("https://news.example/story shows a cookie banner")
    desk.get_by_role("button", name="Paste its text instead").click()
    expect(desk.get_by_label("Paste the text of an article")).to_be_focused()


def test_search_sort_and_rename_work_on_the_list(desk: Page, library: Library) -> None:
    open_shelf(desk)
    titles = desk.locator("#shelf-list .row-title")
    expect(titles).to_have_text(["The bill grows", "Council approves the repair"])
    desk.get_by_label("Search the articles").fill("western mail")
    expect(titles).to_have_text(["Council approves the repair"])
    desk.locator("#shelf-list .row").hover()
    desk.get_by_role("button", name="Rename: Council").click()
    desk.get_by_label("New title of “Council approves the repair”").fill("The first estimate")
    desk.keyboard.press("Enter")
    expect(titles).to_have_text(["The first estimate"])
    desk.get_by_label("Search the articles").fill("")
    desk.locator("#sort label").filter(has_text="Published").click()
    expect(titles).to_have_text(["The bill grows", "The first estimate"])
    assert {entry.title for entry in library.catalogue()} == {"The bill grows", "The first estimate"}


def test_an_article_removed_in_another_tab_is_missed_without_an_error(
    desk: Page, visit: Open, library: Library, shared: tuple[Library, str]
) -> None:
    other = visit(shared[1])
    open_shelf(other)
    for title in ("The bill grows", "Council approves the repair"):
        row(other, title).hover()
        other.get_by_role("button", name=f"Remove: {title}").click()
        expect(row(other, title)).to_have_count(0)
    expect(other.locator("#shelf-list")).to_contain_text("No articles yet.")
    expect(other.locator("#add-files")).to_be_visible()

    note = ask(desk, COST)
    expect(note).to_contain_text("Add one first")
    expect(desk.get_by_role("heading", name="No article is open")).to_be_visible()
    expect(asking(desk)).to_have_text("this article")


@pytest.mark.parametrize("width", [320, 390, 820, 1440])
def test_the_shelf_is_not_cut_off_sideways(visit: Open, library: Library, shared: tuple[Library, str], width: int) -> None:
    page = visit(shared[1], {"width": width, "height": 900})
    open_shelf(page)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#add-files")).to_be_visible()
    wide = """() => [...document.querySelectorAll('#room *')]
        .filter((node) => node.checkVisibility() && !node.closest('.visually-hidden'))
        .filter((node) => node.getBoundingClientRect().right > innerWidth + 1)
        .map((node) => node.className || node.tagName)"""
    assert page.evaluate(wide) == []
