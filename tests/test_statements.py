import pytest

from bot.engine import Engine
from bot.retriever import Candidate
from bot.statements import Wanted, statements, wanted
from index.library import Unit


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What did Budanov say about reserves?", Wanted("Budanov", "reserves")),
        ("what does the spy chief think of the war", Wanted("the spy chief", "the war")),
        ("And what did Mr. Blinken say?", Wanted("Mr. Blinken", "")),
        ("What has Moscow said on the talks?!", Wanted("Moscow", "the talks")),
        ("What is Kyiv warning about?", None),
        ("What did Zelensky say Ukraine sent to Kharkiv?", None),
        ("What did Russia capture?", None),
        ("Who said that?", None),
        ("How many troops are involved?", None),
    ],
)
def test_whose_statement_on_what_a_question_asks_for(question: str, expected: Wanted | None):
    assert wanted(question) == expected


def candidate(number: int, sentence: str, passage: str) -> Candidate:
    units = [Unit(number + i, "1", kind, 0, 1, number, 0, 0, text) for i, (kind, text) in enumerate(
        [("passage", passage), ("sentence", sentence)])]  # fmt: skip
    return Candidate(units[1], units[0], 1.0, 0.5)


def test_only_what_the_article_attributes_to_the_one_asked_about_counts_and_the_topic_s_own_sentences_first_of_all():
    talks = candidate(1, "The talks failed.", "Peace. The talks failed.")
    beside = candidate(3, "We tried.", "The talks failed. We tried.")
    other = candidate(5, "The weather is fine.", "The weather is fine.")
    by = {talks.sentence.id: "Minister Smith", beside.sentence.id: "Smith", other.sentence.id: "Smith"}

    def said(asked: Wanted, among: list[Candidate]) -> list[Candidate]:
        return statements(asked, among, lambda c: by.get(c.sentence.id))

    assert said(Wanted("Smith", "the talks"), [beside, talks, other]) == [talks]
    assert said(Wanted("Smith", "the talks"), [beside, other]) == [beside]
    assert said(Wanted("Smith", ""), [beside, talks, other]) == [beside, talks, other]
    assert said(Wanted("Jones", "the talks"), [beside, talks, other]) == []
    assert said(Wanted("Smith", "oil"), [beside, talks, other]) == []


def test_what_somebody_said_is_answered_with_their_sentence(engine: Engine):
    answer = engine.ask("What did Budanov say about reserves?")
    assert answer.answered
    assert "we don’t have anyone else in the reserves" in answer.citations[0].text
    assert answer.citations[0].speaker is not None
    assert "Budanov" in answer.citations[0].speaker


def test_somebody_whom_the_article_does_not_quote_said_nothing(engine: Engine):
    assert not engine.ask("What did China say about the attack?").answered
