from hypothesis import given
from hypothesis import strategies as st

from index.passages import LONGEST, group
from index.sentences import Sentence, split
from index.sources import sample


@st.composite
def sentences(draw) -> list[Sentence]:
    made, at, paragraph = [], 0, 0
    for length, ends in draw(st.lists(st.tuples(st.integers(1, 900), st.booleans()), max_size=40)):
        made.append(Sentence(at, at + length, paragraph))
        at += length + 1
        paragraph += ends
    return made


@given(sentences())
def test_every_sentence_is_in_exactly_one_passage_in_order(given_: list[Sentence]):
    covered = [i for passage in group(given_) for i in range(passage.first, passage.last)]
    assert covered == list(range(len(given_)))


@given(sentences())
def test_a_passage_spans_its_sentences_and_stays_in_one_paragraph(given_: list[Sentence]):
    for passage in group(given_):
        members = given_[passage.first : passage.last]
        assert (passage.start, passage.end) == (members[0].start, members[-1].end)
        assert len({member.paragraph for member in members}) == 1


@given(sentences())
def test_a_passage_is_short_unless_it_is_one_long_sentence(given_: list[Sentence]):
    for passage in group(given_):
        assert passage.end - passage.start <= LONGEST or passage.last - passage.first == 1


def test_a_paragraph_a_little_too_long_becomes_two_halves():
    passages = group([Sentence(i * 100, i * 100 + 99, 0) for i in range(8)])
    assert [passage.last - passage.first for passage in passages] == [4, 4]


def test_short_paragraphs_of_the_sample_article_stay_whole():
    text = sample().text
    found = group(split(text))
    assert any(text[p.start : p.end].startswith("“We understand the enemy") and p.last - p.first == 3 for p in found)
