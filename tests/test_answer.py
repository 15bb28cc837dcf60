from bot.answer import Answer, Claim, Flag, Kind, Problem, Written

FLAG = Flag(Problem.NUMBER, 0, 7, "“300,000” is not in the sentences cited.")


def test_a_claim_is_grounded_if_nothing_is_flagged():
    assert Claim("Up to 30,000 troops.", (1,)).grounded
    assert not Claim("300,000 troops.", (1,), (FLAG,)).grounded


def test_a_flag_is_told_with_the_words_that_it_is_about():
    assert Claim("300,000 troops.", (1,), (FLAG,)).to_json() == {
        "text": "300,000 troops.",
        "cited": [1],
        "flags": [{"problem": "number", "text": "300,000", "note": FLAG.note}],
    }


def test_an_answer_without_a_written_one_says_so():
    answer = Answer("q", True, Kind.SPAN, "a", 0.9)
    assert answer.to_json()["written"] is None


def test_what_was_written_is_part_of_the_answer():
    written = Written((Claim("It rained.", (2,)),), "a model", failure="The model stopped answering.")
    assert Answer("q", True, Kind.SPAN, "a", 0.9, written=written).to_json()["written"] == {
        "model": "a model",
        "refused": False,
        "failure": "The model stopped answering.",
        "claims": [{"text": "It rained.", "cited": [2], "flags": []}],
    }
