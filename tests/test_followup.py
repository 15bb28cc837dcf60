"""What a follow-up stands for, from turns written here: no model runs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answer import Answer, Citation, Kind, Turn
from bot.followup import readings, rewrite, stands_alone, understood

GOVERNOR = "One person was taken to hospital in a serious condition, Oleh Syniehubov, the regional governor, added."
TROOPS = (
    "Ukraine said up to 30,000 Russian troops were involved on the attack on Kharkiv Oblast, "
    "with around 50,000 amassed on the border."
)
PIZZA = "Mr Blinken also held talks over pizza with Ukraine’s foreign minister, Dmytro Kuleba."
STRIKE = "The latest strike hit a high-rise residential building, injuring at least 15 people, local officials said."
AID = "Last month, Joe Biden signed a $60bn aid package for Ukraine."


def turn(
    question: str, said: str | None, sentence: str = "", speaker: str | None = None, searched_for: str | None = None
) -> Turn:
    cited = (Citation(1, "a", "T", "o", 0, len(sentence), sentence, 0.9, 0, len(sentence), speaker=speaker),)
    known = said is not None
    kind = Kind.SPAN if known else Kind.NOT_STATED
    answer = Answer(question, known, kind, said or "The article does not say.", 0.9, cited, searched_for)
    return Turn(question, answer)


@pytest.mark.parametrize(
    "question",
    [
        "How many troops are involved?",
        "And how many people lived in the British colonies?",
        "What did Zelensky say about his army?",
        "Where did Blinken say he would go?",
        "Who lost his job?",
        "When did the newspaper launch its website?",
        "How long does it take to reach Kyiv?",
        "Is it true that Kharkiv was hit?",
        "How much does it cost to use the site?",
        "How much did Murdoch pay for the group?",
        "Were there children in the building?",
        "Is there a mayor?",
        "What is the name of the man that led the attack?",
        "What happened in that war?",
        "What is this article about?",
        "When did the war start?",
        "why did the deal fail",
        "Скільки військових?",
        "Kharkiv",
    ],
)
def test_what_names_its_own_subject_stands_alone(question: str):
    assert stands_alone(question)
    assert readings(question, [turn("Who is the regional governor?", "Oleh Syniehubov", GOVERNOR)]) == (question,)


@pytest.mark.parametrize(
    ("earlier", "question", "meant"),
    [
        (turn("Who is the regional governor?", "Oleh Syniehubov", GOVERNOR), "What did he say?",
         "What did Oleh Syniehubov, the regional governor, say?"),
        (turn("who is kuleba", "foreign minister", PIZZA), "what did he eat?", "What did Dmytro Kuleba eat?"),
        (turn("Who did Blinken meet?", "Dmytro Kuleba", PIZZA), "What did they eat?", "What did Blinken and Dmytro Kuleba eat?"),
        (turn("How much is the aid package?", "$60bn", AID), "Who signed it?", "Who signed the aid package?"),
        (turn("Who signed the aid package?", "Joe Biden", AID), "Why did he do it?", "Why did Joe Biden do the aid package?"),
        (turn("What does the ministry want?", "more shells"), "What are its reasons?", "What are the ministry's reasons?"),
        (turn("What does the ministry want?", "peace"), "Why do they want it?", "Why does the ministry want peace?"),
        (turn("How many people were injured in the strike?", "at least 15", STRIKE), "Were there children among them?",
         "Were there children among the people injured in the strike?"),
        (turn("Where did Blinken speak?", "in Kyiv", PIZZA), "Who else went there?", "Who else went to Kyiv?"),
        (turn("What is Chasiv Yar?", "a stronghold"), "How far from Kharkiv is it?", "How far from Kharkiv is Chasiv Yar?"),
    ],
)  # fmt: skip
def test_a_pronoun_gives_way_to_what_it_stands_for(earlier: Turn, question: str, meant: str):
    assert not stands_alone(question)
    assert rewrite(question, [earlier]) == meant


@pytest.mark.parametrize(
    ("earlier", "question", "meant"),
    [
        (turn("What will France deliver?", "extra military aid"), "When?", "When will France deliver extra military aid?"),
        (turn("Who signed the aid package?", "Joe Biden", AID), "and when was that?", "When did Joe Biden sign the aid package?"),
        (turn("Who edits the paper?", "Jo Hill"), "Since when?", "Since when does Jo Hill edit the paper?"),
        (turn("How many people were injured?", "at least 15", STRIKE), "How did that happen?",
         "How were at least 15 people injured?"),
        (turn("Did Russia capture the village?", "six"), "Why?", "Why did Russia capture the village?"),
        (turn("Where was Braddock beaten?", "Monongahela"), "When?", "When was Braddock beaten?"),
        (turn("How many troops are involved?", "up to 30,000", TROOPS), "And how many on the border?",
         "How many troops are on the border?"),
        (turn("How many troops does Ukraine have?", "30,000"), "What about Russia?", "How many troops does Russia have?"),
        (turn("How many troops does Ukraine have?", "30,000"), "And Russia?", "How many troops does Russia have?"),
        (turn("How many people died in 2019?", "5"), "And in 2020?", "How many people died in 2020?"),
        (turn("How many settlers did the French colonies have?", "60,000"), "What about the British colonies?",
         "How many settlers did the British colonies have?"),
        (turn("Which papers did Murdoch own?", "The Sun"), "What else?", "What other papers did Murdoch own?"),
    ],
)  # fmt: skip
def test_what_a_question_leaves_out_comes_from_the_last_one(earlier: Turn, question: str, meant: str):
    assert not stands_alone(question)
    assert rewrite(question, [earlier]) == meant


def test_who_said_that_names_what_was_said_and_not_who():
    earlier = turn("How many troops are involved?", "up to 30,000", TROOPS, speaker="Ukraine")
    meant = "Who said that up to 30,000 Russian troops were involved on the attack on Kharkiv Oblast?"
    assert rewrite("Who said that?", [earlier]) == meant


def test_the_newest_topic_wins_and_an_old_one_does_not_come_back():
    turns = [turn("Who is Rustem Umerov?", "Defence Minister"), turn("Who is Jake Sullivan?", "national security adviser")]
    assert all("Umerov" not in reading for reading in readings("What did he say?", turns))


def test_a_topic_more_than_six_turns_old_is_forgotten():
    turns = [turn("Who is Rustem Umerov?", "Defence Minister"), *[turn("How many troops?", "30,000")] * 6]
    assert "Umerov" not in rewrite("What did he say?", turns)


def test_a_rewritten_question_hands_its_topic_on():
    turns = [turn("Who signed it?", "Joe Biden", AID, searched_for="Who signed the aid package?")]
    assert rewrite("Who had blocked it?", turns) == "Who had blocked the aid package?"


def test_a_man_is_not_meant_by_she():
    assert "Blinken" not in rewrite("What did she say?", [turn("Who met Mr Blinken?", "the minister")])


def test_without_history_nothing_changes():
    assert readings("What did he say?", []) == ("What did he say?",)


def test_the_surer_reading_answers_and_is_told():
    odds = {"What did Blinken do?": 0.2, "What did Dmytro Kuleba do?": 0.9}

    def ask(question: str) -> Answer:
        sure = odds.get(question, 0.0)
        return Answer(question, sure > 0.3, Kind.SPAN, "talks", sure)

    answer = understood("What did he do?", [turn("Who did Blinken meet?", "Dmytro Kuleba", PIZZA)], ask)
    assert (answer.question, answer.text, answer.answered) == ("What did he do?", "talks", True)
    assert answer.searched_for in odds


def test_a_sure_first_reading_is_the_only_one_asked():
    asked: list[str] = []

    def ask(question: str) -> Answer:
        asked.append(question)
        return Answer(question, True, Kind.SPAN, "talks", 0.9)

    understood("What did he do?", [turn("Who did Blinken meet?", "Dmytro Kuleba", PIZZA)], ask)
    assert len(asked) == 1


def test_the_first_reading_is_told_when_none_is_answered():
    def ask(question: str) -> Answer:
        return Answer(question, False, Kind.NOT_STATED, "", 0.1 if "Blinken" in question else 0.3)

    turns = [turn("Who did Blinken meet?", "Dmytro Kuleba", PIZZA)]
    answer = understood("What did he do?", turns, ask)
    assert answer.searched_for == rewrite("What did he do?", turns)


def test_a_question_that_stands_alone_is_asked_as_it_is():
    answer = understood("How many troops?", [turn("Who is he?", None)], lambda q: Answer(q, False, Kind.NOT_STATED, "", 0.0))
    assert answer.searched_for is None


words = st.sampled_from(
    ["who", "what", "when", "why", "how many", "did", "was", "the", "a", "he", "it", "they", "there", "that", "his", "and",
     "Kharkiv", "Blinken", "strike", "said", "of", "?", ",", "’s", "$60bn", "what about", "else"]
)
texts = st.lists(words, max_size=12).map(" ".join)


@given(texts | st.text(max_size=60), texts | st.text(max_size=60), texts | st.text(max_size=60))
def test_any_question_after_any_turn_has_a_reading(question: str, earlier: str, said: str):
    found = readings(question, [turn(earlier, said, said)])
    assert 1 <= len(found) <= 2
    assert found[0] or not question
