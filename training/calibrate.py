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
    for number, (article, own) in enumerate(sets, 1):
        print(f"calibrating on article {number} of {len(sets)}: {article.title}", flush=True)
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
    kinds = np.array([t.kind for t in found])
    # The threshold that SQuAD v2.0's measure asks for, over all that was asked, misleading questions and strangers' alike.
    threshold, _ = best_threshold(list(zip(odds, best[:, 2], kinds == "answerable", strict=True)))
    alone = [outcomes(scorer, file, 1500) for file in files]
    mixed = [o for file in alone if not all(o.answerable for o in file) for o in file]
    margin, _ = best_threshold([(o.margin, o.f1, o.answerable) for o in mixed if not math.isinf(o.margin)])
    calibration = Calibration(
        round(weight, 3), round(float(slope), 4), round(float(gap_slope), 4), round(float(intercept), 4),
        round(threshold, 3), round(margin, 3),
    )  # fmt: skip
    return calibration, _report(kinds, odds, right, threshold)


def _report(kinds: np.ndarray, odds: np.ndarray, right: np.ndarray, shipped: float) -> str:
    """Markdown: how often answers of given odds were right, and what each threshold does."""
    lines = ["| odds | questions | mean odds | answered right |", "|---|---|---|---|"]
    for low in np.arange(10) / 10:
        here = (odds >= low) & (odds < low + 0.1)
        if here.any():
            lines.append(
                f"| {low:.1f}-{low + 0.1:.1f} | {here.sum()} | {odds[here].mean():.2f} | {right[here].mean():.2f} |"
            )
    own, misled, stranger = (kinds == kind for kind in ("answerable", "unanswerable", "stranger"))
    lines += [
        "",
        f"Asked: {own.sum()} questions that the article answers, {misled.sum()} written to look as if it did, and",
        f"{stranger.sum()} on other articles.",
        "",
        "| threshold | answered of the answerable | right of those | answered of the misleading | answered of other articles' |",
        "|---|---|---|---|---|",
    ]
    for threshold in (*(np.arange(1, 9) / 10), shipped):
        said = odds >= threshold
        cells = [said[own].mean(), right[own & said].mean(), said[misled].mean(), said[stranger].mean()]
        name = f"**{threshold:.2f}** (shipped)" if threshold == shipped else f"{threshold:.2f}"
        lines.append(f"| {name} | " + " | ".join(f"{cell:.1%}" for cell in cells) + " |")
    return "\n".join(lines)
