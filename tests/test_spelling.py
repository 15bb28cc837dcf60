import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.spelling import mended
from index.sources import sample

TEXT = sample().text


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("How many troosp are involved?", "How many troops are involved?"),
        ("How many trrops are involved?", "How many troops are involved?"),
        ("how many vilages did russia capture", "how many villages did russia capture"),
        ("Who is Syniehubob?", "Who is Syniehubov?"),
        ("What did Blinkin say?", "What did Blinken say?"),
        ("Wehn was the latest strike?", "when was the latest strike?"),
        ("How large is the possibel buffer zone?", "How large is the possible buffer zone?"),
    ],
)
def test_one_slip_in_a_word_of_the_article_is_mended(typed: str, meant: str):
    assert mended(typed, [TEXT]) == meant


@pytest.mark.parametrize(
    "question",
    [
        "How many troops are involved?",
        "What is the price of oil?",  # an English word that the article does not have
        "How many people did the strike injure?",  # another form of a word that it has
        "Who is Kovalenko?",  # a name that is like none
        "How many F-16s?",
        "Сколько солдат?",
        "",
    ],
)
def test_what_is_no_slip_is_left_alone(question: str):
    assert mended(question, [TEXT]) == question


def test_a_word_that_could_be_two_others_is_left_alone():
    assert mended("the bxlls", ["bells and balls"]) == "the bxlls"


def test_typos_of_the_article_itself_are_its_words():
    assert mended("What is the assult meant for?", [TEXT]) == "What is the assult meant for?"


@given(st.text(max_size=80), st.text(max_size=200))
def test_numbers_and_punctuation_of_any_question_stay(question: str, text: str):
    kept = [ch for ch in question if not ch.isalpha()]
    assert [ch for ch in mended(question, [text]) if not ch.isalpha()] == kept
