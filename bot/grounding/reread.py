"""Asked for a figure, a date or a name of a claim, does the reader find another one in the sentences cited?

The claim becomes a question with a gap in it (Taylor 1953: "cloze"): "The bridge was built in 1962" asks "The bridge was built
when?". What the reader is not sure of, or finds as it stands, says nothing; nor does silence prove the claim.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Protocol

from bot.answer import Citation, Flag, Problem
from bot.grounding.names import same_name
from bot.grounding.words import Parsed, parsed
from bot.spans import Span

MOST = 4  # gaps that are asked for; each is a pass of the network, some 5 ms
# Logits by which what the reader finds must beat "nothing here"; names stand in more places. Tuned on `bench.grounding`.
SURE = {Problem.NUMBER: 4.0, Problem.DATE: 2.0, Problem.NAME: 7.0}
_BEFORE_DATE = re.compile(r"\b(?:in|on|by|since|during|at)\s+(?:the\s+)?\Z", re.IGNORECASE)
_LONGEST = 60  # characters of what was found instead that are told


class Scorer(Protocol):
    """The spans of passages that answer a question, best first: bot.spans.SpanScorer."""

    def spans(self, question: str, passages: Sequence[str]) -> list[Span]: ...


def reread(claim: Parsed, cited: Sequence[Citation], scorer: Scorer) -> Iterator[Flag]:
    """A flag for each figure, date or name in whose place the reader surely finds another one that the claim does not have."""
    texts = [source.text for source in cited]
    for kind, start, end in _gaps(claim)[:MOST]:
        best = next(iter(scorer.spans(_question(claim.text, kind, start, end), texts)), None)
        if best is None or best.margin < SURE[kind]:
            continue
        found = texts[best.passage][best.start : best.end]
        there, mine = parsed(found), parsed(claim.text[start:end])
        sort = {Problem.NUMBER: there.figures, Problem.DATE: there.dates, Problem.NAME: there.names}[kind]
        if sort and len(found) <= _LONGEST and not _same(there, mine) and not _content(there) <= claim.stems:
            yield Flag(kind, start, end, f"In the article this is “{found}”.")


def _gaps(claim: Parsed) -> list[tuple[Problem, int, int]]:
    found = [
        *((Problem.NUMBER, f.start, f.end) for f in claim.figures if f.unit != "th"),
        *((Problem.DATE, d.start, d.end) for d in claim.dates),
        *((Problem.NAME, n.start, n.end) for n in claim.names),
    ]
    return sorted(found, key=lambda gap: gap[1])


def _question(text: str, kind: Problem, start: int, end: int) -> str:
    before, after = text[:start], text[end:]
    if kind is Problem.DATE:
        before, asked = _BEFORE_DATE.sub("", before), "when"
    elif kind is Problem.NUMBER:
        asked = "how many"
    else:
        asked = "what" if before.strip() else "who"
    question = f"{before}{asked}{after}".strip().rstrip(".!?") + "?"
    return question[:1].upper() + question[1:]


def _content(text: Parsed) -> frozenset[str]:
    return frozenset(word.stem for word in text.words if word.content) or text.stems


def _same(there: Parsed, mine: Parsed) -> bool:
    """Do they share a word, a value or a name?"""
    values = {figure.value for figure in there.figures} & {figure.value for figure in mine.figures}
    named = any(same_name(mine.lower, name.words) for name in there.names)
    return bool(values or named or there.stems & mine.stems)
