"""The scoring of `bench.article`, without models."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.article import (
    Outcome,
    Question,
    article_of,
    check_against,
    holds,
    main,
    miss,
    percentile,
    read_questions,
    run,
    score,
    with_typo,
    without_mark,
)
from bot.answer import Answer, Citation, Kind
from index.errors import SourceUnreadable

ASKED = Question("How many ships?", ("40", "forty"), "40 ships are waiting")
UNASKABLE = Question("Who owns them?", (), None)


def outcome(question=ASKED, answered=True, said="40", cited=("Some 40 ships are waiting.",), ms=1.0):
    return Outcome(question, answered, said, tuple(cited), ms)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("Up to 30,000", "30000"),
        ("“The Delay”", "the delay"),
        ("no man's land", "No man’s land"),
        ("$60bn.", "$60bn"),
        ("a $60bn package", "60bn"),
        ("at least six", "six"),
        ("12.5 per cent", "12.5"),
    ],
)
def test_case_punctuation_and_quotes_do_not_count(said, wanted):
    assert holds(said, wanted)


@pytest.mark.parametrize(
    ("said", "wanted"), [("150", "15"), ("sixteen", "six"), ("12.5", "12"), ("", "six"), ("six", "“”")]
)
def test_part_of_a_word_or_number_is_not_the_answer(said, wanted):
    assert not holds(said, wanted)


def test_right_is_the_sentence_first_and_the_words():
    assert outcome().right
    second = outcome(cited=("Another one.", "Some 40 ships are waiting."))
    assert second.cited_at_all
    assert not second.cited_first
    assert not second.right
    assert not outcome(said="50").right


def test_a_refusal_cites_nothing_however_near_its_sentences_are():
    refused = outcome(answered=False, said="The article does not say. 40")
    assert [refused.cited_first, refused.cited_at_all, refused.says_it, refused.right] == [False] * 4


def test_an_unanswerable_question_is_right_when_it_is_refused():
    assert outcome(UNASKABLE, answered=False).right
    assert not outcome(UNASKABLE).right
    assert not outcome(UNASKABLE).cited_first


def test_shares_are_of_answerable_and_unanswerable_questions_apart():
    outcomes = [outcome(), outcome(said="50"), outcome(cited=("x", "Some 40 ships are waiting."))]
    outcomes += [outcome(answered=False), outcome(UNASKABLE, answered=False), outcome(UNASKABLE, said="one two three")]
    scores = score(outcomes)
    assert (scores.answerable, scores.unanswerable) == (4, 2)
    assert (scores.cited_first, scores.cited_at_all, scores.says_it, scores.both) == (50, 75, 50, 25)
    assert (scores.refused, scores.answered_anyway) == (25, 50)
    assert scores.words == 1


def test_an_empty_run_scores_nothing():
    assert score([]).cited_first == 0


@pytest.mark.parametrize(("share", "expected"), [(0.5, 2), (0.95, 4), (0.25, 1), (1.0, 4)])
def test_percentile_is_one_of_the_values(share, expected):
    assert percentile([4, 1, 3, 2], share) == expected


@given(st.text(max_size=80))
def test_a_typo_is_one_slip_in_a_word_and_the_same_every_time(question):
    changed = with_typo(question)
    assert changed == with_typo(question)
    assert abs(len(changed) - len(question)) <= 1
    assert [c for c in changed if c.isdigit()] == [c for c in question if c.isdigit()]


def test_a_typo_changes_a_question_with_a_long_word():
    assert with_typo("How many soldiers are there?") != "How many soldiers are there?"
    assert with_typo("Why is it so?") == "Why is it so?"


def test_the_mark_is_left_out():
    assert without_mark("Who? Me? ") == "Who? Me"


def test_a_miss_tells_question_answer_and_what_was_wanted():
    assert miss(outcome(said="50", cited=("Else.",))) == (
        "- How many ships? | said: 50 | wanted: 40 / forty | another sentence first, not the words"
    )
    assert miss(outcome(UNASKABLE, said="Ann")).endswith("said: Ann | wanted: nothing")


class Engine:
    """Remembers what it was asked."""

    def __init__(self):
        self.asked = []

    def ask(self, question, history=()):
        self.asked.append((question, [turn.question for turn in history]))
        citation = Citation(1, "a", "t", "o", 0, 4, "Text", 1.0, 0, 4)
        return Answer(question, True, Kind.SPAN, "40", 1.0, (citation,))


def test_the_history_is_asked_first_and_only_the_question_is_changed():
    engine = Engine()
    (result,) = run(engine, [Question("How MANY?", ("40",), "Text", ("Who?", "When?"))], str.lower)
    assert engine.asked == [("Who?", []), ("When?", ["Who?"]), ("how many?", ["Who?", "When?"])]
    assert result.right


def write(tmp_path, *rows):
    path = tmp_path / "q.jsonl"
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def test_a_question_file_is_read_in_order(tmp_path):
    rows = [
        {"question": "A?", "answerable": True, "answers": ["x"], "sentence_contains": "x y", "history": ["B?"]},
        {"question": "C?", "answerable": False, "answers": [], "sentence_contains": None},
    ]
    path = write(tmp_path, *map(json.dumps, rows))
    assert read_questions(path) == [Question("A?", ("x",), "x y", ("B?",)), Question("C?", (), None)]


@pytest.mark.parametrize(
    "row",
    [
        "",
        "{",
        "[]",
        '{"question": "A?"}',
        '{"question": "A?", "answerable": true, "answers": [], "sentence_contains": "x"}',
    ],
)
def test_a_line_that_is_no_question_is_refused_with_its_number(tmp_path, row):
    with pytest.raises(SourceUnreadable, match="Line 1"):
        read_questions(write(tmp_path, row, ""))


def test_questions_on_another_text_are_refused():
    check_against("Some 40\nships are waiting.", [ASKED, UNASKABLE])
    with pytest.raises(SourceUnreadable, match="40 ships"):
        check_against("Nothing here.", [ASKED])


def test_a_missing_file_is_told_in_a_sentence(tmp_path, capsys):
    assert main(["--questions", str(tmp_path / "none.jsonl")]) == 1
    assert "none.jsonl cannot be read" in capsys.readouterr().err


def test_the_first_paragraphs_of_a_title_make_the_article(tmp_path):
    path = tmp_path / "set.json"
    paragraphs = [{"context": text, "qas": []} for text in ("One.", "Two.", "Three.")]
    path.write_text(json.dumps({"data": [{"title": "Some_War", "paragraphs": paragraphs}]}))
    options = type("Options", (), {"squad": path, "title": "Some_War", "paragraphs": 2, "article": None})
    assert article_of(options).text == "One.\n\nTwo."
    options.title = "Other"
    with pytest.raises(SourceUnreadable, match="Other"):
        article_of(options)
