"""Feedback becomes question files that the bench reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.article import check_against, read_questions, run, score
from bot.answer import Answer, Kind, Turn
from bot.feedback import NotWritten, Written, export
from bot.history import History
from index.sources import read_file
from tests.test_history import MONEY, TROOPS, Shelf, cite


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(a1=TROOPS, a2=MONEY)


@pytest.fixture
def history(tmp_path: Path, shelf: Shelf) -> Iterator[History]:
    with History.open(tmp_path / "data", shelf) as opened:
        yield opened


def troops(shelf: Shelf) -> Answer:
    cited = cite(shelf, "1", "Russia sent 30,000 troops to Kharkiv, Nato said.", "30,000 troops")
    return Answer("How many?", True, Kind.SPAN, "30,000 troops", 0.9, (cited,))


def bread(shelf: Shelf) -> Answer:
    cited = cite(shelf, "1", "The price of bread rose by 3.5% in Lviv.")
    return Answer("Why?", True, Kind.SENTENCES, cited.text, 0.9, (cited,))


def silent(shelf: Shelf) -> Answer:
    nearest = cite(shelf, "1", "The price of bread rose by 3.5% in Lviv.")
    return Answer("Who?", False, Kind.NOT_STATED, "The article does not say.", 0.1, (nearest,))


def money(shelf: Shelf) -> Answer:
    return Answer("?", True, Kind.SPAN, "$60bn", 0.8, (cite(shelf, "2", "Congress passed a $60bn package.", "$60bn"),))


def thumb(history: History, *said: tuple[str, Answer, str | None]) -> None:
    """A conversation with these questions, answers and thumbs."""
    conversation = history.start()
    for question, answer, verdict in said:
        history.feedback(history.append(conversation, Turn(question, answer)), verdict, "because")


class Repeats:
    """An engine that says again what it said before."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = iter(answers)

    def ask(self, question: str, history: object = ()) -> Answer:
        return next(self.answers)


def test_answers_with_a_thumb_up_become_a_question_file_that_the_bench_scores(
    tmp_path: Path, history: History, shelf: Shelf
):
    said = [troops(shelf), bread(shelf), silent(shelf)]
    thumb(history, ("How many?", said[0], "up"), ("Why?", said[1], "up"), ("Who?", said[2], "up"), ("So?", said[0], None))
    out = tmp_path / "mine.jsonl"
    assert export(history, out) == [Written(out, 3, tmp_path / "mine-article.txt")]
    questions = read_questions(out)
    check_against(read_file(tmp_path / "mine-article.txt").text, questions)
    assert [(q.text, q.answers, q.sentence) for q in questions] == [
        ("How many?", ("30,000 troops",), "Russia sent 30,000 troops to Kharkiv, Nato said."),
        ("Why?", ("The price of bread rose by 3.5% in Lviv.",), "The price of bread rose by 3.5% in Lviv."),
        ("Who?", (), None),
    ]
    scores = score(run(Repeats(*said), questions))
    assert (scores.both, scores.answered_anyway) == (100, 0)


def test_answers_with_a_thumb_down_go_into_a_file_of_their_own_with_the_reason(
    tmp_path: Path, history: History, shelf: Shelf
):
    thumb(history, ("How many?", troops(shelf), "up"), ("Why?", bread(shelf), "down"))
    first, second = export(history, tmp_path / "mine.jsonl")
    assert (first.count, second) == (1, Written(tmp_path / "mine-down.jsonl", 1, None))
    (row,) = map(json.loads, second.questions.read_text(encoding="utf-8").splitlines())
    assert row == {
        "question": "Why?", "said": "The price of bread rose by 3.5% in Lviv.",
        "cited": ["The price of bread rose by 3.5% in Lviv."], "article": "Title 1", "reason": "because",
        "history": ["How many?"],
    }  # fmt: skip


def test_each_article_gets_a_file(tmp_path: Path, history: History, shelf: Shelf):
    thumb(history, ("How many?", troops(shelf), "up"), ("How much?", money(shelf), "up"), ("Why?", bread(shelf), "up"))
    written = export(history, tmp_path / "mine.jsonl")
    assert [(file.questions.name, file.count) for file in written] == [("mine-1.jsonl", 2), ("mine-2.jsonl", 1)]
    for file in written:
        check_against(read_file(file.article).text, read_questions(file.questions))


def test_a_question_that_was_read_with_those_before_it_keeps_them(tmp_path: Path, history: History, shelf: Shelf):
    follow_up = replace(troops(shelf), searched_for="How many troops did Russia send?")
    thumb(
        history, *[(f"Question {n}?", bread(shelf), None) for n in range(8)],
        ("How many?", follow_up, "up"), ("Why?", bread(shelf), "up"),
    )  # fmt: skip
    export(history, tmp_path / "mine.jsonl")
    first, second = read_questions(tmp_path / "mine.jsonl")
    assert first.history == tuple(f"Question {n}?" for n in range(2, 8))
    assert second.history == ()


def test_what_cited_a_removed_article_is_left_out(tmp_path: Path, history: History, shelf: Shelf):
    thumb(history, ("How many?", troops(shelf), "up"), ("How much?", money(shelf), "up"))
    del shelf.texts["1"]
    (written,) = export(history, tmp_path / "mine.jsonl")
    assert [question.text for question in read_questions(written.questions)] == ["How much?"]
    assert "Russia" not in "".join(path.read_text(encoding="utf-8") for path in tmp_path.glob("mine*"))


def test_without_feedback_nothing_is_written_and_that_is_told(tmp_path: Path, history: History, shelf: Shelf):
    thumb(history, ("How many?", troops(shelf), None))
    with pytest.raises(NotWritten, match="nothing to export"):
        export(history, tmp_path / "mine.jsonl")
    assert not list(tmp_path.glob("mine*"))


def test_a_file_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path, history: History, shelf: Shelf):
    thumb(history, ("How many?", troops(shelf), "up"))
    with pytest.raises(NotWritten, match=r"cannot be written .*Name another file"):
        export(history, tmp_path / "no folder" / "mine.jsonl")
