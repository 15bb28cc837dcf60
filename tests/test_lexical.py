"""index/lexical.py: what counts as the same word."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.lexical import query_tokens, tokens


def test_numbers_survive_whole():
    assert tokens("5 dead, 3.5 miles, the 10th, in 1994") == ["5", "dead", "3.5", "mile", "the", "10th", "in", "1994"]


@pytest.mark.parametrize("separator", ["", ",", "\u00a0", "\u202f", "\u2009"])
def test_digit_groups_are_one_number(separator):
    assert tokens(separator.join(("1", "200", "000"))) == ["1200000"]


@pytest.mark.parametrize("written", ["1,2,3", "2014,15", "12,34"])
def test_lists_of_numbers_are_not_joined(written):
    assert tokens(written) == written.split(",")


@pytest.mark.parametrize("written", ["$60bn", "$60b", "$60 billion", "$60-billion"])
def test_ways_of_writing_a_sum_share_their_tokens(written):
    assert {"dollar", "60", "billion"} <= set(tokens(written))


def test_a_letter_after_a_bare_number_is_not_read_as_a_scale():
    assert tokens("60m") == ["60m"]
    assert tokens("€60m") == ["euro", "60", "million"]


def test_percent_sign_and_word_match():
    assert tokens("50%") == tokens("50 percent")


@pytest.mark.parametrize(("written", "token"), [("U.S.", "us"), ("U.S", "us"), ("D.C.", "dc"), ("p.m.", "pm")])
def test_initials_lose_their_points(written, token):
    assert tokens(f"in {written} now") == ["in", token, "now"]


def test_a_sentence_that_ends_without_a_space_does_not_join_words():
    assert tokens("The end.The next") == ["the", "end", "the", "next"]


@pytest.mark.parametrize("written", ["Obama's", "Obama’s", "OBAMA", "obama'"])
def test_possessives_and_case_do_not_matter(written):
    assert tokens(written) == ["obama"]


def test_hyphenated_words_match_their_parts_and_their_joined_form():
    assert set(tokens("F16")) < set(tokens("F-16"))
    assert set(tokens("email")) < set(tokens("e-mail"))
    assert set(tokens("based")) < set(tokens("Kyiv-based"))


def test_inflected_forms_match():
    assert tokens("captured villages") == tokens("capturing village")


@pytest.mark.parametrize(
    ("accented", "plain"), [("Élysée", "Elysee"), ("naïve", "naive"), ("STRASSE", "straße"), ("ﬁre", "fire")]
)
def test_accents_and_compatibility_forms_match(accented, plain):
    assert tokens(accented) == tokens(plain)


def test_scripts_without_spaces_give_pairs():
    assert tokens("東京都") == ["東京", "京都"]
    assert tokens("東") == ["東"]
    assert tokens("in東京now") == ["in", "東京", "now"]


def test_indic_words_keep_their_vowel_signs_and_arabic_loses_its_points():
    assert tokens("हिन्दी में") == ["हिन्दी", "में"]
    assert tokens("الجَيش") == tokens("الجيش")
    assert tokens("٣٠٠٠") == ["3000"]


def test_question_and_stop_words_are_not_searched_for():
    assert query_tokens("How many troops did the U.S. send to Kharkiv?") == ["troop", "us", "send", "kharkiv"]


def test_question_words_with_a_verb_attached_are_stop_words_too():
    assert query_tokens("Who's Budanov and what’s his rank?") == ["budanov", "rank"]


def test_a_question_of_nothing_but_stop_words_keeps_them():
    assert query_tokens("Who is it?") == ["who", "is", "it"]


def test_a_repeated_word_is_searched_for_once():
    assert query_tokens("Kharkiv, Kharkiv's") == ["kharkiv"]


@pytest.mark.parametrize("empty", ["", "  \n", "?!", "'s", "“”"])
def test_text_without_words_is_harmless(empty):
    assert query_tokens(empty) == tokens(empty)


ALPHABET = st.one_of(st.characters(), st.sampled_from("aB9 .,'’\"-$%€_東京ไทयी\u00a0\u202f\u0301"))


@given(st.text(ALPHABET))
def test_tokens_hold_no_white_space_no_quotes_and_one_case(text):
    for token in tokens(text):
        assert token
        assert not re.search(r"[\s\"'’$€£¥%_-]", token)
        assert token == token.casefold()
        assert "." not in token or re.fullmatch(r"\d+(\.\d+)+\w*", token)


@given(st.text(ALPHABET))
def test_query_tokens_are_distinct_tokens_of_the_text(text):
    asked = query_tokens(text)
    assert len(asked) == len(set(asked))
    assert set(asked) <= set(tokens(text))
    assert bool(asked) == bool(tokens(text))
