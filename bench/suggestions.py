"""How many questions are suggested for an article, how soon, and are they good? They are printed, to be read.

    python -m bench.suggestions [--squad FILE [--title TITLE ...] [--paragraphs N]] [--follow-ups]

Without --squad for the sample article. A question is printed with its answer and the sentence that it was made from.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from bench.squad import load
from bot.engine import Engine
from bot.suggestions import follow_ups, suggest
from index.embedder import Embedder
from index.errors import UserError
from index.library import Library
from index.sources import Article, sample


def articles_of(options: argparse.Namespace) -> Iterator[Article]:
    """The articles that the options name. Raises SourceUnreadable."""
    if not options.squad:
        yield sample()
        return
    for article, _ in load(options.squad):
        if not options.title or article.title in options.title:
            yield replace(article, text="\n\n".join(article.text.split("\n\n")[: options.paragraphs]))


def measure(engine: Engine, article: str, follow: bool) -> tuple[int, float, list[str]]:
    """Suggest for one article: how many questions, in how many ms, and lines that tell them with their answers."""
    started = time.perf_counter()
    questions = suggest(engine, article)
    ms = (time.perf_counter() - started) * 1000
    lines = []
    for question in questions:
        answer = engine.ask(question, articles=[article])
        lines += [f"  {question}", f"      {answer.text} | {answer.citations[0].text}"]
        if follow:
            lines += [f"      then: {further}" for further in follow_ups(engine, answer, asked=questions)]
    return len(questions), ms, lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.suggestions", description="Measure the questions suggested.")
    parser.add_argument("--squad", type=Path, metavar="FILE", help="a file in the SQuAD format (default: the sample article)")
    parser.add_argument("--title", action="append", help="only this title of it; may be given again")
    parser.add_argument("--paragraphs", type=int, metavar="N", help="only the first N paragraphs of each")
    parser.add_argument("--follow-ups", action="store_true", help="also what is suggested after each answer")
    options = parser.parse_args(arguments)
    try:
        articles = list(articles_of(options))
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    counts, times = [], []
    with closing(Library.temporary(Embedder.load())) as library:
        engine = Engine(library)
        for article in articles:
            stored = library.add(article).article
            if not counts:
                engine.ask("What is this about, then?", articles=[stored.id])  # the first question warms the reader up
            found, ms, lines = measure(engine, stored.id, options.follow_ups)
            counts.append(found)
            times.append(ms)
            print(f"{article.title}: {found} questions in {ms:.0f} ms", *lines, sep="\n")
    if counts:
        mean = sum(times) / len(times)
        print(f"\n{sum(counts)} questions on {len(counts)} articles, {mean:.0f} ms each, {max(times):.0f} at most")
    return 0


if __name__ == "__main__":
    sys.exit(main())
