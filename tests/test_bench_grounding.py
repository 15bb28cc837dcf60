"""The cases and the scoring of `bench.grounding`, without models."""

import json
import random

import pytest

from bench import grounding as bench
from bot.answer import Claim, Flag, Problem
from index.errors import SourceUnreadable
from index.sources import sample

EVERY = bench.citations(sample())
UP_TO = next(s for s in EVERY if "30,000" in s.text)
REST = [s for s in EVERY if s is not UP_TO]


def test_sources_are_sentences_of_the_article_with_their_speakers():
    text = sample().text
    assert all(text[s.start : s.end] == s.text for s in EVERY)
    assert UP_TO.speaker == "Ukraine"


def test_the_same_article_gives_the_same_cases():
    assert list(bench.cases(sample(), 5)) == list(bench.cases(sample(), 5))


def test_a_wrong_case_differs_from_every_source_it_cites_or_cites_another():
    for case in bench.cases(sample()):
        assert all(0 <= i < len(case.sources) for i in case.cited)
        if not case.right:
            assert all(case.sources[i].text != case.text for i in case.cited)


@pytest.mark.parametrize(
    ("rewrite", "expected"),
    [
        (bench.attribution_moved, "on the border, Ukraine said."),
        (bench.according_to, "According to Ukraine, up to 30,000"),
        (bench.respelt, "30\u202f000"),
    ],
)
def test_a_right_rewriting_keeps_what_is_said(rewrite, expected):
    assert expected in rewrite(UP_TO)


@pytest.mark.parametrize("kind", ["digit changed", "magnitude changed", "name swapped", "attribution lost", "limit dropped"])
def test_a_fault_changes_the_sentence(kind):
    spoilt = bench.WRONG[kind](UP_TO, REST, random.Random(1))
    assert spoilt not in (None, UP_TO.text)


def test_a_fault_that_does_not_apply_gives_nothing():
    assert bench.quotation_altered(UP_TO, REST, random.Random(1)) is None


def test_scores_count_right_and_wrong_sentences_apart():
    def outcome(right, found):
        case = bench.Case("a kind", "text", (0,), (UP_TO,), right)
        flags = (Flag(Problem.NAME, 0, 4, "a note"),) if found else ()
        return bench.Outcome(case, Claim("text", (1,), flags), 2.0, 1.0)

    scores = bench.score([outcome(False, True), outcome(False, False), outcome(True, True), outcome(True, False)])
    assert scores["found"] == {"a kind": {"sentences": 2, "flagged": 50.0}}
    assert scores["false_alarms_overall"] == 50.0
    assert (scores["ms"], scores["cpu_ms"]) == (2.0, 1.0)
    assert "50.0 %  of 2" in bench.report("a half", scores)


def test_claims_of_another_article_are_refused(tmp_path):
    path = tmp_path / "claims.jsonl"
    path.write_text(json.dumps({"text": "x", "cites": ["not in there"], "right": True}), encoding="utf-8")
    with pytest.raises(SourceUnreadable, match="claims"):
        bench.read_claims(path, sample())


def test_claims_cite_the_sentences_that_hold_their_pieces(tmp_path):
    path = tmp_path / "claims.jsonl"
    path.write_text(json.dumps({"text": "x", "cites": ["up to 30,000"], "right": False}), encoding="utf-8")
    (case,) = bench.read_claims(path, sample())
    assert [case.sources[i] for i in case.cited] == [UP_TO]


def test_a_missing_file_is_told_in_a_sentence(tmp_path, capsys):
    assert bench.main(["--squad", str(tmp_path / "none.json")]) == 1
    assert "cannot be read" in capsys.readouterr().err
