"""Written answers as Markdown: what a model wrote is shown literally, what is wrong in it is struck through and told."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.answer import Answer, Citation, Claim, Flag, Kind, Problem, Written
from bot.ui.written import written_note
from bot.written import DECLINED
from tests.test_ui_messages import NASTY, Shown, one_line

TEXT = "Ukraine said up to 30,000 Russian troops were involved."
CITED = tuple(Citation(n, article, "T", "O", 0, len(TEXT), TEXT, 0.9, 0, 99) for n, article in ((1, "a"), (2, "b")))
NOTE = 'It "counts" [something](#x) else\\.'
RIGHT = Claim("Up to 30,000 troops came.", (1,))
WRONG = Claim("Some 300,000 came.", (1, 2), (Flag(Problem.NUMBER, 5, 12, NOTE),))


def note(*claims: Claim, failure: str | None = None, refused: bool = False, **how: object) -> str:
    written = Written(claims, "small", refused, failure)
    given = Answer("How many?", True, Kind.SPAN, "up to 30,000", 0.9, CITED, written=written)
    return written_note(3, given, **how)


def titles(markdown: str) -> list[str]:
    """Of the links that tell what is wrong."""
    tokens = MarkdownIt("commonmark").enable("strikethrough").parse(markdown)
    links = [child for token in tokens for child in token.children or [] if child.type == "link_open"]
    return [str(link.attrs["title"]) for link in links if str(link.attrs["href"]).startswith("#flag-")]


def test_where_nothing_was_written_nothing_is_added() -> None:
    assert written_note(1, Answer("?", True, Kind.SPAN, "x", 0.9, CITED)) == ""


def test_each_claim_has_its_chips_and_the_header_counts_those_found() -> None:
    shown = Shown(note(RIGHT, WRONG))
    assert shown.inside["h4"] == "Written by small · 1 of 2 claims found in the articles"
    assert shown.inside["p"] == "Up to 30,000 troops came. [1] Some 300,000 came. not in the article [1] [2]"
    assert shown.inside["s"] == "300,000"
    assert shown.links == ["#cite-3-1", "#flag-3-1", "#cite-3-1", "#cite-3-2"]


def test_what_is_wrong_is_told_by_the_links_title_word_for_word() -> None:
    assert titles(note(WRONG)) == [NOTE.replace('"', "”")]


def test_strict_shows_only_what_was_found_and_says_how_many_are_missing() -> None:
    shown = Shown(note(RIGHT, WRONG, strict=True, under_way=None))
    assert shown.inside["h4"].endswith("1 of 2 claims found in the articles · 1 left out")
    assert "300,000" not in shown.text


def test_the_sentence_under_way_is_set_apart_and_strict_does_not_show_it() -> None:
    shown = Shown(note(RIGHT, under_way="And *then* the"))
    assert shown.inside["h4"] == "small is writing…"
    assert shown.inside["em"] == "And *then* the"
    assert "then" not in note(RIGHT, under_way="And then", strict=True)


def test_a_refusal_and_a_failure_are_remarks() -> None:
    assert DECLINED in Shown(note(refused=True)).inside["em"]
    shown = Shown(note(RIGHT, failure="The server *broke* off."))
    assert shown.inside["em"] == "The server *broke* off."
    assert RIGHT.text in shown.text


def test_a_citation_of_a_removed_article_and_a_claim_that_went_with_one_link_nowhere() -> None:
    shown = Shown(note(replace(RIGHT, cited=(2,)), Claim("", ()), removed=("b",)))
    assert shown.links == []
    assert "[2] removed" in shown.text
    assert "went with the article" in shown.text
    assert "1 of 1 claim" in shown.text


@given(NASTY.filter(str.strip), st.data())
def test_whatever_a_model_writes_is_shown_as_it_is_and_nothing_else(text: str, data: st.DataObject) -> None:
    spans = data.draw(st.lists(st.tuples(st.integers(0, len(text)), st.integers(0, len(text))), max_size=3))
    flags = tuple(Flag(Problem.NAME, min(span), max(span), text) for span in spans)
    markdown = note(Claim(text, (), flags), under_way=text, failure=text)
    shown = Shown(markdown)
    assert set(shown.tags) <= {"hr", "h4", "p", "em", "s", "a"}
    assert one_line(shown.text).count(one_line(text)) >= 2
    assert all(one_line(title) == one_line(text.replace('"', "”")) for title in titles(markdown))
    assert len(titles(markdown)) == bool(flags)
    for start, end in map(sorted, spans):
        assert one_line(text[start:end]).strip() in one_line(shown.inside.get("s", ""))
