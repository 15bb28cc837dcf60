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
from bot.followup import stands_alone
from bot.prompting import ONE_QUESTION, bare, unsaid
from bot.questions import TEMPLATES, Template
from bot.summary import central
from index.lexical import tokens
from index.library import Library, Unit

SURE = 0.5  # confidence that a suggestion's answer must reach
BUDGET = 1.5  # seconds, after which no further question is tried
LONGEST = 11  # words of a question
TRIED = 14  # questions put to the reader at most
WHOLE = re.compile(r"^[“‘\"'(]?[A-Z0-9$€£].*[.!?…][”’\"')]*\Z", re.DOTALL)  # a sentence, and no heading or fragment
CENTRAL = 12  # sentences that further questions are proposed for


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
    known = {bare(question) for question in (*asked, answer.question, answer.searched_for or "")}
    return _answered(engine, near, n, budget, known, {answer.text})


def further(
    engine: Asked, article: str, shown: Sequence[str], propose: Callable[[Sequence[str]], Sequence[str] | None], n: int = 4
) -> list[str] | None:
    """The questions `shown` about an article and, up to `n` in all, those that `propose` gives for its central sentences.

    None if it gives none. What it gives may be anything: only a short question is kept that stands alone, that the article
    surely answers, with something else than the ones before, and whose words are all there or where the answer was found.
    Raises ArticleMissing.
    """
    text, sentences = engine.library.article(article).text, engine.library.sentences(article)
    middle = central(sentences, engine.library.vectors([sentence.id for sentence in sentences]), CENTRAL)
    given = [sentence.text for sentence, _ in middle]
    proposed = propose(given)
    if proposed is None:
        return None
    kept, known = list(shown), {bare(question) for question in shown}
    told = {bare(engine.ask(question, articles=[article]).text) for question in shown}
    for question in proposed:
        whole = ONE_QUESTION.fullmatch(question) and len(question.split()) <= LONGEST and stands_alone(question)
        if len(kept) >= n or not whole or bare(question) in known:
            continue
        known.add(bare(question))
        answer = engine.ask(question, articles=[article])
        sure = answer.answered and answer.confidence >= SURE and answer.searched_for is None
        around = [text[cited.passage_start : cited.passage_end] for cited in answer.citations]
        if sure and not unsaid(question, [*given, *around]) and bare(answer.text) not in told:
            kept.append(question)
            told.add(bare(answer.text))
    return kept


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
    answers = {bare(text) for text in told}
    for proposal in proposals:
        if len(shown) == n or tried == TRIED or time.perf_counter() - started > budget:
            break
        if bare(proposal.question) in known or proposal.sentence.id in used:
            continue
        tried += 1
        known.add(bare(proposal.question))
        answer = engine.ask(proposal.question, articles=[proposal.sentence.article])
        if is_good(answer, proposal) and bare(answer.text) not in answers:
            shown.append(proposal.question)
            used.add(proposal.sentence.id)
            answers.add(bare(answer.text))
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
    expected, found = set(tokens(proposal.expected)), set(tokens(answer.text))
    return 2 * len(expected & found) >= min(len(expected), len(found)) > 0


def _proposed(template: Template, text: str, sentences: Sequence[Unit]) -> Iterator[Proposal]:
    for i, sentence in enumerate(sentences):
        if not WHOLE.search(sentence.text):
            continue
        made = template(text, sentences, i)
        if made and len(made[0].split()) <= LONGEST and stands_alone(made[0]):
            yield Proposal(made[0], sentence, made[1])
