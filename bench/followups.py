"""How much do follow-up questions gain from being rewritten, and do questions that stand alone lose anything?

    python -m bench.followups --followups FILE [--alone FILE] [--llm SETTING]
        [--article FILE | --squad FILE --title TITLE [--paragraphs N]]
    python -m bench.followups --canard FILE

A follow-up file has one JSON object a line: `history` (the questions asked before), `question`, `answers` (any of them
counts) and `sentence_contains` (a verbatim piece of the sentence to cite). `--alone` takes a question file of
`bench.article` and asks it in a row, as one conversation: nothing should change. `--llm` asks all follow-ups once more,
worded by that language model where its wording holds. `--canard` takes question rewritings by
people (Elgohary et al. 2019) and compares words: no engine runs.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.article import Outcome, Question, add_article_options, article_of, check_against, percentile, read_questions
from bot.answer import Answer, Citation, Kind, Turn
from bot.followup import TURNS, Reword, rewrite, stands_alone, understood
from index.errors import SourceUnreadable, UserError
from index.lexical import query_tokens
from index.sources import Article

Ask = Callable[[str], Answer]


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One follow-up: asked with its history and without it, and what was searched for."""

    with_history: Outcome
    without: Outcome
    searched_for: str | None


def read_followups(path: Path) -> list[Question]:
    """Read a follow-up file. Raises SourceUnreadable if it is missing or a line is not a follow-up."""
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return [
            Question(r["question"], tuple(r["answers"]), r["sentence_contains"], tuple(r["history"])) for r in rows
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SourceUnreadable(f"{path} is not a file of follow-up questions: {error!r}.") from error


def converse(ask: Ask, questions: Iterable[str], reword: Reword | None = None) -> list[Turn]:
    """The turns of a conversation of these questions."""
    turns: list[Turn] = []
    for question in questions:
        turns.append(Turn(question, understood(question, turns[-TURNS:], ask, reword)))
    return turns


def run(ask: Ask, questions: Sequence[Question], reword: Reword | None = None) -> list[FollowUp]:
    """Put each follow-up to the engine after its history, and by itself."""
    found = []
    for question in questions:
        answer = converse(ask, [*question.history, question.text], reword)[-1].answer
        found.append(
            FollowUp(_outcome(question, answer), _outcome(question, ask(question.text)), answer.searched_for)
        )
    return found


def _outcome(question: Question, answer: Answer) -> Outcome:
    return Outcome(question, answer.answered, answer.text, tuple(c.text for c in answer.citations), answer.ms)


def alone(ask: Ask, questions: Sequence[Question]) -> dict[str, Any]:
    """Ask questions that stand alone in a row: how many were rewritten, and which answers changed."""
    turns = converse(ask, [question.text for question in questions])
    changed = []
    for turn in turns:
        first = ask(turn.question)
        if (first.text, first.citations) != (turn.answer.text, turn.answer.citations):
            changed.append(f"{turn.question} | {turn.answer.searched_for} | {first.text} -> {turn.answer.text}")
    rewritten = [turn.question for turn in turns if not stands_alone(turn.question)]
    return {"questions": len(turns), "rewritten": rewritten, "changed": changed}


# The words of the rewritings of people.


@dataclass(frozen=True, slots=True)
class Words:
    """Content words (stems): recall of those that people added to the question, precision of those that we added."""

    recall: float
    precision: float


def read_canard(path: Path) -> list[dict[str, Any]]:
    """Read a file of CANARD. Raises SourceUnreadable."""
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return [r for r in rows if r["History"] is not None and r["Question"] and r["Rewrite"] and r["QuAC_dialog_id"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SourceUnreadable(f"{path} is not a file of question rewritings: {error!r}.") from error


def rewritten(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Our rewriting of each question; the article's title and section open its dialogue as if they had been asked.

    Questions before are given as we rewrote them, answers as the data has them.
    """
    ours: dict[tuple[str, str], str] = {}
    found = []
    for row in rows:
        history, dialogue = row["History"], row["QuAC_dialog_id"]
        turns = [_turn(history[0], history[1], None)]
        turns += [
            _turn(asked, said, ours.get((dialogue, asked))) for asked, said in zip(history[2::2], history[3::2], strict=False)
        ]
        written = rewrite(row["Question"], turns[:1] + turns[1:][-TURNS + 1 :])
        ours[dialogue, row["Question"]] = written
        found.append(written)
    return found


def _turn(question: str, said: str, searched_for: str | None) -> Turn:
    known = said.strip().lower() not in ("i don't know.", "cannotanswer")
    cited = Citation(1, "", "", "", 0, len(said), said, 1.0, 0, len(said))
    short = Kind.SPAN if len(said.split()) <= 8 else Kind.SENTENCES
    return Turn(question, Answer(question, known, short, said, 1.0, (cited,) if known else (), searched_for))


def words(raw: Sequence[str], ours: Sequence[str], human: Sequence[str]) -> Words:
    """Over all questions, 0..100. Recall is over the words people added, precision over the words we added."""
    wanted = added = right = 0
    for before, mine, theirs in zip(raw, ours, human, strict=True):
        had = set(query_tokens(before))
        gold, given = set(query_tokens(theirs)) - had, set(query_tokens(mine)) - had
        wanted, added, right = wanted + len(gold), added + len(given), right + len(gold & given)
    return Words(100 * right / wanted if wanted else 0.0, 100 * right / added if added else 0.0)


def canard(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The figures of a CANARD file."""
    ours, raw = rewritten(rows), [row["Question"] for row in rows]
    human = [row["Rewrite"] for row in rows]
    untouched = [(q, o) for q, o, h in zip(raw, ours, human, strict=True) if _same(q, h)]
    later = [i for i, row in enumerate(rows) if row["Question_no"] > 1]

    def some(texts: Sequence[str]) -> list[str]:
        return [texts[i] for i in later]

    return {
        "questions": len(rows),
        "rewritten_by_us": sum(not _same(q, o) for q, o in zip(raw, ours, strict=True)),
        "none": asdict(words(raw, raw, human)),
        "ours": asdict(words(raw, ours, human)),
        "ours_after_the_first": asdict(words(some(raw), some(ours), some(human))),
        "left_alone_by_people": len(untouched),
        "left_alone_by_us_too": sum(_same(q, o) for q, o in untouched),
    }


def _same(one: str, other: str) -> bool:
    return re.findall(r"\w+", one.lower()) == re.findall(r"\w+", other.lower())


class Worded:
    """A language model that words follow-ups; remembers how often it was asked, what held, and the seconds it took."""

    def __init__(self, llm: str) -> None:
        from bot.llms import ModelUnusable, connect
        from bot.prompts import load

        model = connect(llm)
        if model is None:
            raise ModelUnusable("There is nothing to compare with without a language model.")
        self.model, self.prompt = model, load().followup
        self.held: list[str | None] = []
        self.seconds: list[float] = []

    def __call__(self, question: str, history: Sequence[Turn]) -> str | None:
        from bot.rewording import reworded

        started = time.perf_counter()
        self.held.append(reworded(self.model, self.prompt, question, history))
        self.seconds.append(time.perf_counter() - started)
        return self.held[-1]

    @property
    def figures(self) -> dict[str, Any]:
        return {
            "model_asked": len(self.held),
            "wording_held": sum(wording is not None for wording in self.held),
            "model_p50_s": percentile(self.seconds, 0.5),
        }


def measure(
    article: Article, followups: Sequence[Question], lone: Sequence[Question], llm: str | None = None
) -> tuple[dict[str, Any], str]:
    """Run the engine on the article; the figures, and what became of each follow-up."""
    check_against(article.text, [*followups, *lone])
    from bot.engine import Engine
    from index.embedder import Embedder
    from index.library import Library

    worded = Worded(llm) if llm else None
    with closing(Library.temporary(Embedder.load())) as library:
        library.add(article)
        engine = Engine(library)
        found = run(engine.ask, followups)
        figures: dict[str, Any] = {"article": article.title, "followups": len(found)}
        figures["rewritten"] = right([f.with_history for f in found])
        figures["as_typed"] = right([f.without for f in found])
        lines = [line(f) for f in found]
        if worded:
            again = run(engine.ask, followups, worded)
            figures["worded_by_model"] = right([f.with_history for f in again]) | worded.figures
            lines += [f"\nWorded by {llm} where that holds:", *(line(f) for f in again)]
        if lone:
            figures["alone"] = alone(engine.ask, lone)
    return figures, "\n".join(lines)


def right(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """How many cite the right sentence first, and how many hold the answer."""
    return {"sentence_first": sum(o.cited_first for o in outcomes), "answer": sum(o.says_it for o in outcomes)}


def line(found: FollowUp) -> str:
    """One follow-up, to be read."""
    outcome, question = found.with_history, found.with_history.question
    marks = f"{'sentence' if outcome.cited_first else '-':<9}{'answer' if outcome.says_it else '-':<7}"
    plain = f"as typed: {'sentence' if found.without.cited_first else '-'}"
    said = outcome.said if len(outcome.said) <= 70 else outcome.said[:69] + "…"
    return f"{marks}| {' / '.join(question.history)} / {question.text} | {found.searched_for or '(as typed)'} | {said} | {plain}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.followups", description="Measure follow-up questions.")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--followups", type=Path, metavar="FILE", help="one JSON object a line")
    what.add_argument("--canard", type=Path, metavar="FILE", help="question rewritings by people, one JSON object a line")
    parser.add_argument("--llm", metavar="SETTING", help="ollama:NAME, openai:NAME, URL#NAME or gguf:FILE")
    parser.add_argument("--alone", type=Path, metavar="FILE", help="questions that stand alone, asked in a row")
    add_article_options(parser)
    options = parser.parse_args(arguments)
    if bool(options.squad) != bool(options.title):
        parser.error("--squad and --title go together")
    try:
        if options.canard:
            print(json.dumps(canard(read_canard(options.canard)), indent=2))
            return 0
        lone = read_questions(options.alone) if options.alone else []
        figures, lines = measure(article_of(options), read_followups(options.followups), lone, options.llm)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    print(lines, json.dumps(figures, ensure_ascii=False, indent=2), sep="\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
