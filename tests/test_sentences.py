"""Where sentences end: hard news text case by case, then what must hold for any text at all."""

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.sentences import split

SAMPLE = Path(__file__).parent.parent / "articles" / "kharkiv.txt"


def cut(text: str) -> list[str]:
    return [text[s.start : s.end] for s in split(text)]


# "¦" marks where one sentence ends and the next begins; it is not part of the text.
CASES = """
Mr. Smith met Mrs. Jones and Dr. Patel in Leeds. ¦They did not comment.
Mr Blinken arrived on Tuesday. ¦Mr Zelensky met him.
Lt. Col. Ivan Petrov and Gen. Oleksandr Syrskyi inspected the line. ¦Both left by dusk.
Sen. Mitt Romney, Rep. Nancy Mace and Gov. Greg Abbott voted no. ¦The bill passed.
Prof. Anne Carter of St. Andrews spoke after Maj. Gen. Cole. ¦She was brief.
The 3rd Marine Corps. veterans marched in Ft. Worth. ¦Crowds cheered.
A fire on Main St. spread overnight. ¦Police closed the road.
The shop is on Main St. ¦The police arrived at noon.
Acme Corp. bought Widget Inc. for cash. ¦Shares rose.
Goldman & Co. advised Warner Bros. Discovery and Tata Ltd. on the deal. ¦None replied.
The buyer is Acme Inc. ¦The price was not disclosed.
He founded Smith & Co. ¦It now employs 400 people.
The U.S. Army sent U.N. observers and U.K. Marines. ¦They landed at dawn.
He was born in the U.S. ¦The president said so.
She left the U.N. ¦But the talks went on.
It was raised in the U.K. ¦“We object,” he said.
Delegates from the U.S. and the U.N. met in Washington D.C. on Jan. 5. ¦No deal was struck.
The No. 2 official resigned. ¦His No. 3 followed.
The answer was no. ¦It always is.
The talks begin at 5 p.m. Tuesday in Geneva. ¦Reporters will be barred.
They met at 5 p.m. ¦The talks lasted an hour.
They met at 5 p.m. ¦Officials said little.
Polls open at 7 a.m. Eastern time and close at 8 p.m. ET on Nov. 5. ¦Results follow.
Polls close at 8 p.m. Paris time on Sunday. ¦Results follow.
The attacks of Sept. 11, 2001, changed that. ¦Feb. 24 did it again.
J. K. Rowling and George W. Bush met John F. Kennedy Jr. in 1999. ¦Nobody knew.
The suspect, A. B. Carter, fled. ¦Police want him.
The town was bombed. ¦Biden said so.
He met Chuck Schumer. ¦Trump was there.
The guns fell silent at dusk. ¦Kyiv blamed Moscow.
He lacked vitamin C. ¦The doctor said so.
The $60bn package grew by 3.5m to $1.2 billion, or 5.2%. ¦Critics balked.
Inflation rose to 3.5. ¦That is the highest since 2011.
It ended in 2022. ¦5 people died.
It cost more than planned. ¦$60bn was spent.
“We understand the plan to divert our forces,” he said. ¦“Of course, we do not leave.”
“Really?” he asked. ¦“Yes,” she said.
“Go!” she shouted. ¦Nobody moved.
“Is it safe?” President Joe Biden asked. ¦Nobody answered.
“Are we winning?” ¦The general shrugged.
"Really?" he asked. ¦"Yes," she said.
“It was terrible…”. he said, and left. ¦Others stayed.
“Of course, we do not leave. ¦Our task is clear.”
He said: “We know this is a challenging time. ¦But help is on the way.” ¦Others doubted it.
'We go now,' he said. ¦'We will not wait.' ¦Then they left.
“I never saw it.” ¦(He did.) ¦The court agreed.
He called it “a disaster.” ¦She called it ‘a start.’ ¦They voted.
«Мы уходим», — сказал он. ¦«Почему?» — спросила она. ¦Он молчал.
«Мы уходим!» — Путин махнул рукой. ¦Все ушли.
« Nous comprenons. » ¦Il a ensuite quitté la salle.
„Wir gehen.“ ¦Danach war Ruhe.
»Wir gehen.« ¦Danach war Ruhe.
“Support is needed… ¦He was also able to detail the deliveries,” the office said.
We waited… and waited. ¦Nothing came.
We waited... and waited. ¦Nothing came...
He trailed off... ¦Nobody spoke.
Well… I think so. ¦Maybe not.
... He left. ¦Nobody saw it.
He read on. . . and stopped. ¦The room was silent.
The plan […] The general signed it.
“Some left [around Kharkiv]. ¦Others [in Sumy] stayed.”
A woman flees with her cat near Kharkiv. (REUTERS)
A woman flees near Kharkiv. (AFP via Getty Images) ¦The city was hit again.
A woman flees near Kharkiv (REUTERS)
The end.¦The next day it rained.
It fell in 2022.¦Prices rose.
“That is all.”¦The crowd left.
Read more at example.com or www.bbc.co.uk/news today. ¦Write to j.smith@example.co.uk now.
Write to anna.Smith@example.com or see example.com/what?Next=1 today. ¦The rest is in config.YAML now.
Visit Amazon.Com for details. ¦Or do not.
The site runs on Node.js and README.Md files, e.g. config.json, version 3.5.1. ¦It works.
See https://example.com/a.B?C=D. ¦It is down.
What?! ¦No!! ¦Never?
He shouted “Stop!!” and ran. ¦We followed.
Many (e.g. Poland), i.e. the neighbours, etc. agreed. ¦Few objected.
They sell arms, fuel, etc. ¦The rest is aid.
The maker is American (Acme Inc.). ¦Moscow buys from it.
It was Chelsea vs. Arsenal, cf. The Times, with approx. 500 fans. ¦Arsenal won.
Jane Roe, Ph.D., and John Doe, M.D. testified. ¦They agreed.
Yahoo! said it would cut jobs. ¦Yahoo! Inc. declined to comment.
He works at Yahoo! ¦The firm is large.
He came; he saw; he left. ¦The end followed.
They left (on Monday). ¦The rest stayed.
The report is out.[1] ¦Its authors are unknown.[citation needed] ¦Its authors are unknown.
The quarter ended. ¦iPhone sales rose.
1. First point. ¦2. Second point. ¦3. Third point.
Three demands: a. Leave now. ¦The rest can wait.
The govt. said dept. of health est. 500 cases. ¦All recovered.
He fell ill. ¦Doctors were called.
REP. SMITH AND GEN. COLE RESIGN
FIRE IN ST. LOUIS KILLS TWO
The ex-Gov. Perry met Lt.-Col. Reid. ¦Neither spoke.
The deal (worth $3bn, excl. VAT) closed. ¦Shares rose.
Budanov, the spy chief, agreed. ¦Gen Budanov
Thousands were forced to flee. adding
The vote was 52-48. ¦Sen. Collins abstained.
He told the New York Times, adding that he
He said “no.” ¦She left at 10 a.m. ¦It was 3 a.m. before he slept.
They met Elizabeth II. ¦She smiled.
习近平说,会议很重要。¦他没有离开！¦为什么？
“我们理解。”他说。¦“当然。”
“我们理解。”，他说。¦“当然。”
彼は東京へ行った。¦「行こう。」と彼は言った。¦本当？
वह दिल्ली गया। ¦उसने कहा कि काम हो गया।
هل وصلت القوات؟ ¦نعم وصلت. ¦قال د. محمد ذلك.
وہ لاہور گیا۔ ¦وہ واپس آیا۔
Путин приехал в г. Москву в 2024 г. вместе с А. С. Ивановым. ¦Он заявил о 5 тыс. солдат.
Это было в 2024 г. ¦Президент подтвердил.
Він живе на вул. Хрещатик у м. Київ. ¦Його знають усі.
¿Qué pasó? ¦¡Nadie lo sabe! ¦El Sr. Pérez viajó a EE. UU. con la Sra. Gómez.
Llegó de EE.UU. ¦El presidente habló.
Τι έγινε; ¦Τίποτα.
Wow‼️ ¦The crowd cheered.
Τι έγινε; ¦Ο κ. Μητσοτάκης δεν απάντησε. ¦Έφυγε.
Ի՞նչ եղավ։ ¦Նա գնաց։
i think so. ¦you do not, says node.js today.
""".strip().split("\n")


@pytest.mark.parametrize("marked", CASES)
def test_news_sentence_ends_where_the_reader_would_end_it(marked: str) -> None:
    assert cut(marked.replace("¦", "")) == [sentence.strip() for sentence in marked.split("¦")]


def test_sample_article_is_cut_at_its_quotations_fragments_and_captions() -> None:
    sentences = cut(SAMPLE.read_text(encoding="utf-8"))
    assert len(sentences) == 48
    assert "Gen Budanov" in sentences
    assert "“We understand the enemy’s actions and their plan to divert our forces,” he said." in sentences
    assert "Our task is crystal clear: to thwart Russia’s attempt to expand the war.”" in sentences
    assert any(s.endswith("over the last few days (REUTERS)") for s in sentences)
    assert any(s.startswith("He was also able to detail the deliveries") for s in sentences)
    assert sentences[-1] == "Reuters contributed to this report"


def paragraphs(text: str) -> list[str]:
    found = split(text)
    numbers = sorted({s.paragraph for s in found})
    assert numbers == list(range(len(numbers)))
    return [" ".join(text[s.start : s.end] for s in found if s.paragraph == number) for number in numbers]


@pytest.mark.parametrize("gap", ["\n\n", "\r\n\r\n", "\r\r", "\n \t\n", "\u2029", "\f", "\n\u00a0\n", "\u2028\u2028"])
def test_blank_line_form_feed_or_paragraph_separator_ends_a_paragraph(gap: str) -> None:
    assert paragraphs(f"Forces advance on Kharkiv{gap}The city was hit again.") == [
        "Forces advance on Kharkiv",
        "The city was hit again.",
    ]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\u2028", "\r"])
def test_single_line_end_ends_a_paragraph_in_text_that_is_not_wrapped(line_end: str) -> None:
    headline = "Russia intensifies attacks around Kharkiv as Blinken visits Kyiv"
    body = "Ukraine expects Russia to throw as many of its resources as possible at an attack around the city."
    assert paragraphs(f"{headline}{line_end}By Jane Roe{line_end}{body}") == [headline, "By Jane Roe", body]


WRAPPED = """\
Ukraine expects Russia to throw as many of its resources as
possible at an attack around Kharkiv. Kyiv’s forces are on
the edge. They are outgunned by Moscow’s troops, the chief of
Kyiv’s spies said."""


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\n    "])
def test_hard_wrapped_lines_are_one_paragraph(line_end: str) -> None:
    text = WRAPPED.replace("\n", line_end)
    found = split(text)
    assert {s.paragraph for s in found} == {0}
    assert [" ".join(text[s.start : s.end].split()) for s in found] == [
        "Ukraine expects Russia to throw as many of its resources as possible at an attack around Kharkiv.",
        "Kyiv’s forces are on the edge.",
        "They are outgunned by Moscow’s troops, the chief of Kyiv’s spies said.",
    ]


def test_ragged_line_in_hard_wrapped_text_is_joined_where_a_small_letter_follows() -> None:
    assert len(paragraphs(WRAPPED + " “We need\nmore shells,” he said.")) == 1


def test_form_feed_ends_a_paragraph_of_hard_wrapped_text() -> None:
    head, tail = WRAPPED.rsplit("\n", 1)
    assert len(paragraphs(head + "\f" + tail)) == 2


@pytest.mark.parametrize(
    "lines",
    [
        [
            "Russia intensifies attacks around Kharkiv",
            "Blinken promises more arms on visit to Kyiv",
            "Reserves stretched",
        ],
        ["shells and fuel", "bread and water", "tents and boots"],
        ["Kyiv waited " * 12, "then waited " * 12],
    ],
    ids=["headlines of one length", "a list of short lines", "long lines"],
)
def test_lines_that_only_resemble_hard_wrapping_stay_apart(lines: list[str]) -> None:
    assert paragraphs("\n".join(lines)) == [line.strip() for line in lines]


def test_short_line_in_hard_wrapped_text_ends_its_paragraph() -> None:
    assert len(paragraphs(WRAPPED + "\n" + WRAPPED)) == 2


@pytest.mark.parametrize("bullet", ["- ", "* ", "• ", "1. ", "2) "])
def test_bullets_stand_apart_even_in_hard_wrapped_text(bullet: str) -> None:
    points = [
        f"{bullet}The troops are to be brought home from the border at",
        f"{bullet}after that, a vote is to be held in all of the regions",
    ]
    full_lines = WRAPPED.rpartition("\n")[0]
    assert paragraphs("\n".join([full_lines, *points]))[1:] == points


def test_text_of_nothing_but_space_has_no_sentences() -> None:
    assert split("") == split(" \n\t\u2003\r\n\u2029") == []


# Small pieces in any order meet far more rules than text drawn character by character.
WORDS = """. ! ? … ... 。 ！ ؟ । ; ” “ " ’ ' » « ) ( ] [ (AFP) [1] – — - • * : , a A I The the Mr U.S No p.m. 5 3.5 $
    x.Y étude Ψ; г Он 彼 と说 \u0301 \u200b \ufe0f \x00 \ud800 🎉 שלום Yahoo iPhone said 1."""
SPACES = ["", " ", " ", " ", "  ", "\u00a0", "\n", "\n\n", "\r\n", "\u2028", "\u2029", "\f", "\x1c", "\x85"]
PIECES = [*WORDS.split(), *SPACES, "word " * 9]


@settings(deadline=None)
@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join)))
@example("a." * 5000)
@example("a. " * 5000)
@example('?"' * 5000)
@example("." * 100_000)
@example("a" * 100_000)
@example("”" * 100_000)
@example(". (" * 5000)
@example("a." + " " * 100_000 + "B")
def test_sentences_hold_every_character_once_in_order_within_their_paragraph(text: str) -> None:
    found = split(text)
    end = paragraph = 0
    for sentence in found:
        gap = text[end : sentence.start]
        assert sentence.start >= end
        assert not gap.strip()
        inside = text[sentence.start : sentence.end]
        assert inside
        assert inside == inside.strip()
        assert not {"\f", "\u2029"} & set(inside)
        assert not any(not line.strip() for line in inside.splitlines())
        assert sentence.paragraph - paragraph in ((0, 1) if end else (0,))
        end, paragraph = sentence.end, sentence.paragraph
    assert not text[end:].strip()


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES)).map("".join), st.lists(st.sampled_from(PIECES)).map("".join))
def test_blank_line_makes_the_two_sides_independent(before: str, after: str) -> None:
    assert cut(before + "\n\n" + after) == cut(before) + cut(after)
