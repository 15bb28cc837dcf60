"""Questions made from the sample article, with the real reader, and the templates by themselves."""

import re
from dataclasses import replace

import pytest

from bot.answer import Answer, Kind
from bot.engine import Engine
from bot.suggestions import SURE, TEMPLATES, Proposal, follow_ups, is_good, suggest
from index.embedder import Embedder
from index.library import Library
from index.sources import read_text

PATIENT = 60.0  # seconds: a busy machine must not decide a test


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Some 40 ships were damaged in the port.", "How many ships were damaged?"),
        ("Thousands of residents were forced to flee.", None),
        ("Russian troops have captured at least six villages.", "How many villages have Russian troops captured?"),
        ("It has captured six villages.", None),
        ("Biden signed a $60bn aid package for Ukraine.", "How much is the aid package worth?"),
        ("An iPad edition was launched in December 2010.", "When was the iPad edition launched?"),
        ("He was born in 1950.", None),
        ("Rescuers came, Oleh Syniehubov, the regional governor, added.", "Who is Oleh Syniehubov?"),
        ("The rain stopped.", None),
    ],
)
def test_a_sentence_gives_a_whole_question_or_none(text: str, question: str | None, embedder: Embedder):
    with Library.temporary(embedder) as library:
        stored = library.add(read_text(text)).article
        sentences = library.sentences(stored.id)
        made = [template(stored.text, sentences, 0) for template in TEMPLATES[:5]]
    assert next((found[0] for found in made if found), None) == question


def test_what_is_suggested_is_surely_answered(engine: Engine):
    article = engine.library.ids()[0]
    questions = suggest(engine, article, budget=PATIENT)
    assert len(questions) == len(set(questions)) == 4
    answers = [engine.ask(question, articles=[article]) for question in questions]
    assert all(answer.answered and answer.confidence >= SURE for answer in answers)
    assert len({answer.citations[0].start for answer in answers}) == 4


def test_without_time_nothing_is_suggested(engine: Engine):
    assert suggest(engine, engine.library.ids()[0], budget=-1.0) == []


def test_a_further_question_is_a_new_one(engine: Engine):
    answer = engine.ask("How many villages have Russian troops captured?")
    first = follow_ups(engine, answer, budget=PATIENT)
    assert first
    assert answer.question not in first
    again = follow_ups(engine, answer, asked=first, budget=PATIENT)
    assert not set(first) & set(again)


def test_where_the_article_does_not_say_nothing_follows(engine: Engine):
    assert follow_ups(engine, Answer("Who?", False, Kind.NOT_STATED, "The article does not say.", 0.1)) == []


def test_an_answer_from_elsewhere_or_with_other_words_is_not_good(engine: Engine):
    article = engine.library.ids()[0]
    answer = engine.ask("How many villages have Russian troops captured?")
    sentences = engine.library.sentences(article)
    cited = next(s for s in sentences if s.start == answer.citations[0].start)
    assert is_good(answer, Proposal(answer.question, cited, "six"))
    assert not is_good(answer, Proposal(answer.question, cited, "seven"))
    assert not is_good(answer, Proposal(answer.question, sentences[0], "six"))
    assert not is_good(replace(answer, confidence=SURE / 2), Proposal(answer.question, cited, "six"))


def test_suggestions_are_single_questions(engine: Engine):
    for question in suggest(engine, engine.library.ids()[0], n=8, budget=PATIENT):
        assert re.fullmatch(r"[A-Z][^?\n“”\"]+\?", question)
