"""The counting of `bench.followups`, without models."""

import json
from pathlib import Path

import pytest

from bench.article import Question
from bench.followups import (
    Worded,
    alone,
    canard,
    converse,
    line,
    main,
    read_canard,
    read_followups,
    rewritten,
    right,
    run,
    words,
)
from bot.answer import Answer, Citation, Kind
from index.errors import SourceUnreadable, UserError
from tests.scripted_server import says, serving

SENTENCE = "Joe Biden signed a $60bn aid package."


def ask(question: str) -> Answer:
    """Answers what names the package, and nothing else."""
    known = "package" in question
    cited = (Citation(1, "a", "T", "o", 0, len(SENTENCE), SENTENCE, 0.9, 0, len(SENTENCE)),)
    if known:
        return Answer(question, True, Kind.SPAN, "Joe Biden", 0.9, cited)
    return Answer(question, False, Kind.NOT_STATED, "", 0.1)


FOLLOW_UP = Question("Who signed it?", ("Joe Biden",), "Joe Biden signed", ("How much is the aid package?",))


def test_a_follow_up_is_asked_with_its_history_and_without():
    (found,) = run(ask, [FOLLOW_UP])
    assert found.with_history.right
    assert not found.without.answered
    assert found.searched_for == "Who signed the aid package?"
    assert line(found).startswith("sentence answer | How much is the aid package? / Who signed it?")


@pytest.mark.parametrize(
    ("wording", "held", "searched_for"),
    [
        ("Who signed the $60bn aid package?", 1, "Who signed the $60bn aid package?"),
        ("Who signed the $90bn aid package?", 0, "Who signed the aid package?"),
    ],
)
def test_follow_ups_are_asked_in_the_words_of_a_model_where_they_hold(wording: str, held: int, searched_for: str):
    with serving(says(wording)) as server:
        worded = Worded(server.openai)
        (found,) = run(ask, [FOLLOW_UP], worded)
    assert found.searched_for == searched_for
    assert right([found.with_history, found.without]) == {"sentence_first": 1, "answer": 1}
    assert (worded.figures["model_asked"], worded.figures["wording_held"]) == (1, held)


def test_without_a_model_there_is_nothing_to_compare_with():
    with pytest.raises(UserError, match="without a language model"):
        Worded("none")


def test_questions_that_stand_alone_are_counted_as_rewritten_or_changed():
    questions = [Question("How much is the aid package?", ("$60bn",), "Joe"), Question("Who signed it?", ("Joe",), "Joe")]
    assert alone(ask, questions[:1]) == {"questions": 1, "rewritten": [], "changed": []}
    both = alone(ask, questions)
    assert both["rewritten"] == ["Who signed it?"]
    assert len(both["changed"]) == 1


def test_a_conversation_keeps_its_turns():
    assert [turn.question for turn in converse(ask, ["How much is the aid package?", "Who signed it?"])][1] == "Who signed it?"


def test_words_are_counted_by_stem_and_only_those_added():
    counted = words(["When did they disband?"], ["When did Zappa disband?"], ["When did Zappa and the Mothers disband?"])
    assert (counted.recall, counted.precision) == (50.0, 100.0)
    nothing = words(["Who?"], ["Who?"], ["Who?"])
    assert (nothing.recall, nothing.precision) == (0.0, 0.0)


def row(history: list[str], question: str, rewrite: str, number: int) -> dict[str, object]:
    return {"History": history, "QuAC_dialog_id": "d", "Question": question, "Question_no": number, "Rewrite": rewrite}


def test_our_own_rewriting_of_a_question_is_the_history_of_the_next(tmp_path: Path):
    opening = ["Frank Zappa", "Disbandment"]
    rows = [
        row(opening, "When was he born?", "When was Frank Zappa born?", 1),
        row([*opening, "When was he born?", "in 1940"], "Where?", "Where was Frank Zappa born?", 2),
        row([*opening, "When was he born?", "in 1940", "Where?", "I don't know."], "What is jazz?", "What is jazz?", 3),
    ]
    path = tmp_path / "c.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert rewritten(read_canard(path)) == ["When was Frank Zappa born?", "Where was Frank Zappa born?", "What is jazz?"]
    figures = canard(rows)
    assert figures["ours"] == {"recall": 100.0, "precision": 100.0}
    assert (figures["left_alone_by_people"], figures["left_alone_by_us_too"]) == (1, 1)
    assert main(["--canard", str(path)]) == 0


def test_a_file_that_is_not_one_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "f.jsonl"
    path.write_text('{"question": "Who?"}', encoding="utf-8")
    for read in (read_followups, read_canard):
        with pytest.raises(SourceUnreadable):
            read(path)
    assert main(["--followups", str(path)]) == 1
    assert "not a file of follow-up questions" in capsys.readouterr().err


def test_the_shipped_follow_ups_can_be_read():
    files = sorted((Path(__file__).parent.parent / "bench" / "questions").glob("*.followups.jsonl"))
    assert len(files) == 6
    for file in files:
        assert all(question.history and question.answerable for question in read_followups(file))
