"""Holds what a language model wrote to the article: each sentence is checked against the sentences that it cites.

Small rules, each in a function of its own, measured on corrupted sentences by `python -m bench.grounding`. A rule that is
not sure stays silent; what the rules pass is not proven true, only found in the words of the sentences cited.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from bot.answer import Citation, Claim, Flag, Problem
from bot.grounding import checks, support
from bot.grounding.attribution import attribution
from bot.grounding.entailment import Entailment, entailed
from bot.grounding.names import names
from bot.grounding.reread import Scorer, reread
from bot.grounding.words import Parsed, parsed

LONGEST = 2000  # characters; beyond it there is no sentence to check
REMEMBERED = 512  # vectors of sources, which every sentence of an answer is compared with
# Whether a claim is carried at all: 0..1, the share of its words that the sentences cited have, and failing that the
# cosine. Tuned on half of the articles of bench.grounding.
CLEARLY, ENOUGH, RELATED = 0.75, 0.45, 0.55
BEST = 3  # sources that a claim without markers may rest on


class Encoder(Protocol):
    """Texts -> float32 (n, dim), rows L2-normalised."""

    def encode(self, texts: Sequence[str]) -> np.ndarray: ...


class Grounder:
    """Checks written sentences, with the embedder that the library has anyway, and with the reader's network and a model of
    natural language inference if they are given.
    """

    def __init__(self, embedder: Encoder, scorer: Scorer | None = None, entailment: Entailment | None = None) -> None:
        self._embedder = embedder
        self._scorer = scorer
        self._entailment = entailment
        self._vectors: OrderedDict[str, np.ndarray] = OrderedDict()

    def check(self, sentence: str, cited: Sequence[int], sources: Sequence[Citation]) -> Claim:
        """The sentence with what was found wrong with it. `cited` indexes `sources`; if it is empty, the sources that
        carry the sentence best are looked for. Never raises, whatever the sentence is.
        """
        if len(sentence) > LONGEST:
            note = "This is too long for a sentence, and was not checked."
            return Claim(sentence, (), (Flag(Problem.UNSUPPORTED, 0, len(sentence), note),))
        claim = parsed(sentence)
        chosen = [sources[i] for i in dict.fromkeys(cited) if 0 <= i < len(sources)]
        if not claim.words:
            return Claim(sentence, tuple(source.n for source in chosen))
        chosen = chosen or self._best(claim, sources)
        if not chosen:
            note = "No sentence found in the article says this."
            return Claim(sentence, (), (Flag(Problem.UNSUPPORTED, 0, len(sentence), note),))
        return Claim(sentence, tuple(source.n for source in chosen), tuple(self._flags(claim, chosen, sources)))

    def _flags(self, claim: Parsed, chosen: Sequence[Citation], sources: Sequence[Citation]) -> list[Flag]:
        found = [
            *checks.numbers(claim, chosen),
            *checks.dates(claim, chosen),
            *names(claim, chosen, sources),
            *checks.quotations(claim, chosen),
            *support.misplaced(claim, chosen),
            *support.counted(claim, chosen, self._encode),
            *support.merged(claim, chosen),
            *support.roles(claim, chosen),
            *support.agents(claim, chosen),
            *support.denial(claim, chosen),
            *support.hedges(claim, chosen),
            *attribution(claim, chosen),
        ]
        note = "The sentences cited do not say this."
        if not self._carried(claim, chosen, sources):
            found.append(Flag(Problem.UNSUPPORTED, 0, len(claim.text), note))
        else:
            for start, end in support.uncovered(claim, chosen):
                if support.similarity(claim.text[start:end], chosen, self._encode) < RELATED:
                    found.append(Flag(Problem.UNSUPPORTED, start, end, note))
        if self._scorer and not found:
            found += reread(claim, chosen, self._scorer)
        if self._entailment and not found:
            found += entailed(claim, chosen, self._entailment)
        unique = {(flag.problem, flag.start, flag.end): flag for flag in reversed(found)}
        return sorted(unique.values(), key=lambda flag: (flag.start, flag.end, flag.problem))

    def _carried(self, claim: Parsed, chosen: Sequence[Citation], sources: Sequence[Citation]) -> bool:
        there = [parsed(source.text) for source in chosen]
        others = [parsed(source.text) for source in sources if source not in chosen]
        share = support.coverage(claim, there, others)
        if share >= CLEARLY or share < ENOUGH / 2:
            return share >= CLEARLY
        return share >= ENOUGH and support.similarity(claim.text, chosen, self._encode) >= RELATED

    def _best(self, claim: Parsed, sources: Sequence[Citation]) -> list[Citation]:
        """The source that carries the claim best, and those that add what it lacks; none if it is not carried."""
        chosen: list[Citation] = []
        share = 0.0
        while len(chosen) < min(BEST, len(sources)):
            rest = [source for source in sources if source not in chosen]
            shares = [support.coverage(claim, [parsed(s.text) for s in (*chosen, source)]) for source in rest]
            best = max(range(len(rest)), key=shares.__getitem__)
            if shares[best] < share + (0.2 if chosen else 0.01):
                break
            chosen.append(rest[best])
            share = shares[best]
        return chosen if chosen and self._carried(claim, chosen, sources) else []

    def _encode(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors of texts, remembered: one pass of the network for those that are new."""
        new = list(dict.fromkeys(text for text in texts if text not in self._vectors))
        if new:
            self._vectors.update(zip(new, self._embedder.encode(new), strict=True))
        out = np.stack([self._vectors[text] for text in texts])
        while len(self._vectors) > REMEMBERED:
            self._vectors.popitem(last=False)
        return out
