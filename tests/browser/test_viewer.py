"""The article beside the answers: walking its evidence, searching it, quoting it, asking about it; with keys and without."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from bot.answer import Answer, Citation, Kind, Turn
from index.library import Library
from index.sources import Article, sample
from tests.browser.chat import ask, box, chip, evidence, notes, outlined
from tests.browser.conftest import DESK, PATIENCE, PHONE, Open, served
from tests.doubles import HashEmbedder

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE)

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
TROOPS = "How many troops are involved?"
AID = "How much is the aid package worth?"
BOTH = "What do both papers say?"
DEEP = "What is at the bottom?"
BRIDGE = "The bridge at ${1+1} `Ford` <b>was</b> closed on Monday, the “mayor” said."
PAPER = Article(
    text="\n\n".join(["A bridge closes", "It rained for a week.", BRIDGE, *(f"Paragraph {n} tells of it." for n in range(30))]),
    title="A bridge closes", origin="bridge.pdf", date="2025-03-09", author="Ann Ode", site="The River Post", language="fr",
    place="https://river.example/bridge",
)
PAPER = replace(PAPER, pages=(0, PAPER.text.index("The bridge"), PAPER.text.index("Paragraph 9")))
LONG = Article(
    text="\n\n".join(["The long one"] + [
        f"Paragraph {n} of the long one goes on about rain, harvest and the price of bread, as the others do. It has a second "
        f"sentence too, which says little; and number {n} ends here, {'at the very bottom' if n == 2799 else 'as expected'}."
        for n in range(2800)
    ]),
    title="The long one", origin="long.txt",
)
SCRIPT = {  # what each question is answered with: (article, beginning of a sentence, the answer in it)
    TROOPS: [(sample(), "Ukraine said up to 30,000", "up to 30,000"), (sample(), "Moscow has made clear", ""),
             (sample(), "Russia has also launched", "")],
    AID: [(sample(), "Last month, Joe Biden", "$60bn")],
    BOTH: [(sample(), "Ukraine said up to 30,000", "30,000"), (PAPER, "The bridge at", "Monday")],
    DEEP: [(LONG, "It has a second sentence too, which says little; and number 2799", "at the very bottom")],
}


class Scripted:
    """An engine that answers from SCRIPT."""

    def __init__(self, library: Library) -> None:
        self.library = library

    def ask(
        self, question: str, history: Sequence[Turn] = (), articles: Collection[str] | None = None, *_: object
    ) -> Answer:
        if question not in SCRIPT:
            return Answer(question, False, Kind.NOT_STATED, "The article does not say.", 0.04)
        cited = enumerate(SCRIPT[question], 1)
        citations = tuple(self.cite(n, article, begin, answer) for n, (article, begin, answer) in cited)
        return Answer(question, True, Kind.SPAN, SCRIPT[question][0][2], 0.9, citations)

    def cite(self, n: int, article: Article, begin: str, answer: str) -> Citation:
        [stored] = [entry for entry in self.library.catalogue() if entry.title == article.title]
        text = self.library.article(stored.id).text
        [unit] = [unit for unit in self.library.sentences(stored.id) if unit.text.startswith(begin)]
        at = text.index(answer, unit.start) if answer else None
        page = sum(start <= unit.start for start in article.pages) or None
        return Citation(n, stored.id, stored.title, stored.origin, unit.start, unit.end, unit.text, 0.92, unit.start, unit.end,
                        at, at and at + len(answer), article.date, None, page)


@pytest.fixture(scope="module")
def shelf() -> Iterator[str]:
    """The page over three articles; the sample lies open."""
    with Library.temporary(HashEmbedder()) as library:
        for article in (LONG, PAPER, sample()):
            library.add(article)
        with served(Scripted(library)) as url:
            yield url


@pytest.fixture(params=["desk", "phone"])
def page(visit: Open, shelf: str, request: pytest.FixtureRequest) -> Page:
    """The page at both sizes."""
    return laid(visit(shelf, PHONE if request.param == "phone" else DESK))


@pytest.fixture
def desk(visit: Open, shelf: str) -> Page:
    return laid(visit(shelf))


def laid(page: Page) -> Page:
    """The page once the article is open."""
    expect(page.locator("#viewer h1")).to_contain_text("Kharkiv")
    return page


def number(page: Page, n: int = 1) -> Locator:
    return page.get_by_role("button", name=f"Footnote {n}: back to the answer")


def leave_box(page: Page) -> None:
    """Where single keys are commands: on the button behind the box."""
    page.keyboard.press("Tab")
    expect(box(page)).not_to_be_focused()


def test_from_a_question_to_its_sentence_and_back_by_keyboard_alone(page: Page) -> None:
    expect(box(page)).to_be_focused()
    page.keyboard.type(TROOPS)
    page.keyboard.press("Enter")
    expect(notes(page)).to_contain_text("up to 30,000")
    leave_box(page)

    page.keyboard.press("n")
    expect(number(page)).to_be_focused()
    expect(outlined(page)).to_contain_text("Ukraine said up to 30,000 Russian troops")
    expect(outlined(page)).to_be_in_viewport()

    page.keyboard.press("Enter")
    expect(chip(notes(page))).to_be_focused()
    page.keyboard.press("Enter")
    expect(number(page)).to_be_focused()
    page.keyboard.press("Escape")
    expect(chip(notes(page))).to_be_focused()
    expect(outlined(page)).to_have_count(0)
    page.keyboard.press("/")
    expect(box(page)).to_be_focused()


def test_n_and_p_walk_the_citations_round(page: Page) -> None:
    ask(page, TROOPS)
    leave_box(page)
    for key, n, text in [("n", 1, "Ukraine said"), ("n", 2, "Moscow has"), ("n", 3, "Russia has also"), ("n", 1, "Ukraine said"),
                         ("p", 3, "Russia has also")]:
        page.keyboard.press(key)
        expect(outlined(page)).to_contain_text(text)
        expect(outlined(page)).to_be_in_viewport()
        expect(number(page, n)).to_be_focused()
    expect(page.get_by_role("group", name="Citations", exact=True)).to_have_text("3 of 3")


def test_the_buttons_walk_the_citations_and_keep_the_focus(desk: Page) -> None:
    ask(desk, TROOPS)
    following = desk.get_by_role("button", name="Next citation")
    following.click()
    following.click()
    expect(outlined(desk)).to_contain_text("Moscow has made clear")
    expect(following).to_be_focused()
    desk.get_by_role("button", name="Previous citation").click()
    expect(outlined(desk)).to_contain_text("Ukraine said")
    expect(desk.locator("#viewer .unseen")).to_contain_text("Citation 1 of 3: Ukraine said up to 30,000")


def test_a_citation_of_another_article_opens_it_and_points_at_the_sentence(page: Page) -> None:
    ask(page, BOTH)
    leave_box(page)
    page.keyboard.press("n")
    expect(outlined(page)).to_contain_text("Ukraine said")
    page.keyboard.press("n")
    expect(page.locator("#viewer h1")).to_have_text("A bridge closes")
    expect(outlined(page)).to_have_text(f"{BRIDGE}2")
    expect(outlined(page)).to_be_in_viewport()
    expect(number(page, 2)).to_be_focused()

    page.keyboard.press("Escape")
    expect(chip(notes(page), 2)).to_be_focused()
    chip(notes(page), 1).click()
    expect(outlined(page)).to_contain_text("Ukraine said")
    chip(notes(page), 2).click()
    expect(outlined(page)).to_contain_text("The bridge at")


def test_the_strip_shows_where_the_evidence_lies_and_leads_there(desk: Page) -> None:
    ask(desk, AID)
    ask(desk, TROOPS)
    strip = desk.get_by_role("group", name="Where the evidence lies")
    ticks = strip.get_by_role("button")
    expect(strip.locator(".current")).to_have_text(["1", "2", "3"])
    expect(ticks).to_have_count(4)
    tops = strip.locator(".current").evaluate_all("(ticks) => ticks.map((tick) => tick.getBoundingClientRect().top)")
    assert tops == sorted(tops)

    strip.locator(".current").nth(2).press("Enter")
    expect(outlined(desk)).to_contain_text("Russia has also launched")
    strip.locator("button:not(.current)").click()  # the other answer's
    expect(outlined(desk)).to_contain_text("$60bn")

    frame = strip.bounding_box()
    strip.click(position={"x": frame["width"] / 2, "y": frame["height"] - 2})
    expect(desk.get_by_text("Reuters contributed to this report")).to_be_in_viewport()


def test_each_answer_has_its_colour_in_the_chat_and_in_the_article(desk: Page) -> None:
    colour = "(node) => getComputedStyle(node).getPropertyValue('--evidence')"
    hues = []
    for question in (AID, TROOPS):
        note = ask(desk, question)
        chip(note).click()
        hues.append(outlined(desk).evaluate(colour))
        assert note.locator("strong").first.evaluate(colour) == hues[-1]
    assert len(set(hues)) == 2


def test_searching_counts_tints_and_walks_the_matches(page: Page) -> None:
    leave_box(page)
    page.keyboard.press("f")
    field = page.get_by_role("textbox", name="Search in the article")
    expect(field).to_be_focused()
    page.keyboard.type("UKRAINE'S")  # in capitals, with the typewriter's apostrophe
    tally = page.get_by_role("search").get_by_role("status")
    expect(tally).to_have_text("1 of 8")
    assert page.evaluate("() => CSS.highlights.get('found').size") == 8

    page.keyboard.press("Enter")
    expect(tally).to_have_text("2 of 8")
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Shift+Enter")
    expect(tally).to_have_text("8 of 8")
    looked_at = "() => [...CSS.highlights.get('found-now')].map((range) => range.toString())"
    assert page.evaluate(looked_at) == ["Ukraine’s"]

    field.fill("Atlantis")
    expect(tally).to_have_text("not found")
    page.keyboard.press("Escape")
    expect(field).to_be_hidden()
    assert page.evaluate("() => CSS.highlights.get('found').size") == 0


def test_a_match_is_found_through_marks_and_footnote_numbers(desk: Page) -> None:
    chip(ask(desk, TROOPS)).click()
    desk.keyboard.press("f")
    desk.keyboard.type("said up to 30,000 Russian")
    expect(desk.get_by_role("search").get_by_role("status")).to_have_text("1 of 1")
    looked_at = "() => [...CSS.highlights.get('found-now')].map((range) => range.toString())"
    assert desk.evaluate(looked_at) == ["said up to 30,000 Russian"]


def test_a_found_passage_is_asked_about_by_keyboard(page: Page) -> None:
    ask(page, BOTH)
    leave_box(page)
    page.keyboard.press("p")  # the last citation: the other article is opened
    expect(number(page, 2)).to_be_focused()
    page.keyboard.press("f")
    page.keyboard.type('at ${1+1} `Ford` <b>was</b> closed on Monday, the "mayor"')
    page.keyboard.press("Escape")
    expect(number(page, 2)).to_be_focused()
    button = page.get_by_role("button", name="Ask about this")
    expect(button).to_be_visible()
    page.keyboard.press("Tab")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(box(page)).to_be_focused()
    expect(box(page)).to_have_value("About “at ${1+1} `Ford` <b>was</b> closed on Monday, the ‘mayor’”: ")
    expect(button).to_be_hidden()
    page.keyboard.type("why?")
    expect(box(page)).to_have_value("About “at ${1+1} `Ford` <b>was</b> closed on Monday, the ‘mayor’”: why?")


def test_a_long_selection_is_quoted_in_short(desk: Page) -> None:
    desk.locator("#viewer .text").nth(1).click(click_count=3)
    desk.get_by_role("button", name="Ask about this").click()
    quoted = box(desk).input_value()
    assert quoted.startswith("About “")
    assert quoted.endswith("…”: ")
    assert len(quoted) < 180


def test_nothing_is_offered_for_what_is_selected_in_the_chat(desk: Page) -> None:
    note = ask(desk, TROOPS)
    note.locator("blockquote").click(click_count=3)
    expect(desk.get_by_role("button", name="Ask about this")).to_be_hidden()


def test_the_card_tells_where_a_citation_is_from_and_copies_it_as_a_quotation(visit: Open, shelf: str) -> None:
    desk = laid(visit(shelf, permissions=["clipboard-read", "clipboard-write"]))
    note = ask(desk, BOTH)
    card = desk.get_by_role("complementary", name="About the citation")
    expect(card).to_be_hidden()
    chip(note, 2).click()
    expect(card).to_contain_text("A bridge closes")
    expect(card).to_contain_text("bridge.pdf · 9 March 2025 · p. 2")
    expect(card.get_by_text("clearly stated")).to_have_attribute("title", "92 % sure that this sentence answers the question")
    expect(card.locator(".card-text")).to_be_hidden()  # the sentence itself is in view

    card.get_by_role("button", name="Copy as quotation").click()
    expect(desk.locator("#viewer .unseen")).to_have_text("The quotation is copied.")
    assert desk.evaluate("() => navigator.clipboard.readText()") == (
        f"“{BRIDGE}” — A bridge closes, bridge.pdf, 9 March 2025, p. 2, https://river.example/bridge"
    )


def test_the_card_shows_the_sentence_in_its_paragraph_while_that_is_out_of_view(desk: Page) -> None:
    note = ask(desk, TROOPS)
    card = desk.get_by_role("complementary", name="About the citation")
    desk.locator("#viewer .reader-scroll").evaluate("(node) => { node.scrollTop = node.scrollHeight; }")
    chip(note, 2).focus()
    expect(card).to_contain_text("However, Western intelligence officials claim")  # the next sentence
    expect(card.locator("mark")).to_have_text(re.compile("^Moscow has made clear it .* early stages of 2022 failed.$"))
    box(desk).focus()
    expect(card).to_be_hidden()


def test_what_is_known_of_the_article_stands_above_it_and_pages_in_its_margin(page: Page) -> None:
    ask(page, BOTH)
    chip(notes(page), 2).click()
    expect(page.locator("#viewer .origin")).to_have_text(
        "By Ann Ode · The River Post · bridge.pdf · 9 March 2025 · French · 3 pages"
    )
    leaves = page.locator("#viewer [role=separator]")
    expect(leaves).to_have_count(2)
    expect(leaves.first).to_have_attribute("aria-label", "page 2")
    expect(leaves.first.locator("xpath=ancestor::p")).to_contain_text("The bridge at")


def test_a_source_that_names_its_date_is_not_followed_by_the_date(desk: Page) -> None:
    expect(desk.locator("#viewer .origin")).to_have_text("The Independent, 14 May 2024 · English")


def test_earlier_questions_come_back_into_an_empty_box(page: Page) -> None:
    ask(page, AID)
    ask(page, TROOPS)
    box(page).focus()
    for key, value in [("ArrowUp", TROOPS), ("ArrowUp", AID), ("ArrowUp", AID), ("ArrowDown", TROOPS), ("ArrowDown", "")]:
        page.keyboard.press(key)
        expect(box(page)).to_have_value(value)
    page.keyboard.type("mine")
    page.keyboard.press("ArrowUp")
    expect(box(page)).to_have_value("mine")
    box(page).fill("")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(notes(page)).to_have_count(3)


def test_the_help_sheet_lists_the_keys_and_gives_the_focus_back(page: Page) -> None:
    ask(page, TROOPS)
    chip(notes(page)).focus()
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keyboard")
    expect(sheet).to_be_visible()
    for key in ("/", "Enter", "Shift+Enter", "↑", "n", "p", "f", "a", "Esc", "?"):
        expect(sheet.get_by_text(key, exact=True).first).to_be_visible()
    page.keyboard.press("n")  # no command while the sheet is open
    expect(outlined(page)).to_have_count(0)
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(chip(notes(page))).to_be_focused()


def test_the_help_button_opens_the_sheet_and_gets_the_focus_back(desk: Page) -> None:
    page, sheet = desk, desk.get_by_role("dialog", name="Keyboard")
    page.get_by_role("button", name="Keyboard").click()
    expect(sheet).to_be_visible()
    sheet.get_by_role("button", name="Close").click()
    expect(page.get_by_role("button", name="Keyboard")).to_be_focused()


def test_an_answer_is_announced_once(desk: Page) -> None:
    ask(desk, AID)
    desk.evaluate(
        """() => {
            window.heard = [];
            document.querySelectorAll('[role=log], [role=status], [aria-live]').forEach((region) =>
                new MutationObserver((changes) => heard.push(...changes.flatMap(({addedNodes, target, type}) =>
                    type === 'characterData' ? [target.data] : [...addedNodes].map((node) => node.textContent))))
                    .observe(region, {subtree: true, childList: true, characterData: true}));
        }"""
    )
    ask(desk, TROOPS)
    expect(evidence(desk)).to_have_count(3)
    heard = desk.evaluate("() => heard.filter((text) => text.trim())")
    assert sum("30,000 Russian troops" in text for text in heard) == 1
    assert not any("$60bn" in text for text in heard)  # what was said before is not said again
    assert desk.locator("[role=log] :is([role=log], [role=status], [aria-live])").count() == 0


def test_an_article_of_a_hundred_thousand_words_is_laid_out_only_where_it_is_read(page: Page) -> None:
    ask(page, DEEP)
    chip(notes(page)).click()
    expect(outlined(page)).to_contain_text("at the very bottom")
    expect(outlined(page)).to_be_in_viewport()
    seen = "(nodes) => nodes.filter((node) => node.checkVisibility({contentVisibilityAuto: true})).length"
    assert 0 < page.locator("#viewer .text").evaluate_all(seen) < 200
    expect(page.locator("#viewer .text")).to_have_count(2800)

    page.keyboard.press("f")
    page.keyboard.type("Paragraph 1234 of")
    expect(page.get_by_role("search").get_by_role("status")).to_have_text("1 of 1")
    expect(page.get_by_text("Paragraph 1234 of the long one")).to_be_in_viewport()
    page.keyboard.press("Control+a")
    page.keyboard.type("bread")
    expect(page.get_by_role("search").get_by_role("status")).to_contain_text("of 2800")


@pytest.mark.parametrize("size", [{"width": 720, "height": 450}, {"width": 390, "height": 844}])
def test_at_twice_the_text_size_nothing_is_lost(visit: Open, shelf: str, size: dict[str, int]) -> None:
    page = laid(visit(shelf, size))
    page.add_style_tag(content="html { font-size: 200% !important; }")
    note = ask(page, TROOPS)
    chip(note).click()
    expect(outlined(page)).to_be_in_viewport()
    outside = """() => [...document.querySelectorAll('#room *, #viewer *')]
        .filter((node) => node.checkVisibility() && node.getBoundingClientRect().width > 0)
        .filter((node) => !node.closest('.unseen, .reader-question') && node.getBoundingClientRect().right > innerWidth + 1)
        .map((node) => node.className || node.tagName)"""
    assert page.evaluate(outside) == []
    for name in ("Next citation", "Search in the article", "Close the article"):
        expect(page.get_by_role("button", name=name)).to_be_in_viewport()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_screen(chromium: Browser, shelf: str, size: dict[str, int], scheme: str) -> None:
    page = chromium.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce").new_page()
    page.goto(shelf)
    laid(page).evaluate(AXE)
    found = {}

    def check(screen: str) -> None:
        violations = page.evaluate("() => axe.run({resultTypes: ['violations']}).then(({violations}) => violations)")
        found.update({(screen, v["id"]): [node["html"] for node in v["nodes"]] for v in violations
                      if v["impact"] in ("serious", "critical")})

    check("empty")
    ask(page, AID)
    chip(ask(page, BOTH)).click()
    expect(outlined(page)).to_be_in_viewport()
    check("pointed")
    page.keyboard.press("f")
    page.keyboard.type("kharkiv")
    check("search")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Ask about this")).to_be_visible()
    check("selection")
    page.keyboard.press("Escape")
    chip(notes(page).last, 2).click()
    expect(outlined(page)).to_contain_text("The bridge")
    check("other article")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    check("help")
    page.keyboard.press("Escape")
    if size is PHONE:
        page.get_by_role("button", name="Close the article").click()
    for button, panel in (("Articles", "#shelf"), ("Conversations", "#talks")):
        page.get_by_role("button", name=button, exact=True).click()
        expect(page.locator(panel).get_by_role("list").first).to_be_visible()
        check(button)
        page.keyboard.press("Escape")
        expect(page.locator(panel)).to_be_hidden()
    page.context.close()
    assert found == {}
