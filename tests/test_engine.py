import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.answer import Answer, Kind, Turn
from bot.engine import LONGEST_QUESTION, Engine, QuestionRefused
from index.embedder import Embedder
from index.errors import ArticleMissing
from index.library import Library
from index.sources import read_text, sample

ELECTION = """Harbour town elects its first woman mayor

Maria Lindqvist won Sunday's mayoral election in Östervik with 54% of the vote, officials said.

She promised to rebuild the old harbour by 2031 at a cost of €12.5m."""


def is_grounded(answer: Answer, library: Library) -> bool:
    return all(library.article(c.article).text[c.start : c.end] == c.text for c in answer.citations)


def test_the_sentence_that_answers_is_cited_with_its_offsets(engine: Engine):
    answer = engine.ask("How many troops are involved?")
    assert answer.answered
    assert "30,000" in answer.text
    assert "up to 30,000 Russian troops were involved" in answer.citations[0].text
    assert is_grounded(answer, engine.library)
    assert answer.searched_for is None
    assert answer.ms > 0


def test_one_to_three_citations_numbered_from_one_with_relevance_falling(engine: Engine):
    for question in ("Who is Kyrylo Budanov?", "What did Blinken say?", "What has Russia hit since March?"):
        citations = engine.ask(question).citations
        assert [c.n for c in citations] == list(range(1, len(citations) + 1))
        assert 1 <= len(citations) <= 3
        assert len({(c.article, c.start) for c in citations}) == len(citations)
        assert all(0 <= c.relevance <= 1 for c in citations)


def test_the_passage_around_a_citation_holds_it(engine: Engine):
    for citation in engine.ask("Who did Blinken hold talks with?").citations:
        assert citation.passage_start <= citation.start < citation.end <= citation.passage_end


def test_what_the_article_does_not_hold_is_not_answered_and_the_nearest_sentences_are_offered(engine: Engine):
    answer = engine.ask("Which chess opening did the grandmaster prefer in the final?")
    assert not answer.answered
    assert answer.kind is Kind.NOT_STATED
    assert answer.text == "The article does not say."
    assert answer.citations
    assert is_grounded(answer, engine.library)


def test_a_slip_in_the_question_is_mended_and_the_mended_question_is_told(engine: Engine):
    answer = engine.ask("How many vilages did Russia capture?")
    assert "six" in answer.text
    assert answer.question == "How many vilages did Russia capture?"
    assert answer.searched_for == "How many villages did Russia capture?"


def test_a_question_searched_for_as_typed_is_neither_mended_nor_read_as_another(engine: Engine):
    first = engine.ask("How many troops are involved?")
    history = [Turn(first.question, first)]
    for typed in ("How many vilages did Russia capture?", "And how many on the border?"):
        assert engine.ask(typed, history).searched_for is not None
        answer = engine.ask(typed, history, as_typed=True)
        assert (answer.question, answer.searched_for) == (typed, None)


def test_a_broad_request_gets_central_sentences_in_article_order(engine: Engine):
    answer = engine.ask("What is this about?")
    assert answer.kind is Kind.SUMMARY
    assert [c.start for c in answer.citations] == sorted(c.start for c in answer.citations)
    assert is_grounded(answer, engine.library)


@pytest.mark.parametrize("question", ["", "   \n\t ", "???", "\u200b", "…!"])
def test_a_question_without_words_is_refused_with_a_sentence(engine: Engine, question: str):
    with pytest.raises(QuestionRefused, match="no question"):
        engine.ask(question)


def test_a_question_of_100_000_characters_is_refused_with_the_limit(engine: Engine):
    with pytest.raises(QuestionRefused, match=f"100,000 characters; up to {LONGEST_QUESTION:,}"):
        engine.ask("x" * 100_000)


@pytest.mark.parametrize(
    "question", ["Сколько российских солдат участвует?", "有多少军队参与？", "كم عدد القوات؟", "🤷 how many? 🤷"]
)
def test_a_question_in_another_script_gets_an_answer_or_the_nearest_sentences(engine: Engine, question: str):
    answer = engine.ask(question)
    assert answer.text
    assert is_grounded(answer, engine.library)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=200))
def test_any_question_gets_a_grounded_answer_or_a_sentence(engine: Engine, question: str):
    try:
        answer = engine.ask(question)
    except QuestionRefused as error:
        assert str(error).endswith(("?", "."))
    else:
        assert is_grounded(answer, engine.library)


def test_the_same_question_gives_the_same_answer_from_many_threads(engine: Engine):
    questions = ["How many troops are involved?", "Who is Jake Sullivan?", "What will France deliver?"] * 4
    with ThreadPoolExecutor(4) as pool:
        answers = [replace(a, ms=0.0) for a in pool.map(engine.ask, questions)]
    for question, answer in zip(questions, answers, strict=True):
        assert answer == replace(engine.ask(question), ms=0.0)


def test_a_question_is_put_to_the_chosen_articles_only(embedder: Embedder):
    with Library.temporary(embedder) as library:
        first, second = (library.add(a).article for a in (sample(), read_text(ELECTION, origin="election.txt")))
        engine = Engine(library)
        everywhere = engine.ask("Who won the mayoral election in Östervik?")
        assert everywhere.citations[0].article == second.id
        assert everywhere.citations[0].origin == "election.txt"
        here = engine.ask("Who won the mayoral election in Östervik?", articles=[first.id])
        assert all(c.article == first.id for c in here.citations)
        with pytest.raises(ArticleMissing):
            engine.ask("Who won?", articles=["987654"])


def test_without_an_article_the_user_is_told_so(embedder: Embedder):
    with Library.temporary(embedder) as library, pytest.raises(QuestionRefused, match="no article"):
        Engine(library).ask("How many?")


def test_it_is_a_llama_index_query_engine(engine: Engine):
    response = engine.query("How many troops are involved?")
    assert "30,000" in str(response)
    node = response.source_nodes[0]
    text = engine.library.articles()[0].text
    assert text[node.node.start_char_idx : node.node.end_char_idx] == node.node.get_content()
    assert asyncio.run(engine.aquery("How many troops are involved?")).response == response.response


def test_articles_that_give_different_figures_are_all_heard_each_with_its_name(embedder: Embedder):
    with Library.temporary(embedder) as library:
        ids = []
        for n, title in (("nine", "Morning News"), ("six", "Evening News")):
            article = read_text(f"Villages lost\n\nRussian troops captured {n} villages, officials said.", title)
            ids.append(library.add(article).article.id)
        engine = Engine(library)
        answer = engine.ask("How many villages did Russian troops capture?", articles=ids)
        assert answer.kind is Kind.DIFFERING
        assert "nine (Morning News)" in answer.text
        assert "six (Evening News)" in answer.text
        assert {citation.title for citation in answer.citations} == {"Morning News", "Evening News"}
        assert is_grounded(answer, library)


def test_articles_that_agree_on_a_figure_give_one_answer(embedder: Embedder):
    with Library.temporary(embedder) as library:
        for text in ("Troops lost 9 villages, officials said.", "Officials said that the troops lost nine villages."):
            library.add(read_text(f"Villages lost\n\n{text}"))
        answer = Engine(library).ask("How many villages did the troops lose?")
        assert answer.kind is Kind.SPAN
        assert "(" not in answer.text


def test_a_citation_tells_the_page_of_an_article_that_has_pages(embedder: Embedder):
    text = "The mayor is Maria Lindqvist.\n\nThe harbour cost twelve million euros."
    with Library.temporary(embedder) as library:
        library.add(replace(read_text(text), pages=(0, text.index("The harbour"))))
        engine = Engine(library)
        assert engine.ask("Who is the mayor?").citations[0].page == 1
        assert engine.ask("How much did the harbour cost?").citations[0].page == 2


def test_a_follow_up_is_read_as_what_it_stands_for_and_the_answer_tells_how(engine: Engine):
    first = engine.ask("What will France deliver?")
    answer = engine.ask("When?", history=[Turn("What will France deliver?", first)])
    assert "coming days and weeks" in answer.text
    assert answer.question == "When?"
    assert answer.searched_for is not None
    assert "France" in answer.searched_for


def test_a_question_that_stands_alone_gets_the_same_answer_after_other_questions(engine: Engine):
    turns = [Turn(q, engine.ask(q)) for q in ("Who is Jake Sullivan?", "How many villages did Russia capture?")]
    question = "What will France deliver?"
    assert replace(engine.ask(question, history=turns), ms=0.0) == replace(engine.ask(question), ms=0.0)
