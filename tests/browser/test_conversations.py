"""A reader comes back to what was asked: conversations are kept, continued, deleted, written out, judged, stopped."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from bot.answer import Answer, Turn
from bot.engine import Engine
from bot.history import History
from bot.ui.app import start
from index.library import Library
from tests.browser.chat import ask, box, chip, notes, outlined
from tests.browser.conftest import DESK, PATIENCE, PHONE, Open

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE)

TROOPS = "How many troops are involved?"
BORDER = "And on the border?"


@pytest.fixture(scope="module")
def kept(engine: Engine, library: Library, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[History, str]]:
    """A history and the page that fills it."""
    with History.open(tmp_path_factory.mktemp("history"), library) as history:
        page = start(engine, history)
        yield history, page.local_url
        page.close(verbose=False)


@pytest.fixture
def history(kept: tuple[History, str]) -> History:
    history, _ = kept
    for header in history.conversations():
        history.delete(header.id)
    return history


@pytest.fixture
def address(kept: tuple[History, str]) -> str:
    return kept[1]


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def page(request: pytest.FixtureRequest, visit: Open, history: History, address: str) -> Page:
    return visit(address, request.param)


@pytest.fixture
def desk(visit: Open, history: History, address: str) -> Page:
    return visit(address)


def conversations(page: Page) -> Locator:
    """Opens the panel. Returns the names in it."""
    page.get_by_role("button", name="Conversations", exact=True).click()
    expect(page.get_by_role("button", name="New conversation")).to_be_focused()
    return page.get_by_role("list", name="Conversations").locator(".row-title")


def test_a_reload_begins_anew_and_the_earlier_conversation_is_continued_with_its_citations(page: Page) -> None:
    ask(page, TROOPS)
    page.reload()
    expect(page.get_by_role("button", name="How much is the aid package worth?")).to_be_visible()
    expect(notes(page)).to_have_count(0)

    conversations(page).filter(has_text=TROOPS).click()
    expect(notes(page)).to_have_count(1)
    expect(box(page)).to_be_focused()
    expect(ask(page, BORDER)).to_contain_text("50,000")
    chip(notes(page).first).click()
    expect(outlined(page)).to_contain_text("up to 30,000 Russian troops")
    expect(outlined(page)).to_be_in_viewport()


def test_a_new_conversation_is_empty_and_the_old_one_is_listed(desk: Page) -> None:
    ask(desk, TROOPS)
    expect(conversations(desk)).to_have_text([TROOPS])
    desk.get_by_role("button", name="New conversation").click()
    expect(notes(desk)).to_have_count(0)
    expect(box(desk)).to_be_focused()
    ask(desk, "Who is Oleh Syniehubov?")
    expect(conversations(desk)).to_have_text(["Who is Oleh Syniehubov?", TROOPS])
    desk.get_by_label("Search the conversations").fill("troops")
    expect(desk.locator("#talks-list .row-title")).to_have_text([TROOPS])


def test_a_conversation_is_renamed_deleted_and_brought_back(desk: Page, history: History) -> None:
    ask(desk, TROOPS)
    names = conversations(desk)
    desk.locator("#talks-list .row").hover()
    desk.get_by_role("button", name=f"Rename: {TROOPS}").click()
    desk.get_by_label(f"New name of “{TROOPS}”").fill("<b>The front</b>")
    desk.keyboard.press("Enter")
    expect(names).to_have_text(["<b>The front</b>"])

    desk.locator("#talks-list .row").hover()
    desk.get_by_role("button", name="Delete: <b>The front</b>").click()
    expect(names).to_have_count(0)
    expect(notes(desk)).to_have_count(0)
    assert history.conversations() == []
    desk.get_by_role("button", name="Undo").click()
    expect(names).to_have_text(["<b>The front</b>"])
    names.first.click()
    expect(notes(desk)).to_contain_text("30,000")


def test_a_conversation_deleted_in_another_tab_goes_on_as_a_new_one(desk: Page, history: History) -> None:
    ask(desk, TROOPS)
    (header,) = history.conversations()
    history.delete(header.id)
    box(desk).fill("Who is Oleh Syniehubov?")
    box(desk).press("Enter")
    expect(desk.get_by_test_id("user")).to_have_text(["Who is Oleh Syniehubov?"])
    expect(conversations(desk)).to_have_text(["Who is Oleh Syniehubov?"])


@pytest.mark.parametrize(("form", "ending"), [("Markdown", "md"), ("HTML", "html"), ("JSON", "json")])
def test_the_open_conversation_is_saved_as_a_file(desk: Page, tmp_path: Path, form: str, ending: str) -> None:
    ask(desk, TROOPS)
    conversations(desk)
    for _ in range(2):  # once more is possible
        with desk.expect_download() as download:
            desk.get_by_role("button", name=form, exact=True).click()
    assert download.value.suggested_filename == f"footnote-how-many-troops-are-involved.{ending}"
    download.value.save_as(tmp_path / "saved")
    text = (tmp_path / "saved").read_text(encoding="utf-8")
    assert "30,000 Russian troops were involved" in text.replace("**", "").replace("<mark>", "").replace("</mark>", "")
    if ending == "json":
        assert json.loads(text)["turns"][0]["question"] == TROOPS


def test_a_verdict_is_kept_with_its_reason_and_can_be_taken_back(page: Page, history: History) -> None:
    def judged() -> tuple[str | None, str]:
        (exchange,) = history.turns(history.conversations()[0].id)
        return exchange.feedback, exchange.reason

    note = ask(page, TROOPS)
    note.get_by_role("link", name="Wrong", exact=True).click()
    reason = page.get_by_label("What is wrong with it? (optional)")
    expect(reason).to_be_focused()
    expect(note.get_by_role("link", name="✓ Wrong")).to_be_visible()
    page.keyboard.press("Escape")
    expect(reason).to_be_hidden()
    page.wait_for_function("() => document.activeElement.hash?.startsWith('#do-down-')")

    note.get_by_role("link", name="Right", exact=True).click()
    expect(note.get_by_role("link", name="✓ Right")).to_be_visible()
    assert judged() == ("up", "")
    note.get_by_role("link", name="✓ Right").click()
    expect(note.get_by_role("link", name="Right", exact=True)).to_be_visible()
    assert judged() == (None, "")


def test_the_reason_of_a_verdict_is_kept(desk: Page, history: History) -> None:
    note = ask(desk, TROOPS)
    note.get_by_role("link", name="Wrong", exact=True).click()
    desk.get_by_label("What is wrong with it? (optional)").fill("It is <i>more</i>.")
    desk.get_by_role("button", name="Save", exact=True).click()
    conversations(desk)  # what is pressed is worked off in order
    with desk.expect_download() as download:
        desk.get_by_role("button", name="JSON", exact=True).click()
    (turn,) = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))["turns"]
    assert (turn["feedback"], turn["reason"]) == ("down", "It is <i>more</i>.")


def test_a_follow_up_tells_what_it_stands_for_and_is_searched_as_typed_if_wanted(
    desk: Page, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(desk, TROOPS)
    note = ask(desk, BORDER)
    expect(note).to_contain_text("Searched for: How many troops")
    given: list[tuple[str, list[Turn]]] = []
    answer = engine.ask

    def spy(question: str, history: Sequence[Turn], *rest: Any) -> Answer:
        given.append((question, list(history)))
        return answer(question, history, *rest)

    monkeypatch.setattr(engine, "ask", spy)
    note.get_by_role("link", name="Search as typed").click()
    expect(notes(desk)).to_have_count(3)
    expect(notes(desk).nth(2)).not_to_contain_text("Reading the article")
    expect(notes(desk).nth(2)).not_to_contain_text("Searched for")
    assert (BORDER, []) in given


def test_a_slip_that_was_mended_can_be_searched_as_typed(desk: Page) -> None:
    note = ask(desk, "How many vilages did Russia capture?")
    expect(note).to_contain_text("Searched for: How many villages did Russia capture?")
    note.get_by_role("link", name="Search as typed").click()
    expect(notes(desk)).to_have_count(2)
    expect(notes(desk).last.get_by_role("link", name="Edit the question")).to_be_visible()
    expect(notes(desk).last).not_to_contain_text("Searched for")


def test_after_an_answer_a_question_to_ask_next_is_offered_and_asked(desk: Page) -> None:
    ask(desk, TROOPS)
    offered = desk.get_by_role("group", name="Ask next").get_by_role("button")
    expect(offered.first).to_be_visible()
    question = offered.first.inner_text()
    offered.first.click()
    expect(desk.get_by_test_id("user").last).to_have_text(question)
    expect(notes(desk)).to_have_count(2)
    expect(notes(desk).last.get_by_role("link", name="[1]").first).to_be_visible()


def test_editing_a_question_puts_it_back_and_goes_on_from_there(desk: Page, history: History) -> None:
    ask(desk, TROOPS)
    note = ask(desk, "Who is Oleh Syniehubov?")
    note.get_by_role("link", name="Edit the question").click()
    expect(notes(desk)).to_have_count(1)
    expect(box(desk)).to_have_value("Who is Oleh Syniehubov?")
    expect(box(desk)).to_be_focused()
    ask(desk, "Who is Vitaliy Klitschko?")
    expect(desk.get_by_test_id("user")).to_have_text([TROOPS, "Who is Vitaliy Klitschko?"])
    (header,) = history.conversations()
    assert header.turns == 3


@pytest.fixture
def gate(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Holds every answer back until it is set."""
    event, answer = threading.Event(), engine.ask

    def wait(*args: object, **named: object) -> Answer:
        event.wait()
        return answer(*args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(engine, "ask", wait)
    yield event
    event.set()


def test_an_answer_is_stopped_at_once_and_its_question_can_be_asked_again(
    desk: Page, history: History, gate: threading.Event
) -> None:
    box(desk).fill(TROOPS)
    box(desk).press("Enter")
    desk.get_by_role("button", name="Stop").click()  # the answer is still held back
    expect(notes(desk)).to_contain_text("Stopped before there was an answer.")
    expect(desk.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    expect(desk.get_by_test_id("user")).to_have_text(TROOPS)

    gate.set()
    notes(desk).get_by_role("link", name="Ask again").click()
    expect(notes(desk)).to_contain_text("30,000")
    expect(desk.get_by_test_id("user")).to_have_text(TROOPS)
    (exchange,) = history.turns(history.conversations()[0].id)
    assert exchange.answer is not None


def test_while_an_answer_is_under_way_no_other_conversation_is_begun(desk: Page, gate: threading.Event) -> None:
    box(desk).fill(TROOPS)
    box(desk).press("Enter")
    expect(desk.get_by_role("button", name="Stop")).to_be_visible()
    conversations(desk)
    desk.get_by_role("button", name="New conversation").click()
    expect(desk.get_by_text("An answer is still under way here.")).to_be_visible()
    gate.set()
    expect(notes(desk)).to_contain_text("30,000")
    expect(desk.get_by_test_id("user")).to_have_text(TROOPS)


def test_a_question_whose_answer_was_lost_is_shown_so_and_asked_again(desk: Page, history: History) -> None:
    history.begin(history.start(), TROOPS)  # and then the power failed
    conversations(desk).first.click()
    expect(notes(desk)).to_contain_text("This question has no answer yet.")
    notes(desk).get_by_role("link", name="Ask again").click()
    expect(notes(desk)).to_contain_text("30,000")
    expect(notes(desk)).to_have_count(1)


def test_a_refused_question_is_not_kept(desk: Page, history: History) -> None:
    expect(ask(desk, "why " * 300)).to_contain_text("characters")
    assert history.conversations() == []


def test_of_a_long_conversation_the_end_is_shown_and_the_rest_on_demand(
    desk: Page, engine: Engine, history: History
) -> None:
    answer = engine.ask(TROOPS)
    key = history.start()
    for n in range(70):
        history.append(key, Turn(f"Question {n}", answer))
    conversations(desk).first.click()
    expect(desk.get_by_test_id("user")).to_have_count(50)
    expect(desk.get_by_test_id("user").last).to_be_in_viewport()
    chip(notes(desk).last).click()
    expect(outlined(desk)).to_contain_text("30,000")
    desk.get_by_role("link", name="Show 20 earlier questions").click()
    expect(desk.get_by_test_id("user")).to_have_count(70)
    expect(desk.get_by_test_id("user").first).to_have_text("Question 0")


@pytest.mark.parametrize("width", [320, 390, 820, 1440])
def test_the_conversations_are_not_cut_off_sideways(visit: Open, history: History, address: str, width: int) -> None:
    page = visit(address, {"width": width, "height": 900})
    ask(page, TROOPS)
    conversations(page)
    wide = """() => [...document.querySelectorAll('#room *')]
        .filter((node) => node.checkVisibility() && !node.closest('.visually-hidden'))
        .filter((node) => node.getBoundingClientRect().right > innerWidth + 1)
        .map((node) => node.className || node.tagName)"""
    assert page.evaluate(wide) == []
