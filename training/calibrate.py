"""Turns the reader's logits into odds, on questions put to whole articles through the real retriever."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from bench import squad
from bench.reader import outcomes
from bench.scores import best_threshold, f1
from bot.engine import CANDIDATES, gather
from bot.reader import Calibration, ExtractiveReader, relevance_logit
from bot.retriever import SentenceRetriever
from bot.spans import SpanScorer
from index.embedder import Embedder
from index.library import Library

RIGHT = 0.5  # F1 from which an answer counts as right
QUESTIONS = 40  # of each article's own
STRANGERS = 12  # questions of other articles put to each article: nothing like them is answered there
WEIGHTS = [w / 10 for w in range(0, 21)]  # of the retriever's relevance, tried one after the other
PLAIN = Calibration(0.0, 1.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Try:
    """One question put to one article: for each span found its margin, relevance logit and F1. `kind` says what was asked."""

    kind: str  # "answerable", "unanswerable" (written to mislead) or "stranger"
    margins: np.ndarray
    relevance: np.ndarray
    f1: np.ndarray
    texts: tuple[str, ...]

    def best(self, weight: float) -> tuple[float, float, float]:
        """Evidence z of the best span, its gap to the next that says something else, and the best span's F1."""
        z = self.margins + weight * self.relevance
        top = int(z.argmax())
        others = [z[i] for i in range(len(z)) if self.texts[i] != self.texts[top]]
        return float(z[top]), float(z[top] - max(others)) if others else 5.0, float(self.f1[top])


def tries(files: Sequence[Path], scorer: SpanScorer, embedder: Embedder, seed: int = 0) -> Iterator[Try]:
    """Put questions to every article of the files, each article alone in its library."""
    rng = random.Random(seed)
    reader = ExtractiveReader(scorer, PLAIN)
    sets = [pair for file in files for pair in squad.load(file)]
    for article, own in sets:
        asked = [("answerable" if q.answers else "unanswerable", q) for q in rng.sample(own, min(QUESTIONS, len(own)))]
        others = [q for other, questions in sets if other.title != article.title for q in questions if q.answers]
        asked += [("stranger", q) for q in rng.sample(others, STRANGERS)]
        with Library.temporary(embedder) as library:
            library.add(article)
            retriever = SentenceRetriever(library)
            for kind, question in asked:
                golds = [article.text[a:b] for a, b in question.answers] if kind == "answerable" else []
                evidence = gather(library, retriever.candidates(question.text, CANDIDATES))
                ranked = reader.ranked(question.text, evidence)
                if not ranked:
                    continue
                texts = [evidence[s.passage].passage.text[s.start : s.end] for s, _ in ranked]
                yield Try(
                    kind,
                    np.array([s.margin for s, _ in ranked]),
                    np.array([relevance_logit(evidence[s.passage], s) for s, _ in ranked]),
                    np.array([f1(text, golds) if golds else 0.0 for text in texts]),
                    tuple(text.casefold() for text in texts),
                )


def calibrate(files: Sequence[Path], scorer: SpanScorer, embedder: Embedder) -> tuple[Calibration, str]:
    """Fit on `files`; returns the calibration and a report with the reliability table as Markdown."""
    found = list(tries(files, scorer, embedder))
    own = [t for t in found if t.kind == "answerable"]
    weight = max(WEIGHTS, key=lambda w: sum(t.best(w)[2] for t in own))
    best = np.array([t.best(weight) for t in found])
    right = best[:, 2] >= RIGHT
    features = np.c_[best[:, 0], np.minimum(best[:, 1], 5.0)]
    model = LogisticRegression(C=100.0).fit(features, right)
    odds = model.predict_proba(features)[:, 1]
    (slope, gap_slope), intercept = model.coef_[0], model.intercept_[0]
    threshold = _threshold(odds, right)
    alone = [o for file in files for o in outcomes(scorer, file, 1500)]
    margin, _ = best_threshold([(o.margin, o.f1, o.answerable) for o in alone if not math.isinf(o.margin)])
    calibration = Calibration(
        round(weight, 3), round(float(slope), 4), round(float(gap_slope), 4), round(float(intercept), 4),
        round(threshold, 3), round(margin, 3),
    )  # fmt: skip
    return calibration, _report(found, odds, right, threshold)


def _threshold(odds: np.ndarray, right: np.ndarray) -> float:
    """The threshold at which right answers less wrong ones are most: a wrong answer costs what a right one is worth."""
    order = np.argsort(-odds)
    gain = np.cumsum(np.where(right[order], 1, -1))
    return float(odds[order][int(gain.argmax())])


def _report(found: Sequence[Try], odds: np.ndarray, right: np.ndarray, threshold: float) -> str:
    lines = ["| odds | questions | mean odds | answered right |", "|---|---|---|---|"]
    for low in np.arange(0, 1, 0.1):
        here = (odds >= low) & (odds < low + 0.1)
        if here.any():
            lines.append(
                f"| {low:.1f}-{low + 0.1:.1f} | {here.sum()} | {odds[here].mean():.2f} | {right[here].mean():.2f} |"
            )
    lines += [
        "",
        f"At the shipped threshold of {threshold:.2f}:",
        "",
        "| asked | questions | answered | right of those |",
        "|---|---|---|---|",
    ]
    for kind in ("answerable", "unanswerable", "stranger"):
        of = np.array([t.kind == kind for t in found])
        said = of & (odds >= threshold)
        share = f"{right[said].mean():.0%}" if said.any() and kind == "answerable" else "-"
        lines.append(f"| {kind} | {of.sum()} | {said.sum() / max(1, of.sum()):.0%} | {share} |")
    return "\n".join(lines)
