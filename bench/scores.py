"""Exact match and F1 as the official SQuAD scripts define them (Rajpurkar et al. 2016, 2018)."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence

_PUNCTUATION = set(string.punctuation)


def normalise(text: str) -> str:
    """Lower case without punctuation and articles, single spaces."""
    text = "".join(ch for ch in text.lower() if ch not in _PUNCTUATION)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def exact_match(answer: str, golds: Sequence[str]) -> float:
    """1 if the answer equals a gold answer; with no gold answer, 1 if nothing was answered."""
    return max((float(normalise(answer) == normalise(gold)) for gold in golds), default=float(not answer))


def f1(answer: str, golds: Sequence[str]) -> float:
    """Word-overlap F1 with the closest gold answer; with no gold answer, 1 if nothing was answered."""

    def one(gold: str) -> float:
        ours, theirs = normalise(answer).split(), normalise(gold).split()
        if not ours or not theirs:
            return float(ours == theirs)
        common = sum((Counter(ours) & Counter(theirs)).values())
        return 2 * common / (len(ours) + len(theirs))

    return max((one(gold) for gold in golds), default=float(not answer))


def best_threshold(answers: Sequence[tuple[float, float, bool]]) -> tuple[float, float]:
    """The score threshold that gives the best mean F1, and that F1 (0..100).

    `answers` are (score, F1 if answered, answerable) a question; what scores below the threshold is not answered, which is
    worth 1 for an unanswerable question and 0 for an answerable one.
    """
    order = sorted(answers, reverse=True)
    best = running = float(sum(not answerable for _, _, answerable in order))
    threshold = order[0][0] + 1 if order else 0.0
    for score, value, answerable in order:
        running += value if answerable else -1
        if running > best:
            best, threshold = running, score
    return threshold, 100 * best / max(1, len(order))
