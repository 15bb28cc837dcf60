"""Who says it: the speaker of a sentence, or of the part of it that holds the answer."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.attribution import speaker
from index.sentences import Sentence, split
from index.sources import sample


def said(text: str, holding: str, answer: str | None = None) -> str | None:
    """The speaker of the sentence of `text` that holds `holding`, or of the words `answer` in it."""
    sentences = split(text)
    at = text.index(holding)
    i = next(k for k, sentence in enumerate(sentences) if sentence.start <= at < sentence.end)
    span = None
    if answer is not None:
        start = text.index(answer, sentences[i].start)
        span = (start, start + len(answer))
    found = speaker(text, sentences, i, span)
    return text[slice(*found)] if found else None


SAMPLE = [
    ("up to 30,000 Russian troops", None, "Ukraine"),
    ("up to 30,000 Russian troops", "30,000", "Ukraine"),
    ("up to 30,000 Russian troops", "around 50,000", "Ukraine"),
    ("Spy chief General", None, "Spy chief General Kyrylo Budanov"),
    ("Spy chief General", "Kyiv’s thin reserves", "Spy chief General Kyrylo Budanov"),
    ("a strike hit a high-rise", "at least 15", "local officials"),
    ("landed on the 10th floor", "10th floor", "officials"),
    ("rescuers were searching", "searching for the injured", "Ihor Terekhov, the city’s major"),
    ("One person was taken", None, "Oleh Syniehubov, the regional governor"),
    ("All of our forces", "Chasiv Yar", "Budanov"),
    ("I’ve used everything", None, "Gen Budanov"),
    ("we don’t have anyone else", None, "Gen Budanov"),
    ("Western intelligence officials", "unlikely", "Western intelligence officials"),
    ("buffer zone", "around 15 kilometres", "defence officials in Kyiv"),
    ("strong signal", "reassurance", "a US official"),
    ("sent reinforcements", "reinforcements", "Mr Zelensky"),
    ("We understand the enemy", None, "Mr Zelensky"),
    ("we do not leave the Donetsk", "Donetsk", "Mr Zelensky"),
    ("Our task is crystal clear", None, "Mr Zelensky"),
    ("A colonel told", "no man’s land", "A colonel"),
    ("Mr Blinken admitted", None, "Mr Blinken"),
    ("He said: “We know", None, "Mr Blinken"),
    ("But we also know", None, "Mr Blinken"),
    ("And that’s going to make", None, "Mr Blinken"),
    ("Mr Zelensky urged", "two more air defence systems", "Mr Zelensky"),
    ("two Patriots", None, "Mr Zelensky"),
    ("Jake Sullivan said", "debate over the package", "US national security adviser Jake Sullivan"),
    ("France said", "extra military aid", "France"),
    ("The President of the Republic", None, "the president’s office"),
    ("He was also able", None, "the president’s office"),
    ("Rustem Umerov", "more artillery shells", "Ukraine’s Defence Minister, Rustem Umerov"),
    ("Under such conditions", None, "Mr Umerov"),
    # what the writer tells, in a sentence where somebody is quoted
    ("All of our forces", "about 120 miles south", None),
    ("In his evening address", "Monday", None),
    ("Mr Zelensky urged", "Russian strikes", None),
    ("France said", "by phone", None),
    ("the biggest deficit", "blackouts", None),
    # nobody says these
    ("Russian troops have captured", None, None),
    ("Joe Biden signed", "$60bn", None),
    ("making clear just how stretched", None, None),
    ("A Ukrainian woman flees", None, None),
    ("Reuters contributed", None, None),
    ("over pizza", "pizza", None),
    # one does not say oneself
    ("Spy chief General", "Spy chief", None),
    ("One person was taken", "the regional governor", None),
    ("Jake Sullivan said", "US national security adviser", None),
]


@pytest.mark.parametrize(("holding", "answer", "expected"), SAMPLE)
def test_speakers_of_the_sample_article(holding, answer, expected):
    assert said(sample().text, holding, answer) == expected


NEWS = [
    # said before
    ("The ministry said on Monday that 12 people had died.", "12 people", "The ministry"),
    ("On Friday the company said profits fell by a third.", "by a third", "the company"),
    ("Last night police said the road was shut.", "the road", "police"),
    ("The mayor of Lyon, Ana Roy, warned that the bridge could fall.", "the bridge", "The mayor of Lyon, Ana Roy"),
    ("Maria Lopez, 45, said the water rose within minutes.", "within minutes", "Maria Lopez"),
    ("Tim Cook, who runs the firm, said it would hire 300 people.", "300", "Tim Cook"),
    ("WHO officials have repeatedly said the vaccine is safe.", "safe", "WHO officials"),
    ("Moscow, Kyiv and Washington said the talks would go on.", "the talks", "Moscow, Kyiv and Washington"),
    ("Two witnesses told reporters that the driver fled.", "the driver", "Two witnesses"),
    ("Researchers at Leeds estimated that 400 homes were at risk.", "400", "Researchers at Leeds"),
    ("The hospital group confirmed two deaths.", "two deaths", "The hospital group"),
    ("The Daily News denied it and said that it had followed the rules.", "followed the rules", "The Daily News"),
    ("The bridge fell and officials said nobody was hurt.", "nobody was hurt", "officials"),
    ("Former chancellor Ida Holm accused the paper of hiring thieves.", "thieves", "Former chancellor Ida Holm"),
    ("Critics argue the law is too weak.", "too weak", "Critics"),
    ("The dam held, and officials said nobody was hurt.", "nobody was hurt", "officials"),
    ("Ann Roy, Ida Holm, and Jo Kay said the vote was fair.", "fair", "Ann Roy, Ida Holm, and Jo Kay"),
    ("Ann Roy (Labour) said the vote was fair.", "fair", "Ann Roy"),
    ("The mayor said the fire, which began on Monday, had burned 300 homes.", "300 homes", "The mayor"),
    ("The mayor said the fire, which began on Monday, had burned 300 homes.", "Monday", None),
    ("The company reported a loss of £4m.", "£4m", "The company"),
    ("The ministry claimed to have shot down 12 drones.", "12 drones", "The ministry"),
    ("Researchers wrote in Nature that the vaccine worked.", "worked", "Researchers"),
    ("Health officials in Gaza say 300 are dead; Israel says otherwise.", "300", "Health officials in Gaza"),
    # said after
    ("The road was shut, the council said in a statement.", "shut", "the council"),
    ("“We won,” said Ana Silva, the party’s leader.", "We won", "Ana Silva, the party’s leader"),
    ("“We won,” said Ana Silva on Sunday.", "We won", "Ana Silva"),
    ('"We won," Ms Silva said, adding that a coalition was possible.', "a coalition", "Ms Silva"),
    ("“We won,” she told the BBC. “Now we start.”", "We won", None),
    ("“It is over,” Ms Silva said. “Now we start.”", "Now we start", "Ms Silva"),
    ("The fire began in a kitchen, said a spokesman for the brigade.", "a kitchen", "a spokesman for the brigade"),
    ("Prices, the bank said, rose 3%.", "3%", "the bank"),
    ("Rescuers pulled two boys from the rubble, the BBC reported.", "two boys", "the BBC"),
    ("'We will win,' said nobody. ‘We will win,’ Harry Kane said.", "‘We will win", "Harry Kane"),
    # according to
    ("According to the UN, 40 ships are waiting.", "40", "the UN"),
    ("Some 40 ships are waiting, according to a report by Lloyd’s.", "40", "a report by Lloyd’s"),
    ("The train, according to police, was empty.", "empty", "police"),
    ("According to the D.C. Department of Health, 40 beds are free.", "40", "the D.C. Department of Health"),
    ("According to Roy, Holm, and Kay, 40 beds are free.", "40", "Roy, Holm, and Kay"),
    # pronouns
    ("Ms Silva said the vote was fair. She added that turnout was 61%.", "61%", "Ms Silva"),
    ("The ministry said the dam held. It warned that more rain was coming.", "more rain", "The ministry"),
    ("Two officials said the dam held. They said it was checked daily.", "daily", "Two officials"),
    ("“We shall rebuild,” Mr Roy said.\n\nThe town lies on the river.\n\nHe said help was coming.", "help", "Mr Roy"),
    # two clauses, one of them attributed
    ("The army said the town was safe, but shells fell all night.", "the town", "The army"),
    ("The army said the town was safe, but shells fell all night.", "all night", None),
    ("Kyiv said it won, while Moscow said it held the bridge.", "held the bridge", "Moscow"),
    ("Kyiv said it won, while Moscow said it held the bridge.", "it won", "Kyiv"),
    ("Kyiv said it won, while Moscow said it held the bridge.", None, None),
]


@pytest.mark.parametrize(("text", "answer", "expected"), NEWS)
def test_speakers_in_news_style(text, answer, expected):
    assert said(text, answer or text, answer) == expected


NOBODY = [
    "It said the plan was ready.",
    "He is said to be living in Spain.",
    "The said goods were sold.",
    "There were 400 reported cases of measles.",
    "The number of reported cases rose to 400.",
    "The cook added salt and stirred.",
    "Insurance claims adjusters were busy after the storm.",
    "What he saw warned of rain.",
    "What was said at the meeting is not known.",
    "Asked what he said, the clerk shrugged.",
    "It was reported that the ship had sunk.",
    "The claims that were paid came to $3m.",
    "Residents told to leave their homes.",
    "The evidence suggests that the fire was started on purpose.",
    "That said, the plan was cheap.",
    "Nobody said the plan was cheap.",
    "Some say the house is haunted.",
    "The minister did not say when the talks would start.",
    "If the court says yes, the mine will open.",
    "She wrote a book about bees.",
    "Everything went according to plan.",
    "A man believed to be armed was seen nearby.",
    "The design already called for a hatch.",
    "In 2001 new print sections were added: Home and Style.",
    "In 2001 new print sections added: Home and Style.",
    "Such alleged changes have had no effect.",
    "A man reported missing on Monday was found.",
    "Two officials accused of fraud were jailed.",
    "Residents urged to leave the coast.",
    "A spokesman declined to say how many died.",
    "The boy, who said he was 12, was found by police.",
    "More than 200 people signed the letter, which said the plan was unfair.",
    "It is easier said than done.",
    "The plan suggested by Mr Roy was dropped.",
    "They said it was late.",
]


@pytest.mark.parametrize("text", NOBODY)
def test_nobody_is_named(text):
    sentences = split(text)
    assert [speaker(text, sentences, i) for i in range(len(sentences))] == [None] * len(sentences)


@pytest.mark.parametrize(
    "text",
    [
        "Ms Silva said the vote was fair. He said it was not.",  # another person
        "Ukraine said it won. He said it was luck.",  # no person
        "Mr Roy said it was cold. They said it was late.",  # another number
        "Mr Roy said it was cold. Ivan Petrov came in. He said it was late.",  # somebody came in between
        "Mr Roy said it was cold. One. Two. Three. Four. He said it was late.",  # too long ago
        "The White House said it was cold. He said it was late.",
    ],
)
def test_a_pronoun_without_a_sure_antecedent_is_nobody(text):
    sentences = split(text)
    assert speaker(text, sentences, len(sentences) - 1) is None


def test_what_is_denied_is_not_said_by_who_denies_it():
    text = "The minister denied that 40 people had died."
    assert said(text, text) == "The minister"
    assert said(text, text, "40") is None


WORDS = """said says told added “ ” " ' ’ ‘ , . : ; – ( ) « » he she they It officials Mr Zelensky Gen Budanov the The
    mayor of Kyiv that according to According and but who was 30,000 reported claims believe adding denied"""
PIECES = st.sampled_from([*WORDS.split(), "\n", "\n\n", "é", "\u00a0", "x" * 40])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(PIECES, st.text(max_size=4)), max_size=40).map(" ".join), st.data())
def test_any_text_gives_none_or_a_span_inside_it_that_is_not_the_answer(text, data):
    sentences = split(text)
    for i, sentence in enumerate(sentences):
        cut = st.integers(sentence.start, sentence.end)
        span = data.draw(st.one_of(st.none(), st.tuples(cut, cut).map(lambda pair: (min(pair), max(pair)))))
        found = speaker(text, sentences, i, span)
        if found is not None:
            assert 0 <= found[0] < found[1] <= len(text)
            assert text[slice(*found)] == text[slice(*found)].strip()
            assert span is None or found[1] <= span[0] or span[1] <= found[0]


@pytest.mark.parametrize("piece", ["“", "he said ", ", said, ", "and officials ", "according to ", "A, ", "(“a” said "])
def test_long_hostile_text_ends(piece):
    text = piece * (60_000 // len(piece))
    assert speaker(text, [Sentence(0, len(text), 0)], 0) is None
    speaker(text, [Sentence(0, min(1900, len(text)), 0)], 0)
