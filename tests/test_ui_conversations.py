"""The list of conversations, and what a tab remembers of its own, without a browser."""

from __future__ import annotations

import json
from datetime import datetime

from bot.answer import Answer, Kind
from bot.history import Exchange, Header
from bot.ui.conversations import row, when
from bot.ui.desk import SHOWN, Conversation

NOW = datetime(2026, 3, 9, 17, 5)


def exchange(key: int, answered: bool = True) -> Exchange:
    question = f"Question {key}?"
    answer = Answer(question, True, Kind.SENTENCES, "So it is.", 0.9) if answered else None
    return Exchange(str(key), question, 0.0, None, answer, False, None, "")


def shown(conversation: Conversation) -> list[str]:
    """The questions in the chat."""
    return [message["content"] for message in conversation.messages([]) if message["role"] == "user"]


def test_a_moment_is_told_by_the_day_and_today_by_the_time() -> None:
    assert when(datetime(2026, 3, 9, 8, 30).timestamp(), NOW) == "today, 08:30"
    assert when(datetime(2026, 3, 8, 23, 59).timestamp(), NOW) == "8 March 2026"


def test_a_row_counts_its_questions_and_shows_a_hostile_name_as_text() -> None:
    told = row(Header("7", "<img src=x>\u202e", True, 0.0, 0.0, 1))
    assert told["title"] == "<img src=x>\ufffd"
    assert told["about"][1] == "1 question"
    assert row(Header("7", "A", False, 0.0, 0.0, 1200))["about"][1] == "1,200 questions"
    json.dumps(told)


def test_of_a_long_conversation_the_end_is_shown_and_its_answers_are_counted_from_there() -> None:
    conversation = Conversation.of("1", [exchange(n) for n in range(SHOWN + 20)])
    assert len(shown(conversation)) == len(conversation.answers) == SHOWN
    assert shown(conversation)[-1] == f"Question {SHOWN + 19}?"
    assert len(conversation.turns) == SHOWN + 20  # a follow-up may refer to any
    first = conversation.messages([])[0]
    assert first["role"] == "assistant"
    assert "Show 20 earlier questions" in first["content"]


def test_editing_cuts_the_conversation_off_before_the_question() -> None:
    conversation = Conversation.of("1", [exchange(n) for n in (4, 5, 6)])
    assert shown(conversation.upto("5")) == ["Question 4?"]
    assert shown(conversation.upto("4")) == []
    assert shown(conversation.upto("9")) == shown(conversation)


def test_a_question_without_an_answer_is_no_turn_and_counts_for_no_citation() -> None:
    conversation = Conversation.of("1", [exchange(1), exchange(2, answered=False), exchange(3)])
    assert [turn.question for turn in conversation.turns] == ["Question 1?", "Question 3?"]
    assert "This question has no answer yet" in conversation.messages([])[3]["content"]
    assert shown(conversation.without("2")) == ["Question 1?", "Question 3?"]
