"""Questions and answers as statements."""

import pytest

from bench.restated import restated


@pytest.mark.parametrize(
    ("question", "answer", "before", "statement"),
    [
        ("Who founded Rome?", "Romulus", "", "Romulus founded Rome."),
        ("What is the capital of Kenya?", "Nairobi", "The capital is ", "Nairobi is the capital of Kenya."),
        ("When was the treaty signed?", "1763", "It was signed in ", "The treaty was signed in 1763."),
        ("Where was the treaty signed?", "the city hall.", "at ", "The treaty was signed at the city hall."),
        ("How many people were injured?", "at least 15", "", "At least 15 people were injured."),
        ("How many people were injured?", "15 people", "", "15 people were injured."),
    ],
)
def test_a_question_and_its_answer_become_a_statement(question, answer, before, statement):
    assert restated(question, answer, before) == statement


@pytest.mark.parametrize(
    "question",
    ["Why did it rain?", "When did it rain?", "What was he called?", "Who is the king of?", "What did he do?", "Is it true?"],
)
def test_a_question_of_another_form_gives_nothing(question):
    assert restated(question, "an answer", "in ") is None
