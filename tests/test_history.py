"""The history: what was asked is kept, what an answer quotes is read from the library, what was deleted is gone."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import history as module
from bot.answer import Answer, Citation, Claim, Flag, Kind, Problem, Turn, Written
from bot.history import (
    LONGEST_TITLE,
    PARTLY_REMOVED,
    REMOVED,
    UNANSWERED,
    ConversationMissing,
    History,
    shortened,
)
from index.errors import ArticleMissing, LibraryUnusable

TROOPS = "Russia sent 30,000 troops to Kharkiv, Nato said. The price of bread rose by 3.5% in Lviv."
MONEY = "Congress passed a $60bn package. It will help, the senator said."


class Kept(NamedTuple):
    """What the history reads of an article."""

    id: str
    title: str
    origin: str
    date: str | None
    text: str


class Shelf:
    """Articles by id, as a library has them."""

    def __init__(self, **texts: str) -> None:
        self.texts = {key.removeprefix("a"): text for key, text in texts.items()}
        self.looked_up = 0

    def article(self, article_id: str) -> Kept:
        self.looked_up += 1
        if article_id not in self.texts:
            raise ArticleMissing("This article is no longer in the library.")
        return Kept(article_id, f"Title {article_id}", "a test", "2024-05-14", self.texts[article_id])


def cite(shelf: Shelf, article: str, quotation: str, words: str | None = None, n: int = 1, **more: object) -> Citation:
    """The citation of a sentence of an article, and of the words in it that answer."""
    stored = shelf.article(article)
    start = stored.text.index(quotation)
    at = stored.text.index(words, start) if words else None
    return Citation(
        n=n, article=article, title=stored.title, origin=stored.origin, date=stored.date,
        start=start, end=start + len(quotation), text=quotation, relevance=0.75, passage_start=0,
        passage_end=len(stored.text), answer_start=at, answer_end=at + len(words) if words else None, **more,
    )  # fmt: skip


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(a1=TROOPS, a2=MONEY)


@pytest.fixture
def history(tmp_path: Path, shelf: Shelf) -> Iterator[History]:
    with History.open(tmp_path / "données é", shelf) as opened:
        yield opened


@pytest.fixture
def troops(shelf: Shelf) -> Answer:
    cited = cite(shelf, "1", "Russia sent 30,000 troops to Kharkiv, Nato said.", "30,000 troops", speaker="Nato", page=2)
    return Answer("How many troops?", True, Kind.SPAN, "30,000 troops", 0.9, (cited,), "How many troops went?", 51.5)


@pytest.fixture
def money(shelf: Shelf) -> Answer:
    cited = cite(shelf, "2", "Congress passed a $60bn package.", "$60bn")
    return Answer("How much money?", True, Kind.SPAN, "$60bn", 0.8, (cited,), None, 40.0)


def on_disk(history: History) -> bytes:
    return b"".join(path.read_bytes() for path in history.folder.iterdir())


# Asking


def test_a_question_and_its_answer_come_back_whole_after_a_restart(
    tmp_path: Path, shelf: Shelf, history: History, troops: Answer
):
    conversation = history.start()
    turn = history.begin(conversation, "How  many troops?", articles=["1"])
    history.finish(turn, troops)
    history.close()
    with History.open(history.folder, shelf) as again:
        (kept,) = again.turns(conversation)
        assert (kept.id, kept.question, kept.articles, kept.answer) == (turn, "How  many troops?", ("1",), troops)
        assert kept.turn == Turn("How  many troops?", troops, kept.asked_at)
        assert (kept.removed, kept.remark, kept.feedback, kept.reason) == (False, "", None, "")


def test_a_question_is_kept_before_it_is_answered_and_can_be_answered_later(history: History, money: Answer):
    conversation = history.start()
    turn = history.begin(conversation, "How much?")
    (kept,) = history.turns(conversation)
    assert (kept.question, kept.answer, kept.turn, kept.remark) == ("How much?", None, None, UNANSWERED)
    history.finish(turn, money)
    (kept,) = history.turns(conversation)
    assert (kept.id, kept.answer, kept.remark, kept.articles) == (turn, money, "", None)


def test_turns_come_in_the_order_asked_and_by_the_page(history: History, money: Answer):
    conversation, other = history.start(), history.start()
    for n in range(5):
        history.append(conversation, Turn(f"Question {n}", money, asked_at=1000.0 + n))
        history.append(other, Turn("Something else", money))
    assert [kept.question for kept in history.turns(conversation)] == [f"Question {n}" for n in range(5)]
    assert [kept.question for kept in history.turns(conversation, first=3)] == ["Question 3", "Question 4"]
    assert [kept.asked_at for kept in history.turns(conversation, first=1, limit=2)] == [1001.0, 1002.0]


def test_a_question_can_be_taken_back(history: History):
    conversation = history.start()
    refused = history.begin(conversation, "Zanzibar?")
    history.begin(conversation, "And now?")
    history.withdraw(refused)
    assert [kept.question for kept in history.turns(conversation)] == ["And now?"]
    assert history.header(conversation).title == "And now?"
    assert b"Zanzibar" not in on_disk(history)


# Listing, naming


def test_conversations_are_named_after_their_first_question_and_the_last_changed_comes_first(
    history: History, money: Answer
):
    first, second = history.start(), history.start()
    history.append(first, Turn("How much\n money?", money))
    history.append(second, Turn("Who pays?", money))
    turn = history.begin(first, "And when?")
    assert [(header.id, header.title, header.turns) for header in history.conversations()] == [
        (first, "How much money?", 2),
        (second, "Who pays?", 1),
    ]
    history.append(second, Turn("Why?", money))
    assert [header.id for header in history.conversations()] == [second, first]
    history.finish(turn, money)
    assert [header.id for header in history.conversations()] == [first, second]
    assert history.conversations()[0].started <= history.conversations()[0].changed


def test_a_conversation_in_which_nothing_was_asked_is_not_listed(history: History):
    history.start()
    assert history.conversations() == []


@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_a_title_is_one_short_line_that_begins_like_the_question(question: str):
    title = shortened(question)
    assert len(title) <= LONGEST_TITLE
    assert len(title.splitlines()) <= 1
    line = " ".join(question.split())
    assert title == line if len(line) <= LONGEST_TITLE else line.startswith(title[:-1]) and title.endswith("…")


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", {"troops", "bread", "łódź"}),
        ("TROOPS", {"troops"}),
        ("many front", {"troops"}),  # in two questions of one conversation
        ("many bread", set()),
        ("ŁÓDŹ straße", {"łódź"}),
        ("shopping", {"bread"}),  # a name
        ("%", set()),
        ("100_", set()),
        ("' OR 1=1 --", set()),
        ("\ud800", set()),
        ("x " * 3000, set()),
    ],
)
def test_a_search_finds_conversations_by_every_word(history: History, search: str, found: set[str]):
    ids = {name: history.start() for name in ("troops", "bread", "łódź")}
    for name, question in [
        ("troops", "How many troops?"), ("troops", "Where is the front?"), ("bread", "What does bread cost?"),
        ("łódź", "Where is the Strasse in Łódź?"),
    ]:  # fmt: skip
        history.begin(ids[name], question)
    history.rename(ids["bread"], "Shopping")
    assert {header.id for header in history.conversations(search)} == {ids[name] for name in found}


def test_renaming_gives_a_name_and_an_empty_one_gives_the_question_back(history: History):
    conversation = history.start()
    history.begin(conversation, "How many troops?")
    renamed = history.rename(conversation, "  The\nfront <b>\ud83d ")
    assert (renamed.title, renamed.renamed) == ("The front <b>\ufffd", True)
    assert history.conversations() == [renamed]
    assert history.rename(conversation, " ").title == "How many troops?"
    assert len(history.rename(conversation, "long " * 1000).title) <= module.LONGEST_NAME


# Deleting


def test_a_deleted_conversation_is_gone_from_the_disk_and_can_be_brought_back_as_it_was(
    history: History, troops: Answer, money: Answer
):
    kept, conversation = history.start(), history.start()
    history.append(kept, Turn("How much?", money))
    answered = history.append(conversation, Turn("Zanzibar?", troops), articles=["1"])
    history.begin(conversation, "Timbuktu?")
    history.feedback(answered, "down", "Ouagadougou")
    before = (history.header(conversation), history.turns(conversation))
    deleted = history.delete(conversation)
    assert [header.id for header in history.conversations()] == [kept]
    with pytest.raises(ConversationMissing, match="has been deleted"):
        history.turns(conversation)
    for word in (b"Zanzibar", b"Timbuktu", b"Ouagadougou"):
        assert word not in on_disk(history)
    assert history.restore(deleted) == before[0]
    assert (history.header(conversation), history.turns(conversation)) == before
    assert history.restore(deleted) == before[0], "a second click on undo does nothing"
    assert "Zanzibar" not in repr(deleted)


def test_ids_of_deleted_conversations_are_not_used_again(history: History):
    conversation = history.start()
    turn = history.begin(conversation, "Why?")
    deleted = history.delete(conversation)
    other = history.start()
    assert other != conversation
    assert history.begin(other, "Who?") != turn
    history.restore(deleted)
    assert [kept.question for kept in history.turns(conversation)] == ["Why?"]
    assert [kept.question for kept in history.turns(other)] == ["Who?"]


@pytest.mark.parametrize("key", ["7", "", "0", "-1", "x", "1; DROP TABLE turns", "9" * 30, "\ud800", "١"])
def test_an_id_that_is_not_there_is_told_in_a_sentence(history: History, money: Answer, key: str):
    conversation = history.start()
    history.append(conversation, Turn("How much?", money))
    for attempt in (
        lambda: history.begin(key, "Why?"), lambda: history.finish(key, money), lambda: history.withdraw(key),
        lambda: history.append(key, Turn("Why?", money)), lambda: history.turns(key), lambda: history.header(key),
        lambda: history.rename(key, "x"), lambda: history.delete(key), lambda: history.feedback(key, "up"),
    ):  # fmt: skip
        with pytest.raises(ConversationMissing, match="has been deleted"):
            attempt()
    assert len(history.turns(conversation)) == 1


def test_an_answer_that_comes_after_its_conversation_was_deleted_does_not_bring_it_back(history: History, money: Answer):
    conversation = history.start()
    turn = history.begin(conversation, "How much?")
    history.delete(conversation)
    with pytest.raises(ConversationMissing):
        history.finish(turn, money)
    assert history.conversations() == []


# Articles that go


def test_a_removed_article_takes_its_words_out_of_the_answers_and_brings_them_back(
    history: History, shelf: Shelf, troops: Answer, money: Answer
):
    conversation = history.start()
    history.append(conversation, Turn("How many troops?", troops))
    history.append(conversation, Turn("How much?", money))
    text = shelf.texts.pop("1")
    gone, there = history.turns(conversation)
    assert (gone.question, gone.answer, gone.turn, gone.removed) == ("How many troops?", None, None, True)
    assert (gone.remark, there.remark) == (REMOVED, "")
    assert there.answer == money
    shelf.texts["1"] = text
    assert history.turns(conversation)[0].answer == troops


def test_nothing_that_an_answer_quotes_is_on_the_disk(history: History, shelf: Shelf, troops: Answer, money: Answer):
    both = " ".join(citation.text for citation in (*troops.citations, *money.citations))
    sentences = Answer(
        "?", True, Kind.SENTENCES, both, 0.9, (*troops.citations, *(replace(c, n=2) for c in money.citations))
    )
    conversation = history.start()
    for answer in (troops, sentences):
        history.append(conversation, Turn("Well?", answer))
    assert [kept.answer for kept in history.turns(conversation)] == [troops, sentences]
    for word in (b"30,000", b"Russia", b"Nato", b"Congress", b"$60bn", b"Title 1", b"a test"):
        assert word not in on_disk(history)


def test_an_answer_whose_words_are_there_outlives_a_second_citation(
    history: History, shelf: Shelf, troops: Answer, money: Answer
):
    second = replace(money.citations[0], n=2, answer_start=None, answer_end=None)
    conversation = history.start()
    history.append(conversation, Turn("Well?", replace(troops, citations=(*troops.citations, second))))
    del shelf.texts["2"]
    (kept,) = history.turns(conversation)
    assert (kept.answer, kept.removed, kept.remark) == (troops, True, PARTLY_REMOVED)


def written(*claims: Claim) -> Written:
    return Written(claims, "small", failure="It broke off.")


def test_what_a_model_wrote_comes_back_and_its_quotations_are_not_on_the_disk(history: History, troops: Answer):
    flag = Flag(Problem.NUMBER, 5, 11, "“40,000” is not in the sentences cited.")
    claims = Claim(troops.citations[0].text, (1,)), Claim("Some 40,000 came.", (), (flag,))
    answer = replace(troops, written=written(*claims))
    conversation = history.start()
    history.append(conversation, Turn("How many?", answer))
    assert history.turns(conversation)[0].answer == answer
    assert b"30,000" not in on_disk(history)
    assert b"40,000" in on_disk(history)


def test_of_what_was_written_only_what_the_articles_still_there_say_outlives_a_removal(
    history: History, shelf: Shelf, troops: Answer, money: Answer
):
    second = replace(money.citations[0], n=2, answer_start=None, answer_end=None)
    wrong = Flag(Problem.NUMBER, 0, 2, "The article says “$60bn”.")
    said = written(
        Claim("Russia sent troops.", (1,)),
        Claim("Congress gave money.", (2,)),
        Claim("Both happened.", (1, 2)),
        Claim("It cost little.", (1,), (wrong,)),
        Claim("Well.", ()),
    )
    answer = replace(troops, citations=(*troops.citations, second), written=said)
    conversation = history.start()
    history.append(conversation, Turn("Well?", answer))
    text = shelf.texts.pop("2")
    kept = history.turns(conversation)[0].answer
    assert kept is not None
    assert kept.written is not None
    assert [claim.text for claim in kept.written.claims] == ["Russia sent troops.", "", "", "", ""]
    assert [claim.removed for claim in kept.written.claims] == [False, True, True, True, True]
    shelf.texts["2"] = text
    assert history.turns(conversation)[0].answer == answer


def test_a_not_stated_answer_loses_what_was_written_with_its_article(history: History, shelf: Shelf, money: Answer):
    nearest = replace(money.citations[0], answer_start=None, answer_end=None)
    said = written(Claim("Congress gave money.", (1,)))
    answer = Answer("Who?", False, Kind.NOT_STATED, "The article does not say.", 0.1, (nearest,), written=said)
    conversation = history.start()
    history.append(conversation, Turn("Who?", answer))
    del shelf.texts["2"]
    kept = history.turns(conversation)[0].answer
    assert kept is not None
    assert kept.written == written(Claim("", ()))


def test_an_answer_kept_before_there_were_written_ones_has_none(history: History, troops: Answer):
    conversation = history.start()
    turn = history.append(conversation, Turn("How many?", troops))
    with sqlite3.connect(history.folder / "history.sqlite") as db:
        db.execute("UPDATE turns SET answer = json_remove(answer, '$.written') WHERE id = ?", (turn,))
    db.close()
    assert history.turns(conversation)[0].answer == troops


def test_that_an_article_does_not_say_is_kept_when_the_article_is_removed(history: History, shelf: Shelf, money: Answer):
    nearest = replace(money.citations[0], answer_start=None, answer_end=None)
    answer = Answer("Who?", False, Kind.NOT_STATED, "The article does not say.", 0.1, (nearest,))
    conversation = history.start()
    history.append(conversation, Turn("Who?", answer))
    del shelf.texts["2"]
    (kept,) = history.turns(conversation)
    assert (kept.answer, kept.removed) == (replace(answer, citations=()), True)


def test_another_text_under_the_same_id_is_not_quoted_in_place_of_the_one_cited(
    history: History, shelf: Shelf, troops: Answer
):
    conversation = history.start()
    history.append(conversation, Turn("How many?", troops))
    shelf.texts["1"] = TROOPS.replace("30,000", "50,000")
    (kept,) = history.turns(conversation)
    assert (kept.answer, kept.removed) == (None, True)
    shelf.texts["1"] = TROOPS + " More was added at the end."
    assert history.turns(conversation)[0].answer == troops


def test_an_article_removed_while_it_was_read_leaves_no_words(history: History, shelf: Shelf, troops: Answer):
    conversation = history.start()
    turn = history.begin(conversation, "How many?")
    text = shelf.texts.pop("1")
    history.finish(turn, troops)
    assert b"30,000" not in on_disk(history)
    assert history.turns(conversation)[0].remark == REMOVED
    shelf.texts["1"] = text
    (kept,) = history.turns(conversation)
    assert kept.answer == replace(troops, citations=(replace(troops.citations[0], speaker=None),))


# Any answer

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
any_text = st.text(st.characters(), max_size=40)  # with halves of surrogate pairs
shares = st.floats(0, 1)


@st.composite
def answers(draw: st.DrawFn) -> tuple[Shelf, str, Answer]:
    """A shelf, a question, and an answer about it whose text is made of quotations and other words."""
    shelf = Shelf(**{f"a{n}": draw(texts) for n in range(1, 4)})

    def span(low: int, high: int) -> tuple[int, int]:
        start = draw(st.integers(low, high - 1))
        return start, draw(st.integers(start + 1, high))

    citations = []
    for n in range(draw(st.integers(0, 4))):
        stored = shelf.article(draw(st.sampled_from(["1", "2", "3"])))
        start, end = span(0, len(stored.text))
        answer = span(start, end) if draw(st.booleans()) else (None, None)
        passage = span(0, len(stored.text))
        speaker = stored.text[slice(*span(0, len(stored.text)))] if draw(st.booleans()) else None
        citations.append(
            Citation(
                n + 1, stored.id, stored.title, stored.origin, start, end, stored.text[start:end], draw(shares),
                *passage, *answer, stored.date, speaker, draw(st.none() | st.integers(1, 999)),
            )
        )  # fmt: skip
    quotations = [c.text for c in citations] + [
        shelf.texts[c.article][c.answer_start : c.answer_end] for c in citations if c.answer_start is not None
    ]
    own = draw(st.lists(any_text | st.sampled_from(quotations) if quotations else any_text, max_size=5))
    return shelf, draw(any_text), Answer(
        draw(any_text), draw(st.booleans()), draw(st.sampled_from(Kind)), "".join(own), draw(shares), tuple(citations),
        draw(st.none() | any_text), draw(st.floats(0, 1e6)), draw(st.none() | writings([c.n for c in citations], quotations)),
    )  # fmt: skip


def writings(numbers: list[int], quotations: list[str]) -> st.SearchStrategy[Written]:
    texts = any_text.filter(bool) | st.sampled_from(quotations or ["Well."]).filter(bool)
    offsets = st.integers(0, 99)
    flags = st.builds(Flag, st.sampled_from(Problem), offsets, offsets, any_text)
    cited = st.lists(st.sampled_from(numbers), max_size=2) if numbers else st.just([])
    claims = st.builds(Claim, texts, cited.map(tuple), st.lists(flags, max_size=2).map(tuple))
    return st.builds(Written, st.lists(claims, max_size=3).map(tuple), any_text, st.booleans(), st.none() | any_text)


def sounded(written: Written | None) -> Written | None:
    """As it is kept: without halves of surrogate pairs."""
    if written is None:
        return None
    claims = tuple(
        replace(
            claim, text=sound(claim.text), flags=tuple(replace(flag, note=sound(flag.note)) for flag in claim.flags)
        )
        for claim in written.claims
    )
    failure = None if written.failure is None else sound(written.failure)
    return Written(claims, sound(written.model), written.refused, failure)


def sound(text: str) -> str:
    return "".join("\ufffd" if "\ud800" <= ch <= "\udfff" else ch for ch in text)


@pytest.fixture(scope="module")
def anywhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("history")


@settings(deadline=None, max_examples=60)
@given(answers(), any_text)
def test_any_answer_comes_back_as_it_was_but_for_halves_of_surrogate_pairs(
    anywhere: Path, made: tuple[Shelf, str, Answer], reason: str
):
    shelf, question, answer = made
    with History.open(anywhere, shelf) as history:
        conversation = history.start()
        turn = history.append(conversation, Turn(question, answer))
        history.feedback(turn, "up", reason)
        (kept,) = history.turns(conversation)
    searched_for = None if answer.searched_for is None else sound(answer.searched_for)
    expected = replace(answer, question=sound(answer.question), text=sound(answer.text), searched_for=searched_for)
    expected = replace(expected, written=sounded(answer.written))
    assert (kept.question, kept.reason) == (sound(question), sound(reason).strip())
    assert [replace(c, text="") for c in kept.answer.citations] == [replace(c, text="") for c in expected.citations]
    assert kept.answer == expected


# Feedback


def test_feedback_is_kept_changed_and_taken_back(history: History, money: Answer):
    conversation = history.start()
    turn = history.append(conversation, Turn("How much?", money))
    for verdict, reason, kept in [("up", "", ""), ("down", " wrong sum \ud83d", "wrong sum \ufffd"), (None, "x", "")]:
        history.feedback(turn, verdict, reason)
        (exchange,) = history.turns(conversation)
        assert (exchange.feedback, exchange.reason) == (verdict, kept)


def test_feedback_is_up_or_down(history: History, money: Answer):
    turn = history.append(history.start(), Turn("How much?", money))
    with pytest.raises(sqlite3.IntegrityError):
        history.feedback(turn, "sideways")


# Many at once, other versions, damage


def test_many_threads_and_two_processes_worth_of_connections_write_into_their_own_conversations(
    history: History, shelf: Shelf, money: Answer
):
    wrong: list[BaseException] = []

    def talk(to: History, name: int) -> None:
        try:
            conversation = to.start()
            for n in range(8):
                to.finish(to.begin(conversation, f"{name} asks {n}"), replace(money, question=f"{name} asks {n}"))
            kept = to.turns(conversation)
            assert [(e.question, e.answer.question) for e in kept] == [(f"{name} asks {n}",) * 2 for n in range(8)]
        except BaseException as error:
            wrong.append(error)

    with History.open(history.folder, shelf) as other:
        threads = [threading.Thread(target=talk, args=((history, other)[n % 2], n)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []
    assert len(history.conversations()) == 8


def test_opening_a_conversation_looks_each_article_up_once(history: History, shelf: Shelf, money: Answer):
    conversation = history.start()
    for _ in range(30):
        history.append(conversation, Turn("How much?", money))
    shelf.looked_up = 0
    assert len(history.turns(conversation)) == 30
    assert shelf.looked_up == 1


def test_a_newer_format_is_refused_in_a_sentence_and_left_alone(history: History, shelf: Shelf):
    history.close()
    with sqlite3.connect(history.folder / "history.sqlite") as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(LibraryUnusable, match=r"made by a newer Footnote\. Update this one"):
        History.open(history.folder, shelf)
    with sqlite3.connect(history.folder / "history.sqlite") as db:
        assert db.execute("PRAGMA user_version").fetchone() == (99,)


def test_an_older_format_is_brought_to_the_present_one(
    history: History, shelf: Shelf, money: Answer, monkeypatch: pytest.MonkeyPatch
):
    conversation = history.start()
    history.append(conversation, Turn("How much?", money))
    history.close()
    steps = (*module._STEPS, ("ALTER TABLE conversations ADD COLUMN pinned INTEGER", "UPDATE conversations SET name = 'new'"))
    monkeypatch.setattr(module, "_STEPS", steps)
    for _ in range(2):
        with History.open(history.folder, shelf) as newer:
            assert newer.turns(conversation)[0].answer == money
            assert newer.header(conversation).title == "new"
            newer.rename(conversation, "new")


def test_a_step_that_fails_leaves_the_history_as_it_was(history: History, shelf: Shelf, monkeypatch: pytest.MonkeyPatch):
    conversation = history.start()
    history.begin(conversation, "How much?")
    history.close()
    monkeypatch.setattr(module, "_STEPS", (*module._STEPS, ("DROP TABLE turns", "NONSENSE")))
    with pytest.raises(sqlite3.OperationalError):
        History.open(history.folder, shelf)
    monkeypatch.undo()
    with History.open(history.folder, shelf) as opened:
        assert len(opened.turns(conversation)) == 1


def test_a_file_that_is_no_history_is_told_in_a_sentence(tmp_path: Path, shelf: Shelf):
    (tmp_path / "history.sqlite").write_bytes(b"no database " * 1000)
    with pytest.raises(LibraryUnusable, match=r"The history in .* is damaged"):
        History.open(tmp_path, shelf)


def test_a_folder_that_cannot_be_made_is_told_in_a_sentence(tmp_path: Path, shelf: Shelf):
    (tmp_path / "file").touch()
    with pytest.raises(LibraryUnusable, match="cannot be made"):
        History.open(tmp_path / "file" / "folder", shelf)
