"""Exports: nothing is lost, and whatever a text holds, it stays text."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.answer import Answer, Citation, Claim, Flag, Kind, Problem, Turn, Written
from bot.export import as_json, export, html, markdown
from bot.history import REMOVED, UNANSWERED, ConversationMissing, Exchange, Header, History
from bot.plain import plain
from bot.written import CLAIM_REMOVED, DECLINED
from tests.test_history import Shelf, cite

SENTENCE = "Russia sent 30,000 troops to Kharkiv, Nato said."
HOSTILE = [
    "<script>alert(1)</script>", "</style><img src=x onerror=alert(1)>", "]]>--><svg onload=alert(1)>", '"onmouseover="x',
    "&lt;b&gt; &amp;#60;", "{{ 7*7 }}{% include 'x' %}", "![x](http://evil.example/leak)", "[click](javascript:alert(1))",
    "<http://evil.example>", "https://evil.example www.evil.example a@b.example", "**bold** _it_ `code` ~~gone~~",
    "[^1]: another footnote", "[x]: http://evil.example", "# heading", "> quote", "- item", "1. item", "---", "$$x^2$$",
    "| a | b |", "line\nbreak\r\n\r\n# paragraph", "\u202egnirts\u202c", "\x00\x1b[31m", "tab\tand   spaces", "\\", "*", "¬",
]  # fmt: skip
texts = st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=50)


def exchange(question: str, answer: Answer | None, **more: object) -> Exchange:
    fields = {"articles": None, "removed": False, "feedback": None, "reason": ""} | more
    return Exchange("7", question, 1715682180.0, answer=answer, **fields)


def header(title: str) -> Header:
    return Header("1", title, False, 1715682180.0, 1715682190.0, 1)


@st.composite
def claims(draw: st.DrawFn) -> Claim:
    text = draw(texts)
    places = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(sorted)
    flags = draw(st.lists(st.builds(lambda problem, place, note: Flag(problem, *place, note), st.sampled_from(Problem), places,
                                    texts), max_size=2))  # fmt: skip
    return Claim(text, tuple(draw(st.sets(st.integers(1, 3)))), tuple(flags))


written = st.builds(Written, st.lists(claims(), max_size=3).map(tuple), texts, st.booleans(), st.none() | texts)


def writings(exchanges: list[Exchange]) -> list[Written]:
    """What language models wrote, in order."""
    return [e.answer.written for e in exchanges if e.answer and e.answer.written]


def heading(written: Written) -> str:
    """Above what was written about one article."""
    found, count = sum(not claim.flags for claim in written.claims), len(written.claims)
    counted = f" · {found} of {count} claim{'s' if count > 1 else ''} found in the article" if count else ""
    return f"Written by {written.model}{counted}"


def struck(claim: Claim) -> list[str]:
    """The words of a claim that are wrong."""
    return [claim.text[f.start : f.end].strip() for f in claim.flags if f.problem is not Problem.ATTRIBUTION]


def told(written: Written) -> list[str]:
    """All that is told about what was written."""
    return [flag.note for claim in written.claims for flag in claim.flags] + [written.failure or ""]


@st.composite
def conversations(draw: st.DrawFn) -> tuple[Header, list[Exchange]]:
    exchanges = []
    for _ in range(draw(st.integers(1, 3))):
        citations = []
        for n in range(draw(st.integers(0, 3))):
            text = draw(texts)
            start = draw(st.integers(0, len(text)))
            answer = (start + 5, draw(st.integers(start, len(text))) + 5) if draw(st.booleans()) else (None, None)
            citations.append(
                Citation(
                    n + 1, "1", draw(texts), draw(texts), 5, 5 + len(text), text, 0.5, 0, 99, *answer,
                    draw(st.none() | st.just("2024-05-14") | texts), draw(st.none() | texts), draw(st.none() | st.just(3)),
                )
            )  # fmt: skip
        said = Answer(
            draw(texts), draw(st.booleans()), draw(st.sampled_from(Kind)), draw(texts), 0.5, tuple(citations),
            draw(st.none() | texts), written=draw(st.none() | written),
        )  # fmt: skip
        exchanges.append(exchange(draw(texts), draw(st.none() | st.just(said)), removed=draw(st.booleans())))
    return header(draw(texts)), exchanges


class Parsed(HTMLParser):
    """The elements of a page: (tag, its own and its descendants' text), in the order they end; and every tag that begins."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.elements: list[tuple[str, str]] = []
        self._open: list[tuple[str, list[str]]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {(tag, name) for name, _ in attrs}
        if tag != "meta":
            self._open.append((tag, []))

    def handle_endtag(self, tag: str) -> None:
        opened, pieces = self._open.pop()
        assert opened == tag
        self.elements.append((tag, "".join(pieces)))

    def handle_data(self, data: str) -> None:
        for _, pieces in self._open:
            pieces.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data!r}")

    def texts(self, tag: str) -> list[str]:
        return [text for found, text in self.elements if found == tag]


def parsed_markdown(text: str) -> tuple[list[str], list[str], set[str]]:
    """Headings and other blocks as a reader sees them, and the types of everything that is marked up."""
    blocks: dict[bool, list[str]] = {True: [], False: []}
    types, heading = set(), False
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text):
        types.add(token.type)
        heading = token.type == "heading_open" or (heading and token.type == "inline")
        if token.type == "inline":
            types |= {child.type for child in token.children}
            assert token.content.count("\n") == 0, "every text is on one line"
            blocks[heading].append("".join(child.content for child in token.children).strip())
    return blocks[True], blocks[False], types


def letters(text: str) -> str:
    """A text without its white space, of which Markdown keeps no more than that there is some."""
    return "".join(plain(text).split())


@settings(deadline=None, max_examples=60)
@given(conversations())
def test_in_html_every_text_is_text_and_none_is_lost(conversation: tuple[Header, list[Exchange]]):
    head, exchanges = conversation
    page = Parsed(html(head, exchanges))
    assert page.tags <= {
        "html", "head", "meta", "title", "style", "body", "header", "h1", "h2", "p", "main", "section", "span", "sup", "a",
        "footer", "ol", "li", "blockquote", "mark", "div", "h3", "ul", "del",
    }  # fmt: skip
    assert {name for _, name in page.attributes} <= {"lang", "charset", "name", "content", "http-equiv", "class", "href", "id",
                                                     "aria-label"}  # fmt: skip
    assert page.texts("title") == page.texts("h1") == [plain(head.title)]
    questions = [plain(e.question) for e in exchanges]
    citations = [c for e in exchanges if e.answer for c in e.answer.citations]
    assert page.texts("h2") == questions + (["Sources"] if citations else [])
    assert page.texts("blockquote") == [plain(c.text) for c in citations]
    answers = [c.text[c.answer_start - c.start : c.answer_end - c.start] for c in citations if c.answer_start is not None]
    assert page.texts("mark") == [plain(words) for words in answers if words]
    spans = page.texts("span")
    for text in [e.answer.text for e in exchanges if e.answer] + [t for c in citations for t in (c.title, c.origin)]:
        assert plain(text) in spans
    assert page.texts("h3") == [plain(heading(written)) for written in writings(exchanges)]
    remarks = "\n".join(page.texts("p"))
    for written in writings(exchanges):
        assert all(plain(text) in remarks for text in told(written))
        for claim in written.claims:
            assert plain(claim.text) in spans
            assert all(any(plain(words) in gone for gone in page.texts("del")) for words in struck(claim) if words)


@settings(deadline=None, max_examples=60)
@given(conversations())
def test_in_markdown_every_text_is_text_and_none_is_lost(conversation: tuple[Header, list[Exchange]]):
    head, exchanges = conversation
    headings, blocks, types = parsed_markdown(markdown(head, exchanges))
    assert types <= {
        "heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline", "text", "text_special", "em_open",
        "em_close", "strong_open", "strong_close", "s_open", "s_close", "bullet_list_open", "bullet_list_close",
        "list_item_open", "list_item_close",
    }  # fmt: skip
    expected = [head.title]
    for e in exchanges:
        expected += [e.question, *map(heading, writings([e]))]
    assert list(map(letters, headings)) == list(map(letters, expected))
    shown = letters(" ".join(blocks))
    for said in filter(None, (e.answer for e in exchanges)):
        assert letters(said.text) in shown
        for cited in said.citations:
            assert letters(cited.text) in shown
            assert letters(cited.title) in shown
            assert letters(cited.origin) in shown
    for written in writings(exchanges):
        for text in [claim.text for claim in written.claims] + told(written):
            assert letters(text) in shown


@settings(deadline=None, max_examples=30)
@given(conversations())
def test_json_holds_every_answer_in_its_documented_shape(conversation: tuple[Header, list[Exchange]]):
    head, exchanges = conversation
    whole = json.loads(as_json(head, exchanges))
    assert (whole["version"], whole["title"], whole["started"]) == (1, head.title, head.started)
    assert [turn["question"] for turn in whole["turns"]] == [e.question for e in exchanges]
    assert [turn["removed"] for turn in whole["turns"]] == [e.removed for e in exchanges]
    documented = [json.loads(json.dumps(e.answer.to_json())) if e.answer else None for e in exchanges]
    assert [turn["answer"] for turn in whole["turns"]] == documented


@pytest.fixture
def history(tmp_path: Path) -> History:
    shelf = Shelf(a1=f"{SENTENCE} The rest followed.")
    with History.open(tmp_path, shelf) as opened:
        conversation = opened.start()
        said_by = cite(shelf, "1", SENTENCE, "30,000 troops", speaker="Nato", page=2)
        answer = Answer("How many?", True, Kind.SPAN, "30,000 troops", 0.9, (said_by,))
        opened.append(conversation, Turn("How many?", answer))
        nearest = replace(said_by, answer_start=None, answer_end=None)
        silent = Answer("Why?", False, Kind.NOT_STATED, "The article does not say.", 0.1, (nearest,))
        opened.append(conversation, Turn("Why?", silent))
        opened.begin(conversation, "And when?")
        yield opened


def test_footnotes_are_numbered_through_the_conversation_and_lead_there_and_back(history: History):
    page = export(history, "1", "html").text
    for n in (1, 2):
        for link in (f'href="#note-{n}" id="ref-{n}"', f'<li id="note-{n}">', f'href="#ref-{n}"'):
            assert link in page
    text = export(history, "1", "md").text
    assert "**30,000 troops** [^1]\n" in text
    assert "The article does not say\\. The nearest sentences: [^2]\n" in text
    assert "\n[^2]: “Russia sent 30,000 troops to Kharkiv, Nato said\\.” – Nato, Title 1, a test, 14 May 2024, page 2\n" in text


@pytest.mark.parametrize("form", ["md", "html"])
def test_what_was_removed_or_never_answered_is_told(history: History, form: str):
    def words() -> str:
        return export(history, "1", form).text.replace("\\", "")

    assert UNANSWERED in words()
    assert REMOVED not in words()
    history.articles.texts.clear()
    assert REMOVED in words()
    assert "30,000" not in words()


@pytest.fixture
def wrote(history: History) -> str:
    """A conversation whose second answer has a written one, which cites both of its articles."""
    shelf = history.articles
    shelf.texts["2"] = "Congress gave $60bn in April."
    first = cite(shelf, "1", SENTENCE, "30,000 troops")
    second = replace(cite(shelf, "2", "Congress gave $60bn in April.", "$60bn"), n=2, answer_start=None, answer_end=None)
    wrong = Flag(Problem.NUMBER, 5, 12, "“300,000” is not in the sentences cited.")
    hearsay = Flag(Problem.ATTRIBUTION, 0, 10, "The article gives this as the words of Nato.")
    written = Written(
        (
            Claim("Troops were sent.", (1,)),
            Claim("Some 300,000 were, for $60bn.", (1, 2), (wrong,)),
            Claim("They came.", (), (hearsay,)),
            Claim("Congress paid.", (2,)),
        ),
        "small",
        failure="It broke off.",
    )
    conversation = history.start()
    history.append(conversation, Turn("Who?", Answer("Who?", False, Kind.NOT_STATED, "Nobody says.", 0.1, (first,))))
    answer = Answer("How many?", True, Kind.SPAN, "30,000 troops", 0.9, (first, second), written=written)
    history.append(conversation, Turn("How many?", answer))
    return conversation


def test_a_written_answer_stands_below_the_extracted_one_with_its_footnotes_and_faults(history: History, wrote: str):
    text = export(history, wrote, "md").text.replace("\\", "")
    assert text[text.index("## How many?") : text.index("\n[^1]:")].split("\n") == [
        "## How many?",
        "",
        "**30,000 troops** [^2] [^3]",
        "",
        "### Written by small · 2 of 4 claims found in the articles",
        "",
        "- Troops were sent. [^2]",
        "- Some ~~300,000~~ were, for $60bn. [^2] [^3] *Not in the article: “300,000” is not in the sentences cited.*",
        "- They came. *Said by somebody, not a fact: The article gives this as the words of Nato.*",
        "- Congress paid. [^3]",
        "",
        "*It broke off.*",
        "",
    ]
    page = Parsed(export(history, wrote, "html").text)
    assert page.texts("h3") == ["Written by small · 2 of 4 claims found in the articles"]
    assert page.texts("del") == ["300,000"]
    items = [" ".join(item.split()) for item in page.texts("li")[:4]]
    assert items == [
        "Troops were sent.2",
        "Some 300,000 were, for $60bn.23 Not in the article: “300,000” is not in the sentences cited.",
        "They came. Said by somebody, not a fact: The article gives this as the words of Nato.",
        "Congress paid.3",
    ]
    assert "It broke off." in page.texts("p")


@pytest.mark.parametrize("form", ["md", "html", "json"])
def test_what_was_written_from_a_removed_article_is_not_exported(history: History, wrote: str, form: str):
    assert "Congress" in export(history, wrote, form).text
    del history.articles.texts["2"]
    text = export(history, wrote, form).text.replace("\\", "")
    assert "Troops were sent." in text
    for gone in ("Congress", "60bn", "300,000", "They came", "words of Nato"):
        assert gone not in text
    if form != "json":
        assert "1 of 1 claim found in the article" in text
        assert text.count(CLAIM_REMOVED) == 3


@pytest.mark.parametrize("form", ["md", "html"])
def test_a_model_that_declined_is_told_in_words(history: History, form: str):
    conversation = history.start()
    declined = Answer("Why?", False, Kind.NOT_STATED, "The article does not say.", 0.1, written=Written((), "small", True))
    history.append(conversation, Turn("Why?", declined))
    text = export(history, conversation, form).text.replace("\\", "")
    assert "Written by small" in text
    assert DECLINED in text


def test_the_page_asks_nobody_for_anything_and_allows_no_script(history: History):
    page = export(history, "1", "html").text
    assert "default-src 'none'" in page
    assert "http:" not in page
    assert "https:" not in page
    assert "url(" not in page


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("How many?", "footnote-how-many.md"),
        ("../../etc/passwd", "footnote-etc-passwd.md"),
        ("CON", "footnote-con.md"),
        ("???", "footnote.md"),
        ('Łódź: "was" <?>', "footnote-łódź-was.md"),
    ],
)
def test_a_file_name_is_made_of_the_words_of_the_title(history: History, title: str, name: str):
    history.rename("1", title)
    assert export(history, "1", "md").name == name
    history.rename("1", "word " * 50)
    assert len(export(history, "1", "md").name) < 80


def test_an_unknown_conversation_is_told_in_a_sentence(history: History):
    with pytest.raises(ConversationMissing):
        export(history, "99", "md")
