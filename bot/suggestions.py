"""Questions to begin with, made from the article's own sentences, each answered by the reader before it is shown.

A few templates that give good English; a sentence that fits none gives no question. What the reader does not answer from
the very sentence that the question was made from is thrown away.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Protocol

from bot.answer import Answer
from bot.attribution import BODY, PEOPLE, speaker
from bot.followup import stands_alone
from bot.mentions import AUXILIARIES, PERSONAL, PREPOSITIONS, Sort, full_name, names
from index.lexical import tokens
from index.library import Library, Unit

SURE = 0.5  # confidence that a suggestion's answer must reach
BUDGET = 1.5  # seconds, after which no further question is tried
LONGEST = 11  # words of a question
TRIED = 14  # questions put to the reader at most


class Asked(Protocol):
    """What is needed of an engine."""

    library: Library

    def ask(self, question: str, *, articles: Sequence[str]) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Proposal:
    """A question, the sentence that it was made from, and words of that sentence which a right answer shares ("" if open)."""

    question: str
    sentence: Unit
    expected: str


def suggest(engine: Asked, article: str, n: int = 4, *, budget: float = BUDGET) -> list[str]:
    """Up to `n` questions about an article, by its id, that it answers; fewer after `budget` seconds. Raises ArticleMissing."""
    text, sentences = engine.library.article(article).text, engine.library.sentences(article)
    kinds = [list(_proposed(template, text, sentences)) for template in TEMPLATES]
    in_turn = (proposal for proposal in chain.from_iterable(zip_longest(*kinds)) if proposal)
    return _answered(engine, in_turn, n, budget, set())


def follow_ups(engine: Asked, answer: Answer, n: int = 2, *, asked: Iterable[str] = (), budget: float = BUDGET) -> list[str]:
    """Up to `n` further questions, made from the sentences around the one that `answer` cites first.

    `asked` are the questions of the conversation: they are not suggested again. None where nothing was answered.
    """
    if not answer.answered or not answer.citations:
        return []
    cited = answer.citations[0]
    text, sentences = engine.library.article(cited.article).text, engine.library.sentences(cited.article)
    found = chain.from_iterable(_proposed(template, text, sentences) for template in TEMPLATES)
    near = sorted(found, key=lambda p: abs(p.sentence.start - cited.start))
    known = {_plain(question) for question in (*asked, answer.question, answer.searched_for or "")}
    return _answered(engine, near, n, budget, known, {answer.text})


def _answered(
    engine: Asked,
    proposals: Iterable[Proposal],
    n: int,
    budget: float,
    known: set[str],
    told: Iterable[str] = (),
) -> list[str]:
    """The first `n` that the reader answers from their sentence, no two from one sentence or with one answer."""
    started, tried = time.perf_counter(), 0
    shown: list[str] = []
    used: set[int] = set()
    answers = {_plain(text) for text in told}
    for proposal in proposals:
        if len(shown) == n or tried == TRIED or time.perf_counter() - started > budget:
            break
        if _plain(proposal.question) in known or proposal.sentence.id in used:
            continue
        tried += 1
        known.add(_plain(proposal.question))
        answer = engine.ask(proposal.question, articles=[proposal.sentence.article])
        if is_good(answer, proposal) and _plain(answer.text) not in answers:
            shown.append(proposal.question)
            used.add(proposal.sentence.id)
            answers.add(_plain(answer.text))
    return shown


def is_good(answer: Answer, proposal: Proposal) -> bool:
    """Whether the question was surely answered, from the sentence that it was made from, and with the words it aims at."""
    if not answer.answered or answer.confidence < SURE or answer.searched_for is not None:
        return False
    first, sentence = answer.citations[0], proposal.sentence
    if (first.article, first.start) != (sentence.article, sentence.start):
        return False
    if not proposal.expected:  # what somebody says: the words found must be theirs
        return first.answer_start is not None and first.speaker is not None and len(answer.text.split()) >= 4
    return bool(set(tokens(proposal.expected)) & set(tokens(answer.text)))


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def _proposed(template: Template, text: str, sentences: Sequence[Unit]) -> Iterator[Proposal]:
    for i, sentence in enumerate(sentences):
        made = template(text, sentences, i)
        if made and len(made[0].split()) <= LONGEST and stands_alone(made[0]):
            yield Proposal(made[0], sentence, made[1])


# The templates: a sentence in, a question and what its answer must share with the sentence out.

Made = tuple[str, str] | None
Template = Callable[[str, Sequence[Unit], int], Made]

_BIG = r"(?:\d{1,3}(?:,\d{3})+|\d+|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens|hundreds of|thousands of)"
_HEDGE = r"(?:up to|at least|at most|more than|over|about|around|nearly|almost|some|just|only|roughly|as many as)"
_NOUN = (
    r"(?!were\b|have\b)(?:[A-Za-z][a-z]+\s+)?(?!(?:series|news|was|has|his|its|years)\b)[a-z]{3,}s"
    r"|people|children|men|women|staff"
)
_COUNTED = re.compile(
    rf"(?:^|[\s“])(?:{_HEDGE}\s+)?(?P<n>{_BIG})\s+(?:of\s+)?(?P<noun>{_NOUN})\s+(?P<aux>were|are)\s+"
    r"(?P<did>(?:\w{3,}ed|hurt|sent)(?:\s+to\s+\w+)?)\b"
)
_OBJECTS = re.compile(
    r"^(?P<who>(?:The\s+)?(?:[A-Z][\w’-]+)(?:\s+(?:[A-Z][\w’-]+|[a-z]{4,}s?)){0,2})\s+(?P<aux>has|have|had)\s+"
    rf"(?P<did>\w{{3,}}(?:ed|ught|ken|ven|ade|ost))\s+(?:{_HEDGE}\s+)?(?P<n>{_BIG})\s+(?P<noun>{_NOUN})\b"
)
_WORTH = re.compile(
    r"\b[Aa]n?\s+(?P<n>[$€£]\d[\d.,]*\s?(?:bn|m|k|tn|billion|million|trillion)?)\s+(?P<what>(?:[a-z]+\s+)?(?:package|deal|loan"
    r"|fund|contract|bailout|project|budget|investment|grant|plan|programme|program|bid|takeover|merger))\b"
)
_DATE = (
    r"(?:on\s+\d{1,2}\s+[A-Z][a-z]{2,}(?:\s+\d{4})?|on\s+[A-Z][a-z]{2,}\s+\d{1,2}(?:,\s+\d{4})?|on\s+[A-Z][a-z]+day"
    r"|in\s+(?:[A-Z][a-z]{2,}\s+)?(?:1[5-9]|20)\d\d)"
)
_WHEN = re.compile(
    rf"^(?P<what>(?:The|An?|[A-Z][\w’-]+)(?:\s+[\w’-]+){{0,5}}?)\s+(?P<aux>was|were)\s+(?:\w+ly\s+)?"
    rf"(?P<did>\w{{3,}}ed|held|built|born|sold|founded|sent)(?:\s+[a-z]+)?\s+(?P<date>{_DATE})"
)
_ROLE = (
    r"(?:president|minister|governor|mayor|secretary|chief|director|editor|adviser|advisor|spokes\w+|commander|leader|founder|chair\w*|"
    r"head|ambassador|author|professor|captain|colonel|general|chancellor|king|queen|prince|monarch|historian|owner|executive|manager|coach)"
)
_NAMED = r"[A-Z][\w’-]+(?:\s+(?:[A-Z]\.|de|van|von|bin|al))*\s+[A-Z][\w’-]+"
_IS = (
    re.compile(rf"(?P<name>{_NAMED}),\s+(?:the|a|an|[A-Z][\w’-]+’s)\s+(?:[\w’'-]+\s+){{0,4}}?{_ROLE}\b", re.UNICODE),
    re.compile(rf"\b{_ROLE}(?:\s+[A-Z]{{2,}})?,?\s+(?:General\s+|Gen\s+|Mr\s+)?(?P<name>{_NAMED})"),
)


def _how_many_were(text: str, sentences: Sequence[Unit], i: int) -> Made:
    """ "30,000 Russian troops were involved": how many Russian troops were involved?"""
    found = _COUNTED.search(sentences[i].text)
    return (f"How many {found['noun']} {found['aux']} {found['did']}?", found["n"]) if found else None


def _how_many_has(text: str, sentences: Sequence[Unit], i: int) -> Made:
    """ "Russian troops have captured six villages": how many villages have Russian troops captured?"""
    found = _OBJECTS.search(sentences[i].text)
    if not found or found["who"].split()[0].lower() in PERSONAL | {"but", "its", "his", "their"}:
        return None
    who = re.sub(r"^The\b", "the", found["who"])
    return f"How many {found['noun']} {found['aux']} {who} {found['did']}?", found["n"]


def _how_much(text: str, sentences: Sequence[Unit], i: int) -> Made:
    """ "a $60bn aid package": how much is the aid package worth?"""
    found = _WORTH.search(sentences[i].text)
    return (f"How much is the {found['what']} worth?", found["n"]) if found else None


def _when(text: str, sentences: Sequence[Unit], i: int) -> Made:
    """ "An iPad edition was launched in December 2010": when was the iPad edition launched?"""
    found = _WHEN.match(sentences[i].text)
    if not found:
        return None
    inner = {word.lower() for word in found["what"].split()}
    if inner & (AUXILIARIES | PREPOSITIONS - {"of"} | PERSONAL | {"and", "or", "who", "which"}):
        return None
    what = re.sub(r"^(?:The|An?)\b", "the", found["what"])
    return f"When {found['aux']} {what} {found['did']}?", re.sub(r"^(?:in|on)\s", "", found["date"])


def _who_is(text: str, sentences: Sequence[Unit], i: int) -> Made:
    """A person whose office the sentence tells."""
    for pattern in _IS:
        for found in pattern.finditer(sentences[i].text):
            name = re.sub(r"['’]s$", "", found["name"])
            if not BODY.search(name) and not re.match(rf"(?:The|A|An|In|On|At|{_ROLE})\b", name, re.IGNORECASE):
                return f"Who is {name}?", found[0].replace(found["name"], "")
    return None


def _what_said(text: str, sentences: Sequence[Unit], i: int) -> Made:
    """Someone with a name whom the sentence lets speak."""
    said_by = speaker(text, sentences, i)
    named = [m for m in names(text[slice(*said_by)]) if m.sort is Sort.PERSON] if said_by else []
    if not named:
        return None
    name = full_name(named[-1].text, [text[: sentences[i].end]])
    office = re.search(rf"\b(?:{_ROLE}|{PEOPLE.pattern})\b", name, re.IGNORECASE | re.VERBOSE)
    return (f"What did {name} say?", "") if " " in name and not office else None


TEMPLATES: tuple[Template, ...] = (_how_many_has, _who_is, _how_much, _how_many_were, _when, _what_said)
