"""How much of what a language model writes is wrong, and how much of that is shown without a flag?

    python -m bench.writer --questions FILE --llm SETTING [--first N] [--prompts FOLDER]
        [--article FILE | --squad FILE --title TITLE [--paragraphs N]]

A sentence counts as wrong by itself if it holds a figure or a name that the article does not have anywhere: a figure by its
value, unit and magnitude, a name by a capitalised word inside the sentence. Whether the others are right is for a reader:
each is printed, with its flags and the sentences that it cites.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.article import Question, add_article_options, article_of, check_against, percentile, read_questions
from bot.answer import Answer, Claim, Kind, Written
from bot.figures import figures, meanings
from index.errors import UserError
from index.sources import Article

_NAME = re.compile(r"(?<=\w[\s,;:–-])(?:[“‘\"'(]?)([A-ZÀ-ÞА-Я][\w’'-]+)")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, its extracted answer, what was written, and the seconds from asking to either's first word."""

    question: Question
    extracted: Answer
    written: Written
    extracted_s: float
    first_word_s: float | None
    whole_s: float


def foreign(text: str, article: str) -> list[str]:
    """The figures and names of a written sentence that the article does not have."""
    known = meanings(article)
    values = {value for value, _ in known}
    wrong = [
        text[figure.start : figure.end]
        for figure in figures(text)
        if figure.meaning not in known and (figure.unit or figure.value not in values)
    ]
    words = set(re.findall(r"\w+", article.casefold()))
    names = (match[1] for match in _NAME.finditer(text))
    return wrong + [name for name in names if not set(re.findall(r"\w{2,}", re.sub(r"[’']s\b", "", name.casefold()))) <= words]


def score(asked: Sequence[Asked], article: str) -> dict[str, Any]:
    """Count a run; times in seconds."""
    claims = [claim for each in asked for claim in each.written.claims]
    wrong = [claim for claim in claims if foreign(claim.text, article)]
    rest = [claim for claim in claims if not foreign(claim.text, article)]
    waits = [each.first_word_s for each in asked if each.first_word_s is not None]
    return {
        "questions": len(asked),
        "refused": sum(each.written.refused for each in asked),
        "failed": sum(each.written.failure is not None for each in asked),
        "sentences": len(claims),
        "foreign_figure_or_name": len(wrong),
        "of_these_unflagged": sum(claim.grounded for claim in wrong),
        "others": len(rest),
        "of_these_flagged": sum(not claim.grounded for claim in rest),
        "extracted_p50_s": percentile([each.extracted_s for each in asked], 0.5),
        "first_word_p50_s": percentile(waits, 0.5),
        "whole_p50_s": percentile([each.whole_s for each in asked], 0.5),
    }


def measure(article: Article, questions: Sequence[Question], llm: str, prompts: Path | None) -> list[Asked]:
    """Ask each question, extract an answer, and have one written from the same citations."""
    check_against(article.text, questions)
    from bot.engine import Engine
    from bot.grounding import Grounder
    from bot.llms import ModelUnusable, connect
    from bot.prompts import load
    from bot.spans import SpanScorer
    from bot.writer import Writer
    from index.embedder import Embedder
    from index.library import Library

    model = connect(llm)
    if model is None:
        raise ModelUnusable("There is nothing to measure without a language model.")
    embedder = Embedder.load()
    with closing(Library.temporary(embedder)) as library:
        library.add(article)
        engine, writer = Engine(library), Writer(model, load(prompts), Grounder(embedder, SpanScorer.load()))
        engine.ask(questions[0].text)  # what is loaded at the first question is loaded now
        asked = []
        for question in questions:
            started = time.perf_counter()
            extracted = engine.ask(question.text)
            extracted_s, first_word_s, written = time.perf_counter() - started, None, None
            for update in writer.write(question.text, extracted.citations, summary=extracted.kind is Kind.SUMMARY):
                if update.text and first_word_s is None:
                    first_word_s = time.perf_counter() - started
                written = update.written
            assert written is not None
            asked.append(Asked(question, extracted, written, extracted_s, first_word_s, time.perf_counter() - started))
    return asked


def lines(each: Asked, article: str) -> list[str]:
    """What was written to one question, to be read."""
    written = each.written
    wanted = " / ".join(each.question.answers) if each.question.answerable else "nothing"
    ended = "; ".join(filter(None, ("refused" if written.refused else "", written.failure or "")))
    cited = {citation.n: citation.text for citation in each.extracted.citations}
    out = [f"- {each.question.text} | wanted: {wanted} | extracted: {each.extracted.text} | {ended}".rstrip(" |")]
    for claim in written.claims:
        out.append(f"    {_verdict(claim, article)}: {claim.text}")
        out += [f"        flag {flag.problem.value}: {flag.note}" for flag in claim.flags]
        out += [f"        cites {cited[n]}" for n in claim.cited]
    return out


def _verdict(claim: Claim, article: str) -> str:
    wrong = foreign(claim.text, article)
    flagged = "unflagged" if claim.grounded else "flagged"
    return f"{flagged}, foreign: {', '.join(wrong)}" if wrong else f"{flagged}, to be read"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.writer", description="Measure written answers.")
    parser.add_argument("--questions", type=Path, required=True, metavar="FILE", help="one JSON object a line")
    parser.add_argument("--llm", required=True, metavar="SETTING", help="ollama:NAME, openai:NAME, URL#NAME or gguf:FILE")
    parser.add_argument("--first", type=int, metavar="N", help="only the first N questions")
    parser.add_argument("--prompts", type=Path, metavar="FOLDER", help="prompts of your own")
    add_article_options(parser)
    options = parser.parse_args(arguments)
    if bool(options.squad) != bool(options.title):
        parser.error("--squad and --title go together")
    try:
        article = article_of(options)
        asked = measure(article, read_questions(options.questions)[: options.first], options.llm, options.prompts)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    print(*(line for each in asked for line in lines(each, article.text)), sep="\n")
    print(json.dumps(score(asked, article.text), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
