"""The viewer's JSON holds the whole article and exactly the cited spans."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answer import Answer, Citation, Kind
from bot.ui.viewer import article_json, evidence_json, paragraph_spans
from index.library import Stored, Unit
from index.sentences import split
from index.sources import Article, read_text, sample

ARTICLE = "A headline\n\nA headline\n\nFirst 😀 sentence. Second one.\n\nA man waves (AP)\n\nMore here\n\nThe end, at last."


def stored(article: Article) -> Stored:
    return Stored("a", article.title, article.origin, article.date, 0.0, 0, article.text, article.digest)


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
    article = Stored("a", "Bad \ud800 title", "O", None, 0.0, 0, text, "digest")
    shown = article_json(article, paragraph_spans(units(text)))
    assert [p["text"] for p in shown["paragraphs"]] == ["Bad \ufffd title", "Bad \ufffd text here, and more of it."]
    json.dumps(shown, ensure_ascii=False).encode()
