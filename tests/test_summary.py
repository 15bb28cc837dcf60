import pytest

from bot.summary import central, is_broad
from index.library import Library


@pytest.mark.parametrize(
    "question",
    [
        "What is this about?",
        "what's this article about",
        "What is it about?",
        "what is the text about?",
        "Summarise the article.",
        "summarize",
        "Summary please",
        "TL;DR",
        "Can you summarise this for me?",
        "Give me a short summary of the article",
        "What are the main points?",
        "key takeaways",
        "What happened?",
        "What’s going on here?",
        "Give me the gist",
        "What does the article say?",
        "Please sum up this story",
        "Summarise the article in three sentences",
    ],
)
def test_a_request_for_the_whole_is_broad(question: str):
    assert is_broad(question)


@pytest.mark.parametrize(
    "question",
    [
        "What is the speech about?",
        "What is the aid package about?",
        "What happened on Tuesday?",
        "What did Budanov say?",
        "What is the main aim of the assault?",
        "Who wrote the summary of the talks?",
        "How many troops are involved?",
        "What is going on in Sumy?",
        "What does the colonel say?",
        "Tell me about Chasiv Yar",
        "What happened to the apartment block?",
    ],
)
def test_a_question_about_something_in_the_article_is_not(question: str):
    assert not is_broad(question)


def test_central_sentences_are_whole_and_in_article_order_and_differ(library: Library):
    units = library.sentences(library.articles()[0].id)
    found = [unit for unit, _ in central(units, library.vectors([u.id for u in units]))]
    assert len(found) == 3
    assert [u.start for u in found] == sorted(u.start for u in found)
    assert len({u.text for u in found}) == 3
    assert all(len(u.text.split()) >= 8 for u in found)
    assert "Kharkiv" in " ".join(u.text for u in found)


def test_an_article_of_one_short_sentence_is_its_own_summary(library: Library):
    units = library.sentences(library.articles()[0].id)[:1]
    assert [u for u, _ in central(units, library.vectors([u.id for u in units]))] == units
    assert central([], library.vectors([])) == []
