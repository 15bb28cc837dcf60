"""The library: what was added stays whatever happens, what was removed is gone, every unit is a span of its article."""

from __future__ import annotations

import hashlib
import random
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import database, passages, schema, sentences, words
from index.errors import ArticleMissing, LibraryUnusable, UserError
from index.library import Added, Library, default_folder
from index.sources import Article, sample
from index.units import Split
from tests.doubles import HashEmbedder, article

TROOPS = "Russia sent 30,000 troops to Kharkiv. Nato said so on Tuesday.\n\nThe price of bread rose by 3.5% in Lviv."
MONEY = 'Congress passed a $60bn package. "It will help," the senator said.\n\nAn F-16 landed on the 10th of May.'
FOOTBALL = "Dynamo beat Shakhtar 2-1 in the derby. The crowd of 1,200 sang."


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
    given = Article(TROOPS, "Troops", "a newspaper", "2024-05-14", "Ann Lee", "The Paper", "en", (0, 38), "https://a.b/c")
    stored = library.add(given).article
    assert (stored.title, stored.origin, stored.date) == ("Troops", "a newspaper", "2024-05-14")
    assert (stored.author, stored.site, stored.language) == ("Ann Lee", "The Paper", "en")
    assert (stored.pages, stored.place) == ((0, 38), "https://a.b/c")
    assert (stored.text, stored.sentences, stored.digest) == (TROOPS, 3, hashlib.sha256(TROOPS.encode()).hexdigest())
    assert before <= stored.added <= time.time()
    assert library.articles() == [stored] == [library.article(stored.id)]


def test_sentences_and_passages_are_spans_of_the_article(library: Library):
    stored = library.add(article(TROOPS)).article
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
    added = {stored.id: stored for stored in (shared.add(article(text)).article for text in texts)}
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
        first = library.add(article(TROOPS)).article
        encoded = embedder.encoded
        assert library.add(Article(TROOPS, "Another title", "elsewhere")) == Added(first, "present")
        assert embedder.encoded == encoded
        assert library.articles() == [first]


def test_a_changed_text_from_the_same_place_replaces_the_old_version(library: Library):
    place = "https://news.example/war"
    old = library.add(Article(TROOPS, "War", "news.example", place=place)).article
    other = library.add(Article(FOOTBALL, "Derby", "sport.example", place="https://sport.example/derby")).article
    added = library.add(Article(MONEY, "War", "news.example", place=place))
    assert added.outcome == "replaced"
    assert library.articles() == [other, added.article]
    assert added.article.id != old.id
    assert words_find(library, "troops") == []
    assert library.add(Article(MONEY, "War", "news.example", place=place)) == Added(added.article, "present")


def test_a_replacement_that_is_cancelled_leaves_the_old_version(library: Library):
    old = library.add(Article(TROOPS, "War", "news.example", place="p")).article
    for last in (("splitting", 1, 1), ("embedding", 4, 4), ("saving", 0, 1), ("saving", 1, 1)):

        def cancel(*report: object, last: tuple = last) -> None:
            if report == last:
                raise InterruptedError

        with pytest.raises(InterruptedError):
            library.add(Article(MONEY, "War", "news.example", place="p"), cancel)
        assert library.articles() == [old]
        assert library.check() == []
        assert nearest_text(library, "Nato said so on Tuesday.") == "Nato said so on Tuesday."


def test_pasted_texts_have_no_place_and_replace_nothing(library: Library):
    assert [library.add(article(text)).outcome for text in (TROOPS, MONEY)] == ["added", "added"]
    assert len(library.articles()) == 2


def test_a_long_embedding_does_not_keep_others_from_writing(library: Library):
    def add_another(stage: str, done: int, total: int) -> None:
        if stage == "embedding":
            thread = threading.Thread(target=library.add, args=(article(MONEY),))
            thread.start()
            thread.join(timeout=60)
            assert not thread.is_alive()

    library.add(article(TROOPS), add_another)
    assert [stored.text for stored in library.articles()] == [MONEY, TROOPS]


def test_the_same_text_added_by_many_threads_at_once_is_one_article(library: Library):
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(library.add(article(TROOPS)).article.id)) for _ in range(8)]
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
        stored = library.add(article("One sentence stands alone here.")).article
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
    gone = library.add(article(TROOPS)).article
    kept = library.add(article(MONEY)).article
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


MARKER = "Zanzibarquux was here with 31,337 camels."


def on_disk(folder: Path, *patterns: bytes) -> list[str]:
    """The files of the library in which any of these bytes is found, in small letters or not."""
    files = {file.name: file.read_bytes() for file in folder.iterdir()}
    return [name for name, data in files.items() if any(part in data or part in data.lower() for part in patterns)]


@pytest.mark.parametrize("others", [0, 30])
def test_nothing_of_a_removed_article_is_left_in_any_file(tmp_path: Path, others: int):
    traces = (b"zanzibarquux", b"31,337", b"31337", HashEmbedder().encode([MARKER])[0].tobytes())
    with Library.open(tmp_path, HashEmbedder()) as library:
        for n in range(others):
            library.add(article(f"Somebody wrote number {n}. It was read.\n\nThen it was printed."))
        library.add(Article(MARKER, "Zanzibarquux", "Zanzibarquux", place="zanzibarquux"))
        library.add(article(TROOPS))
    assert on_disk(tmp_path, *traces[:3]) == ["library.sqlite"]
    assert set(on_disk(tmp_path, traces[3])) == {"library.sqlite", "vectors.faiss"}
    with Library.open(tmp_path, HashEmbedder()) as library:
        (key,) = [entry.id for entry in library.catalogue() if entry.title == "Zanzibarquux"]
        library.remove(key)
        assert on_disk(tmp_path, *traces) == []
    assert on_disk(tmp_path, *traces) == []
    with Library.open(tmp_path, HashEmbedder()) as library:
        library.add(Article(MARKER, "A title", "A place", place="p"))
        library.add(Article(MONEY, "A title", "A place", place="p"))
        assert on_disk(tmp_path, *traces) == []
    assert on_disk(tmp_path, *traces) == []


def test_what_another_process_has_removed_is_not_saved_again(tmp_path: Path):
    vector = HashEmbedder().encode([MARKER])[0].tobytes()
    with Library.open(tmp_path, HashEmbedder()) as one:
        stored = one.add(article(MARKER)).article
        with Library.open(tmp_path, HashEmbedder()) as two:
            two.remove(stored.id)
        one._save()
        assert on_disk(tmp_path, vector) == []


def test_what_a_crash_left_of_a_file_being_written_is_cleared_away(tmp_path: Path):
    Library.open(tmp_path, HashEmbedder()).close()
    (tmp_path / "vectors.faiss.new").write_bytes(b"half a file")
    with Library.open(tmp_path, HashEmbedder()):
        assert not (tmp_path / "vectors.faiss.new").exists()


def test_a_removed_article_can_be_put_back_as_it_was(tmp_path: Path):
    embedder = HashEmbedder()
    with Library.open(tmp_path, embedder) as library:
        given = Article(TROOPS, "Troops", "a newspaper", "2024-05-14", "Ann Lee", "The Paper", "en", (0, 38), "https://a.b/c")
        stored = library.add(given).article
        old = [unit.id for unit in library.sentences(stored.id)]
        library.add(article(MONEY))
        encoded = embedder.encoded
        removed = library.remove(stored.id)
        assert removed.article == stored
        assert library.restore(removed) == stored == library.article(stored.id)
        assert library.restore(removed) == stored
        assert embedder.encoded == encoded
        assert not {unit.id for unit in library.sentences(stored.id)} & set(old)
        assert nearest_text(library, "Nato said so on Tuesday.") == "Nato said so on Tuesday."
        assert library.add(given) == Added(stored, "present")
        assert library.check() == []


def test_to_put_back_a_text_that_was_added_again_gives_the_one_that_is_there(library: Library):
    removed = library.remove(library.add(article(TROOPS)).article.id)
    again = library.add(article(TROOPS)).article
    assert library.restore(removed) == again
    assert library.articles() == [again]


def test_an_old_version_put_back_beside_the_new_one_is_not_replaced_by_the_next(library: Library):
    removed = library.remove(library.add(Article(TROOPS, "War", "x", place="p")).article.id)
    library.add(Article(MONEY, "War", "x", place="p"))
    assert library.restore(removed).place is None
    assert library.add(Article(FOOTBALL, "War", "x", place="p")).outcome == "replaced"
    assert [stored.text for stored in library.articles()] == [TROOPS, FOOTBALL]


@pytest.mark.parametrize("article_id", ["1", "99", "", "-1", "01", "x", "1 OR 1", "9" * 40, "²"])
def test_an_article_that_is_not_there_is_missing(library: Library, article_id: str):
    library.remove(library.add(article(TROOPS)).article.id)
    library.add(article(MONEY))
    for method in (library.article, library.sentences, library.remove, lambda key: library.rename(key, "Title")):
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
            stored = library.add(article(text)).article
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
        first = library.add(article(TROOPS)).article
        library.add(article(MONEY))
        library.remove(first.id)
        library.add(article(FOOTBALL))
    with Library.open(tmp_path, HashEmbedder()) as library:
        library.add(article(TROOPS))
        for stored in library.articles():
            for unit in library.sentences(stored.id):
                assert nearest_text(library, unit.text) == unit.text
        assert library.check() == []


# The catalogue


def test_the_catalogue_lists_the_newest_first_and_finds_every_word(library: Library):
    library.add(Article(TROOPS, "Troops in Östervik", "war.txt", author="Ann Lee"))
    library.add(Article(MONEY, "Money", "https://paper.example/money", site="The Paper"))
    library.add(Article(FOOTBALL, "Derby", "sport.txt", author="Ann Berg", language="uk", date="2024-05-14"))

    def titles(search: str = "") -> list[str]:
        return [entry.title for entry in library.catalogue(search)]

    assert titles() == titles("  ") == ["Derby", "Money", "Troops in Östervik"]
    assert titles("ann") == ["Derby", "Troops in Östervik"]
    assert titles("LEE troops") == ["Troops in Östervik"]
    assert titles("ostervik") == titles("ÖSTERVIK war.txt") == ["Troops in Östervik"]
    assert titles("the paper") == titles("paper.example") == ["Money"]
    assert titles("ann money") == titles("Kharkiv") == titles("%") == []
    newest = library.catalogue()[0]
    assert (newest.author, newest.language, newest.date, newest.sentences) == ("Ann Berg", "uk", "2024-05-14", 2)


def test_the_catalogue_and_the_ids_read_no_text(library: Library):
    library.add(article(TROOPS))
    read: set[str] = set()

    def watch(action: int, name: str, *_: object) -> int:
        if action == sqlite3.SQLITE_READ:
            read.add(name)
        return sqlite3.SQLITE_OK

    library._db.set_authorizer(watch)
    assert len(library.catalogue()) == len(library.ids()) == 1
    assert read == {"articles"}
    assert len(library.articles()) == 1
    assert read == {"articles", "texts"}


def test_a_renamed_article_keeps_its_new_title(tmp_path: Path):
    with Library.open(tmp_path, HashEmbedder()) as library:
        stored = library.add(article(TROOPS)).article
        renamed = library.rename(stored.id, "  A new\n title ")
        assert renamed == replace(stored, title="A new title") == library.article(stored.id)
        assert library.add(article(TROOPS)) == Added(renamed, "present")
        for empty in ("", " \n "):
            with pytest.raises(UserError, match="needs a title"):
                library.rename(stored.id, empty)
    with Library.open(tmp_path, HashEmbedder()) as library:
        assert library.articles() == [renamed]


# Search


def test_dense_gives_cosines_best_first_of_both_kinds(library: Library):
    stored = library.add(article(TROOPS)).article
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
    ids = [library.add(article(text)).article.id for text in texts]
    vector = HashEmbedder().encode(["ships"])[0]
    for chosen in ([0], [1, 3], [0, 1, 2, 3], []):
        keys = {ids[at] for at in chosen}
        for found in (library.dense(vector, 9, keys), library.lexical("Where do ships sail?", 9, keys)):
            assert {unit.article for unit in library.units([unit for unit, _ in found])} == keys
    assert library.lexical("ships", 9, ids) == library.lexical("ships", 9)


def test_units_come_in_the_order_asked(library: Library):
    ids = [unit.id for unit in library.sentences(library.add(article(TROOPS)).article.id)]
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
    monkeypatch.setattr(words, "tokens", str.split)
    monkeypatch.setattr(words, "query_tokens", str.split)
    stored = library.add(article(f"before {token} after")).article
    with sqlite3.connect(library.folder / "library.sqlite") as db:
        assert db.execute("SELECT term FROM vocabulary WHERE term = ?", (token,)).fetchall() == [(token,)]
    assert [unit.article for unit in library.units([unit for unit, _ in library.lexical(token, 5)])] == [stored.id]
    assert library.lexical("bef", 5) == []


def test_in_a_large_library_rare_words_find_and_frequent_words_still_rank(
    library: Library, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(words, "COMMON", 3)
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
        first = library.add(article(TROOPS)).article
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
        undone = library.add(article("\n\n".join([MONEY, MONEY]))).article
        undone_units = {unit.id for unit in library.sentences(undone.id)}
    future = (tmp_path / "vectors.faiss").read_bytes()
    (tmp_path / "library.sqlite").write_bytes(copy)
    with Library.open(tmp_path, HashEmbedder()) as library:
        assert library.check() == []
        added = library.add(article(FOOTBALL)).article
        assert {unit.id for unit in library.sentences(added.id)} & undone_units
    (tmp_path / "vectors.faiss").write_bytes(future)
    with Library.open(tmp_path, HashEmbedder()) as library:
        assert library.check() == []


def test_a_library_made_with_another_model_is_embedded_again(tmp_path: Path):
    with Library.open(tmp_path, HashEmbedder("one", 16)) as library:
        stored = [library.add(article(text)).article for text in (TROOPS, MONEY)]
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
        stored = library.add(article(TROOPS)).article
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
        stored = [library.add(article(text)).article for text in (TROOPS, MONEY)]
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
        db.execute("UPDATE meta SET value = ? WHERE key = 'format'", (str(schema.FORMAT + 1),))
    with pytest.raises(LibraryUnusable, match="newer Footnote"):
        Library.open(tmp_path, HashEmbedder())


FORMAT_1 = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE generations (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    """CREATE TABLE articles (
        id INTEGER PRIMARY KEY AUTOINCREMENT, digest TEXT NOT NULL UNIQUE, title TEXT NOT NULL, origin TEXT NOT NULL,
        date TEXT, added REAL NOT NULL, text TEXT NOT NULL)""",
    """CREATE TABLE units (
        id INTEGER PRIMARY KEY AUTOINCREMENT, article INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
        kind TEXT NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL, passage INTEGER NOT NULL,
        ordinal INTEGER NOT NULL, paragraph INTEGER NOT NULL, indexed_as INTEGER NOT NULL)""",
    "CREATE INDEX units_of_article ON units (article, kind)",
    "CREATE INDEX units_of_passage ON units (passage)",
    "CREATE TABLE vectors (unit INTEGER PRIMARY KEY REFERENCES units ON DELETE CASCADE, vector BLOB NOT NULL)",
    words.TABLE,
    words.VOCABULARY,
)


def make_format_1(folder: Path, texts: dict[int, str]) -> None:
    """A library as the first version of Footnote wrote it, the ids of its articles given."""
    splitter = f"{sentences.VERSION}/{passages.LONGEST}"
    with sqlite3.connect(folder / "library.sqlite") as db:
        for statement in FORMAT_1:
            db.execute(statement)
        meta = {"format": "1", "embedder": "hash", "dim": "16", "splitter": splitter}
        db.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
        db.execute("INSERT INTO generations (name) VALUES ('a generation')")
        first = 100
        for key, text in texts.items():
            digest = hashlib.sha256(text.encode()).hexdigest()
            row = (key, digest, f"Title {key}", "a file", "2024-05-14", 1e9 + key, text)
            db.execute("INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            split = Split.of(text)
            rows = split.rows(first)
            db.executemany("INSERT INTO units VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", ((r[0], key, *r[1:]) for r in rows))
            ids = [row[0] for row in rows if row[0] == row[-1]]
            vectors = [vector.tobytes() for vector in HashEmbedder().encode(split.texts)]
            db.executemany("INSERT INTO vectors VALUES (?, ?)", zip(ids, vectors, strict=True))
            db.executemany("INSERT INTO words (rowid, tokens) VALUES (?, ?)", zip(ids, split.lines, strict=True))
            first += 100


def test_a_library_of_the_first_format_opens_with_its_articles_ids_and_answers(tmp_path: Path):
    make_format_1(tmp_path, {3: TROOPS, 7: MONEY})
    embedder = HashEmbedder()
    for _ in range(2):
        with Library.open(tmp_path, embedder) as library:
            assert embedder.encoded == 0
            assert library.check() == []
            stored = library.article("3")
            assert (stored.title, stored.origin, stored.date, stored.added) == ("Title 3", "a file", "2024-05-14", 1e9 + 3)
            assert (stored.text, stored.sentences) == (TROOPS, 3)
            assert (stored.author, stored.site, stored.language, stored.pages, stored.place) == (None, None, None, (), None)
            assert [entry.id for entry in library.catalogue()] == ["7", "3"]
            assert [unit.id for unit in library.sentences("3")] == [101, 102, 104]
            nearest = library.dense(HashEmbedder().encode(["Nato said so on Tuesday."])[0], 1)
            assert nearest == [(102, pytest.approx(1))]
            assert [unit for unit, _ in library.lexical("troops", 9)] == [101, 100]
    with Library.open(tmp_path, embedder) as library:
        added = library.add(Article(FOOTBALL, "Derby", "a page", author="Ann", place="p")).article
        assert int(added.id) > 7
        library.remove("3")
        assert library.check() == []
    assert on_disk(tmp_path, b"Kharkiv", b"kharkiv") == []


def test_a_library_of_the_first_format_by_another_model_is_migrated_and_embedded_again(tmp_path: Path):
    make_format_1(tmp_path, {3: TROOPS})
    seen: list[tuple[str, int, int]] = []
    with Library.open(tmp_path, HashEmbedder("other", 24), lambda *report: seen.append(report)) as library:
        assert library.article("3").text == TROOPS
        assert library.check() == []
    assert seen == [("embedding", 0, 1), ("embedding", 1, 1)]


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


# Checking and mending


LAST = "(SELECT max(unit) FROM vectors)"  # of article 2
BREAKAGES = [  # what breaks it, what check says, what repair says
    (f"DELETE FROM vectors WHERE unit = {LAST}", "article 2 has no vector", "embedded again"),
    (f"UPDATE vectors SET vector = zeroblob(8) WHERE unit = {LAST}", "another dimension", "embedded again"),
    (f"UPDATE vectors SET vector = zeroblob(64) WHERE unit = {LAST}", "not of length 1", "embedded again"),
    ("UPDATE vectors SET vector = (SELECT vector FROM vectors)", "another vector of article 2", "embedded again"),
    ("INSERT INTO vectors VALUES (999, zeroblob(64))", "a vector has no unit", "deleted"),
    (f"DELETE FROM words WHERE rowid = {LAST}", "article 2 has no words", "embedded again"),
    (f"UPDATE words SET tokens = 'other words' WHERE rowid = {LAST}", "words of article 2 are not", "embedded again"),
    ("INSERT INTO words (rowid, tokens) VALUES (999, 'stray')", "words have no unit", "deleted"),
    (f"UPDATE words_content SET c0 = 'other words' WHERE id = {LAST}", "lexical index", "built again.* embedded again"),
    ("UPDATE units SET stop = stop + 1 WHERE article = 2", "units of article 2 are not", "split"),
    ("DELETE FROM units WHERE article = 1", "units of article 1 are not", "Article 1 was split"),
    ("UPDATE articles SET sentences = 99", "units of article 1 are not", "Article 1 .* Article 2 was split"),
    ("INSERT INTO units VALUES (999, 999, 'sentence', 0, 1, 999, 0, 0, 999)", "unit is of an article that", "deleted"),
    ("INSERT INTO texts VALUES (999, 'stray', '[]')", "text is of an article that is gone", "deleted"),
    ("UPDATE sqlite_sequence SET seq = 1 WHERE name = 'articles'", "an id of articles could be given twice", "count"),
    ("DELETE FROM sqlite_sequence WHERE name = 'units'", "an id of units could be given twice", "count"),
]


@pytest.mark.parametrize(("breakage", "finding", "mended"), BREAKAGES)
def test_check_tells_what_is_broken_and_repair_mends_it(tmp_path: Path, breakage: str, finding: str, mended: str):
    with Library.open(tmp_path, HashEmbedder()) as library:
        before = [library.add(article(text)).article for text in (MONEY, TROOPS)]
        with sqlite3.connect(tmp_path / "library.sqlite") as db:
            db.execute(breakage)
        assert re.search(finding, "; ".join(library.check()))
    with Library.open(tmp_path, HashEmbedder()) as library:  # without what was in memory
        assert library.check()
        assert re.search(mended, " ".join(library.repair()))
        assert library.check() == []
        assert library.repair() == []
        assert library.articles() == before
        for stored in before:
            for unit in library.sentences(stored.id):
                assert nearest_text(library, unit.text) == unit.text
        assert library.add(article(FOOTBALL)).article.id == "3"
        assert library.check() == []


def test_an_index_of_the_tables_that_is_out_of_step_is_found_and_built_again(tmp_path: Path):
    with Library.open(tmp_path, HashEmbedder()) as library:
        stored = library.add(article(TROOPS)).article
    with sqlite3.connect(tmp_path / "library.sqlite") as db:
        db.execute("PRAGMA writable_schema = ON")
        row = db.execute("SELECT * FROM sqlite_master WHERE name = 'units_of_passage'").fetchone()
        db.execute("DELETE FROM sqlite_master WHERE name = 'units_of_passage'")
    with sqlite3.connect(tmp_path / "library.sqlite") as db:  # which knows nothing of the index now
        db.execute("UPDATE units SET passage = passage + 50")
        db.execute("PRAGMA writable_schema = ON")
        db.execute("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", row)
    with Library.open(tmp_path, HashEmbedder()) as library:
        assert "SQLite finds damage in the database" in library.check()
        assert "The indexes of the database were built again." in library.repair()
        assert library.articles() == [stored]
        assert library.check() == []


def test_vectors_that_faiss_lost_are_found_missing_and_filled_in(library: Library):
    stored = library.add(article(TROOPS)).article
    library._vectors.remove([unit.id for unit in library.sentences(stored.id)][:1])
    assert library.check() == ["FAISS does not hold the units that SQLite does"]
    assert library.repair() == ["The FAISS index was filled again."]
    assert nearest_text(library, "Russia sent 30,000 troops to Kharkiv.") == "Russia sent 30,000 troops to Kharkiv."


@pytest.mark.parametrize("breakage", ["UPDATE texts SET text = 'Another text.'", "DELETE FROM texts"])
def test_a_text_that_is_lost_cannot_be_mended_but_its_article_can_be_removed(tmp_path: Path, breakage: str):
    with Library.open(tmp_path, HashEmbedder()) as library:
        lost = library.add(article(TROOPS)).article
        kept = library.add(article(MONEY)).article
        with sqlite3.connect(tmp_path / "library.sqlite") as db:
            db.execute(f"{breakage} WHERE article = {lost.id}")
            db.execute("DELETE FROM vectors WHERE unit = (SELECT max(unit) FROM vectors)")
        with pytest.raises(LibraryUnusable, match=r"text of article 1 .* add them again"):
            library.repair()
        assert library.check() == ["the text of article 1 is not the one that was added"]
        library.remove(lost.id)
        assert library.check() == []
        assert library.articles() == [kept]


# Several at once


def test_two_libraries_on_one_folder_see_what_the_other_adds_and_removes(tmp_path: Path):
    with Library.open(tmp_path, HashEmbedder()) as one, Library.open(tmp_path, HashEmbedder()) as two:
        first = one.add(article(TROOPS)).article
        assert nearest_text(two, "Nato said so on Tuesday.") == "Nato said so on Tuesday."
        two.add(article(MONEY))
        two.remove(first.id)
        assert one.units([unit for unit, _ in one.dense(HashEmbedder().encode(["x"])[0], 99)])
        assert nearest_text(one, "Congress passed a $60bn package.") == "Congress passed a $60bn package."
        assert words_find(one, "troops") == []
        assert one.add(article(MONEY)) == Added(two.articles()[0], "present")
        assert one.check() == two.check() == []


def test_a_writer_gives_up_with_a_sentence_when_another_process_holds_the_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.01)
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
                stored = library.add(article(f"{name} wrote number {n}. It was read.\n\nThen it was burnt.")).article
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


# The sample


def test_the_sample_article_is_found_by_its_words(library: Library):
    stored = library.add(sample()).article
    assert all(unit.text == stored.text[unit.start : unit.end] for unit in library.sentences(stored.id))
    assert all("Kharkiv" in text for text in words_find(library, "Kharkiv"))
    assert words_find(library, "Kharkiv")
