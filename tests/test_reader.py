import pytest

from bot.answer import Kind
from bot.engine import Engine, gather
from bot.reader import (
    ExtractiveReader,
    SentenceReader,
    asks_for_several,
    asks_why_or_how,
    asks_yes_or_no,
    can_answer,
    hedged,
    titled,
    with_pronoun,
)
from index.embedder import Embedder
from index.library import Library
from index.sources import read_text

VOTE = """Coastal vote counted

Turnout was 61%, the electoral office said on Monday. In Harwick the Greens won 14 seats.

Floods closed schools in Harwick, in Penmore and across the Tarn valley, the ministry said. Roads in Selby are open again."""


@pytest.fixture(scope="module")
def reader() -> ExtractiveReader:
    return ExtractiveReader.load()


@pytest.fixture(scope="module")
def vote(embedder: Embedder, reader: ExtractiveReader):
    with Library.temporary(embedder) as library:
        library.add(read_text(VOTE))
        yield Engine(library, reader)


def test_the_short_answer_is_a_span_of_the_sentence_that_is_cited(vote: Engine):
    answer = vote.ask("How many seats did the Greens win?")
    first = answer.citations[0]
    assert answer.kind is Kind.SPAN
    assert answer.text == VOTE[first.answer_start : first.answer_end]
    assert "14" in answer.text
    assert first.start <= first.answer_start < first.answer_end <= first.end


def test_who_says_it_is_kept_with_the_citation(vote: Engine):
    assert vote.ask("What was the turnout?").citations[0].speaker == "the electoral office"


def test_a_yes_or_no_question_gets_the_sentence(vote: Engine):
    answer = vote.ask("Are the roads in Selby open?")
    assert answer.kind is Kind.SENTENCES
    assert answer.text == "Roads in Selby are open again."


def test_what_is_not_stated_is_said_with_low_odds(vote: Engine):
    answer = vote.ask("Who won the football cup in 1998?")
    assert not answer.answered
    assert answer.confidence < 0.5
    assert all(citation.answer_start is None for citation in answer.citations)


def test_findings_are_one_a_sentence_by_falling_probability(vote: Engine, reader: ExtractiveReader):
    evidence = gather(vote.library, vote.retriever.candidates("What did the ministry say about Harwick?"))
    reading = reader.read("What did the ministry say about Harwick?", evidence)
    odds = [finding.probability for finding in reading.findings]
    assert odds == sorted(odds, reverse=True)
    assert reading.confidence == odds[0]
    assert len({finding.sentence.id for finding in reading.findings}) == len(odds)


def test_nothing_to_read_is_nothing_found(reader: ExtractiveReader):
    for each in (reader, SentenceReader()):
        reading = each.read("Who?", [])
        assert (reading.findings, reading.confidence, reading.answered) == ((), 0.0, False)


@pytest.mark.parametrize(
    "question",
    [
        "Which regions were hit?",
        "which villages did Russia capture",
        "Name two ministers",
        "What other cities",
        "Who all came?",
    ],
)
def test_questions_for_several_things_are_known(question: str):
    assert asks_for_several(question)


@pytest.mark.parametrize(
    "question",
    [
        "Which region was hit?",
        "What is this?",
        "Who was hurt?",
        "What was the news?",
        "What does he want?",
        "Who approves?",
    ],
)
def test_questions_for_one_thing_are_not_for_several(question: str):
    assert not asks_for_several(question)


@pytest.mark.parametrize(
    "question", ["Did he resign?", "Is the bridge open", "Weren't they warned?", "Has Russia attacked?"]
)
def test_questions_for_yes_or_no_are_known(question: str):
    assert asks_yes_or_no(question)


@pytest.mark.parametrize(
    "question", ["Who did it?", "Was it a plane or a train?", "Is it red or blue?", "Island names?"]
)
def test_other_questions_are_not_for_yes_or_no(question: str):
    assert not asks_yes_or_no(question)


@pytest.mark.parametrize("question", ["Why did he resign?", "how does it work", "And why?", "How come?"])
def test_questions_for_an_explanation_are_known(question: str):
    assert asks_why_or_how(question)


@pytest.mark.parametrize(
    "question", ["How many came?", "how much is it", "How far is Kyiv?", "Who knows why?", "However"]
)
def test_questions_for_a_figure_are_not_for_an_explanation(question: str):
    assert not asks_why_or_how(question)


def test_words_that_only_repeat_the_question_are_no_answer_but_their_sentence_may_be(
    embedder: Embedder, reader: ExtractiveReader
):
    with Library.temporary(embedder) as library:
        library.add(read_text("It was not immediately clear what kind of weapon was used in the strike on the town."))
        answer = Engine(library, reader).ask("What weapon was used in the strike?")
        assert answer.kind is not Kind.SPAN or "weapon" not in answer.text


@pytest.mark.parametrize(
    ("text", "figure", "whole"),
    [
        ("said up to 30,000 troops", "30,000", "up to 30,000"),
        ("injuring at least 15 people", "15", "at least 15"),
        ("It cost more than $4m.", "$4m", "more than $4m"),
        ("Over 200 came", "200", "Over 200"),
        ("a buffer of 15 kilometres", "15", "15"),
        ("moved over to 15 Main Street", "15", "15"),
        ("about Budanov", "Budanov", "Budanov"),
    ],
)
def test_a_figure_keeps_what_qualifies_it(text: str, figure: str, whole: str):
    start = text.index(figure)
    assert text[hedged(text, start) : start + len(figure)] == whole


@pytest.mark.parametrize(
    ("question", "text", "found", "whole"),
    [
        ("Who is Kyrylo Budanov?", "Spy chief General Kyrylo Budanov said so.", "Spy", "Spy chief General"),
        ("who was ann lee", "the composer and pianist Ann Lee died", "the composer", "the composer and pianist"),
        ("Who is Ann Lee?", "the composer, friend of Ann Lee, died", "the composer", "the composer"),
        ("Who met Kyrylo Budanov?", "Spy chief General Kyrylo Budanov said so.", "Spy", "Spy"),
    ],
)
def test_a_title_is_given_whole(question: str, text: str, found: str, whole: str):
    start = text.index(found)
    assert text[start : titled(question, text, start + len(found))] == whole


@pytest.mark.parametrize(
    ("text", "found", "whole"),
    [
        ("take the city or destroy it.", "destroy", "destroy it"),
        ("it will destroy it – or try", "destroy", "destroy it"),
        ("destroy it with guns", "destroy", "destroy"),
        ("destroy italy.", "destroy", "destroy"),
    ],
)
def test_a_verb_keeps_the_pronoun_that_closes_the_phrase(text: str, found: str, whole: str):
    start = text.index(found)
    assert text[start : with_pronoun(text, start + len(found))] == whole


@pytest.mark.parametrize(
    ("question", "words", "can"),
    [
        ("who replaced Neil as editor?", "Andrew Neil", False),
        ("Who did Braddock meet in 1755?", "General Edward Braddock", False),
        ("who replaced Neil as editor?", "John Witherow", True),
        ("Who is Neil?", "Andrew Neil", True),
        ("Which Neil was editor?", "Andrew Neil", True),
        ("Who fled with a cat?", "a woman with a cat", True),
        ("How many workers were dismissed?", "the strikers", False),
        ("How many workers were dismissed?", "nearly 5,500", True),
        ("How many workers were dismissed?", "dozens", True),
        ("And how many were hurt?", "the strikers", False),
        ("How did many workers react?", "the strikers", True),
    ],
)
def test_words_that_cannot_be_what_is_asked_for_are_no_answer(question: str, words: str, can: bool):
    assert can_answer(question, words) is can
