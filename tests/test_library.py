"""The library: what was added stays whatever happens, what was removed is gone, every unit is a span of its article."""

from __future__ import annotations

import hashlib
import multiprocessing
import random
import re
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import library as module
from index import sentences
from index.errors import ArticleMissing, LibraryUnusable
from index.library import Library, default_folder
from index.sources import Article, sample

TROOPS = "Russia sent 30,000 troops to Kharkiv. Nato said so on Tuesday.\n\nThe price of bread rose by 3.5% in Lviv."
MONEY = 'Congress passed a $60bn package. "It will help," the senator said.\n\nAn F-16 landed on the 10th of May.'
FOOTBALL = "Dynamo beat Shakhtar 2-1 in the derby. The crowd of 1,200 sang."


class HashEmbedder:
    """A deterministic vector for a text, the same in every process; counts the texts it is given."""

    def __init__(self, name: str = "hash", dim: int = 16) -> None:
        self.name, self.dim, self.encoded = name, dim, 0

    def encode(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> np.ndarray:
        self.encoded += len(texts)
        rows = [np.random.default_rng(list(f"{self.name} {text}".encode())).normal(size=self.dim) for text in texts]
        if progress:
            progress(len(texts), len(texts))
        matrix = np.asarray(rows, np.float32).reshape(len(texts), self.dim)
        return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def article(text: str) -> Article:
    return Article(text, title=text[:20], origin="a test")


def nearest_text(library: Library, text: str, embedder: HashEmbedder | None = None) -> str:
    ((unit, cosine),) = library.dense((embedder or HashEmbedder()).encode([text])[0], 1)
    assert cosine <= 1.0001
    return library.units([unit])[0].text


def words_find(library: Library, question: str) -> list[str]:
    return [unit.text for unit in library.units([unit for unit, _ in library.lexical(question, 50)])]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "данные é", HashEmbedder()) as opened:
        yield opened
        assert opened.check() == []


# Adding and reading back


def test_an_added_article_is_listed_with_everything_that_is_known_of_it(library: Library):
    before = time.time()
    stored = library.add(Article(TROOPS, "Troops", "a newspaper", "2024-05-14"))
    assert (stored.title, stored.origin, stored.date) == ("Troops", "a newspaper", "2024-05-14")
    assert (stored.text, stored.sentences, stored.digest) == (TROOPS, 3, hashlib.sha256(TROOPS.encode()).hexdigest())
    assert before <= stored.added <= time.time()
    assert library.articles() == [stored] == [library.article(stored.id)]


def test_sentences_and_passages_are_spans_of_the_article(library: Library):
    stored = library.add(article(TROOPS))
    first, second, third = library.sentences(stored.id)
    assert [unit.text for unit in (first, second, third)] == [
        "Russia sent 30,000 troops to Kharkiv.",
        "Nato said so on Tuesday.",
        "The price of bread rose by 3.5% in Lviv.",
    ]
    assert [unit.ordinal for unit in (first, second, third)] == [0, 1, 2]
    assert [unit.paragraph for unit in (first, second, third)] == [0, 0, 1]
    together, alone = library.units([first.passage, third.passage])
    assert (together.kind, together.text) == ("passage", f"{first.text} {second.text}")
    assert (alone.kind, alone.text, alone.passage) == ("passage", third.text, alone.id)
    assert second.passage == first.passage
    assert library.passage_sentences([alone.id, together.id, alone.id]) == [third, first, second]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=200), min_size=1, max_size=4))
def test_any_text_becomes_units_that_are_its_spans_and_leaves_nothing_behind(shared: Library, texts: list[str]):
    added = {stored.id: stored for stored in (shared.add(article(text)) for text in texts)}
    assert len(added) == len(set(texts))
    for stored in added.values():
        assert stored.text == shared.article(stored.id).text
        found = shared.sentences(stored.id)
        assert [(unit.start, unit.end) for unit in found] == [(s.start, s.end) for s in sentences.split(stored.text)]
        whole = {unit.id: unit for unit in shared.units([unit.passage for unit in found])}
        assert shared.passage_sentences(list(whole)) == found
        for unit in [*found, *whole.values()]:
            assert unit.text == stored.text[unit.start : unit.end]
            assert unit.article == stored.id
        for unit in found:
            assert whole[unit.passage].start <= unit.start < unit.end <= whole[unit.passage].end
    assert shared.check() == []
    for key in added:
        shared.remove(key)
    assert shared.check() == []
    assert not any(rows_in(shared.folder).values())


@pytest.fixture(scope="module")
def shared() -> Iterator[Library]:
    with Library.temporary(HashEmbedder()) as opened:
        yield opened


def rows_in(folder: Path) -> dict[str, int]:
    with sqlite3.connect(folder / "library.sqlite") as db:
        tables = ("articles", "units", "vectors", "words", "vocabulary")
        return {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}


def test_the_same_text_from_two_places_is_one_article_and_is_not_embedded_again(tmp_path: Path):
    embedder = HashEmbedder()
    with Library.open(tmp_path, embedder) as library:
        first = library.add(article(TROOPS))
        encoded = embedder.encoded
        assert library.add(Article(TROOPS, "Another title", "elsewhere")) == first
        assert embedder.encoded == encoded
        assert library.articles() == [first]


def test_the_same_text_added_by_many_threads_at_once_is_one_article(library: Library):
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(library.add(article(TROOPS)).id)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert len(library.articles()) == 1


def test_a_passage_of_one_sentence_is_embedded_once_and_has_the_vector_of_its_sentence(tmp_path: Path):
    embedder = HashEmbedder()
    with Library.open(tmp_path, embedder) as library:
        stored = library.add(article("One sentence stands alone here."))
        (sentence,) = library.sentences(stored.id)
        assert embedder.encoded == 1
        np.testing.assert_array_equal(*library.vectors([sentence.id, sentence.passage]))
        assert [unit for unit, _ in library.dense(embedder.encode([sentence.text])[0], 9)] == [sentence.id]
        assert [unit for unit, _ in library.lexical("sentence", 9)] == [sentence.id]


def test_adding_reports_its_stages_in_order(library: Library):
    seen: list[tuple[str, int, int]] = []
    library.add(article(TROOPS), lambda *report: seen.append(report))
    assert list(dict.fromkeys(stage for stage, _, _ in seen)) == ["splitting", "embedding", "saving"]
    assert all(0 <= done <= total for _, done, total in seen)
    assert seen[-1] == ("saving", 1, 1)


def test_what_fails_while_embedding_leaves_the_library_as_it_was(library: Library):
    def fail(stage: str, done: int, total: int) -> None:
        if stage == "saving":
            raise KeyboardInterrupt

    library.add(article(MONEY))
    with pytest.raises(KeyboardInterrupt):
        library.add(article(TROOPS), fail)
    assert [stored.text for stored in library.articles()] == [MONEY]


# Removing


def test_a_removed_article_never_answers_again(library: Library):
    gone = library.add(article(TROOPS))
    kept = library.add(article(MONEY))
    ids = [unit.id for unit in library.sentences(gone.id)]
    library.remove(gone.id)
    assert library.articles() == [kept]
    assert library.units(ids) == []
    assert library.passage_sentences(ids) == []
    assert not library.vectors(ids).any()
    assert words_find(library, "troops in Kharkiv") == []
    found = library.dense(HashEmbedder().encode(["Nato said so on Tuesday."])[0], 99)
    assert found
    assert not {unit for unit, _ in found} & set(ids)


@pytest.mark.parametrize("article_id", ["1", "99", "", "-1", "01", "x", "1 OR 1", "9" * 40, "²"])
def test_an_article_that_is_not_there_is_missing(library: Library, article_id: str):
    library.remove(library.add(article(TROOPS)).id)
    library.add(article(MONEY))
    for method in (library.article, library.sentences, library.remove):
        with pytest.raises(ArticleMissing, match="no longer in the library"):
            method(article_id)
    vector = HashEmbedder().encode(["x"])[0]
    assert library.dense(vector, 5, [article_id]) == []
    assert library.lexical("Congress", 5, [article_id]) == []


def test_ids_are_never_used_again(tmp_path: Path):
    used_articles: set[str] = set()
    used_units: set[int] = set()
    for text in (TROOPS, MONEY, TROOPS, FOOTBALL):
        with Library.open(tmp_path, HashEmbedder()) as library:
            stored = library.add(article(text))
            units = {unit.id for unit in library.sentences(stored.id)}
            units |= {unit.passage for unit in library.sentences(stored.id)}
            assert stored.id not in used_articles
            assert not units & used_units
            used_articles.add(stored.id)
            used_units |= units
            library.remove(stored.id)
            assert library.check() == []


def test_after_remove_and_add_each_sentence_still_finds_itself(tmp_path: Path):
    with Library.open(tmp_path, HashEmbedder()) as library:
        first = library.add(article(TROOPS))
        library.add(article(MONEY))
        library.remove(first.id)
        library.add(article(FOOTBALL))
    with Library.open(tmp_path, HashEmbedder()) as library:
        library.add(article(TROOPS))
        for stored in library.articles():
            for unit in library.sentences(stored.id):
                assert nearest_text(library, unit.text) == unit.text
        assert library.check() == []


# Search


def test_dense_gives_cosines_best_first_of_both_kinds(library: Library):
    stored = library.add(article(TROOPS))
    vector = HashEmbedder().encode(["Nato said so on Tuesday."])[0]
    found = library.dense(vector, 99)
    cosines = [cosine for _, cosine in found]
    assert cosines == sorted(cosines, reverse=True)
    assert cosines[0] == pytest.approx(1)
    np.testing.assert_allclose(library.vectors([unit for unit, _ in found]) @ vector, cosines, atol=1e-5)
    assert {unit.kind for unit in library.units([unit for unit, _ in found])} == {"sentence", "passage"}
    assert len(library.dense(vector, 2)) == 2
    assert {unit.article for unit in library.units([unit for unit, _ in found])} == {stored.id}


def test_search_can_be_limited_to_articles(library: Library):
    texts = ["Ships sail north.", "Ships sail south.", "Ships sail east.", "Ships stay."]
    ids = [library.add(article(text)).id for text in texts]
    vector = HashEmbedder().encode(["ships"])[0]
    for chosen in ([0], [1, 3], [0, 1, 2, 3], []):
        keys = {ids[at] for at in chosen}
        for found in (library.dense(vector, 9, keys), library.lexical("Where do ships sail?", 9, keys)):
            assert {unit.article for unit in library.units([unit for unit, _ in found])} == keys
    assert library.lexical("ships", 9, ids) == library.lexical("ships", 9)


def test_units_come_in_the_order_asked(library: Library):
    ids = [unit.id for unit in library.sentences(library.add(article(TROOPS)).id)]
    order = [ids[2], 12345, ids[0], ids[2], np.int64(ids[1])]
    assert [unit.id for unit in library.units(order)] == [ids[2], ids[0], ids[2], ids[1]]
    assert library.units([]) == []
    assert library.vectors([]).shape == (0, 16)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("How many troops did Russia send?", "Russia sent 30,000 troops to Kharkiv."),
        ("30000?", "Russia sent 30,000 troops to Kharkiv."),
        ("What is worth $60bn?", "Congress passed a $60bn package."),
        ("What about the F-16?", "An F-16 landed on the 10th of May."),
        ("What rose by 3.5%?", "The price of bread rose by 3.5% in Lviv."),
        ("What happened on the 10th?", "An F-16 landed on the 10th of May."),
    ],
)
def test_names_and_numbers_are_found_as_words(library: Library, question: str, sentence: str):
    for text in (TROOPS, MONEY, FOOTBALL):
        library.add(article(text))
    found = library.lexical(question, 50)
    assert library.units([found[0][0]])[0].text.startswith(sentence)
    scores = [score for _, score in found]
    assert scores == sorted(scores, reverse=True)
    assert min(scores) > 0


@pytest.mark.parametrize("question", ["", "  ", "?!", '"', 'NEAR("troops" 2', "zebra", "tokens : troops", "OR NOT"])
def test_no_question_breaks_the_syntax_of_the_search(library: Library, question: str):
    library.add(article(TROOPS))
    assert set(words_find(library, question)) <= set(words_find(library, "troops"))


@settings(deadline=None, max_examples=60)
@given(st.text())
def test_any_question_can_be_searched_for(shared: Library, question: str):
    shared.lexical(question, 5)


@pytest.mark.parametrize("token", ["$60bn", "3.5", "f-16", "10th", "%", '"', "'", 'a"b', "c'd", "*", "é", "日本"])
def test_the_lexical_index_keeps_our_tokens_whole(library: Library, monkeypatch: pytest.MonkeyPatch, token: str):
    monkeypatch.setattr(module, "tokens", str.split)
    monkeypatch.setattr(module, "query_tokens", str.split)
    stored = library.add(article(f"before {token} after"))
    with sqlite3.connect(library.folder / "library.sqlite") as db:
        assert db.execute("SELECT term FROM vocabulary WHERE term = ?", (token,)).fetchall() == [(token,)]
    assert [unit.article for unit in library.units([unit for unit, _ in library.lexical(token, 5)])] == [stored.id]
    assert library.lexical("bef", 5) == []


def test_in_a_large_library_rare_words_find_and_frequent_words_still_rank(
    library: Library, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "COMMON", 3)
    library.add(article("\n\n".join(f"The minister spoke {n} times." for n in range(9))))
    library.add(article("The minister met a zebra today.\n\nA zebra slept here today, they tell us."))
    everything = library.lexical("minister zebra", 50)
    assert len(everything) == 11
    best = library.lexical("minister zebra", 2)
    assert best == everything[:2]
    assert [unit.text for unit in library.units([unit for unit, _ in best])] == [
        "The minister met a zebra today.",
        "A zebra slept here today, they tell us.",
    ]
    assert len(library.lexical("minister", 50)) == 10


# Files


def test_a_library_opened_again_holds_the_same_and_embeds_nothing(tmp_path: Path):
    with Library.open(tmp_path, HashEmbedder()) as library:
        library.add(article(TROOPS))
        library.add(article(MONEY))
        before = library.articles(), library.lexical("troops", 9), library.dense(np.ones(16, np.float32), 9)
    embedder = HashEmbedder()
    with Library.open(tmp_path, embedder) as library:
        assert (library.articles(), library.lexical("troops", 9), library.dense(np.ones(16, np.float32), 9)) == before
        assert library.check() == []
    assert embedder.encoded == 0


def damaged(data: bytes) -> dict[str, bytes | None]:
    return {
        "missing": None,
        "empty": b"",
        "cut short": data[: len(data) // 2],
        "a byte changed": data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
        "garbage": random.Random(1).randbytes(len(data)),
        "text": b"not vectors at all",
    }


@pytest.mark.parametrize("how", damaged(b"0" * 99))
def test_damaged_vectors_are_restored_without_embedding(tmp_path: Path, how: str):
    with Library.open(tmp_path, HashEmbedder()) as library:
        library.add(article(TROOPS))
    file = tmp_path / "vectors.faiss"
    whole = file.read_bytes()
    data = damaged(whole)[how]
    file.unlink() if data is None else file.write_bytes(data)
    embedder = HashEmbedder()
    with Library.open(tmp_path, embedder) as library:
        assert library.check() == []
        assert nearest_text(library, "Nato said so on Tuesday.") == "Nato said so on Tuesday."
    assert embedder.encoded == 0
    assert file.read_bytes() == whole


def test_vectors_of_an_earlier_state_are_brought_up_to_date(tmp_path: Path):
    file = tmp_path / "vectors.faiss"
    with Library.open(tmp_path, HashEmbedder()) as library:
        first = library.add(article(TROOPS))
    old = file.read_bytes()
    with Library.open(tmp_path, HashEmbedder()) as library:
        library.add(article(MONEY))
        library.remove(first.id)
    file.write_bytes(old)
    embedder = HashEmbedder()
    with Library.open(tmp_path, embedder) as library:
        assert library.check() == []
        assert nearest_text(library, "Congress passed a $60bn package.") == "Congress passed a $60bn package."
    assert embedder.encoded == 0


def test_vectors_of_another_library_are_not_taken_for_ours(tmp_path: Path):
    for name, text in (("a", TROOPS), ("b", MONEY)):
        with Library.open(tmp_path / name, HashEmbedder()) as library:
            library.add(article(text))
    (tmp_path / "a" / "vectors.faiss").replace(tmp_path / "b" / "vectors.faiss")
    with Library.open(tmp_path / "b", HashEmbedder()) as library:
        assert library.check() == []


def test_vectors_of_a_state_that_was_undone_are_not_taken_for_ours(tmp_path: Path):
    with Library.open(tmp_path, HashEmbedder()) as library:
        library.add(article(TROOPS))
    copy = (tmp_path / "library.sqlite").read_bytes()
    with Library.open(tmp_path, HashEmbedder()) as library:
        undone = library.add(article("\n\n".join([MONEY, MONEY])))
        undone_units = {unit.id for unit in library.sentences(undone.id)}
    future = (tmp_path / "vectors.faiss").read_bytes()
    (tmp_path / "library.sqlite").write_bytes(copy)
    with Library.open(tmp_path, HashEmbedder()) as library:
        assert library.check() == []
        added = library.add(article(FOOTBALL))
        assert {unit.id for unit in library.sentences(added.id)} & undone_units
    (tmp_path / "vectors.faiss").write_bytes(future)
    with Library.open(tmp_path, HashEmbedder()) as library:
        assert library.check() == []


def test_a_library_made_with_another_model_is_embedded_again(tmp_path: Path):
    with Library.open(tmp_path, HashEmbedder("one", 16)) as library:
        stored = [library.add(article(text)) for text in (TROOPS, MONEY)]
        old = {unit.id for unit in library.sentences(stored[0].id)}
    for embedder in (HashEmbedder("two", 16), HashEmbedder("three", 24)):
        seen: list[tuple[str, int, int]] = []
        with Library.open(tmp_path, embedder, lambda *report: seen.append(report)) as library:  # noqa: B023
            assert library.articles() == stored
            assert library.check() == []
            text = "Congress passed a $60bn package."
            assert nearest_text(library, text, embedder) == text
            assert not old & {unit.id for unit in library.sentences(stored[0].id)}
        assert seen == [("embedding", 0, 2), ("embedding", 1, 2), ("embedding", 2, 2)]


def test_a_library_made_by_another_splitter_is_split_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with Library.open(tmp_path, HashEmbedder()) as library:
        stored = library.add(article(TROOPS))
    monkeypatch.setattr(sentences, "VERSION", sentences.VERSION + 1)
    monkeypatch.setattr(sentences, "split", lambda text: [sentences.Sentence(0, len(text), 0)])
    with Library.open(tmp_path, HashEmbedder()) as library:
        assert [unit.text for unit in library.sentences(stored.id)] == [TROOPS]
        assert library.check() == []


def test_a_failure_while_embedding_again_leaves_the_old_library(tmp_path: Path):
    class Failing(HashEmbedder):
        def encode(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> np.ndarray:
            if self.encoded:
                raise RuntimeError("no more")
            return super().encode(texts, progress)

    with Library.open(tmp_path, HashEmbedder()) as library:
        stored = [library.add(article(text)) for text in (TROOPS, MONEY)]
    with pytest.raises(RuntimeError, match="no more"):
        Library.open(tmp_path, Failing("other"))
    embedder = HashEmbedder()
    with Library.open(tmp_path, embedder) as library:
        assert library.articles() == stored
        assert library.check() == []
    assert embedder.encoded == 0


@pytest.mark.parametrize("data", [b"garbage " * 4096, b"SQLite format 3\0" + b"\xff" * 8192])
def test_a_damaged_database_is_refused_with_advice_and_left_alone(tmp_path: Path, data: bytes):
    (tmp_path / "library.sqlite").write_bytes(data)
    with pytest.raises(LibraryUnusable, match="Move it away"):
        Library.open(tmp_path, HashEmbedder())
    assert (tmp_path / "library.sqlite").read_bytes() == data


def test_a_library_of_a_newer_format_is_refused(tmp_path: Path):
    Library.open(tmp_path, HashEmbedder()).close()
    with sqlite3.connect(tmp_path / "library.sqlite") as db:
        db.execute("UPDATE meta SET value = ? WHERE key = 'format'", (str(module.FORMAT + 1),))
    with pytest.raises(LibraryUnusable, match="newer Footnote"):
        Library.open(tmp_path, HashEmbedder())


def test_a_folder_that_cannot_be_made_is_refused_with_advice(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    for folder in (tmp_path / "file", tmp_path / "file" / "deeper"):
        with pytest.raises(LibraryUnusable, match="FOOTNOTE_DATA"):
            Library.open(folder, HashEmbedder())


def test_a_database_that_cannot_be_opened_is_refused_with_advice(tmp_path: Path):
    (tmp_path / "library.sqlite").mkdir()
    with pytest.raises(LibraryUnusable, match="FOOTNOTE_DATA"):
        Library.open(tmp_path, HashEmbedder())


def test_vectors_that_cannot_be_saved_cost_nothing_but_a_rebuild(tmp_path: Path):
    (tmp_path / "vectors.faiss").mkdir()
    with Library.open(tmp_path, HashEmbedder()) as library:
        library.add(article(TROOPS))
    with Library.open(tmp_path, HashEmbedder()) as library:
        assert library.check() == []
        assert words_find(library, "troops")


def test_a_temporary_library_is_gone_when_closed():
    with Library.temporary(HashEmbedder()) as library:
        library.add(article(TROOPS))
        assert library.folder.exists()
    assert not library.folder.exists()


def test_closing_twice_is_closing_once(tmp_path: Path):
    library = Library.open(tmp_path, HashEmbedder())
    library.close()
    library.close()


def test_the_data_folder_can_be_named_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FOOTNOTE_DATA", str(tmp_path))
    assert default_folder() == tmp_path
    monkeypatch.delenv("FOOTNOTE_DATA")
    assert default_folder().name == "footnote"


def test_check_tells_what_is_broken(tmp_path: Path):
    breakages = {
        "has no vector": "DELETE FROM vectors WHERE unit = (SELECT max(unit) FROM vectors)",
        "has no words": "DELETE FROM words WHERE rowid = (SELECT max(rowid) FROM words)",
        "words have no unit": "INSERT INTO words (rowid, tokens) VALUES (999, 'stray')",
        "not those of its text": "UPDATE units SET stop = stop + 1 WHERE id = (SELECT max(id) FROM units)",
        "gone": "INSERT INTO units VALUES (999, 999, 'sentence', 0, 1, 999, 0, 0, 999)",
        "another vector": "UPDATE vectors SET vector = zeroblob(64) WHERE unit = (SELECT max(unit) FROM vectors)",
    }
    for number, (finding, statement) in enumerate(breakages.items()):
        with Library.open(tmp_path / str(number), HashEmbedder()) as library:
            library.add(article(TROOPS))
            with sqlite3.connect(library.folder / "library.sqlite") as db:
                db.execute(statement)
            assert re.search(finding, " ".join(library.check()))


# Several at once


def test_two_libraries_on_one_folder_see_what_the_other_adds_and_removes(tmp_path: Path):
    with Library.open(tmp_path, HashEmbedder()) as one, Library.open(tmp_path, HashEmbedder()) as two:
        first = one.add(article(TROOPS))
        assert nearest_text(two, "Nato said so on Tuesday.") == "Nato said so on Tuesday."
        two.add(article(MONEY))
        two.remove(first.id)
        assert one.units([unit for unit, _ in one.dense(HashEmbedder().encode(["x"])[0], 99)])
        assert nearest_text(one, "Congress passed a $60bn package.") == "Congress passed a $60bn package."
        assert words_find(one, "troops") == []
        assert one.add(article(MONEY)) == two.articles()[0]
        assert one.check() == two.check() == []


def test_a_writer_gives_up_with_a_sentence_when_another_process_holds_the_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.01)
    with Library.open(tmp_path, HashEmbedder()) as library:
        other = sqlite3.connect(tmp_path / "library.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LibraryUnusable, match="in use by another process"):
            library.add(article(TROOPS))
        assert library.articles() == []
        other.execute("ROLLBACK")
        other.close()
        library.add(article(TROOPS))
        assert library.check() == []


def test_a_library_rebuilt_for_another_model_by_another_process_does_not_answer_wrongly(tmp_path: Path):
    with Library.open(tmp_path, HashEmbedder("one")) as one:
        one.add(article(TROOPS))
        Library.open(tmp_path, HashEmbedder("two")).close()
        with pytest.raises(LibraryUnusable, match="Start Footnote again"):
            one.dense(np.ones(16, np.float32), 1)
        with pytest.raises(LibraryUnusable, match="Start Footnote again"):
            one.add(article(MONEY))


def test_threads_can_search_while_others_add_and_remove(library: Library):
    library.add(article(MONEY))
    failures: list[BaseException] = []
    done = threading.Event()

    def search() -> None:
        try:
            while not done.is_set():
                assert nearest_text(library, "Congress passed a $60bn package.") == "Congress passed a $60bn package."
                assert words_find(library, "Congress")
        except BaseException as failure:
            failures.append(failure)

    def write(name: str) -> None:
        try:
            for n in range(8):
                stored = library.add(article(f"{name} wrote number {n}. It was read.\n\nThen it was burnt."))
                library.remove(stored.id)
        except BaseException as failure:
            failures.append(failure)

    searchers = [threading.Thread(target=search) for _ in range(2)]
    writers = [threading.Thread(target=write, args=(name,)) for name in ("Ann", "Ben")]
    for thread in (*searchers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in searchers:
        thread.join()
    assert failures == []
    assert len(library.articles()) == 1


# Crashes


def write_until_killed(folder: Path, seed: int, tell: Connection) -> None:
    """Add and remove articles at random; tell what is about to be done, and what has been done."""
    chance = random.Random(seed)
    with Library.open(folder, HashEmbedder()) as library:
        here = {stored.text: stored.id for stored in library.articles()}
        for n in range(10_000):
            if len(here) > 12 or (here and chance.random() < 0.4):
                text = chance.choice(sorted(here))
                tell.send(("removing", text))
                library.remove(here.pop(text))
                tell.send(("removed", text))
            else:
                parts = range(chance.randint(1, 20))
                text = "\n\n".join(f"Story {seed}.{n} has part {part}. It is long." for part in parts)
                tell.send(("adding", text))
                here[text] = library.add(article(text)).id
                tell.send(("added", text))


@pytest.mark.skipif(sys.platform == "win32", reason="processes cannot be forked there")
def test_fifty_kills_at_any_moment_lose_nothing_that_was_acknowledged(tmp_path: Path):
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["tests.test_library"])  # imports once: a child then starts in milliseconds
    chance = random.Random(7)
    sure: set[str] = set()
    under_way: set[str] = set()
    changes = 0

    def listen() -> None:
        nonlocal sure, under_way, changes
        what, text = hear.recv()
        if what in ("adding", "removing"):
            under_way = {text}
        else:
            sure, under_way, changes = sure ^ {text}, set(), changes + 1

    for seed in range(50):
        hear, tell = processes.Pipe(duplex=False)
        child = processes.Process(target=write_until_killed, args=(tmp_path, seed, tell))
        child.start()
        tell.close()
        listen()
        started, steps = time.monotonic(), 2 * chance.randint(1, 5)
        for _ in range(steps):
            listen()
        # Then kill it somewhere within the next two steps, however long a step takes on this machine.
        time.sleep(chance.random() * 2 * (time.monotonic() - started) / steps)
        child.kill()
        child.join()
        with suppress(EOFError):
            while True:
                listen()
        with Library.open(tmp_path, HashEmbedder()) as library:
            texts = {stored.text for stored in library.articles()}
            assert texts in (sure, sure ^ under_way)
            assert library.check() == []
        sure, under_way = texts, set()
    assert changes >= 50


# The sample


def test_the_sample_article_is_found_by_its_words(library: Library):
    stored = library.add(sample())
    assert all(unit.text == stored.text[unit.start : unit.end] for unit in library.sentences(stored.id))
    assert all("Kharkiv" in text for text in words_find(library, "Kharkiv"))
    assert words_find(library, "Kharkiv")
