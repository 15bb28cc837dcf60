"""How well, and how fast, the reader finds short answers in a question's paragraph: `python -m bench.reader --squad FILE`."""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import squad
from bench.scores import best_threshold, exact_match, f1
from bot.reader import Calibration
from bot.spans import WEIGHTS, SpanScorer
from index.sentences import split


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question read: EM and F1 (0..1) of the best span, and the reader's margin for it in logits."""

    em: float
    f1: float
    margin: float
    answerable: bool
    ms: float


def outcomes(scorer: SpanScorer, path: Path, count: int | None = None) -> list[Outcome]:
    """Read the questions of a SQuAD-format file, each with its own paragraph; `count` of them chosen at random if given."""
    asked = [(article.text, question) for article, questions in squad.load(path) for question in questions]
    if count is not None and count < len(asked):
        asked = random.Random(0).sample(asked, count)
    ends: dict[str, list[int]] = {}
    found = []
    for text, question in asked:
        context = text[question.start : question.end]
        if context not in ends:
            ends[context] = [sentence.end for sentence in split(context)]
        began = time.perf_counter()
        spans = scorer.spans(question.text, [context], [ends[context]])
        ms = (time.perf_counter() - began) * 1000
        answer = context[spans[0].start : spans[0].end] if spans else ""
        golds = [text[start:end] for start, end in question.answers]
        margin = spans[0].margin if spans else float("-inf")
        found.append(Outcome(exact_match(answer, golds), f1(answer, golds), margin, bool(golds), ms))
    return found


def report(found: Sequence[Outcome], threshold: float) -> str:
    """The figures as a table. `threshold` is the shipped one, in logits of the margin."""
    has = [o for o in found if o.answerable]
    lines = [f"{len(found)} questions, {len(has)} answerable", ""]

    def percent(values: Sequence[float]) -> str:
        return f"{100 * statistics.fmean(values):5.1f}" if values else "    -"

    lines.append(f"{'':34}   EM    F1   HasAns F1   NoAns")
    lines.append(f"{'answerable, always answered':34}{percent([o.em for o in has])} {percent([o.f1 for o in has])}")
    if len(has) < len(found):
        best, _ = best_threshold([(o.margin, o.f1, o.answerable) for o in found])
        for name, limit in (("with the best threshold", best), ("with the shipped threshold", threshold)):
            ems = [(o.em if o.answerable else 0.0) if o.margin >= limit else float(not o.answerable) for o in found]
            f1s = [(o.f1 if o.answerable else 0.0) if o.margin >= limit else float(not o.answerable) for o in found]
            parts = [[v for v, o in zip(f1s, found, strict=True) if o.answerable is side] for side in (True, False)]
            lines.append(
                f"{f'{name} ({limit:+.2f})':34}{percent(ems)} {percent(f1s)}       {percent(parts[0])}   {percent(parts[1])}"
            )
    lines += ["", "share answered, most certain first     accuracy (EM)   F1"]
    order = sorted(found, key=lambda o: -o.margin)
    for share in (0.1, 0.25, 0.5, 0.75, 0.9, 1.0):
        top = order[: max(1, round(share * len(order)))]
        right = [(o.em if o.answerable else 0.0) for o in top]
        overlap = [(o.f1 if o.answerable else 0.0) for o in top]
        lines.append(
            f"{100 * share:5.0f} %                                 {percent(right)}          {percent(overlap)}"
        )
    times = sorted(o.ms for o in found)
    lines += ["", f"a passage: p50 {times[len(times) // 2]:.1f} ms, p95 {times[int(len(times) * 0.95)]:.1f} ms"]
    return "\n".join(lines)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.reader", description=__doc__)
    parser.add_argument(
        "--squad", type=Path, required=True, metavar="FILE", help="SQuAD-format file, v1.1 or v2.0, plain or .gz"
    )
    parser.add_argument("--reader", help="a Hugging Face model or folder instead of the shipped reader")
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="another ONNX file of the shipped kind")
    parser.add_argument("--questions", type=int, metavar="N", help="N questions chosen at random instead of all")
    options = parser.parse_args()
    scorer = SpanScorer.from_hub(options.reader) if options.reader else SpanScorer.load(options.weights)
    print(report(outcomes(scorer, options.squad, options.questions), Calibration.load().paragraph_threshold))


if __name__ == "__main__":
    main()
