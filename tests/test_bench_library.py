"""The parts of `bench.library` that need no models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from bench.library import MEASURED, PARAGRAPHS, Mixed, Writer, exact, given, grow, main
from index.library import Library
from index.units import Split

WORDS = [f"{first}{second}" for first in "bdfglmnprst" for second in ("ane", "ill", "ock", "urn", "est")]


class Letters:
    """Stands in for a model: counts the letters of a text."""

    name, dim = "letters", 26

    def __init__(self) -> None:
        self.embedded = 0

    def encode(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> np.ndarray:
        self.embedded += len(texts)
        counts = [[text.count(letter) + 0.01 for letter in "abcdefghijklmnopqrstuvwxyz"] for text in texts]
        matrix = np.array(counts, np.float32).reshape(len(texts), self.dim)
        return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def test_the_same_articles_are_written_every_time_and_all_of_them_differ():
    articles = list(islice(Writer(WORDS).articles(), 5))
    assert articles == list(islice(Writer(WORDS).articles(), 5))
    assert len({article.digest for article in articles}) == 5


def test_an_article_has_a_passage_for_each_paragraph():
    for article in islice(Writer(WORDS).articles(), 20):
        split = Split.of(article.text)
        assert len(split.drafts) - split.sentences == PARAGRAPHS == article.text.count("\n\n") + 1


def test_frequent_words_are_written_more_often_than_rare_ones():
    text = next(Writer(WORDS).articles()).text.lower()
    assert text.count(WORDS[0]) > 5 * text.count(WORDS[-1])


def test_a_question_asks_in_words_of_the_sentence():
    question = Writer(WORDS).question("The council of Bann voted on Tuesday.")
    assert {"council", "of", "Bann", "voted", "on"} < set(question.rstrip("?").split())


def test_a_library_grows_as_far_as_asked_and_only_the_measured_articles_are_embedded_beyond_the_limit(tmp_path: Path):
    model = Letters()
    encoder = Mixed(model)
    with Library.open(tmp_path, encoder) as library:
        source = Writer(WORDS).articles()
        written = grow(library, encoder, source, PARAGRAPHS * 20, embed=0)
        assert (written.articles, written.passages) == (20, PARAGRAPHS * 20)
        assert written.measured == PARAGRAPHS * MEASURED
        assert written.adding > 0 < written.bare
        assert len(library.ids()) == 20
        measured = [Split.of(library.article(key).text).texts for key in library.ids()[-MEASURED:]]
        assert model.embedded == 2 * sum(map(len, measured))
        assert grow(library, encoder, source, PARAGRAPHS, embed=0).articles == 1


def test_documents_that_end_too_soon_end_the_growing(tmp_path: Path):
    (tmp_path / "a.txt").write_text("Ships wait.\n\nThe port is shut. It may open.", encoding="utf-8")
    (tmp_path / "b.txt").write_text("The council met.", encoding="utf-8")
    encoder = Mixed(Letters())
    with Library.temporary(encoder) as library:
        written = grow(library, encoder, given([tmp_path]), 1000, embed=1000)
    assert (written.articles, written.passages, written.vectors) == (2, 3, 5)


def test_exact_search_finds_what_a_small_library_finds(tmp_path: Path):
    encoder = Mixed(Letters())
    with Library.open(tmp_path, encoder) as library:
        grow(library, encoder, Writer(WORDS).articles(), PARAGRAPHS * 2, embed=10**6)
        queries = encoder.encode(["banned dock", "furnest till"])
        found = [{key for key, _ in library.dense(query, 10)} for query in queries]
    assert exact(tmp_path, queries) == found


def test_a_folder_in_use_is_not_built_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "letter.txt").write_text("Dear all", encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["--data", str(tmp_path)])
    assert "is not empty" in capsys.readouterr().err
