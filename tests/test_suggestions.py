"""Questions made from the sample article, with the real reader, and the templates by themselves."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from bot.answer import Answer, Kind
from bot.author import Author
from bot.engine import Engine
from bot.questions import LONG, TEMPLATES, thing, what_is, what_said
from bot.suggestions import CENTRAL, LONGEST, SURE, Proposal, follow_ups, further, is_good, suggest
from index.embedder import Embedder
from index.library import Library
from index.sources import read_text
from tests.scripted_server import Conduct, Silence, says, serving, status, then_reset

PATIENT = 60.0  # seconds: a busy machine must not decide a test


def made_from(text: str, embedder: Embedder) -> str | None:
    """The question that the templates, without the one for what somebody says, make of the first sentence of a text."""
    with Library.temporary(embedder) as library:
        stored = library.add(read_text(text)).article
        sentences = library.sentences(stored.id)
        made = [template(stored.text, sentences, 0) for template in TEMPLATES[:-1]]
    return next((found[0] for found in made if found), None)


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Some 40 ships were damaged in the port.", "How many ships were damaged?"),
        ("Russian troops have captured at least six villages.", "How many villages have Russian troops captured?"),
        ("Biden signed a $60bn aid package for Ukraine.", "How much is the aid package worth?"),
        ("An iPad edition was launched in December 2010.", "When was the iPad edition launched?"),
        ("Rescuers came, Oleh Syniehubov, the regional governor, added.", "Who is Oleh Syniehubov?"),
        ("In 1842 the envoy met governor Thomas Carlin Hale.", "Who was Thomas Carlin Hale?"),
        ("In 1746, Johnson was made a colonel of the Iroquois.", "When was Johnson made a colonel of the Iroquois?"),
        ("Ada Byron Lane (10 December 1815 – 1852) was a writer.", "When was Ada Byron Lane born?"),
        ("In 1862, the Tesla family moved to Vienna.", "When did the Tesla family move to Vienna?"),
        ("Bremen Airport opened in 1913.", "When did Bremen Airport open?"),
        ("Greece joined the eurozone on 1 January 2001. He likes Greece.", "When did Greece join the eurozone?"),
        ("In 2008, TCM won a Peabody Award for the best of its many films.", "What did TCM win in 2008?"),
        ("The Logan Center was designed by Tod Williams.", "Who designed the Logan Center?"),
        ("Joseph Wright invented the Dialect Test.", "Who invented the Dialect Test?"),
        ("The Erie Canal was closed because of floods.", "Why was the Erie Canal closed?"),
        ("Houston is the most populous city in Texas. He likes Houston.", "What is the most populous city in Texas?"),
        ("The Manhattanville Depot is located in West Harlem.", "Where is the Manhattanville Depot located?"),
        ("There are 56 cinemas in New Haven.", "How many cinemas are there in New Haven?"),
        ("The Army comprises three brigades and a staff.", "How many brigades does the Army comprise?"),
        ("The Alps are split into five climatic zones.", "How many climatic zones are the Alps split into?"),
        ("About 83% of Kenyans are members of a church.", "What percentage of Kenyans are members of a church?"),
        ("Over 10% of Swedish pupils were enrolled in private schools in 2008.",
         "What percentage of Swedish pupils were enrolled in private schools in 2008?"),
        ("New Haven has a population of 129,779.", "What is the population of New Haven?"),
        ("Lake Baikal covers 31,722 km2.", "How large an area does Lake Baikal cover?"),
        ("Zinc is an element of some use. We need zinc, buy zinc and eat zinc.", "What is zinc?"),
        ("A glacier is a body of old ice. The glacier, a glacier, some glacier.", "What is a glacier?"),
        ("The Bosporan Kingdom was a Greek kingdom. The Bosporan Kingdom fell, the Bosporan Kingdom.",
         "What was the Bosporan Kingdom?"),
    ],
)
def test_a_sentence_of_a_known_form_gives_a_whole_question(text: str, question: str, embedder: Embedder):
    assert made_from(text, embedder) == question


@pytest.mark.parametrize(
    "text",
    [
        "Thousands of residents were forced to flee.",
        "It has captured six villages.",
        "He was born in 1950.",
        "The rain stopped.",
        "The second edition was published in 1999.",  # of what?
        "The company opened an office in 1999.",
        "Greece refused in 1940.",  # what?
        "A portion of Grainger Town was demolished in the 1960s.",  # which?
        "Activities include painting and swimming.",
        "The ice cover is the main habitat of seals. The ice cover grows, and the ice cover melts.",
        "In 1903, Harvard Stadium introduced a new era into football.",
        "The Harvard Art Museums comprises three museums.",
        "There are two smaller colleges in Newcastle.",
        "Temujin served Dai Setsen, the head of the new household, until he was 12.",
        "Many Greeks were expelled in 1922.",
        "Fewer lived in New Orleans.",
        "The Austrian empire was governed by a council in 1820.",  # for how long?
        "Pope Leo was used to reformers and heretics.",
        "Santa Monica is one of the most environmentally activist municipalities in the nation.",
        "The Greek Merchant Navy is the largest in the world.",
        "Serbia was created by the Serbian Revolution.",
        "Sweden is known for this model of schools.",
        "Thermodynamics is based on four laws.",  # a name, or a noun that opens the sentence?
        "The Vienna Congress was held in 120 BC.",
    ],
)
def test_a_sentence_that_would_give_a_vague_question_gives_none(text: str, embedder: Embedder):
    assert made_from(text, embedder) is None


def test_a_sum_that_is_told_of_several_things_is_not_asked_for(embedder: Embedder):
    assert made_from("He refused a $5m grant. He took a $9m grant.", embedder) is None


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Approximately 1,000 British soldiers were killed.", "How many British soldiers were killed?"),
        ("The team signed him to a $4m contract.", "How much is the contract worth?"),
    ],
)
def test_which_soldiers_or_contract_is_clear_only_in_an_article_of_one_event(text: str, question: str, embedder: Embedder):
    assert made_from(text, embedder) == question
    assert made_from(text + " It rained." * LONG, embedder) is None


@pytest.mark.parametrize(("verb", "question"), [("said", "What did Robert Lawrence say?"), ("argued", None)])
def test_only_what_is_said_or_told_is_asked_for_as_such(verb: str, question: str | None, embedder: Embedder):
    text = f"Robert Lawrence {verb} that machines had replaced the workers."
    with Library.temporary(embedder) as library:
        stored = library.add(read_text(text)).article
        made = what_said(stored.text, library.sentences(stored.id), 0)
    assert (made and made[0]) == question


def test_a_definition_is_answered_with_its_beginning(embedder: Embedder):
    text = "Killer cells are a sub-group of cells that kill other cells of the body that are infected with viruses."
    known = "All killer cells and most killer cells."
    with Library.temporary(embedder) as library:
        stored = library.add(read_text(f"{text} {known}")).article
        made = what_is(stored.text, library.sentences(stored.id), 0)
    assert made == ("What are killer cells?", "a sub-group of cells that kill other cells")


def test_a_count_of_what_happened_often_is_not_asked_for(embedder: Embedder):
    text = "Some 40 ships were damaged. In May 12 boats were damaged. In June a pier was damaged."
    assert made_from(text, embedder) is None


def test_headings_and_captions_give_no_question(engine: Engine, embedder: Embedder):
    with Library.temporary(embedder) as library:
        text = "The Logan Center was designed by Tod Williams\n\nThe Eiffel Tower was designed by Stephen Sauvestre."
        article = library.add(read_text(text)).article.id
        assert suggest(Engine(library, engine.reader), article, budget=PATIENT) == ["Who designed the Eiffel Tower?"]


@pytest.mark.parametrize(
    ("phrase", "text", "inner"),
    [
        ("The Apollo program", "", "the Apollo program"),
        ("Chloroplasts", "Some chloroplasts are green, other chloroplasts and more chloroplasts are not.", "chloroplasts"),
        ("Luther", "It was said that Luther left.", "Luther"),
        ("Private schools in Australia", "All private schools, most private schools.", "private schools in Australia"),
        ("The company", "The company. The company. The company.", None),
        ("Credit Suisse", "a credit to all", "Credit Suisse"),
        ("Many Greeks", "", None),
        ("Both the man", "", None),
    ],
)
def test_what_opens_a_sentence_is_written_as_within_one(phrase: str, text: str, inner: str | None):
    assert thing(phrase, f"{phrase} {text}") == inner


def test_what_is_suggested_is_surely_answered(engine: Engine):
    article = engine.library.ids()[0]
    questions = suggest(engine, article, budget=PATIENT)
    assert len(questions) == len(set(questions)) == 4
    answers = [engine.ask(question, articles=[article]) for question in questions]
    assert all(answer.answered and answer.confidence >= SURE for answer in answers)
    assert len({answer.citations[0].start for answer in answers}) == 4


def test_without_time_nothing_is_suggested(engine: Engine):
    assert suggest(engine, engine.library.ids()[0], budget=-1.0) == []


def test_a_further_question_is_a_new_one(engine: Engine):
    answer = engine.ask("How many villages have Russian troops captured?")
    first = follow_ups(engine, answer, budget=PATIENT)
    assert first
    assert answer.question not in first
    again = follow_ups(engine, answer, asked=first, budget=PATIENT)
    assert not set(first) & set(again)


def test_where_the_article_does_not_say_nothing_follows(engine: Engine):
    assert follow_ups(engine, Answer("Who?", False, Kind.NOT_STATED, "The article does not say.", 0.1)) == []


def test_an_answer_from_elsewhere_or_with_other_words_is_not_good(engine: Engine):
    article = engine.library.ids()[0]
    answer = engine.ask("How many villages have Russian troops captured?")
    sentences = engine.library.sentences(article)
    cited = next(s for s in sentences if s.start == answer.citations[0].start)
    assert is_good(answer, Proposal(answer.question, cited, "six"))
    assert not is_good(answer, Proposal(answer.question, cited, "seven"))
    assert not is_good(answer, Proposal(answer.question, sentences[0], "six"))
    assert not is_good(replace(answer, confidence=SURE / 2), Proposal(answer.question, cited, "six"))


def test_suggestions_are_single_questions(engine: Engine):
    for question in suggest(engine, engine.library.ids()[0], n=8, budget=PATIENT):
        assert re.fullmatch(r"[A-Z][^?\n“”\"]+\?", question)


# Further questions, proposed by a language model.


SHOWN = ["How many villages have Russian troops captured?"]
GOVERNOR = "Who is the regional governor?"


def _kept(engine: Engine, *proposed: str, n: int = 4) -> list[str]:
    found = further(engine, engine.library.ids()[0], SHOWN, lambda _: list(proposed), n)
    assert found is not None
    assert found[:1] == SHOWN
    return found[1:]


def test_what_a_model_proposes_is_shown_if_the_article_answers_it(engine: Engine):
    pizza = "What did Blinken and Kuleba hold talks over?"
    assert _kept(engine, GOVERNOR, pizza) == [GOVERNOR, pizza]
    assert _kept(engine, GOVERNOR, pizza, n=2) == [GOVERNOR]
    assert _kept(engine, GOVERNOR, n=1) == []


@pytest.mark.parametrize(
    "line",
    [
        "how many villages have Russian troops captured ?",  # shown
        "How many villages were captured?",  # the same answer
        "Who is he?",
        "What did they capture?",
        "Who is the president of Portugal?",
        "Who is Antony Kuleba?",  # a name of two
        "Why did Ukraine surrender?",
        "Which villages did Umerov sell?",
        "Who is the regonal governor?",
        "Oleh Syniehubov is the regional governor.",
        "Who is the regional governor? What did the governor say?",
        "Who is the regional governor at http://evil.example?",
        f"Who is the {'regional ' * LONGEST}governor?",
        "There is nothing to ask.",
        "?",
        "",
    ],
)
def test_what_a_model_proposes_is_not_shown(engine: Engine, line: str):
    assert _kept(engine, line) == []


def test_the_model_gets_central_sentences_and_may_decline(engine: Engine):
    article = engine.library.ids()[0]
    given: list[str] = []
    assert further(engine, article, SHOWN, given.extend) is None
    assert len(given) == CENTRAL
    assert set(given) <= {sentence.text for sentence in engine.library.sentences(article)}


@pytest.mark.parametrize("conduct", [status(500), then_reset("Who is")], ids=["fault", "reset"])
def test_a_model_that_fails_proposes_nothing(tmp_path: Path, embedder: Embedder, conduct: Conduct):
    with serving(conduct) as server:
        assert Author(tmp_path, embedder, llm=server.openai).propose(["Six villages fell."], lambda: False) is None
    assert Author(tmp_path, embedder).propose(["Six villages fell."], lambda: False) is None


def test_the_lines_of_a_model_come_without_their_marks(tmp_path: Path, embedder: Embedder):
    with serving(says("1. Who fell", "?\n\n- **How many** fell?\n", "[Link](http://evil.example)\n" * 9)) as server:
        lines = Author(tmp_path, embedder, llm=server.openai).propose(["So [1]\nit fell."], lambda: False)
    assert lines is not None
    assert lines[:2] == ["Who fell?", "How many fell?"]
    assert not any("evil" in line for line in lines)
    assert "- So ⟦1⟧ it fell." in server.asked[0].prompt.splitlines()


def test_proposing_ends_when_something_is_asked(tmp_path: Path, embedder: Embedder):
    silence = Silence("Who is")
    with serving(silence) as server:
        assert Author(tmp_path, embedder, llm=server.openai).propose(["Six fell."], lambda: bool(server.asked)) is None
        assert silence.hung_up.wait(20)
