import json
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.spans import LONGEST_QUESTION, WEIGHTS, SpanScorer, snapped
from index.embedder import default_weights
from index.errors import ModelMissing
from index.sentences import split

PASSAGE = (
    "The council voted on Tuesday to spend $4.2m on the old bridge. Mayor Ana Ruiz said 9,000 drivers a day would use the "
    "ferry until 3 May. Repairs begin in spring."
)


@pytest.fixture(scope="module")
def scorer() -> SpanScorer:
    return SpanScorer.load()


def best(scorer: SpanScorer, question: str, passage: str = PASSAGE) -> str:
    span = scorer.spans(question, [passage])[0]
    return passage[span.start : span.end]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How much will the council spend on the bridge?", "$4.2m"),
        ("When did the council vote?", "Tuesday"),
        ("Who is the mayor?", "Ana Ruiz"),
        ("how many drivers use the ferry", "9,000"),
    ],
)
def test_the_words_that_answer_come_first(scorer: SpanScorer, question: str, answer: str):
    assert answer in best(scorer, question)


def test_a_passage_that_answers_has_a_wider_margin_than_one_that_does_not(scorer: SpanScorer):
    spans = scorer.spans("How much will the council spend?", ["Rain fell on the hills all day on Sunday.", PASSAGE])
    assert spans[0].passage == 1
    assert spans[0].margin > 0 > max(span.margin for span in spans if span.passage == 0)


def test_spans_of_a_passage_do_not_overlap_and_are_sorted(scorer: SpanScorer):
    spans = scorer.spans("Who and when?", [PASSAGE])
    assert [s.margin for s in spans] == sorted((s.margin for s in spans), reverse=True)
    ordered = sorted(spans, key=lambda s: s.start)
    assert all(a.end <= b.start for a, b in pairwise(ordered))


def test_an_answer_far_into_a_long_passage_is_found(scorer: SpanScorer):
    long = "The weather was fine and nothing else happened in the town that week. " * 60 + PASSAGE
    assert "$4.2m" in best(scorer, "How much will the council spend on the bridge?", long)


def test_a_question_longer_than_the_network_reads_is_cut_and_answered(scorer: SpanScorer):
    question = "How much will the council spend on the bridge? " + "please tell me " * LONGEST_QUESTION * 4
    assert scorer.spans(question, [PASSAGE])


def test_spans_stay_inside_a_sentence(scorer: SpanScorer):
    ends = [sentence.end for sentence in split(PASSAGE)]
    for span in scorer.spans("What happened with the bridge, the mayor and the repairs?", [PASSAGE], [ends])[:1]:
        assert not any(span.start < end < span.end for end in ends)


def test_no_passages_give_no_spans(scorer: SpanScorer):
    assert scorer.spans("Who?", []) == []
    assert scorer.spans("Who?", [""]) == []


def test_the_same_question_gives_the_same_spans(scorer: SpanScorer):
    assert scorer.spans("Who is the mayor?", [PASSAGE, "x"]) == scorer.spans("Who is the mayor?", [PASSAGE, "x"])


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=60), st.lists(st.text(max_size=300), min_size=1, max_size=3))
def test_spans_of_any_text_are_inside_it_and_not_empty(scorer: SpanScorer, question: str, passages: list[str]):
    for span in scorer.spans(question, passages):
        assert 0 <= span.start < span.end <= len(passages[span.passage])
        assert np.isfinite(span.margin)


@pytest.mark.parametrize(
    ("text", "cut", "whole"),
    [
        ("some 30,000 men", "000", "30,000"),
        ("a $60bn package", "60", "$60bn"),
        ("rose 3.5% in May", "3.5", "3.5%"),
        ("a “grey-zone” no", "grey", "grey-zone"),
        ("in Kharkiv] or", "Kharkiv]", "Kharkiv"),
        ("either here [around Kharkiv] or", "here [around Kharkiv]", "here [around Kharkiv]"),
        ("keen to take off.", "take off.", "take off"),
        ("in the U.S. today", "U.S", "U.S."),
        ("said “yes” again", "“yes”", "“yes”"),
        ("said “yes", "“yes", "yes"),
        ("Kyiv’s reserves", "Kyiv", "Kyiv’s"),
    ],
)
def test_spans_are_snapped_to_words_as_people_read_them(text: str, cut: str, whole: str):
    start = text.index(cut)
    start, end = snapped(text, start, start + len(cut))
    assert text[start:end] == whole


@given(st.text(min_size=1, max_size=120), st.data())
def test_snapping_stays_inside_any_text(text: str, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    low, high = snapped(text, start, end)
    assert 0 <= low < high <= len(text)


def _missing(weights: Path) -> None:
    weights.unlink()


def _truncated(weights: Path) -> None:
    weights.write_bytes(weights.read_bytes()[:100_000])


def _altered(weights: Path) -> None:
    data = bytearray(weights.read_bytes())
    data[5_000_000] ^= 1
    weights.write_bytes(data)


def _cardless(weights: Path) -> None:
    weights.with_suffix(".json").write_text("{")


@pytest.mark.parametrize("harm", [_missing, _truncated, _altered, _cardless])
def test_missing_or_damaged_weights_are_told_in_a_sentence(tmp_path: Path, harm):
    weights = tmp_path / WEIGHTS.name
    shutil.copy(WEIGHTS, weights)
    shutil.copy(WEIGHTS.with_suffix(".json"), weights.with_suffix(".json"))
    harm(weights)
    with pytest.raises(ModelMissing, match=r"reader.int8.onnx"):
        SpanScorer.load(weights)


def test_weights_that_onnxruntime_cannot_run_are_told_in_a_sentence(tmp_path: Path):
    import hashlib

    weights = tmp_path / "reader.int8.onnx"
    weights.write_bytes(b"no network")
    weights.with_suffix(".json").write_text(json.dumps({"sha256": hashlib.sha256(b"no network").hexdigest()}))
    with pytest.raises(ModelMissing, match="cannot be run"):
        SpanScorer.load(weights)


def test_any_extractive_model_of_transformers_can_take_its_place(tmp_path: Path):
    from transformers import BertConfig, BertForQuestionAnswering, BertTokenizerFast

    config = BertConfig(hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32)
    BertForQuestionAnswering(config).save_pretrained(tmp_path)
    BertTokenizerFast(str(default_weights() / "vocab.txt")).save_pretrained(tmp_path)
    spans = SpanScorer.from_hub(str(tmp_path)).spans("Who is the mayor?", [PASSAGE, "Rain fell."])
    assert {span.passage for span in spans} == {0, 1}
    assert all(0 <= s.start < s.end <= len([PASSAGE, "Rain fell."][s.passage]) for s in spans)


def test_an_empty_folder_cannot(tmp_path: Path):
    with pytest.raises(ModelMissing, match="could not be loaded"):
        SpanScorer.from_hub(str(tmp_path))
