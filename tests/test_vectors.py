"""Vectors: what was added is found, what was removed is not, and no id ever answers for another."""

from __future__ import annotations

import io

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode
from llama_index.core.vector_stores.types import MetadataFilters, VectorStoreQuery

from index import vectors as module
from index.vectors import Vectors

DIM = 8


def unit_vector(seed: int) -> np.ndarray:
    vector = np.random.default_rng(seed).normal(size=DIM).astype(np.float32)
    return vector / np.linalg.norm(vector)


def node(node_id: int, document: str = "doc") -> TextNode:
    return TextNode(
        id_=str(node_id),
        embedding=unit_vector(node_id).tolist(),
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=document)},
    )


def nearest(vectors: Vectors, seed: int) -> int:
    return vectors.search(unit_vector(seed), 1)[0][0]


def reloaded(vectors: Vectors) -> Vectors:
    file = io.BytesIO()
    vectors.write(file)
    file.seek(0)
    return Vectors.read(file, vectors.kept)


def kept(ids: np.ndarray) -> np.ndarray:
    """What the owner of many vectors keeps: that of an id is `unit_vector(id)`."""
    return np.stack([unit_vector(int(key)) for key in ids])


def many(count: int, first: int = 1) -> Vectors:
    """As many vectors, too many to be held whole, as parts of documents of ten."""
    vectors = Vectors(dim=DIM, kept=kept)
    ids = np.arange(first, first + count)
    vectors.add_vectors(ids, kept(ids), [f"document {key // 10}" for key in ids])
    return vectors


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EXACT", 50)
    monkeypatch.setattr(module, "FEW", 10)


def test_after_a_removal_new_vectors_do_not_take_the_place_of_live_ones():
    vectors = Vectors(dim=DIM)
    vectors.add([node(1, "A"), node(2, "B"), node(3, "C")])
    vectors.delete("A")
    vectors.add([node(4, "D")])
    assert [nearest(vectors, key) for key in (2, 3, 4)] == [2, 3, 4]
    vectors = reloaded(vectors)
    assert [nearest(vectors, key) for key in (2, 3, 4)] == [2, 3, 4]
    vectors.add([node(5, "E")])
    vectors.delete("C")
    assert [nearest(vectors, key) for key in (2, 4, 5)] == [2, 4, 5]
    assert sorted(vectors.ids.tolist()) == [2, 4, 5]


def test_deleting_a_document_removes_every_vector_of_it_and_no_other():
    vectors = Vectors(dim=DIM)
    vectors.add([node(1, "A"), node(2, "B"), node(3, "A")])
    vectors.delete("A")
    assert vectors.ids.tolist() == [2]
    assert vectors.client.ntotal == 1


def test_deleting_nodes_takes_their_ids():
    vectors = Vectors(dim=DIM)
    vectors.add([node(1), node(2), node(3)])
    vectors.delete_nodes(["1", "3", "99"])
    assert vectors.ids.tolist() == [2]


def test_a_query_gives_string_ids_and_cosines_best_first():
    vectors = Vectors(dim=DIM)
    assert vectors.add([node(key) for key in range(1, 6)]) == ["1", "2", "3", "4", "5"]
    result = vectors.query(VectorStoreQuery(query_embedding=unit_vector(3).tolist(), similarity_top_k=9))
    assert result.ids is not None
    assert result.similarities is not None
    assert result.ids[0] == "3"
    assert sorted(result.ids) == ["1", "2", "3", "4", "5"]
    assert result.similarities == sorted(result.similarities, reverse=True)
    for key, cosine in zip(result.ids, result.similarities, strict=True):
        assert cosine == pytest.approx(float(unit_vector(int(key)) @ unit_vector(3)), abs=1e-5)


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"doc_ids": ["A"]}, {"1", "2"}),
        ({"node_ids": ["2", "3"]}, {"2", "3"}),
        ({"doc_ids": ["A"], "node_ids": ["2", "3"]}, {"2"}),
        ({"doc_ids": ["nobody"]}, set()),
        ({"node_ids": []}, set()),
    ],
)
def test_a_query_can_be_limited_to_documents_and_nodes(limits: dict[str, list[str]], expected: set[str]):
    vectors = Vectors(dim=DIM)
    vectors.add([node(1, "A"), node(2, "A"), node(3, "B")])
    result = vectors.query(VectorStoreQuery(query_embedding=unit_vector(3).tolist(), similarity_top_k=9, **limits))
    assert set(result.ids or []) == expected


def test_a_query_that_cannot_be_answered_as_asked_is_refused():
    vectors = Vectors(dim=DIM)
    vectors.add([node(1)])
    with pytest.raises(NotImplementedError):
        vectors.query(VectorStoreQuery(query_embedding=unit_vector(1).tolist(), filters=MetadataFilters(filters=[])))
    with pytest.raises(NotImplementedError):
        vectors.query(VectorStoreQuery(query_str="words alone"))
    with pytest.raises(NotImplementedError):
        vectors.delete_nodes(filters=MetadataFilters(filters=[]))


def test_an_empty_store_finds_nothing():
    assert Vectors(dim=DIM).search(unit_vector(1), 5) == []


@pytest.mark.parametrize("count", [5, 200])
def test_a_query_that_is_no_number_finds_nothing(small_limits: None, count: int):
    assert many(count).search(np.full(DIM, np.nan, np.float32), 3) == []


@pytest.mark.parametrize("ids", [[7, 8], [9, 9]])
def test_an_id_in_use_is_refused_and_nothing_is_added(ids: list[int]):
    vectors = Vectors(dim=DIM)
    vectors.add_vectors([7], unit_vector(7)[None], ["A"])
    with pytest.raises(ValueError, match="in use"):
        vectors.add_vectors(ids, np.stack([unit_vector(key) for key in ids]), ["B", "B"])
    assert vectors.ids.tolist() == [7]
    assert vectors.client.ntotal == 1


def test_vectors_of_another_dimension_are_refused():
    with pytest.raises(ValueError, match="dimension"):
        Vectors(dim=DIM).add_vectors([1], np.ones((1, DIM + 1), np.float32), ["A"])


def test_an_id_that_is_not_here_reconstructs_as_zeros():
    vectors = Vectors(dim=DIM)
    vectors.add([node(5), node(6)])
    np.testing.assert_array_equal(vectors.reconstruct([6, 99, 5]), [unit_vector(6), np.zeros(DIM), unit_vector(5)])
    assert vectors.reconstruct([]).shape == (0, DIM)


@pytest.mark.parametrize("limit", [module.EXACT, 3])
@settings(deadline=None, max_examples=40)
@given(steps=st.lists(st.tuples(st.sampled_from(["add", "remove", "reload"]), st.integers(1, 12)), max_size=30))
def test_any_order_of_adding_removing_and_reloading_leaves_what_a_dictionary_would(
    limit: int, steps: list[tuple[str, int]]
):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "EXACT", limit)
        patch.setattr(module, "FEW", 0)
        _as_a_dictionary_would(steps)


def _as_a_dictionary_would(steps: list[tuple[str, int]]) -> None:
    vectors, model, fresh = Vectors(dim=DIM, kept=kept), dict[int, str](), 0
    for step, n in steps:
        if step == "add":
            fresh += 1
            document = f"document {n % 3}"
            vectors.add_vectors([fresh], unit_vector(fresh)[None], [document])
            model[fresh] = document
        elif step == "remove":
            vectors.remove([n, n + 1])
            model.pop(n, None), model.pop(n + 1, None)
        else:
            vectors = reloaded(vectors)
    assert sorted(vectors.ids.tolist()) == sorted(model)
    assert vectors.client.ntotal == len(model)
    for key, document in model.items():
        assert nearest(vectors, key) == key
        assert key in {found for found, _ in vectors.search(unit_vector(key), 99)}
        np.testing.assert_array_equal(vectors.reconstruct([key])[0], unit_vector(key))
        query = VectorStoreQuery(query_embedding=unit_vector(key).tolist(), doc_ids=[document])
        assert vectors.query(query).ids == [str(key)]


def test_up_to_the_limit_and_without_an_owner_vectors_are_held_whole(small_limits: None):
    vectors = many(50)
    assert vectors.exact
    vectors.add_vectors([51], unit_vector(51)[None], ["A"])
    assert not vectors.exact
    alone = Vectors(dim=DIM)
    alone.add_vectors(vectors.ids, kept(vectors.ids), ["A"] * 51)
    assert alone.exact


def test_beyond_the_limit_search_finds_what_exact_search_does_with_the_same_cosines(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "FEW", 10)
    dice = np.random.default_rng(0)
    matrix = dice.normal(size=(5000, 64)).astype(np.float32)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    exact = Vectors(dim=64)
    exact.add_vectors(np.arange(5000), matrix, ["A"] * 5000)
    monkeypatch.setattr(module, "EXACT", 1000)
    shrunk = Vectors(dim=64, kept=lambda ids: matrix[ids])
    for at in range(0, 5000, 500):
        shrunk.add_vectors(np.arange(at, at + 500), matrix[at : at + 500], ["A"] * 500)
    assert not shrunk.exact
    shared = 0
    for query in matrix[:100] + dice.normal(size=(100, 64)).astype(np.float32) / 8:
        wanted, found = dict(exact.search(query, 10)), dict(shrunk.search(query, 10))
        assert list(found.values()) == sorted(found.values(), reverse=True)
        shared += len(wanted.keys() & found.keys())
        for key in wanted.keys() & found.keys():
            assert found[key] == pytest.approx(wanted[key], abs=1e-5)
    assert shared >= 980


def test_beyond_the_limit_a_search_among_few_is_exact(small_limits: None):
    vectors, few = many(300), [3, 50, 51, 120, 299, 999]
    found = vectors.search(unit_vector(7), 4, few)
    cosines = {key: float(unit_vector(key) @ unit_vector(7)) for key in few[:-1]}
    assert [key for key, _ in found] == sorted(cosines, key=lambda key: -cosines[key])[:4]
    assert len(vectors.search(unit_vector(7), 99, few)) == 5


def test_beyond_the_limit_a_removed_vector_is_found_no_more_and_the_others_are(small_limits: None):
    vectors = many(200)
    vectors.delete("document 3")
    vectors = reloaded(vectors)
    assert not vectors.exact
    assert len(vectors) == vectors.client.ntotal == 190
    everything = {key for key, _ in vectors.search(unit_vector(35), 200)}
    assert everything == set(range(1, 201)) - set(range(30, 40))
    assert [nearest(vectors, key) for key in (29, 40, 200)] == [29, 40, 200]
    np.testing.assert_array_equal(vectors.reconstruct([40, 35]), [unit_vector(40), np.zeros(DIM)])


@pytest.mark.parametrize("count", [20, 200])
def test_vectors_that_are_not_those_of_their_owner_are_told(small_limits: None, count: int):
    vectors = many(count)
    ids = vectors.ids
    assert vectors.mirrors(ids, kept(ids))
    assert vectors.mirrors([], np.empty((0, DIM), np.float32))
    assert not vectors.mirrors(ids, kept(ids[::-1]))
    assert not vectors.mirrors([*ids, 999], kept(np.append(ids, 999)))


def test_a_search_leaves_the_number_of_threads_as_it_was():
    before = faiss.omp_get_max_threads()
    try:
        faiss.omp_set_num_threads(2)
        many(5).search(unit_vector(1), 1)
        assert faiss.omp_get_max_threads() == 2
    finally:
        faiss.omp_set_num_threads(before)


def test_a_file_keeps_the_generation_it_belongs_to():
    again = reloaded(Vectors(dim=DIM, generation="forty-one"))
    assert (again.dim, again.generation, len(again)) == (DIM, "forty-one", 0)


@settings(deadline=None)
@given(st.data())
def test_a_file_with_any_byte_changed_or_missing_is_refused(data: st.DataObject):
    file = io.BytesIO()
    vectors = Vectors(dim=DIM)
    vectors.add([node(1, "A"), node(2, "B")])
    vectors.write(file)
    whole = file.getvalue()
    assert len(Vectors.read(io.BytesIO(whole))) == 2
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = bytearray(whole)
    changed[at] ^= data.draw(st.integers(1, 255))
    for damaged in (bytes(changed), whole[:at], whole + b"more"):
        with pytest.raises(ValueError, match="damaged"):
            Vectors.read(io.BytesIO(damaged))
