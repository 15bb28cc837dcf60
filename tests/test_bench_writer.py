"""The scoring of `bench.writer`, without models."""

import pytest

from bench.article import Question
from bench.writer import Asked, foreign, lines, main, score
from bot.answer import Answer, Citation, Claim, Flag, Kind, Problem, Written

ARTICLE = "Up to 30,000 Russian troops took six villages, General Kyrylo Budanov said in Kyiv. It cost $60bn."
QUESTION = Question("How many troops?", ("30,000",), "30,000 Russian troops")
FLAG = Flag(Problem.NUMBER, 0, 2, "“90” is not in the sentences cited.")


def asked(*claims: Claim, refused: bool = False, failure: str | None = None, first: float | None = 2.0) -> Asked:
    cited = Citation(1, "a", "t", "o", 0, 10, "Up to 30,000.", 0.9, 0, 10)
    extracted = Answer(QUESTION.text, True, Kind.SPAN, "30,000", 0.9, (cited,))
    return Asked(QUESTION, extracted, Written(claims, "small", refused, failure), 0.1, first, 3.0)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("Some 30 000 troops took 6 villages.", []),
        ("About thirty thousand troops came, Budanov’s office said.", []),
        ("Some 300,000 troops came.", ["300,000"]),
        ("It cost $60m.", ["$60m"]),
        ("It cost 60 billion dollars.", []),
        ("Then General Zelensky left Paris.", ["Zelensky", "Paris"]),
        ("Troops left.", []),
    ],
)
def test_a_figure_or_name_that_the_article_lacks_is_foreign(text, wrong):
    assert foreign(text, ARTICLE) == wrong


def test_wrong_sentences_are_counted_and_so_are_those_without_a_flag():
    right, flagged = Claim("Some 30,000 came.", (1,)), Claim("Some 90 came.", (1,), (FLAG,))
    missed, doubted = Claim("Some 80 came.", (1,)), Claim("Six villages fell.", (1,), (FLAG,))
    run = [asked(right, flagged, missed), asked(doubted, failure="It broke off."), asked(refused=True, first=None)]
    found = score(run, ARTICLE)
    assert (found["sentences"], found["foreign_figure_or_name"], found["of_these_unflagged"]) == (4, 2, 1)
    assert (found["others"], found["of_these_flagged"]) == (2, 1)
    assert (found["questions"], found["refused"], found["failed"]) == (3, 1, 1)
    assert (found["extracted_p50_s"], found["first_word_p50_s"], found["whole_p50_s"]) == (0.1, 2.0, 3.0)


def test_each_sentence_is_printed_with_its_flags_and_sources():
    told = "\n".join(lines(asked(Claim("Some 90 came.", (1,), (FLAG,)), failure="It broke off."), ARTICLE))
    for part in ("wanted: 30,000", "It broke off.", "flagged, foreign: 90: Some 90 came.", "flag number", "cites Up to 30,000."):
        assert part in told


def test_without_a_model_there_is_nothing_to_measure(tmp_path, capsys):
    (tmp_path / "q.jsonl").write_text('{"question": "Who?", "answerable": false, "answers": []}\n')
    assert main(["--questions", str(tmp_path / "q.jsonl"), "--llm", "none"]) == 1
    assert "without a language model" in capsys.readouterr().err
