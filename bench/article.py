"""How well, and how fast, are questions about one article answered?

    python -m bench.article --questions FILE [--variants]
        [--article FILE | --squad FILE --title TITLE [--paragraphs N]]

A question file has one JSON object a line: `question`, `answerable`, `answers` (any of them counts),
`sentence_contains` (a verbatim piece of the sentence to cite) and optionally `history` (the questions asked before).
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.squad import load
from bot.answer import Answer, Turn
from index.errors import SourceUnreadable, UserError
from index.sources import Article, read_file, sample


@dataclass(frozen=True, slots=True)
class Question:
    """A question, what any right answer holds, and a piece of the sentence to cite (None: the article does not say)."""

    text: str
    answers: tuple[str, ...]
    sentence: str | None
    history: tuple[str, ...] = ()

    @property
    def answerable(self) -> bool:
        return self.sentence is not None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one question: what was said, the text of what was cited, best first, and how long it took."""

    question: Question
    answered: bool
    said: str
    cited: tuple[str, ...]
    ms: float

    @property
    def cited_first(self) -> bool:
        return self.answered and _cites(self.cited[:1], self.question)

    @property
    def cited_at_all(self) -> bool:
        return self.answered and _cites(self.cited, self.question)

    @property
    def says_it(self) -> bool:
        return self.answered and any(holds(self.said, wanted) for wanted in self.question.answers)

    @property
    def right(self) -> bool:
        """Answered, with the sentence first and the words right; or rightly not answered."""
        return (self.cited_first and self.says_it) if self.question.answerable else not self.answered


@dataclass(frozen=True, slots=True)
class Scores:
    """Shares in percent; those of an empty set are 0. `words` is the median length of an answer."""

    answerable: int
    unanswerable: int
    cited_first: float
    cited_at_all: float
    says_it: float
    both: float
    refused: float
    answered_anyway: float
    words: float
    p50_ms: float
    p95_ms: float


def read_questions(path: Path) -> list[Question]:
    """Read a question file. Raises SourceUnreadable if it is missing or a line is not such a question."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceUnreadable(f"{path} cannot be read: {error}.") from error
    questions = []
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            sentence = row["sentence_contains"] if row["answerable"] else None
            question = Question(row["question"], tuple(row["answers"]), sentence, tuple(row.get("history", ())))
        except (ValueError, KeyError, TypeError) as error:
            raise SourceUnreadable(f"Line {number} of {path} is not a question: {error!r}.") from error
        if row["answerable"] and not (question.answers and sentence):
            raise SourceUnreadable(f"Line {number} of {path} is answerable, but has no answer or no sentence.")
        questions.append(question)
    return questions


def check_against(article: str, questions: Sequence[Question]) -> None:
    """Raise SourceUnreadable if a sentence to cite is not in the article: the questions are about another text."""
    for question in questions:
        if question.answerable and not _cites((article,), question):
            raise SourceUnreadable(f"{question.sentence!r}, wanted for {question.text!r}, is not in the article.")


def holds(said: str, wanted: str) -> bool:
    """Do the words of `wanted` occur in a row in `said`? Case, punctuation and the form of quotes do not count."""
    return bool(_plain(wanted)) and f" {_plain(wanted)} " in f" {_plain(said)} "


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold()
    text = re.sub(r"(?<=\d),(?=\d)|(?<=\w)['’](?=\w)", "", text)
    return " ".join(re.sub(r"[^\w\s.]|(?<!\d)\.|\.(?!\d)|_", " ", text).split())


def _cites(texts: Sequence[str], question: Question) -> bool:
    piece = question.sentence
    return piece is not None and any(" ".join(piece.split()) in " ".join(text.split()) for text in texts)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0..1] of the values do not exceed; 0 if there are none."""
    order = sorted(values)
    return order[max(0, -int(-share * len(order) // 1) - 1)] if order else 0.0


def score(outcomes: Sequence[Outcome]) -> Scores:
    """Count a run."""
    yes = [o for o in outcomes if o.question.answerable]
    no = [o for o in outcomes if not o.question.answerable]

    def share(group: Sequence[Outcome], counts: Callable[[Outcome], bool]) -> float:
        return 100 * sum(map(counts, group)) / len(group) if group else 0.0

    return Scores(
        answerable=len(yes),
        unanswerable=len(no),
        cited_first=share(yes, lambda o: o.cited_first),
        cited_at_all=share(yes, lambda o: o.cited_at_all),
        says_it=share(yes, lambda o: o.says_it),
        both=share(yes, lambda o: o.right),
        refused=share(yes, lambda o: not o.answered),
        answered_anyway=share(no, lambda o: o.answered),
        words=median([len(o.said.split()) for o in outcomes if o.answered] or [0]),
        p50_ms=percentile([o.ms for o in outcomes], 0.5),
        p95_ms=percentile([o.ms for o in outcomes], 0.95),
    )


def lower_case(question: str) -> str:
    """As people type who are in a hurry."""
    return question.lower()


def without_mark(question: str) -> str:
    """Without the question mark."""
    return question.rstrip("? ")


def with_typo(question: str) -> str:
    """One slip of the fingers in one longer word: letters swapped, one left out or one doubled. The same every time."""
    words = [m.span() for m in re.finditer(r"[^\W\d_]{5,}", question)]
    if not words:
        return question
    dice = random.Random(question)
    start, end = dice.choice(words)
    at = dice.randrange(start + 1, end - 2)
    slip = dice.choice(("swap", "drop", "double"))
    if slip == "swap" and question[at] != question[at + 1]:
        return question[:at] + question[at + 1] + question[at] + question[at + 2 :]
    if slip == "double":
        return question[:at] + question[at] + question[at:]
    return question[:at] + question[at + 1 :]


VARIANTS: dict[str, Callable[[str], str]] = {
    "lower case": lower_case,
    "no question mark": without_mark,
    "one typo": with_typo,
}


def run(engine: Any, questions: Sequence[Question], asked_as: Callable[[str], str] = str) -> list[Outcome]:
    """Put each question to the engine, after the questions of its history."""
    outcomes = []
    for question in questions:
        turns: list[Turn] = []
        for earlier in question.history:
            turns.append(Turn(earlier, engine.ask(earlier, history=turns)))
        started = time.perf_counter()
        answer: Answer = engine.ask(asked_as(question.text), history=turns)
        ms = (time.perf_counter() - started) * 1000
        outcomes.append(Outcome(question, answer.answered, answer.text, tuple(c.text for c in answer.citations), ms))
    return outcomes


def peak_memory() -> float:
    """The most resident memory the process has had, in MB."""
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


class Recorded:
    """The reader's network, remembering its inputs so that they can be run once more, bare."""

    def __init__(self, network: Any) -> None:
        self.network = network
        self.inputs: list[tuple[Any, ...]] = []

    def __call__(self, *inputs: Any) -> Any:
        """Run the network on int64 ids, mask and types, each of shape (batch, length)."""
        self.inputs.append(inputs)
        return self.network(*inputs)

    def bare_ms(self) -> float:
        """Milliseconds of running it on everything remembered, which is then forgotten."""
        inputs, self.inputs = self.inputs, []
        started = time.perf_counter()
        for each in inputs:
            self.network(*each)
        return (time.perf_counter() - started) * 1000


def measure(article: Article, questions: Sequence[Question], variants: bool) -> tuple[dict[str, Any], list[Outcome]]:
    """Start up, ask everything, and return the figures and what became of each question."""
    check_against(article.text, questions)
    started = time.perf_counter()
    from tokenizers import Tokenizer

    from bot.engine import Engine
    from bot.reader import Calibration, ExtractiveReader
    from bot.spans import WEIGHTS, SpanScorer, onnx_network
    from index.embedder import Embedder, default_weights
    from index.library import Library

    embedder = Embedder.load()
    network = Recorded(onnx_network(WEIGHTS.read_bytes()))
    tokenizer = Tokenizer.from_file(str(default_weights() / "tokenizer.json"))
    reader = ExtractiveReader(SpanScorer(network, tokenizer), Calibration.load())
    with closing(Library.temporary(embedder)) as library:
        library.add(article)
        engine = Engine(library, reader)
        run(engine, questions[:1])
        first_answer = time.perf_counter() - started
        outcomes: list[Outcome] = []
        embeddings, passes = [], []
        network.inputs.clear()
        for question in questions:  # in turns, so that all are timed on a machine equally busy
            outcomes += run(engine, [question])
            passes.append(network.bare_ms())
            at = time.perf_counter()
            embedder.encode([question.text])
            embeddings.append((time.perf_counter() - at) * 1000)
        figures: dict[str, Any] = {
            "article": article.title,
            **asdict(score(outcomes)),
            "forward_p50_ms": percentile(passes, 0.5),
            "embedding_p50_ms": percentile(embeddings, 0.5),
            "first_answer_s": first_answer,
            "peak_memory_mb": peak_memory(),
        }
        if variants:
            figures["variants"] = {
                name: asdict(score(run(engine, questions, change))) for name, change in VARIANTS.items()
            }
    return figures, outcomes


def report(figures: dict[str, Any], outcomes: Sequence[Outcome]) -> str:
    """The figures and the misses, to be read."""
    f = figures
    ratio = f["p50_ms"] / (f["forward_p50_ms"] + f["embedding_p50_ms"] or 1.0)
    lines = [
        f"{f['article']}: {f['answerable']} answerable and {f['unanswerable']} unanswerable questions",
        f"  right sentence cited first   {f['cited_first']:5.1f} %",
        f"  right sentence cited at all  {f['cited_at_all']:5.1f} %",
        f"  short answer right           {f['says_it']:5.1f} %   (median length {f['words']:.0f} words)",
        f"  both right                   {f['both']:5.1f} %",
        f"  refused though answerable    {f['refused']:5.1f} %",
        f"  unanswerable, yet answered   {f['answered_anyway']:5.1f} %",
        f"  a question, p50 / p95        {f['p50_ms']:.0f} / {f['p95_ms']:.0f} ms",
        f"  the reader's network alone on the same tokens, p50  {f['forward_p50_ms']:.0f} ms, the embedder's on the question"
        f"  {f['embedding_p50_ms']:.0f} ms; a question takes {ratio:.1f} times both",
        f"  start to first answer        {f['first_answer_s']:.1f} s",
        f"  peak resident memory         {f['peak_memory_mb']:.0f} MB",
    ]
    for name, changed in f.get("variants", {}).items():
        deltas = ", ".join(
            f"{label} {changed[key] - f[key]:+.1f}"
            for key, label in (("cited_first", "cited first"), ("says_it", "short answer"), ("both", "both"),
                               ("refused", "refused"), ("answered_anyway", "answered anyway"))
        )
        lines.append(f"  {name + ', points:':<29}{deltas}")
    lines += ["", *(miss(outcome) for outcome in outcomes if not outcome.right)]
    return "\n".join(lines)


def miss(outcome: Outcome) -> str:
    """One line: the question, what was said, what was wanted."""
    wanted = " / ".join(outcome.question.answers) if outcome.question.answerable else "nothing"
    wrong = []
    if outcome.answered and outcome.question.answerable:
        wrong += [] if outcome.cited_first else ["another sentence first"]
        wrong += [] if outcome.says_it else ["not the words"]
    said = outcome.said if len(outcome.said) <= 90 else outcome.said[:89] + "…"
    return f"- {outcome.question.text} | said: {said} | wanted: {wanted}" + (f" | {', '.join(wrong)}" if wrong else "")


def add_article_options(parser: argparse.ArgumentParser) -> None:
    """The options that name the article: a file, a title of a SQuAD file, or neither for the sample."""
    text = parser.add_mutually_exclusive_group()
    text.add_argument("--article", type=Path, metavar="FILE", help="a text file (default: the sample article)")
    text.add_argument("--squad", type=Path, metavar="FILE", help="a file in the SQuAD format; needs --title")
    parser.add_argument("--title", help="the title in the SQuAD file")
    parser.add_argument("--paragraphs", type=int, metavar="N", help="only the first N paragraphs of the title")


def article_of(options: argparse.Namespace) -> Article:
    """The article that the options name. Raises SourceUnreadable."""
    if options.squad:
        titles = {article.title.replace("_", " "): article for article, _ in load(options.squad)}
        article = titles.get(options.title.replace("_", " "))
        if article is None:
            raise SourceUnreadable(f"{options.squad} has no title {options.title!r}.")
        paragraphs = article.text.split("\n\n")[: options.paragraphs]
        return Article("\n\n".join(paragraphs), article.title, article.origin)
    return read_file(options.article) if options.article else sample()


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.article", description="Measure questions on one article.")
    parser.add_argument("--questions", type=Path, required=True, metavar="FILE", help="one JSON object a line")
    add_article_options(parser)
    parser.add_argument("--variants", action="store_true", help="also in other spellings")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object")
    options = parser.parse_args(arguments)
    if bool(options.squad) != bool(options.title):
        parser.error("--squad and --title go together")
    try:
        figures, outcomes = measure(article_of(options), read_questions(options.questions), options.variants)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(figures, ensure_ascii=False) if options.json else report(figures, outcomes))
    return 0


if __name__ == "__main__":
    sys.exit(main())
