"""The viewer's JSON holds the whole article and exactly the cited spans."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answer import Answer, Citation, Kind
from bot.ui.viewer import article_json, evidence_json, paragraph_spans, quotation
from index.library import Stored, Unit
from index.sentences import split
from index.sources import Article, read_text, sample

ARTICLE = "A headline\n\nA headline\n\nFirst 😀 sentence. Second one.\n\nA man waves (AP)\n\nMore here\n\nThe end, at last."


def stored(article: Article, **known: object) -> Stored:
    fields = {"date": article.date, "author": None, "site": None, "language": None, "pages": (), "place": None} | known
    return Stored(
        id="a", title=article.title, origin=article.origin, added=0.0, sentences=0, text=article.text, digest=article.digest,
        **fields,
    )


def units(text: str) -> list[Unit]:
    return [
        Unit(n, "a", "sentence", s.start, s.end, 0, n, s.paragraph, text[s.start : s.end]) for n, s in enumerate(split(text))
    ]


def cite(text: str, start: int, end: int, n: int = 1, answer: tuple[int, int] | None = None, article: str = "a") -> Citation:
    return Citation(n, article, "T", "O", start, end, text[start:end], 0.9, start, end, *(answer or (None, None)))


def answered(*citations: Citation) -> Answer:
    return Answer("Q?", True, Kind.SPAN, "x", 0.9, citations)


def kinds(article: Article) -> list[str]:
    spans = paragraph_spans(units(article.text))
    return [paragraph["kind"] for paragraph in article_json(stored(article), spans)["paragraphs"]]


def test_every_word_of_the_article_is_in_a_paragraph() -> None:
    article = sample()
    shown = article_json(stored(article), paragraph_spans(units(article.text)))
    assert "".join(p["text"] for p in shown["paragraphs"]).split() == "".join(article.text.split("\n")).split()


def test_a_headline_that_stands_twice_is_a_headline_and_a_repeat() -> None:
    assert kinds(read_text(ARTICLE)) == ["headline", "repeat", "text", "caption", "aside", "text"]


def test_a_title_that_is_not_in_the_text_is_shown_above_it() -> None:
    article = read_text("One sentence.\n\nAnother one.", title="Elsewhere")
    assert kinds(article) == ["text", "text"]
    assert article_json(stored(article), paragraph_spans(units(article.text)))["title"] == "Elsewhere"


def test_the_samples_photo_captions_are_set_apart() -> None:
    article = sample()
    shown = article_json(stored(article), paragraph_spans(units(article.text)))["paragraphs"]
    captions = [p["text"] for p in shown if p["kind"] == "caption"]
    assert [caption.rsplit("(")[-1] for caption in captions] == ["REUTERS)", "AFP via Getty Images)", "AP)"]
    asides = [p["text"] for p in shown if p["kind"] == "aside"]
    assert asides == ["Follow live updates here", "Reuters contributed to this report"]


@pytest.mark.parametrize("text", ["He works (he says) here.", "The deal (worth $60bn)", "They met (on Tuesday) in Kyiv (again)"])
def test_brackets_alone_make_no_caption(text: str) -> None:
    assert "caption" not in kinds(read_text(f"Title\n\n{text}"))


@given(st.data())
def test_runs_put_together_are_the_paragraph_and_the_cited_runs_are_the_citation(data: st.DataObject) -> None:
    article = stored(read_text(ARTICLE))
    spans = paragraph_spans(units(ARTICLE))
    edges = st.integers(0, len(ARTICLE))
    citations = []
    for n in range(1, data.draw(st.integers(1, 3)) + 1):
        start, end = sorted((data.draw(edges), data.draw(edges)))
        inside = sorted((data.draw(st.integers(start, end)), data.draw(st.integers(start, end))))
        citations.append(cite(ARTICLE, start, end, n, (inside[0], inside[1])))
    shown = evidence_json(answered(*citations), article, spans)["paragraphs"]
    assert json.loads(json.dumps(shown)) == shown
    for paragraph in shown:
        start, end = spans[paragraph["index"]]
        assert "".join(run["text"] for run in paragraph["runs"]) == ARTICLE[start:end]
        for c in citations:
            cited = "".join(run["text"] for run in paragraph["runs"] if c.n in run["cites"])
            assert cited == ARTICLE[max(c.start, start) : max(min(c.end, end), max(c.start, start))]
    assert {p["index"] for p in shown} == {
        i for i, (a, b) in enumerate(spans) if any(c.start < b and c.end > a for c in citations)
    }


def test_the_answer_is_marked_inside_its_sentence_after_an_astral_character() -> None:
    start = ARTICLE.index("First")
    end = ARTICLE.index(" Second")
    word = ARTICLE.index("sentence")
    citation = cite(ARTICLE, start, end, answer=(word, word + len("sentence")))
    [paragraph] = evidence_json(answered(citation), stored(read_text(ARTICLE)), paragraph_spans(units(ARTICLE)))["paragraphs"]
    assert [(run["text"], run["cites"], run["answer"], run["ends"]) for run in paragraph["runs"]] == [
        ("First 😀 ", [1], False, []),
        ("sentence", [1], True, []),
        (".", [1], False, [1]),
        (" Second one.", [], False, []),
    ]


def test_every_sentence_of_the_sample_can_be_shown() -> None:
    article = stored(sample())
    sentences = units(article.text)
    spans = paragraph_spans(sentences)
    for unit in sentences:
        shown = evidence_json(answered(cite(article.text, unit.start, unit.end)), article, spans)["paragraphs"]
        assert ["".join(r["text"] for r in p["runs"] if r["cites"]) for p in shown] == [unit.text]
        assert [n for p in shown for r in p["runs"] for n in r["ends"]] == [1]


def test_what_another_article_says_is_not_marked_in_this_one() -> None:
    citation = cite(ARTICLE, 0, 10, article="b")
    assert evidence_json(answered(citation), stored(read_text(ARTICLE)), paragraph_spans(units(ARTICLE)))["paragraphs"] == []


def test_half_a_surrogate_pair_can_be_sent() -> None:
    text = "Bad \ud800 title\n\nBad \udfff text here, and more of it."
    article = Stored("a", "Bad \ud800 title", "O", None, 0.0, 0, None, None, None, text, "digest", (0, 18), None)
    shown = article_json(article, paragraph_spans(units(text)))
    assert [p["text"] for p in shown["paragraphs"]] == ["Bad \ufffd title", "Bad \ufffd text here, and more of it."]
    json.dumps(shown, ensure_ascii=False).encode()


def test_what_is_known_of_the_article_goes_with_it() -> None:
    known = {"author": "Ann Ode", "site": "The Post", "language": "fr", "pages": (0, 30), "date": "2024-05-14"}
    shown = article_json(stored(read_text(ARTICLE), **known), paragraph_spans(units(ARTICLE)))
    assert {key: shown[key] for key in known} == known | {"pages": 2, "date": "14 May 2024"}
    unknown = article_json(stored(read_text(ARTICLE)), paragraph_spans(units(ARTICLE)))
    assert {unknown[key] for key in ("author", "site", "language", "date")} == {""}


@given(st.lists(st.integers(0, len(ARTICLE)), max_size=6).map(sorted))
def test_a_page_begins_where_it_does_counted_in_utf_16(begins: list[int]) -> None:
    spans = paragraph_spans(units(ARTICLE))
    shown = article_json(stored(read_text(ARTICLE), pages=(0, *begins)), spans)["paragraphs"]
    found = {}
    for paragraph, (start, _) in zip(shown, spans, strict=True):
        for offset, page in paragraph["leaves"]:
            before = paragraph["text"].encode("utf-16-le")[: 2 * offset].decode("utf-16-le")
            found[page] = start + len(before)
    # Page n + 2 is told where it begins, or at the first character after it if it begins in white space; of several that
    # begin there, the last; none after the last word.
    places = {}
    for page, begin in enumerate(begins, 2):
        place = next((max(begin, start) for start, end in spans if end > begin), None)
        if place is not None:
            places[place] = page
    assert found == {page: place for place, page in places.items()}


def test_citations_of_every_article_are_told_and_those_removed_are_said_to_be() -> None:
    citations = cite(ARTICLE, 0, 10), cite(ARTICLE, 0, 10, 2, article="b"), cite(ARTICLE, 0, 10, 3, article="c")
    spans = paragraph_spans(units(ARTICLE))
    shown = evidence_json(answered(*citations), stored(read_text(ARTICLE)), spans, removed={"c"})["citations"]
    assert [(c["n"], c["article"], c["title"], c["removed"]) for c in shown] == [
        (1, "a", "T", False), (2, "b", "T", False), (3, "c", "T", True)
    ]
    closed = evidence_json(answered(*citations), None, ())
    assert closed["paragraphs"] == []
    assert len(closed["citations"]) == 3


def test_a_card_has_the_odds_of_its_own_sentence() -> None:
    weak = replace(cite(ARTICLE, 0, 10), relevance=0.3)
    [card] = evidence_json(answered(weak), None, ())["citations"]
    assert (card["odds"], card["percent"]) == ("possibly", 30)


def test_a_quotation_names_its_source_and_says_nothing_twice() -> None:
    citation = replace(cite("It  rained\nhere.", 0, 16), title="Rain", origin="The Post, 14 May 2024", date="2024-05-14", page=3)
    assert quotation(citation) == "“It rained here.” — Rain, The Post, 14 May 2024, p. 3"
    assert quotation(citation, "https://post.example/rain").endswith(", p. 3, https://post.example/rain")
    assert quotation(replace(citation, origin="https://post.example/rain"), "https://post.example/rain").count("https") == 1


@pytest.mark.parametrize("place", ["/home/ann/secret/article.txt", None])
def test_where_a_file_lies_on_this_machine_is_not_quoted(place: str | None) -> None:
    article = stored(read_text(ARTICLE), place=place)
    [card] = evidence_json(answered(cite(ARTICLE, 0, 10)), article, paragraph_spans(units(ARTICLE)))["citations"]
    assert "home" not in json.dumps(card)
