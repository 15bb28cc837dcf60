from pathlib import Path

import numpy as np
import pytest

from index import embedder as module
from index.embedder import Embedder
from index.errors import ModelMissing


def test_vectors_are_normalised_float32_in_the_order_of_the_texts(embedder: Embedder):
    texts = ["A cat sat on the mat.", "x", "The council voted for the budget on Tuesday. " * 5]
    vectors = embedder.encode(texts)
    assert vectors.shape == (3, embedder.dim) == (3, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for text, vector in zip(texts, vectors, strict=True):
        np.testing.assert_allclose(embedder.encode([text])[0], vector, atol=1e-4)


def test_meaning_is_near_meaning(embedder: Embedder):
    asked, right, wrong = embedder.encode(
        ["How many soldiers are there?", "Some 30,000 troops took part.", "The pizza was cold."]
    )
    assert asked @ right > asked @ wrong + 0.2


def test_no_texts_give_no_vectors(embedder: Embedder):
    assert embedder.encode([]).shape == (0, 384)


def test_progress_counts_up_to_all(embedder: Embedder):
    seen: list[tuple[int, int]] = []
    embedder.encode([f"Sentence {i}." for i in range(70)], lambda done, total: seen.append((done, total)))
    assert [total for _, total in seen] == [70] * len(seen)
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert seen[-1] == (70, 70)


def test_who_follows_the_progress_can_stop_it_within_a_few_texts(embedder: Embedder):
    seen: list[int] = []

    def stop(done: int, total: int) -> None:
        seen.append(done)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        embedder.encode([f"Sentence {i}." for i in range(100)], stop)
    assert len(seen) == 1
    assert seen[0] <= 8


def test_a_text_has_the_same_vector_whatever_it_is_embedded_with(embedder: Embedder):
    text = "Some 30,000 troops took part."
    others = ["Yes.", "The council voted for the budget on Tuesday, after a debate of nine hours. " * 9]
    for company in ([], others, others * 20):
        np.testing.assert_allclose(embedder.encode([*company, text])[-1], embedder.encode([text])[0], atol=1e-5)


def test_it_is_a_llama_index_embedding(embedder: Embedder):
    np.testing.assert_allclose(embedder.get_query_embedding("Who?"), embedder.encode(["Who?"])[0], atol=1e-6)
    assert len(embedder.get_text_embedding_batch(["a", "b"])) == 2


def test_weights_that_are_not_the_published_ones_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "DIGEST", "0" * 64)
    with pytest.raises(ModelMissing, match="not the published ones"):
        Embedder.load()


def test_the_default_model_is_loaded_when_texts_are_first_embedded_and_once(monkeypatch: pytest.MonkeyPatch):
    loads, load = [], module._model
    monkeypatch.setattr(module, "_model", lambda where: loads.append(where) or load(where))
    embedder = Embedder.load()
    assert (embedder.name, embedder.dim, loads) == ("all-MiniLM-L6-v2", 384, [])
    assert embedder.encode(["a"]).shape == embedder.encode(["b"]).shape == (1, 384)
    assert len(loads) == 1


def test_a_model_that_is_not_on_disk_is_not_downloaded(tmp_path: Path):
    with pytest.raises(ModelMissing, match="not on this machine"):
        Embedder.load(str(tmp_path / "no-such-model"))
    with pytest.raises(ModelMissing, match="not on this machine"):
        Embedder.load("nobody/no-such-model")
