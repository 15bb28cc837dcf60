"""A reader has a language model write, sees what was found in the article and what was not, and stops it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from bot.author import Author
from bot.engine import Engine
from bot.history import History
from bot.markers import identifiers
from bot.settings import Settings
from bot.ui.app import start
from index.embedder import Embedder
from index.library import Library
from index.sources import read_text
from tests.browser.chat import ask, box, chip, notes, outlined
from tests.browser.conftest import DESK, PATIENCE, PHONE, Open
from tests.browser.test_viewer import AXE
from tests.scripted_server import (
    Conduct,
    Exchange,
    Server,
    Silence,
    listing,
    replies,
    says,
    serving,
    status,
    then_reset,
)

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE)

TROOPS = "How many troops are involved?"
RIGHT = "Ukraine said up to 30,000 Russian troops were involved on the attack"
TAIL = "And it went on like this for many more days, in the north and in the east, while people left"
WORDING = "You word follow-up questions"  # how that prompt begins
WRONG = "Ukraine said up to 300,000 Russian troops were involved on the attack"


class Held:
    """Writes the first pieces, and the rest when it is let go."""

    def __init__(self, first: str, rest: str) -> None:
        self.first, self.rest = first, rest
        self.go = threading.Event()

    def __call__(self, exchange: Exchange) -> None:
        exchange.begin()
        for at in range(0, len(self.first), 5):
            exchange.piece(self.first[at : at + 5])
        self.go.wait(60)
        exchange.piece(self.rest)
        exchange.end()


class QuietOn:
    """Says nothing to prompts that hold some words, of which `begun` tells, and declines all others."""

    def __init__(self, words: str) -> None:
        self.words, self.silence, self.begun = words, Silence(), threading.Event()

    def __call__(self, exchange: Exchange) -> None:
        if self.words in exchange.prompt:
            self.begun.set()
            self.silence(exchange)
        else:
            says("The article does not say.")(exchange)


@pytest.fixture(scope="module")
def model() -> Iterator[Server]:
    with serving(says("")) as server:
        yield server


@pytest.fixture(scope="module")
def author(embedder: Embedder, model: Server, tmp_path_factory: pytest.TempPathFactory) -> Author:
    author = Author(tmp_path_factory.mktemp("settings"), embedder)
    author.change(Settings(model.openai))
    return author


@pytest.fixture(scope="module")
def kept(engine: Engine, author: Author, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[History, str]]:
    with History.open(tmp_path_factory.mktemp("history"), engine.library) as history:
        page = start(engine, history, author)
        yield history, page.local_url
        page.close(verbose=False)


@pytest.fixture
def address(kept: tuple[History, str]) -> str:
    return kept[1]


@pytest.fixture
def name(engine: Engine) -> str:
    """What the model knows the sentence with the figure by."""
    return next(iter(identifiers(engine.ask(TROOPS).citations, [TROOPS])))


@pytest.fixture
def strict(author: Author, model: Server) -> Iterator[None]:
    author.change(Settings(model.openai, strict=True))
    yield
    author.change(Settings(model.openai))


def writes(model: Server, conduct: Conduct) -> None:
    model.script[:] = [conduct]


def put(page: Page, question: str = TROOPS) -> Locator:
    """Asks, and waits for nothing but the note."""
    before = notes(page).count()
    box(page).fill(question)
    box(page).press("Enter")
    return notes(page).nth(before)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_written_answer_streams_below_the_extracted_one_and_what_is_wrong_is_told(
    visit: Open, address: str, model: Server, name: str, size: dict[str, int]
) -> None:
    held = Held(f"{RIGHT} [{name}]. {WRONG} [{name}]. {TAIL}", " the towns.")
    writes(model, held)
    page = visit(address, size)
    note = put(page)
    expect(note.locator("strong").first).to_have_text("up to 30,000")
    expect(note.get_by_role("heading", name="small is writing")).to_be_visible()
    expect(note).to_contain_text(f"{RIGHT}. [1]")
    expect(note.locator("em")).to_contain_text("And it went on")
    expect(note).not_to_contain_text(name)
    held.go.set()

    expect(note.get_by_role("heading", name="Written by small · 1 of 3 claims found in the article")).to_be_visible()
    expect(note.locator("del").first).to_contain_text("300,000")
    expect(note.locator("del").filter(has_text="on the attack")).to_have_count(0)
    flag = note.get_by_role("link", name="not in the article").first
    expect(flag).to_have_attribute("title", "“300,000” is not in the sentences cited.")
    flag.click()
    expect(page).to_have_url(f"{address}")

    note.locator("hr ~ p").first.get_by_role("link", name="[1]", exact=True).first.click()
    expect(outlined(page)).to_contain_text("up to 30,000 Russian troops")
    expect(outlined(page)).to_be_in_viewport()


@pytest.mark.usefixtures("strict")
def test_strict_leaves_out_what_is_not_found_and_counts_it(visit: Open, address: str, model: Server, name: str) -> None:
    writes(model, says(f"{RIGHT} [{name}]. {WRONG} [{name}]."))
    note = put(visit(address))
    heading = "Written by small · 1 of 2 claims found in the article · 1 left out"
    expect(note.get_by_role("heading", name=heading)).to_be_visible()
    expect(note).not_to_contain_text("300,000")


def test_stop_ends_the_models_request_and_keeps_what_was_written(
    visit: Open, address: str, model: Server, name: str, kept: tuple[History, str]
) -> None:
    silence = Silence(f"{RIGHT} [{name}]. {TAIL}")
    writes(model, silence)
    page = visit(address)
    note = put(page)
    expect(note.locator("em")).to_contain_text("And it went on")
    page.get_by_role("button", name="Stop").click()

    expect(note).to_contain_text("Stopped.")
    expect(note.get_by_role("heading", name="1 of 1 claim found in the article")).to_be_visible()
    expect(note).not_to_contain_text("And it went on")
    assert silence.hung_up.wait(20)
    history = kept[0]
    (exchange,) = history.turns(history.conversations()[0].id)
    assert exchange.answer is not None
    assert exchange.answer.written is not None
    assert [claim.text for claim in exchange.answer.written.claims] == [f"{RIGHT}."]
    writes(model, says("The article does not say."))
    expect(ask(page, "Who is Oleh Syniehubov?")).to_contain_text("The language model says that the sentences found")


def test_while_an_answer_is_written_an_earlier_one_waits_to_be_judged(
    visit: Open, address: str, model: Server, name: str
) -> None:
    writes(model, says(f"{RIGHT} [{name}]."))
    page = visit(address)
    first = ask(page, TROOPS)
    expect(first.get_by_role("heading", name="Written by small")).to_be_visible()
    held = Held(TAIL, " the towns.")
    writes(model, held)
    second = put(page, "Who is Oleh Syniehubov?")
    expect(second.locator("em")).to_contain_text("And it went on")
    first.get_by_role("link", name="Wrong").click()
    expect(page.get_by_text("An answer is still under way here.")).to_be_visible()
    held.go.set()
    expect(second.get_by_role("heading", name="Written by small")).to_be_visible()
    first.get_by_role("link", name="Right").click()
    expect(first.get_by_role("link", name="✓ Right")).to_be_visible()
    expect(second.get_by_role("heading", name="Written by small")).to_be_visible()


def test_closing_the_page_ends_the_models_request(visit: Open, address: str, model: Server) -> None:
    silence = Silence(TAIL)
    writes(model, silence)
    page = visit(address)
    expect(put(page).locator("em")).to_contain_text("And it went on")
    page.close()
    assert silence.hung_up.wait(20)


@pytest.mark.parametrize("conduct", [status(500), then_reset("Ukraine sa")], ids=["refuses", "breaks off"])
def test_a_model_that_fails_leaves_the_extracted_answer_and_says_why(
    visit: Open, address: str, model: Server, conduct: Conduct
) -> None:
    writes(model, conduct)
    note = put(visit(address))
    expect(note.locator("strong").first).to_have_text("up to 30,000")
    expect(note).to_contain_text("The server at http://127.0.0.1")


HOSTILE = (
    '<img src=x onerror=alert(1)> <script>alert(1)</script> ![a](http://evil.example/a.png) [b](javascript:alert(1)) '
    '<a href="http://evil.example">c</a> "quoted" **bold** ~~gone~~ `code` http://evil.example <style>*{color:red}</style>.'
)


def test_what_a_hostile_model_writes_draws_nothing(visit: Open, address: str, model: Server) -> None:
    writes(model, says(f"# Heading\n\n- {HOSTILE}\n\n\"><img src=x> ended here on 5,123 \"days\" \\\" (so)."))
    note = put(visit(address))
    expect(note.get_by_role("heading", name="Written by small")).to_be_visible()
    expect(note).to_contain_text("[b](javascript:alert(1))")
    written = "(note) => [...note.querySelectorAll('hr ~ *')].flatMap((part) => [part, ...part.querySelectorAll('*')])"
    tags = note.evaluate(f"(note) => ({written})(note).map((node) => node.tagName)")
    assert set(tags) <= {"H4", "P", "DEL", "A"}
    links = note.locator("hr ~ * a").evaluate_all("(links) => links.map((link) => link.getAttribute('href'))")
    assert all(link.startswith(("#flag-", "#cite-", "#do-")) for link in links)


def test_a_reopened_conversation_shows_what_was_written(visit: Open, address: str, model: Server, name: str) -> None:
    writes(model, says(f"{RIGHT} [{name}]. {WRONG} [{name}]."))
    page = visit(address)
    expect(put(page)).to_contain_text("1 of 2 claims")
    page.reload()
    page.get_by_role("button", name="Conversations", exact=True).click()
    page.locator("#talks-list .row-title").first.click()
    note = notes(page).first
    expect(note.get_by_role("heading", name="1 of 2 claims found in the article")).to_be_visible()
    expect(note.locator("del").first).to_contain_text("300,000")
    expect(chip(note)).to_be_visible()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_model_is_chosen_tried_and_saved_and_writes_the_next_answer(
    visit: Open, address: str, author: Author, model: Server, name: str, size: dict[str, int]
) -> None:
    author.change(Settings())
    page = visit(address, size)
    expect(put(page)).to_contain_text("Edit the question")
    expect(notes(page).first).not_to_contain_text("Written by")

    opener = page.get_by_role("button", name="Settings", exact=True)
    opener.click()
    panel = page.locator("#settings")
    expect(panel.get_by_role("radio", name="None")).to_be_checked()
    panel.get_by_role("radio", name="A server that speaks").check()
    panel.get_by_label("Address").fill(model.address)
    writes(model, listing("small", "<b>large</b>"))
    panel.get_by_role("button", name="List models").click()
    expect(panel.get_by_role("group", name="Models").get_by_role("button")).to_have_text(["<b>large</b>", "small"])
    panel.get_by_role("button", name="small").click()
    writes(model, status(404))
    panel.get_by_role("button", name="Test").click()
    expect(panel.get_by_role("status")).to_contain_text("does not have this model")
    writes(model, says("ready"))
    panel.get_by_role("button", name="Test").click()
    expect(panel.get_by_role("status")).to_contain_text("It answers.")
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_role("status")).to_contain_text("Saved.")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(opener).to_be_focused()

    writes(model, says(f"{RIGHT} [{name}]."))
    expect(put(page)).to_contain_text("Written by small · 1 of 1 claim found in the article")


def test_follow_ups_are_worded_by_the_model_where_that_is_ticked_and_stop_ends_it(
    visit: Open, address: str, author: Author, model: Server
) -> None:
    author.change(Settings())
    page = visit(address)
    page.get_by_role("button", name="Settings", exact=True).click()
    panel = page.locator("#settings")
    tick = panel.get_by_role("checkbox", name="Let the model word follow-up questions too")
    expect(panel.get_by_role("radio", name="None")).to_be_checked()
    expect(tick).to_be_hidden()
    panel.get_by_role("radio", name="A server that speaks").check()
    panel.get_by_label("Address").fill(model.address)
    panel.get_by_label("Model", exact=True).fill("small")
    expect(tick).not_to_be_checked()
    tick.check()
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_role("status")).to_contain_text("Saved.")
    assert author.settings == Settings(model.openai, reword=True)
    page.keyboard.press("Escape")

    worded = "How many troops amassed on the border?"
    writes(model, replies(lambda prompt: worded if WORDING in prompt else "The article does not say."))
    expect(put(page)).to_contain_text("The language model says")
    note = put(page, "And there, on the border?")
    expect(note).to_contain_text(f"Searched for: {worded}")
    expect(note).to_contain_text("around 50,000")

    quiet = QuietOn(WORDING)
    writes(model, quiet)
    note = put(page, "And how many there?")
    assert quiet.begun.wait(20)
    page.get_by_role("button", name="Stop").click()
    expect(note).to_contain_text("Stopped before there was an answer.")
    assert quiet.silence.hung_up.wait(20)


def test_the_model_proposes_questions_where_there_are_few(
    visit: Open, engine: Engine, embedder: Embedder, author: Author, model: Server, tmp_path: Path
) -> None:
    author.change(Settings(model.openai))
    asked = "What did the ferry from Larne carry?"
    quiet = QuietOn("You propose questions")
    writes(model, quiet)
    with Library.temporary(embedder) as library, History.open(tmp_path, library) as history:
        library.add(read_text("The ferry from Larne carried nothing but apples this morning. The rain has stopped."))
        shown = start(Engine(library, engine.reader), history, author)
        page = visit(shown.local_url)
        assert quiet.begun.wait(20)
        expect(put(page, asked)).to_contain_text("apples")
        assert quiet.silence.hung_up.wait(20)  # a question goes first

        writes(model, says(f"{asked}\nWho sank the ferry?\nWhat is <b>this</b>?"))
        page.reload()
        example = page.locator("#chat").get_by_role("button", name=asked)
        expect(example).to_be_visible()
        expect(page.locator("#chat .example")).to_have_count(1)
        writes(model, says("The article does not say."))
        example.click()
        expect(notes(page)).to_contain_text("apples")
        page.close()
        shown.close(verbose=False)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_a_written_answer_and_in_the_settings(
    chromium: Browser, address: str, author: Author, model: Server, name: str, scheme: str
) -> None:
    author.change(Settings(model.openai))
    writes(model, says(f"{RIGHT} [{name}]. {WRONG} [{name}]."))
    # Without motion, or a panel that fades in is measured while it is pale.
    with closing(chromium.new_context(color_scheme=scheme, bypass_csp=True, reduced_motion="reduce")) as context:
        page = context.new_page()
        page.goto(address)
        expect(put(page)).to_contain_text("1 of 2 claims")
        page.evaluate(AXE)
        check = "() => axe.run({resultTypes: ['violations']}).then(({violations}) => violations)"
        for _ in range(2):
            wrong = [(each["id"], [node["html"] for node in each["nodes"]]) for each in page.evaluate(check)
                     if each["impact"] in ("serious", "critical")]  # fmt: skip
            assert wrong == []
            page.get_by_role("button", name="Settings", exact=True).click()
            expect(page.locator("#settings").get_by_label("Model", exact=True)).to_have_value("small")


def test_nothing_is_cut_off_in_the_settings_on_a_small_screen(visit: Open, address: str, author: Author, model: Server) -> None:
    author.change(Settings(model.openai))
    page = visit(address, {"width": 320, "height": 800})
    page.get_by_role("button", name="Settings", exact=True).click()
    expect(page.locator("#settings").get_by_label("Model", exact=True)).to_have_value("small")
    wide = """() => [...document.querySelectorAll('#room *')]
        .filter((node) => node.getBoundingClientRect().width > 0 && node.getBoundingClientRect().right > innerWidth + 1)
        .map((node) => node.className || node.tagName)"""
    assert page.evaluate(wide) == []
