import hashlib
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from llama_index.core.schema import NodeRelationship

from bot.retriever import NOTHING_RELEVANT, SentenceRetriever
from index.library import Library
from index.sources import read_text

HARBOUR = """Harbour town elects its first woman mayor

Maria Lindqvist won Sunday's mayoral election in Östervik. She promised to rebuild the old harbour by 2031.

The old harbour has been closed for many years. Rebuilding the harbour will cost €12.5m.

Her rival, Jonas Berg, conceded before midnight. He ran the ZX-81Q shipyard."""

WEATHER = """Storm floods the coast

A storm flooded 340 homes along the coast on Friday. Nobody was hurt, the fire service said."""


class Blind:
    """An encoder that knows nothing of meaning: the same text has the same vector, and that is all."""

    name = "blind"
    dim = 16

    def encode(self, texts: Sequence[str], progress: object = None) -> np.ndarray:
        seeds = [int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:4]) for text in texts]
        rows = np.array([np.random.default_rng(seed).normal(size=self.dim) for seed in seeds], np.float32)
        rows = rows.reshape(len(texts), self.dim)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def two(embedder) -> Iterator[tuple[SentenceRetriever, str, str]]:
    with Library.temporary(embedder) as library:
        harbour, weather = (library.add(read_text(text)).article.id for text in (HARBOUR, WEATHER))
        yield SentenceRetriever(library), harbour, weather


@pytest.fixture(scope="module")
def blind() -> Iterator[SentenceRetriever]:
    with Library.temporary(Blind()) as library:
        for text in (HARBOUR, WEATHER):
            library.add(read_text(text))
        yield SentenceRetriever(library)


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("Who won the election?", "Maria Lindqvist won"),
        ("How many houses were under water?", "340 homes"),
        ("What does the rebuilding cost?", "€12.5m"),
        ("Who admitted defeat?", "Jonas Berg, conceded"),
    ],
)
def test_the_sentence_that_answers_comes_first(two, question, part):
    assert part in two[0].candidates(question)[0].sentence.text


def test_candidates_are_sentences_of_the_article_inside_their_passages(two):
    retriever, *_ = two
    for candidate in retriever.candidates("When will the harbour be rebuilt?"):
        sentence, passage = candidate.sentence, candidate.passage
        assert retriever.library.article(sentence.article).text[sentence.start : sentence.end] == sentence.text
        assert (sentence.kind, passage.kind) == ("sentence", "passage")
        assert sentence.passage == passage.id
        assert passage.start <= sentence.start < sentence.end <= passage.end


def test_candidates_are_distinct_and_both_score_and_relevance_fall(two):
    found = two[0].candidates("Who promised to rebuild the harbour?", k=50)
    assert len({candidate.sentence.id for candidate in found}) == len(found) > 5
    for one, other in pairwise(found):
        assert one.score >= other.score
        assert 1 >= one.relevance >= other.relevance >= 0


def test_no_more_than_k_candidates(two):
    assert len(two[0].candidates("harbour", k=2)) == 2


def test_only_the_articles_named_are_searched(two):
    retriever, harbour, weather = two
    for scope in ([harbour], [weather]):
        assert {c.sentence.article for c in retriever.candidates("storm election", 50, scope)} == set(scope)
    assert {c.sentence.article for c in retriever.candidates("storm election", 50)} == {harbour, weather}
    assert retriever.candidates("storm", articles=[]) == []


def test_a_retriever_made_for_an_article_searches_that_article(two):
    retriever, _, weather = two
    nodes = SentenceRetriever(retriever.library, [weather]).retrieve("Who won the election?")
    assert {node.node.source_node.node_id for node in nodes} == {weather}


def test_a_name_that_the_embedder_cannot_know_is_found_by_its_letters(blind):
    assert "ZX-81Q" in blind.candidates("zx81q")[0].sentence.text


def test_a_sentence_whose_subject_stands_in_the_one_before_is_found(blind):
    """Both promises are in one passage; only who stands before each tells them apart."""
    with Library.temporary(blind.library.embedder) as library:
        library.add(read_text("Lindqvist won. She promised a harbour. It was late. Berg lost. He promised a bridge."))
        found = SentenceRetriever(library).rank("What did Berg promise?", np.zeros(Blind.dim, np.float32))
        assert found[0].sentence.text == "He promised a bridge."


def test_where_a_date_is_asked_for_a_sentence_with_a_date_is_preferred(blind):
    """Both sentences have the question's words; a vector that points at neither decides nothing."""
    texts = ["The old harbour will be closed soon.", "The old harbour will be closed in May."]
    with Library.temporary(blind.library.embedder) as library:
        library.add(read_text("\n\n".join(texts)))
        nowhere = np.zeros(Blind.dim, np.float32)
        retriever = SentenceRetriever(library)
        assert retriever.rank("When will the old harbour be closed?", nowhere)[0].sentence.text == texts[1]
        assert retriever.rank("Will the old harbour be closed?", nowhere)[0].sentence.text == texts[0]


def test_relevance_tells_what_the_articles_hold_from_what_they_do_not(two):
    retriever, *_ = two
    for stated in ("Who won the mayoral election in Östervik?", "How many homes did the storm flood?"):
        assert retriever.candidates(stated)[0].relevance > 0.5
    for foreign in ("Which enzyme unwinds DNA?", "Who composed The Magic Flute?"):
        assert retriever.candidates(foreign)[0].relevance < NOTHING_RELEVANT


def test_an_empty_library_has_no_candidates():
    with Library.temporary(Blind()) as library:
        assert SentenceRetriever(library).candidates("Who won?") == []
        assert SentenceRetriever(library).retrieve("Who won?") == []


def test_a_removed_article_is_no_longer_found():
    with Library.temporary(Blind()) as library:
        gone = library.add(read_text(HARBOUR)).article.id
        kept = library.add(read_text(WEATHER)).article.id
        library.remove(gone)
        assert {c.sentence.article for c in SentenceRetriever(library).candidates("harbour", 50)} == {kept}


def test_llama_index_gets_nodes_with_offsets_source_and_relevance(two):
    retriever, harbour, _ = two
    candidates, nodes = retriever.candidates("Who won the election?"), retriever.retrieve("Who won the election?")
    assert [node.node_id for node in nodes] == [str(c.sentence.id) for c in candidates]
    assert [node.score for node in nodes] == [c.relevance for c in candidates]
    first = nodes[0].node
    assert HARBOUR[first.start_char_idx : first.end_char_idx] == first.get_content()
    assert first.relationships[NodeRelationship.SOURCE].node_id == harbour
    assert first.metadata["title"] == "Harbour town elects its first woman mayor"


@given(
    st.one_of(
        st.text(max_size=200),
        st.sampled_from(["", "?!", "谁赢了选举？", "من فاز؟", "कौन जीता?", '"harbour" AND NOT (x*', "\ud800", "who is it"]),
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
def test_any_question_gives_finite_scores_and_odds(blind, question):
    found = blind.candidates(question, 5)
    assert len(found) == 5
    for candidate in found:
        assert np.isfinite(candidate.score)
        assert 0 <= candidate.relevance <= 1
