"""A reader asks the sample article in a browser and checks the answers against it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from bot.answer import Answer, Kind
from bot.engine import Engine
from tests.browser.chat import ask, box, chip, evidence, notes, outlined
from tests.browser.conftest import PATIENCE, PHONE, Open

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE)

TROOPS = "How many troops are involved?"
AID = "How much is the aid package worth?"


@pytest.fixture
def desk(visit: Open, address: str) -> Page:
    return visit(address)


@pytest.fixture
def phone(visit: Open, address: str) -> Page:
    return visit(address, PHONE, has_touch=True)


def test_the_answer_names_the_figure_and_its_citation_shows_the_sentence(desk: Page) -> None:
    note = ask(desk, TROOPS)
    expect(note).to_contain_text("30,000")
    expect(evidence(desk).filter(has_text="up to 30,000 Russian troops")).to_be_visible()

    chip(note).click()

    expect(outlined(desk)).to_contain_text("Ukraine said up to 30,000 Russian troops were involved on the attack")
    expect(outlined(desk)).to_be_in_viewport()


def test_an_example_question_is_asked_by_its_button(desk: Page) -> None:
    desk.get_by_role("button", name=TROOPS).click()
    expect(notes(desk)).to_contain_text("30,000")
    expect(desk.get_by_test_id("user")).to_have_text(TROOPS)
    expect(box(desk)).to_be_focused()


def test_each_answer_keeps_its_own_citations(desk: Page) -> None:
    first = ask(desk, TROOPS)
    second = ask(desk, AID)
    expect(evidence(desk).filter(has_text="$60bn")).to_be_visible()
    expect(evidence(desk).filter(has_text="30,000")).to_have_count(0)

    chip(first).click()
    expect(outlined(desk)).to_contain_text("30,000")
    expect(evidence(desk).filter(has_text="$60bn")).to_have_count(0)
    expect(desk.locator("#viewer .reader-question")).to_contain_text(TROOPS)

    second.click(position={"x": 2, "y": 2})
    expect(evidence(desk).filter(has_text="$60bn")).to_have_count(1)
    expect(outlined(desk)).to_have_count(0)


def test_the_article_reads_the_same_after_its_highlights_moved(desk: Page) -> None:
    text = "() => [...document.querySelectorAll('#viewer .text, #viewer .caption')].map((p) => p.textContent)"
    untouched = desk.evaluate(text)
    first = ask(desk, TROOPS)
    ask(desk, AID)
    chip(first).click()
    ask(desk, AID)
    expect(evidence(desk).filter(has_text="30,000")).to_have_count(0)
    numbers = "() => document.querySelectorAll('#viewer sup').forEach((number) => number.remove())"
    desk.evaluate(numbers)
    assert desk.evaluate(text) == untouched


def test_the_number_in_the_article_leads_back_to_the_answer(desk: Page) -> None:
    note = ask(desk, TROOPS)
    chip(note).focus()
    desk.keyboard.press("Enter")
    number = desk.get_by_role("button", name="Footnote 1: back to the answer")
    expect(number).to_be_focused()
    desk.keyboard.press("Enter")
    expect(chip(note)).to_be_focused()


def test_escape_clears_the_outline_and_returns_to_the_citation(desk: Page) -> None:
    note = ask(desk, TROOPS)
    chip(note).click()
    expect(outlined(desk)).to_have_count(1)
    desk.keyboard.press("Escape")
    expect(outlined(desk)).to_have_count(0)
    expect(chip(note)).to_be_focused()


def test_a_slash_brings_the_question_box_and_is_typed_inside_it(desk: Page) -> None:
    chip(ask(desk, TROOPS)).focus()
    desk.keyboard.press("/")
    expect(box(desk)).to_be_focused()
    expect(box(desk)).to_have_value("")
    desk.keyboard.type("3/4")
    expect(box(desk)).to_have_value("3/4")


def test_shift_and_enter_break_the_line_and_send_nothing(desk: Page) -> None:
    box(desk).fill("How many")
    box(desk).press("Shift+Enter")
    desk.keyboard.type("troops?")
    expect(box(desk)).to_have_value("How many\ntroops?")
    expect(notes(desk)).to_have_count(0)


def test_what_the_article_does_not_say_is_said_with_the_nearest_sentences(
    desk: Page, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    nearest = engine.ask(TROOPS).citations
    answer = Answer("Who won?", False, Kind.NOT_STATED, "The article does not say.", 0.04, nearest)
    monkeypatch.setattr(engine, "ask", lambda *_, **__: answer)
    note = ask(desk, "Who won?")
    expect(note.get_by_role("heading", name="The article does not say.")).to_be_visible()
    expect(note).to_contain_text("Nearest sentences")
    expect(note.get_by_role("link", name="not stated")).to_have_attribute("title", re.compile("4 %"))
    chip(note).click()
    expect(outlined(desk)).to_be_in_viewport()


def test_the_odds_are_words_with_the_figure_on_hover(desk: Page) -> None:
    odds = ask(desk, TROOPS).get_by_role("link", name=re.compile("clearly stated|likely|possibly"))
    expect(odds).to_have_attribute("title", re.compile(r"\d+ %"))


def test_a_headline_that_stands_twice_is_shown_once_until_it_is_cited(desk: Page) -> None:
    headline = "Russia intensifies attacks around Kharkiv as Blinken visits Kyiv"
    expect(desk.get_by_role("heading", name=headline)).to_have_count(1)
    expect(desk.locator("#viewer .repeat")).to_be_hidden()


def test_a_question_that_is_refused_comes_back_with_the_reason(desk: Page) -> None:
    question = "why " * 300
    note = ask(desk, question)
    expect(note).to_contain_text("characters")
    expect(box(desk)).to_have_value(question)


def test_a_blank_question_is_answered_with_a_hint(desk: Page) -> None:
    expect(ask(desk, " ")).to_contain_text("There is no question yet.")
    expect(desk.get_by_test_id("user")).to_have_count(0)


def test_a_fault_is_told_plainly_and_the_question_is_kept(
    desk: Page, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> Answer:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(engine, "ask", fail)
    note = ask(desk, TROOPS)
    expect(note).to_contain_text("Something went wrong in Footnote itself")
    expect(box(desk)).to_have_value(TROOPS)
    expect(desk.locator("body")).not_to_contain_text("secret detail")

    monkeypatch.undo()
    expect(ask(desk, TROOPS)).to_contain_text("30,000")


@pytest.fixture
def gate(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Holds every answer back until it is set."""
    event, answer = threading.Event(), engine.ask

    def wait(*args: object, **named: object) -> Answer:
        event.wait()
        return answer(*args, **named)

    monkeypatch.setattr(engine, "ask", wait)
    yield event
    event.set()


def test_while_the_article_is_read_the_page_says_so(desk: Page, gate: threading.Event) -> None:
    box(desk).fill(TROOPS)
    box(desk).press("Enter")
    log = desk.get_by_role("log")
    expect(log).to_contain_text("Reading the article…")
    expect(log).to_have_attribute("aria-live", "polite")
    expect(box(desk)).to_have_value("")
    gate.set()
    expect(notes(desk)).to_contain_text("30,000")
    expect(log).not_to_contain_text("Reading the article…")


def test_two_tabs_do_not_mix(visit: Open, address: str) -> None:
    one, other = visit(address), visit(address)
    ask(one, TROOPS)
    ask(other, AID)
    again = ask(one, AID)
    expect(notes(one)).to_have_count(2)
    expect(notes(other)).to_have_count(1)
    expect(chip(again)).to_have_attribute("href", "#cite-2-1")
    expect(chip(notes(other))).to_have_attribute("href", "#cite-1-1")


def test_on_a_phone_a_citation_opens_the_article_under_the_chat(phone: Page) -> None:
    reader = phone.get_by_role("region", name="Article")
    note = ask(phone, TROOPS)
    expect(reader).to_be_hidden()

    chip(note).tap()
    expect(reader).to_be_visible()
    expect(outlined(phone)).to_be_in_viewport()
    expect(chip(note)).to_be_in_viewport()

    phone.get_by_role("button", name="Close the article").tap()
    expect(reader).to_be_hidden()
    expect(chip(note)).to_be_focused()


def test_on_a_phone_escape_closes_the_article(phone: Page) -> None:
    phone.get_by_role("button", name="Read the article").tap()
    reader = phone.get_by_role("region", name="Article")
    expect(reader).to_be_visible()
    phone.keyboard.press("Escape")
    expect(reader).to_be_hidden()


@pytest.mark.parametrize("width", [320, 390, 799, 800, 820, 1100, 1440, 2200])
def test_nothing_is_cut_off_sideways(visit: Open, address: str, width: int) -> None:
    page = visit(address, {"width": width, "height": 900})
    ask(page, TROOPS)
    wide = """() => [...document.querySelectorAll('#room *')]
        .filter((node) => node.getBoundingClientRect().width > 0 && node.getBoundingClientRect().right > innerWidth + 1)
        .map((node) => node.className || node.tagName)"""
    assert page.evaluate(wide) == []


def test_a_line_of_the_article_holds_62_to_70_characters(desk: Page) -> None:
    per_line = desk.evaluate(
        """() => {
            const counts = [];
            for (const paragraph of document.querySelectorAll('#viewer .text')) {
                const range = document.createRange();
                const text = paragraph.firstChild;
                let top = null, count = 0;
                for (let i = 0; i < text.length; i++) {
                    range.setStart(text, i);
                    range.setEnd(text, i + 1);
                    const box = range.getClientRects()[0];
                    if (!box) continue;
                    if (top !== null && box.top > top + 4) { counts.push(count); count = 0; }
                    top = box.top;
                    count += 1;
                }
            }
            return counts.sort((a, b) => a - b)[Math.floor(counts.length / 2)];
        }"""
    )
    assert 60 <= per_line <= 72  # two more on either side for the faces that other systems have


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(visit: Open, address: str, scheme: str) -> None:
    page = visit(address, color_scheme=scheme)
    ask(page, TROOPS)
    contrast = """(selector) => {
        const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
        const rgba = (colour) => {
            canvas.clearRect(0, 0, 1, 1);
            canvas.fillStyle = colour;
            canvas.fillRect(0, 0, 1, 1);
            return [...canvas.getImageData(0, 0, 1, 1).data];
        };
        const linear = (v) => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
        const light = ([r, g, b]) => .2126 * linear(r) + .7152 * linear(g) + .0722 * linear(b);
        const tint = (style) => style.backgroundImage.match(/(?:rgba?|oklch)\\([^)]*\\)/)?.[0] ?? style.backgroundColor;
        const node = document.querySelector(selector);
        let ground = node;
        while (rgba(tint(getComputedStyle(ground)))[3] < 255) ground = ground.parentElement;
        const colours = [getComputedStyle(node).color, tint(getComputedStyle(ground))];
        const [more, less] = colours.map((colour) => light(rgba(colour))).sort((x, y) => y - x);
        return (more + .05) / (less + .05);
    }"""
    for selector in ("#viewer .text", "#viewer .caption", "#viewer mark", "#viewer .number", "#chat blockquote",
                     '#chat a[href^="#cite-"]', '#chat a[href^="#odds-"]', "#question button", ".masthead h1"):
        assert page.evaluate(contrast, selector) >= 4.5, selector


def test_no_motion_where_less_is_asked_for(visit: Open, address: str) -> None:
    page = visit(address, PHONE, reduced_motion="reduce")
    chip(ask(page, TROOPS)).click()
    assert page.evaluate("() => document.getAnimations().length") == 0
    expect(outlined(page)).to_be_in_viewport()


def test_on_paper_the_whole_article_and_the_answer_are_printed(desk: Page) -> None:
    ask(desk, TROOPS)
    desk.emulate_media(media="print")
    expect(box(desk)).to_be_hidden()
    expect(notes(desk)).to_be_visible()
    assert desk.locator("#viewer .reader-scroll").evaluate("(node) => node.scrollHeight - node.clientHeight") == 0
    assert desk.evaluate("() => document.documentElement.scrollHeight > innerHeight")


def test_every_control_has_a_name(desk: Page) -> None:
    chip(ask(desk, TROOPS)).click()
    nameless = """() => [...document.querySelectorAll('button, a, textarea, input, [tabindex="0"]')]
        .filter((node) => node.checkVisibility())
        .filter((node) => !(node.textContent.trim() || node.getAttribute('aria-label') || node.labels?.[0]?.textContent.trim()))
        .map((node) => node.outerHTML)"""
    assert desk.evaluate(nameless) == []


def test_gradio_does_not_show_itself(desk: Page) -> None:
    expect(desk).to_have_title("Footnote")
    expect(desk.locator("footer")).to_have_count(0)
    expect(desk.get_by_role("button", name="Clear")).to_have_count(0)
