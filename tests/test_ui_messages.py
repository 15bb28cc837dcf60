"""Answers as Markdown: what is shown is what was said, whatever it was made of."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.answer import Answer, Citation, Kind
from bot.history import Exchange
from bot.ui.messages import answer_note, aside, controls, escape, odds, question_note

SENTENCE = "Ukraine said up to 30,000 Russian troops were involved."
NASTY = st.text(alphabet=st.sampled_from(list("\\`*_{}[]<>()#+-.!|~$&:=@^/ \n\t\"'ab1é—\u200b\u00a0😀")), max_size=60)


class Shown(HTMLParser):
    """What a reader sees: the text, and the text inside each kind of element."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.text, self.inside, self.links, self.tags = "", {}, [], []
        self._open: list[str] = []
        self.feed(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._open.append(tag)
        if tag == "a":
            self.links.append(dict(attrs)["href"])

    def handle_endtag(self, tag: str) -> None:
        self._open.remove(tag)

    def handle_data(self, data: str) -> None:
        self.text += data
        for tag in self._open:
            self.inside[tag] = self.inside.get(tag, "") + data


def one_line(text: str) -> str:
    """`text` as HTML shows it: runs of white space are one, none stands at either end."""
    return " ".join(part for part in text.replace("\t", " ").replace("\n", " ").split(" ") if part).strip()


def cite(text: str = SENTENCE, n: int = 1, span: tuple[int, int] | None = None, speaker: str | None = None) -> Citation:
    start, end = (100 + span[0], 100 + span[1]) if span else (None, None)
    return Citation(n, "a", "T", "O", 100, 100 + len(text), text, 0.9, 100, 100 + len(text), start, end, speaker=speaker)


def answer(kind: Kind, *citations: Citation, text: str = "up to 30,000", confidence: float = 0.94) -> Answer:
    return Answer("How many?", kind is not Kind.NOT_STATED, kind, text, confidence, citations)


@given(NASTY)
def test_escaped_text_is_shown_as_it_was_and_nothing_else(text: str) -> None:
    shown = Shown(escape(text))
    assert one_line(shown.text) == one_line(text)
    assert set(shown.tags) <= {"p"}


@given(NASTY)
def test_a_question_and_a_remark_are_literal(text: str) -> None:
    assert one_line(Shown(question_note(text)).text) == one_line(text)
    if text.strip():
        assert set(Shown(aside(f"It says {text} here.")).tags) <= {"p", "em"}


@pytest.mark.parametrize("text", ["http://evil.example", "www.evil.example", "mail@evil.example", "javascript:alert(1)"])
def test_what_looks_like_an_address_is_broken_up_for_the_autolinker(text: str) -> None:
    assert text not in escape(text)


@given(NASTY.filter(str.strip), st.data())
def test_the_answer_inside_the_quotation_is_strong_whatever_surrounds_it(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    note = answer_note(1, answer(Kind.SPAN, cite(text, span=(start, end)), text="x"))
    shown = Shown(note.split("\n\n")[1])
    assert one_line(shown.text) == one_line(text)
    span = one_line(text[start:end])
    assert span in one_line(shown.inside.get("strong", ""))


def test_a_span_puts_the_answer_first_then_the_quotation_its_speaker_and_the_chips() -> None:
    span = (SENTENCE.index("up to"), SENTENCE.index(" Russian"))
    note = answer_note(2, answer(Kind.SPAN, cite(span=span, speaker="Ukraine"), cite("More.", 2)))
    first, quotation, chips = note.split("\n\n")
    assert first == "**up to 30,000**"
    assert quotation == "> Ukraine said **up to 30,000** Russian troops were involved\\.\n>\n> — Ukraine"
    assert Shown(chips).links == ["#cite-2-1", "#cite-2-2", "#odds-2"]
    assert Shown(chips).text.split()[:2] == ["[1]", "[2]"]


def test_sentences_are_quoted_each_with_its_own_chip() -> None:
    note = answer_note(1, answer(Kind.SENTENCES, cite("One."), cite("Two.", 2)))
    quotations = [block for block in note.split("\n\n") if block.startswith(">")]
    assert [Shown(block).text.strip() for block in quotations] == ["One. [1]", "Two. [2]"]


def test_a_summary_has_a_heading_and_no_odds() -> None:
    shown = Shown(answer_note(1, answer(Kind.SUMMARY, cite("One."), cite("Two.", 2), confidence=1.0)))
    assert shown.links == ["#cite-1-1", "#cite-1-2"]
    assert "h4" in shown.tags


def test_what_is_not_stated_is_the_heading_and_the_nearest_sentences_follow() -> None:
    note = answer_note(1, answer(Kind.NOT_STATED, cite("Near."), text="The article does not say.", confidence=0.1))
    shown = Shown(note)
    assert shown.inside["h3"] == "The article does not say."
    assert shown.inside["h4"] == "Nearest sentences"
    assert shown.inside["blockquote"].strip() == "Near. [1]"


def test_without_a_near_sentence_none_is_announced() -> None:
    shown = Shown(answer_note(1, answer(Kind.NOT_STATED, text="The article does not say.")))
    assert shown.text.strip() == "The article does not say."


@pytest.mark.parametrize(
    ("confidence", "words"), [(0.97, "clearly stated"), (0.8, "clearly stated"), (0.6, "likely"), (0.3, "possibly")]
)
def test_odds_are_words_and_the_figure_is_the_title(confidence: float, words: str) -> None:
    given = answer(Kind.SENTENCES, cite(), confidence=confidence)
    assert odds(given) == words
    assert f'[{words}](#odds-1 "{round(100 * confidence)} %' in answer_note(1, given)


def test_an_answer_that_is_not_stated_is_never_called_likely() -> None:
    assert odds(answer(Kind.NOT_STATED, cite(), confidence=0.9)) == "not stated"


@pytest.mark.parametrize("bad", ["\ud800", "\u202e", "\x00", "\x1b"])
def test_characters_that_cannot_be_shown_are_replaced_one_for_one(bad: str) -> None:
    assert escape(f"a{bad}b") == "a\ufffdb"


def across(kind: Kind, removed: tuple[str, ...] = ()) -> str:
    """The note on two articles that disagree."""
    first = Citation(1, "1", "Bill *grows*", "O", 0, 5, "£5.1m", 0.9, 0, 5, 0, 5, date="2024-06-19", page=3)
    second = Citation(2, "2", "<b>First</b> estimate", "O", 0, 5, "£4.2m", 0.9, 0, 5, 0, 5, speaker="the council")
    given = Answer("How much?", True, kind, "£5.1m; £4.2m", 0.9, (first, second))
    return answer_note(1, given, several=True, removed=removed)


@pytest.mark.parametrize("kind", [Kind.SPAN, Kind.SENTENCES, Kind.SUMMARY, Kind.NOT_STATED])
def test_of_several_articles_each_citation_names_its_own_with_date_and_page(kind: Kind) -> None:
    note = across(kind)
    quotations = [Shown(block).text.split("\n") for block in note.split("\n\n") if block.startswith(">")]
    assert [[line for line in quotation if line] for quotation in quotations] == [
        ["£5.1m [1]", "Bill *grows* · 19 June 2024 · p. 3"],
        ["£4.2m [2]", "— the council", "<b>First</b> estimate"],
    ]
    assert "b" not in Shown(note).tags


def test_one_article_is_not_named_but_its_page_is() -> None:
    cited = Citation(1, "1", "Title", "O", 0, 5, "£5.1m", 0.9, 0, 5, date="2024-06-19", page=3)
    note = answer_note(1, Answer("How much?", True, Kind.SENTENCES, "£5.1m", 0.9, (cited,)))
    assert "p. 3" in Shown(note).text
    assert "Title" not in note


@pytest.mark.parametrize("kind", list(Kind))
def test_a_citation_of_a_removed_article_says_so_and_links_nowhere(kind: Kind) -> None:
    shown = Shown(across(kind, removed=("2",)))
    assert "[2] removed" in shown.text
    assert [link for link in shown.links if link.startswith("#cite")] == ["#cite-1-1"]


def test_articles_that_differ_are_set_figure_by_figure_each_with_its_article() -> None:
    first = replace(cite("It will cost £4.2m.", 1, (13, 18)), title="*Council* approves", date="2024-03-02")
    second = replace(cite("The bill is <b>£5.1m</b>.", 2, (15, 20)), title="The bill grows", article="b")
    shown = Shown(answer_note(1, answer(Kind.DIFFERING, first, second, text="£4.2m; £5.1m")))
    assert shown.inside["h4"] == "The articles give different figures"
    assert shown.inside["strong"] == "£4.2m£4.2m£5.1m£5.1m"
    assert "*Council* approves · 2 March 2024" in shown.inside["blockquote"]
    assert "The bill is <b>£5.1m</b>." in shown.inside["blockquote"]
    assert [link for link in shown.links if "cite" in link] == ["#cite-1-1", "#cite-1-2"]


def exchange(given: Answer | None, feedback: str | None = None, removed: bool = False) -> Exchange:
    return Exchange("12", "How many?", 0.0, None, given, removed, feedback, "")


def test_an_answer_can_be_judged_and_the_verdict_taken_shows() -> None:
    known = answer(Kind.SPAN, cite(span=(12, 24)))
    assert Shown(controls(exchange(known))).links == ["#do-up-12", "#do-down-12", "#do-edit-12"]
    assert "strong" not in Shown(controls(exchange(known))).tags
    assert Shown(controls(exchange(known, "down"))).inside["strong"] == "✓ Wrong"


def test_a_question_without_an_answer_can_be_asked_again_unless_its_article_is_gone() -> None:
    assert Shown(controls(exchange(None))).links == ["#do-again-12"]
    assert controls(exchange(None, removed=True)) == ""


def test_a_question_read_as_another_can_be_searched_as_typed() -> None:
    known = replace(answer(Kind.SPAN, cite(span=(12, 24))), searched_for="How <i>many</i>?")
    shown = Shown(answer_note(1, known, typed="[Search as typed](#do-typed-12)"))
    assert shown.text.startswith("Searched for: How <i>many</i>? Search as typed")
    assert "#do-typed-12" in shown.links
