"""Sentences become passages: a few sentences of one paragraph, what a reader reads at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from index.sentences import Sentence

LONGEST = 700  # characters; with a question well inside the 256 word pieces that the embedder looks at


@dataclass(frozen=True, slots=True)
class Passage:
    """The sentences `first` up to, not including, `last` of an article, and their span."""

    start: int
    end: int
    first: int
    last: int


def group(sentences: Sequence[Sentence]) -> list[Passage]:
    """Group sentences into passages of up to LONGEST characters, never across paragraphs.

    Every sentence is in exactly one passage; one that is longer than LONGEST has a passage of its own.
    """
    passages: list[Passage] = []
    for _, members in groupby(range(len(sentences)), key=lambda i: sentences[i].paragraph):
        run = list(members)
        length = sentences[run[-1]].end - sentences[run[0]].start
        # Even shares: a paragraph a little too long becomes two halves, not a passage and a stray sentence.
        share = length / -(-length // LONGEST)
        first = run[0]
        for i in run:
            begin = sentences[first].start
            full = i > first and (sentences[i].end - begin > LONGEST or sentences[i - 1].end - begin >= share * 0.9)
            if full:
                passages.append(Passage(begin, sentences[i - 1].end, first, i))
                first = i
        passages.append(Passage(sentences[first].start, sentences[run[-1]].end, first, run[-1] + 1))
    return passages
