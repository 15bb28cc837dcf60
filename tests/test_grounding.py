"""Each check on sentences that a model might write; no model runs but the reader's and the embedder, in the last tests."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answer import Citation, Claim, Problem
from bot.grounding import LONGEST, Grounder, support
from bot.grounding.attribution import attribution
from bot.grounding.checks import dates, numbers, quotations
from bot.grounding.entailment import Entailment
from bot.grounding.names import names
from bot.grounding.reread import reread
from bot.grounding.words import parsed
from bot.spans import SpanScorer
from index.embedder import default_weights
from index.errors import ModelMissing
from tests.doubles import HashEmbedder


def source(text, n=1, speaker=None, date=None, start=0):
    return Citation(n, "a", "A title", "a test", start, start + len(text), text, 0.9, 0, 10_000, date=date, speaker=speaker)


UP_TO = source(
    "Ukraine said up to 30,000 Russian troops were involved on the attack on Kharkiv Oblast, with around 50,000 amassed on the"
    " border.",
    1,
    "Ukraine",
)
SIGNED = source(
    "Last month, Joe Biden signed a $60bn aid package for Ukraine after months of blocking by Donald Trump-supporting parts of"
    " the Republican party.",
    2,
)
STRIKE = source(
    "A strike hit a high-rise residential building on Tuesday, injuring at least 15 people, including two children.", 3
)
BUFFER = source("The assault may create a buffer zone of around 15 kilometres, half of it in Ukraine.", 4)
SOURCES = [UP_TO, SIGNED, STRIKE, BUFFER]


def flagged(check, claim, *cited, **more):
    """The words that a check flags."""
    return [claim[flag.start : flag.end] for flag in check(parsed(claim), cited, **more)]


# numbers


@pytest.mark.parametrize(
    ("claim", "cited"),
    [
        ("Up to thirty thousand troops.", UP_TO),
        ("As many as 30 000 troops.", UP_TO),
        ("A package of $60 billion.", SIGNED),
        ("A package of 60bn.", SIGNED),
        ("At least fifteen people.", STRIKE),
        ("A zone of 15 km.", BUFFER),
        ("Half of the zone.", BUFFER),
        ("2 children were hurt.", STRIKE),
    ],
)
def test_a_figure_may_be_spelt_otherwise(claim, cited):
    assert flagged(numbers, claim, cited) == []


@pytest.mark.parametrize(
    ("claim", "cited", "found"),
    [
        ("Up to 300,000 troops.", UP_TO, ["300,000"]),
        ("Up to 30,001 troops.", UP_TO, ["30,001"]),
        ("A package of $60m.", SIGNED, ["$60m"]),
        ("A package of €60bn.", SIGNED, ["€60bn"]),
        ("A zone of 15 miles.", BUFFER, ["15 miles"]),
        ("Thousands of troops.", UP_TO, ["Thousands"]),
        ("Half of them.", UP_TO, ["Half"]),
    ],
)
def test_another_value_magnitude_or_unit_is_flagged(claim, cited, found):
    assert flagged(numbers, claim, cited) == found


@pytest.mark.parametrize("claim", ["30,000 troops.", "At least 30,000 troops.", "More than 30,000 troops."])
def test_a_limit_is_kept(claim):
    assert flagged(numbers, claim, UP_TO) == ["30,000"]


def test_more_than_may_become_at_least():
    assert flagged(numbers, "At least 40 died.", source("More than 40 died.")) == []
    assert flagged(numbers, "More than 40 died.", source("At least 40 died.")) == ["40"]


def test_a_number_may_count_what_the_claim_itself_lists():
    held = source("The Mi'kmaq and the Abenaki still held sway in parts of Nova Scotia.")
    assert flagged(numbers, "The Mi'kmaq and the Abenaki were the two tribes that held parts of it.", held) == []
    assert flagged(numbers, "The Mi'kmaq and the Abenaki were two of three tribes that held parts of it.", held) == ["three"]
    assert flagged(numbers, "The Mi'kmaq were the two tribes that held parts of it.", held) == ["two"]


# dates


@pytest.mark.parametrize("claim", ["On Tuesday.", "In May 2024.", "On 14 May.", "On May 14, 2024.", "In 2024."])
def test_a_date_may_be_less_exact(claim):
    assert flagged(dates, claim, source("It began on Tuesday 14 May 2024.")) == []


@pytest.mark.parametrize(
    "claim", ["On Monday.", "On 15 May.", "In June.", "In 2023.", "Last week.", "On 14 May 2025.", "In the 1990s."]
)
def test_another_date_is_flagged(claim):
    assert len(flagged(dates, claim, source("It began on Tuesday 14 May 2024."))) == 1


def test_a_date_must_not_be_more_exact_than_the_article():
    assert flagged(dates, "It began on 14 May 2024.", source("It began in May.")) == ["14 May 2024"]


def test_the_day_of_publication_says_which_tuesday_it_was():
    published = source("It began on Tuesday, and ended last month.", date="2024-05-15")
    assert flagged(dates, "It began on 14 May 2024 and ended in April 2024.", published) == []
    assert flagged(dates, "It began on 16 May 2024.", published) == ["16 May 2024"]


def test_may_is_a_month_only_where_it_is_one():
    assert flagged(dates, "May he come? He may.", source("He comes.")) == []


# names

BUDANOV = source("Spy chief General Kyrylo Budanov said that the UN and the United States should help Volodymyr Zelensky.", 5)


@pytest.mark.parametrize(
    "claim",
    [
        "He is Budanov.", "Gen Budanov’s plan.", "He is Mr Budanov.", "He is General Kyrylo Budanov.", "The United Nations help.",
        "The US helps.", "The American help.", "It is President Zelensky.",
    ],
)  # fmt: skip
def test_a_name_may_take_another_form(claim):
    assert flagged(names, claim, BUDANOV, others=[]) == []


@pytest.mark.parametrize(
    ("claim", "found"),
    [
        ("He is Gen Budanov Smith.", ["Gen Budanov Smith"]),
        ("He is Kyrylo Zelensky.", ["Kyrylo Zelensky"]),
        ("It was in Poland.", ["Poland"]),
        ("The EU helps.", ["EU"]),
        ("Solberg said so.", ["Solberg"]),
    ],
)
def test_a_name_that_the_sentence_lacks_is_flagged(claim, found):
    assert flagged(names, claim, BUDANOV, others=[]) == found


def test_a_word_is_no_name_for_opening_the_sentence_unless_the_article_knows_it_as_one():
    told = source("They spoke with Biden.")
    assert flagged(names, "Prices rose.", BUDANOV, others=[told]) == []
    assert flagged(names, "Biden helps.", BUDANOV, others=[told]) == ["Biden"]


def test_austria_is_not_australia_but_russians_are_of_russia():
    assert flagged(names, "It is in Austria.", source("It is in Australia."), others=[]) == ["Austria"]
    assert flagged(names, "It is in Russia.", source("The Russians have it."), others=[]) == []


def test_a_pronoun_is_resolved_by_the_sentence_before():
    before = source("Anna Ruiz is mayor.", 1, start=0)
    he = source("She opened the bridge.", 2, start=len(before.text) + 1)
    assert flagged(names, "The bridge was opened by Ruiz.", he, others=[before, he]) == []
    assert flagged(names, "She opened the bridge with Ruiz.", he, others=[before, he]) == ["Ruiz"]


# quotations

SPOKEN = source("“We don’t  have anyone else in the reserves, and it’s a ‘hard’ time,” he said.")


@pytest.mark.parametrize(
    "claim",
    [
        'He said: "We don\'t have anyone else".',
        "“Anyone else in the reserves.”",
        "“We don’t have … a ‘hard’ time”",
        "He spoke of a 'hard' time.",
    ],
)
def test_the_style_of_a_quotation_does_not_count(claim):
    assert flagged(quotations, claim, SPOKEN) == []


def test_a_quotation_that_is_not_closed_is_read_to_the_end():
    assert flagged(quotations, '"We don\'t have', SPOKEN) == []
    assert flagged(quotations, '"We do have', SPOKEN) == ['"We do have']


@pytest.mark.parametrize("claim", ["“We do have anyone else”", "“reserves … anyone”", "“any reserves”"])
def test_an_altered_quotation_is_flagged(claim):
    assert flagged(quotations, claim, SPOKEN) == [claim]


def test_a_quotation_may_run_over_two_sentences():
    first, second = source("“We tried.", 1, start=0), source("We failed.”", 2, start=11)
    assert flagged(quotations, "He said: “We tried. We failed.”", second, first) == []
    assert flagged(quotations, "He said: “We tried. We failed.”", first) != []


# support


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("The bridge was closed.", "The bridge was not closed."),
        ("The bridge was not closed.", "The bridge was closed."),
        ("The army captured the town.", "The army failed to capture the town."),
        ("Russia has the power to take it.", "It is unlikely Russia has the power to take it."),
        ("Prices rose.", "Prices fell."),
        ("The blast killed 15.", "The blast injured 15."),
    ],
)
def test_a_denial_added_or_lost_and_an_opposite_are_flagged(claim, text):
    assert flagged(support.denial, claim, source(text))


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("The bridge was never closed.", "The bridge was not closed."),
        ("The army did not capture the town.", "The army failed to capture the town."),
        ("The town was burnt.", "The town was burnt, but the bridge was not closed."),
        ("No fewer than 15 were hurt.", "At least 15 were hurt."),
    ],
)
def test_a_denial_in_other_words_is_none_lost(claim, text):
    assert flagged(support.denial, claim, source(text)) == []


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("The assault created a zone.", "The assault may create a zone."),
        ("He gave a speech.", "He was due to give a speech."),
        ("France delivered aid.", "France will deliver aid."),
    ],
)
def test_what_is_possible_or_planned_does_not_become_a_fact(claim, text):
    assert flagged(support.hedges, claim, source(text))
    assert flagged(support.hedges, text, source(text)) == []


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("The aim of the trip was to send a signal.", "The trip aimed to send a signal."),
        ("The match was put off because of rain.", "The match was put off due to heavy rain."),
        ("The delay was due to the rain.", "The delay was due to the rain."),
        ("A wider bridge let trams cross.", "A wider bridge made it possible for trams to cross."),
    ],
)
def test_what_only_looks_like_a_doubt_is_none(claim, text):
    assert flagged(support.hedges, claim, source(text)) == []


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("Anna Roth was the leader of the Irish league.", "The Irish league was led by its great leader Anna Roth."),
        ("Hubert Hall was nominated at the Union Congress.", "The Union Congress nominated Hubert Hall."),
        ("Bill Reed designed the house for Duke Harris.", "The house was built for Duke Harris to the design of Bill Reed."),
    ],
)
def test_who_is_told_of_in_another_order_does_nothing_to_another(claim, text):
    assert flagged(support.roles, claim, source(text)) == []


def test_names_may_be_told_in_another_order():
    text = "In Kenya, the only hunters are the Hadza of Tanzania, and the Masai of Uganda keep cattle."
    assert flagged(support.misplaced, "The Hadza of Tanzania are the only hunters in Kenya.", source(text)) == []


def test_who_did_it_may_stand_among_others_after_by():
    text = source("The concept was developed by the German philosopher Johann Herder.")
    assert flagged(support.agents, "Johann Herder developed the concept.", text) == []
    assert flagged(support.agents, "Anna Roth developed the concept.", text) == ["Anna Roth"]


def test_accents_and_spelling_of_either_side_of_the_ocean_are_one():
    told = source("Göring’s centre in Brasília cost 15 kilometres of organised labour.", speaker=None)
    claim = "Goring's center in Brasilia cost 15 kilometers of organized labor."
    assert flagged(names, claim, told, others=[told]) == []
    assert support.coverage(parsed(claim), [parsed(told.text)]) == 1.0


def test_roles_turned_round_are_flagged_in_active_and_passive():
    told = source("Russia attacked Ukraine.")
    assert flagged(support.roles, "Ukraine attacked Russia.", told)
    assert flagged(support.roles, "Russia was attacked by Ukraine.", told)
    assert not flagged(support.roles, "Ukraine was attacked by Russia.", told)


def test_what_one_did_is_not_said_of_another():
    assert flagged(support.agents, "Joe Biden blocked the package.", SIGNED) == ["Joe Biden"]
    assert flagged(support.agents, "Donald Trump blocked the package.", SIGNED) == []


def test_figures_of_one_sentence_do_not_change_places():
    claim = "Up to 50,000 Russian troops were involved on the attack, with around 30,000 amassed on the border."
    assert set(flagged(support.misplaced, claim, UP_TO)) <= {"50,000", "30,000"}
    assert flagged(support.misplaced, claim, UP_TO)
    assert flagged(support.misplaced, UP_TO.text, UP_TO) == []


def alike(texts):
    """Vectors that make soldiers of troops."""
    return np.array([[1.0, 0.0] if t in ("troop", "soldier") else [0.0, 1.0 if t == "tank" else 0.5] for t in texts])


def test_a_figure_counts_what_it_counts_in_the_article():
    troops = source("Some 7,000 troops took the fort.")
    assert flagged(support.counted, "7,000 soldiers took it.", troops, encode=alike) == []
    assert flagged(support.counted, "7,000 tanks took it.", troops, encode=alike) == ["7,000"]
    assert flagged(support.counted, "15 children were hurt.", STRIKE, encode=alike) == ["15"]


def test_a_figure_of_one_source_with_the_noun_of_another_is_flagged():
    assert flagged(support.merged, "Joe Biden signed 30,000 aid packages.", SIGNED, UP_TO) == ["30,000"]
    joined = "Joe Biden signed a $60bn aid package, and up to 30,000 Russian troops were involved on the attack."
    assert flagged(support.merged, joined, SIGNED, UP_TO) == []


def test_a_part_of_which_hardly_a_word_is_in_the_sources_is_found():
    claim = "Joe Biden signed a $60bn aid package, and schools closed across northern villages."
    (span,) = support.uncovered(parsed(claim), [SIGNED])
    assert claim[slice(*span)] == "and schools closed across northern villages."


# attribution


def test_what_somebody_says_does_not_become_a_fact():
    assert flagged(attribution, "Up to 30,000 Russian troops were involved.", UP_TO)
    for kept in ("Ukraine said up to 30,000 Russian troops were involved.", "According to Kyiv, 30,000 troops were involved."):
        assert flagged(attribution, kept, UP_TO) == []


def test_what_one_says_is_not_put_into_the_mouth_of_another():
    assert flagged(attribution, "Poland said up to 30,000 Russian troops were involved.", UP_TO) == ["Poland"]


def test_what_the_article_says_itself_needs_no_speaker():
    assert flagged(attribution, "Joe Biden signed a $60bn aid package.", SIGNED) == []


def test_a_quotation_whose_speaker_a_sentence_before_names_is_still_his():
    spoken = source("“It’s extremely difficult to hold the ground.”", speaker="Mr Umerov")
    assert flagged(attribution, "It is extremely difficult to hold the ground.", spoken)
    assert flagged(attribution, "Umerov said that it is extremely difficult to hold the ground.", spoken) == []


# what the reader finds in the place of another one


@pytest.fixture(scope="module")
def scorer():
    return SpanScorer.load()


ASTROS = source("The Houston Astros are a team formed in 1962 that made one World Series appearance in 2005.")


@pytest.mark.parametrize(
    ("claim", "wrong"),
    [
        ("The Houston Astros were formed in 2005.", ["2005"]),
        ("The Houston Astros were formed in 1962.", []),
        ("The Houston Astros appeared in the World Series in 2005.", []),
    ],
)
def test_the_reader_finds_what_a_claim_put_in_place_of_another(scorer, claim, wrong):
    assert flagged(reread, claim, ASTROS, scorer=scorer) == wrong


def test_what_the_reader_finds_is_told(grounder):
    race = source("Kim Berg won the 2019 race before Lena Dahl won it in 2022.")
    (flag,) = grounder.check("The race in 2022 was won by Kim Berg.", [0], [race]).flags
    assert (flag.problem, flag.note) == (Problem.DATE, "In the article this is “2019”.")


# a model of natural language inference, if one is named


def inference(*odds):
    """One that gives these odds of entailment, neutral and contradiction."""
    return Entailment(lambda pairs: np.array([odds] * len(pairs)), 0, 2)


@pytest.mark.parametrize(
    ("odds", "note"),
    [
        ((0.9, 0.1, 0.0), None),
        ((0.2, 0.7, 0.1), "The sentences cited do not say this."),
        ((0.1, 0.1, 0.8), "The sentences cited deny this."),
    ],
)
def test_what_an_inference_model_does_not_find_is_unsupported(embedder, odds, note):
    claim = Grounder(embedder, None, inference(*odds)).check(STRIKE.text, [2], SOURCES)
    assert [flag.note for flag in claim.flags] == ([note] if note else [])


def test_any_cross_encoder_with_the_labels_can_be_named(tmp_path):
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    labels = {0: "contradiction", 1: "entailment", 2: "neutral"}
    config = BertConfig(hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, id2label=labels)
    BertForSequenceClassification(config).save_pretrained(tmp_path)
    BertTokenizerFast(str(default_weights() / "vocab.txt")).save_pretrained(tmp_path)
    says, denies = Entailment.load(str(tmp_path)).odds(STRIKE.text, "A strike hit a building.")
    assert 0 < says < 1
    assert 0 < says + denies < 1


def test_a_model_without_the_labels_cannot(tmp_path):
    with pytest.raises(ModelMissing, match="could not be loaded"):
        Entailment.load(str(tmp_path))
    with pytest.raises(ModelMissing, match="does not tell entailment"):
        Entailment.load(str(default_weights()))


# the whole


@pytest.fixture(scope="module")
def grounder(embedder, scorer):
    return Grounder(embedder, scorer)


def problems(claim: Claim):
    return {flag.problem for flag in claim.flags}


@pytest.mark.parametrize("i", range(len(SOURCES)))
def test_a_sentence_of_the_article_is_grounded_in_itself(grounder, i):
    assert grounder.check(SOURCES[i].text, [i], SOURCES) == Claim(SOURCES[i].text, (SOURCES[i].n,))


def test_a_marker_at_the_wrong_sentence_leaves_the_claim_unsupported(grounder):
    assert Problem.UNSUPPORTED in problems(grounder.check(STRIKE.text, [1], SOURCES))


def test_without_a_marker_the_sentence_that_carries_the_claim_is_cited(grounder):
    assert grounder.check("At least 15 people were injured in the strike.", (), SOURCES) == Claim(
        "At least 15 people were injured in the strike.", (3,)
    )


def test_without_a_marker_two_sentences_may_carry_it_together(grounder):
    claim = f"{STRIKE.text[:-1]}, while last month Joe Biden signed a $60bn aid package for Ukraine."
    assert set(grounder.check(claim, (), SOURCES).cited) == {2, 3}


def test_without_a_marker_what_no_sentence_carries_is_unsupported(grounder):
    claim = grounder.check("Cats sleep for most of their lives.", (), SOURCES)
    assert claim.cited == ()
    assert problems(claim) == {Problem.UNSUPPORTED}


def test_indexes_of_no_source_are_left_out(grounder):
    assert grounder.check(STRIKE.text, [2, 99, -1, 2], SOURCES).cited == (3,)


def test_nothing_to_check_is_nothing_wrong(grounder):
    assert grounder.check("…", [0], SOURCES) == Claim("…", (1,))
    assert grounder.check("", (), []) == Claim("", ())


def test_a_text_without_end_is_not_read():
    claim = Grounder(HashEmbedder()).check("word " * 100_000, [0], SOURCES)
    assert problems(claim) == {Problem.UNSUPPORTED}


PIECES = [
    *("Russia said ", "not ", "may ", "30,", "000", "“", "”", "'", "May 1 ", "Aa Bb ", "by ", "<b>", "**", "\x00", "\u202e"),
    *(" – ", ". "),
]
HOSTILE = st.one_of(st.text(max_size=300), st.lists(st.sampled_from(PIECES), max_size=60).map("".join))


@settings(deadline=None, max_examples=60)
@given(HOSTILE, st.lists(st.integers(-2, 6), max_size=4), HOSTILE)
def test_whatever_a_model_writes_flags_lie_in_the_claim(text, cited, other):
    sources = [*SOURCES, source(other, 9, speaker=other[:20] or None, date=other[:10])]
    claim = Grounder(HashEmbedder()).check(text, cited, sources)
    assert claim.text == text
    assert set(claim.cited) <= {s.n for s in sources}
    assert all(0 <= flag.start < flag.end <= len(text) and flag.note for flag in claim.flags)


@pytest.mark.parametrize("piece", PIECES)
def test_a_piece_over_and_over_is_checked_too(piece):
    text = (piece * LONGEST)[:LONGEST]
    grounder = Grounder(HashEmbedder())
    assert grounder.check(text, [0, 1], SOURCES).text == text
    assert grounder.check(UP_TO.text, [0], [replace(UP_TO, text=text)]).cited == (1,)
