"""SQuAD-format files become training examples: answerable ones, and several kinds of unanswerable ones.

A reader that has only seen answerable questions answers everything. The unanswerable kinds here are those that occur when
Footnote reads an article: a passage that was retrieved but does not hold the answer, a passage whose answering sentence
is missing, a question about another name, number or date, and a question that says the opposite.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from tokenizers import Encoding, Tokenizer

# Unanswerable examples of each kind per answerable example.
WRONG_PASSAGE = 0.30
ANSWER_REMOVED = 0.08
SWAPPED = 0.12
OPPOSITE = 0.06
HUMAN_UNANSWERABLE_REPEATS = 4

# Context tokens a window holds. Mostly short, as passages are; some long, so that positions are learnt.
WINDOW = 110
LONG_WINDOW = 180
LONG_SHARE = 0.2


@dataclass(frozen=True)
class Question:
    id: str
    text: str
    answers: tuple[tuple[int, str], ...]  # (character offset in the context, text); empty when unanswerable


@dataclass(frozen=True)
class Paragraph:
    article: int
    context: str
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Example:
    """One training input: token ids of question and window, and the answer as token positions (0, 0 for none)."""

    ids: list[int]
    context_from: int  # position of the first context token
    start: int
    end: int


def load_squad(path: Path) -> list[Paragraph]:
    """Read a SQuAD v1.1 or v2.0 file, plain or gzipped."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        data = json.load(file)["data"]
    return [
        Paragraph(
            number,
            paragraph["context"],
            tuple(
                Question(
                    qa["id"],
                    qa["question"].strip(),
                    ()
                    if qa.get("is_impossible")
                    else tuple((answer["answer_start"], answer["text"]) for answer in qa["answers"]),
                )
                for qa in paragraph["qas"]
            ),
        )
        for number, article in enumerate(data)
        for paragraph in article["paragraphs"]
    ]


# --- questions that the paragraph does not answer ------------------------------------------------------------------

_PAIRS = """first/last before/after largest/smallest biggest/smallest most/least highest/lowest more/fewer more/less
north/south northern/southern east/west eastern/western increase/decrease increased/decreased rise/fall won/lost win/lose
begin/end began/ended start/stop started/stopped early/late earliest/latest older/younger oldest/youngest best/worst
minimum/maximum always/never with/without support/oppose supported/opposed above/below inside/outside buy/sell
bought/sold arrive/leave arrived/left accept/reject accepted/rejected majority/minority male/female allow/forbid
allowed/forbidden same/different known/unknown major/minor positive/negative higher/lower longer/shorter
longest/shortest good/bad new/old common/rare public/private able/unable"""
OPPOSITES: dict[str, list[str]] = {}
for _pair in _PAIRS.split():
    _left, _right = _pair.split("/")
    OPPOSITES.setdefault(_left, []).append(_right)
    OPPOSITES.setdefault(_right, []).append(_left)
NEGATABLE = {"did", "does", "do", "was", "were", "is", "are", "can", "could", "has", "had", "will", "would"}


def opposite(question: str, rng: random.Random) -> str | None:
    """The question with one word turned into its opposite, or negated; None where there is nothing to turn."""
    words = question.split(" ")
    turns: list[tuple[int, str]] = []
    for i, word in enumerate(words):
        bare = word.lower().strip("?,.")
        if bare in OPPOSITES:
            turns.append((i, rng.choice(OPPOSITES[bare]) + word[len(word.rstrip("?,.")) :]))
    if turns:
        i, new = rng.choice(turns)
    else:
        places = [i for i, word in enumerate(words[:-1]) if word.lower() in NEGATABLE]
        if not places or rng.random() < 0.5:  # too many of these, and "n't" alone would mean "no answer"
            return None
        i = places[0]
        # "did Tesla not move" after the subject would need a parser; "didn't" is what people type.
        new = {"can": "can't", "will": "won't"}.get(words[i].lower(), words[i] + "n't")
    return " ".join([*words[:i], new, *words[i + 1 :]])


_NUMBER = re.compile(r"\b\d[\d,.]*\b")
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][\w'’-]+(?: (?:of |the |de |von )?[A-Z][\w'’-]+)*")


def _kind(text: str) -> str:
    if re.fullmatch(r"1\d{3}|20\d\d", text):
        return "year"
    return "number" if text[0].isdigit() else "name"


def mentions(text: str) -> list[str]:
    """Names, numbers and years of a text, by their look: no tagger, since noise costs little here."""
    return [match.group().rstrip(".,") for pattern in (_NUMBER, _NAME) for match in pattern.finditer(text)]


def swapped(question: str, pool: list[str], context: str, rng: random.Random) -> str | None:
    """The question with a name, number or year replaced by another of its kind from the same article, else None."""
    found = [mention for mention in mentions(question) if len(mention) > 1 or mention.isdigit()]
    rng.shuffle(found)
    for old in found:
        others = [
            new
            for new in pool
            if _kind(new) == _kind(old) and new.lower() not in question.lower() and old.lower() not in new.lower()
        ]
        if others:
            # Half of the time one that the paragraph speaks of too: the hard case.
            alike = [new for new in others if len(new.split()) == len(old.split())] or others
            near = [new for new in alike if new in context]
            return question.replace(old, rng.choice(near if near and rng.random() < 0.5 else alike), 1)
    return None


def as_typed(question: str, rng: random.Random) -> str:
    """The question as people type it: sometimes without its question mark, sometimes with a slip."""
    if rng.random() < 0.15:
        question = question.rstrip("? ")
    if rng.random() < 0.08 and len(question) > 12:
        i = rng.randrange(4, len(question) - 2)
        if question[i].isalpha() and question[i + 1].isalpha():
            slip = rng.choice(["swap", "drop", "double"])
            middle = {
                "swap": question[i + 1] + question[i],
                "drop": question[i + 1],
                "double": question[i] * 2 + question[i + 1],
            }
            question = question[:i] + middle[slip] + question[i + 2 :]
    return question


# --- examples --------------------------------------------------------------------------------------------------------


class Examples:
    """All examples of some SQuAD-format files; `epoch(n)` yields them in an order that depends on seed and n alone."""

    def __init__(self, paths: list[Path], tokenizer: Tokenizer, seed: int) -> None:
        self.tokenizer, self.seed = tokenizer, seed
        self.paragraphs: list[Paragraph] = []
        for path in paths:
            base = self.paragraphs[-1].article + 1 if self.paragraphs else 0
            for p in load_squad(path):
                self.paragraphs.append(Paragraph(p.article + base, p.context, p.questions))
        self._encoded: list[Encoding] = tokenizer.encode_batch(
            [p.context for p in self.paragraphs], add_special_tokens=False
        )
        self._cls, self._sep = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
        self.positives: list[tuple[int, Question]] = []
        self.human: list[tuple[int, Question]] = []
        seen: set[tuple[str, str]] = set()
        for number, paragraph in enumerate(self.paragraphs):
            for question in paragraph.questions:
                key = (question.text.lower(), paragraph.context)
                if key in seen:  # SQuAD v2.0 holds the questions of v1.1
                    continue
                seen.add(key)
                (self.positives if question.answers else self.human).append((number, question))

    @cached_property
    def _wrong(self) -> dict[str, list[int]]:
        """For each question id, up to six paragraphs of the same article that look right and lack the answer."""
        by_article: dict[int, list[int]] = {}
        for number, paragraph in enumerate(self.paragraphs):
            by_article.setdefault(paragraph.article, []).append(number)
        asked: dict[int, list[Question]] = {}
        for number, question in self.positives:
            asked.setdefault(self.paragraphs[number].article, []).append(question)
        wrong: dict[str, list[int]] = {}
        for article, questions in asked.items():
            numbers = by_article[article]
            vectorizer = TfidfVectorizer(sublinear_tf=True, stop_words="english")
            passages = vectorizer.fit_transform([self.paragraphs[n].context for n in numbers])
            scores = (vectorizer.transform([q.text for q in questions]) @ passages.T).toarray()
            for question, row in zip(questions, scores, strict=True):
                best = [numbers[i] for i in np.argsort(-row, kind="stable")]
                answer = question.answers[0][1].lower()
                wrong[question.id] = [n for n in best if answer not in self.paragraphs[n].context.lower()][:6]
        return wrong

    @cached_property
    def _mentions(self) -> dict[int, list[str]]:
        pool: dict[int, set[str]] = {}
        for paragraph in self.paragraphs:
            pool.setdefault(paragraph.article, set()).update(mentions(paragraph.context))
        return {article: sorted(found) for article, found in pool.items()}

    def epoch(self, number: int) -> Iterator[Example]:
        """Examples of one pass in random order. The same seed and number give the same examples."""
        order = random.Random(f"{self.seed}/{number}")
        jobs = [(kind, p, q) for p, q in self.positives for kind in self._kinds(order)]
        jobs += [("human", p, q) for p, q in self.human for _ in range(HUMAN_UNANSWERABLE_REPEATS)]
        order.shuffle(jobs)
        for i, (kind, paragraph, question) in enumerate(jobs):
            example = self._example(kind, paragraph, question, random.Random(f"{self.seed}/{number}/{i}"))
            if example is not None:
                yield example

    @staticmethod
    def _kinds(rng: random.Random) -> list[str]:
        shares = {"wrong": WRONG_PASSAGE, "removed": ANSWER_REMOVED, "swapped": SWAPPED, "opposite": OPPOSITE}
        return ["answerable", *(kind for kind, share in shares.items() if rng.random() < share)]

    def _example(self, kind: str, number: int, question: Question, rng: random.Random) -> Example | None:
        paragraph, encoded = self.paragraphs[number], self._encoded[number]
        text = question.text
        answer: tuple[int, int] | None = None
        if question.answers:
            at, words = question.answers[0]
            answer = _token_span(encoded, at, at + len(words))
            if answer is None:
                return None
        focus = answer
        if kind == "wrong":
            if not self._wrong[question.id]:
                return None
            encoded, answer, focus = self._encoded[rng.choice(self._wrong[question.id])], None, None
        elif kind == "removed":
            at = question.answers[0][0]
            start = max(paragraph.context.rfind(". ", 0, at) + 2, 0) if ". " in paragraph.context[:at] else 0
            stop = paragraph.context.find(". ", at + len(question.answers[0][1]))
            rest = paragraph.context[:start] + (paragraph.context[stop + 2 :] if stop >= 0 else "")
            if len(rest) < 80 or question.answers[0][1].lower() in rest.lower():
                return None
            encoded, answer, focus = self.tokenizer.encode(rest, add_special_tokens=False), None, None
        elif kind in ("swapped", "opposite"):
            turned = (
                opposite(text, rng)
                if kind == "opposite"
                else swapped(text, self._mentions[paragraph.article], paragraph.context, rng)
            )
            if turned is None:
                return None
            text, answer = turned, None
        return self._window(as_typed(text, rng), encoded, answer, focus, rng)

    def _window(
        self,
        text: str,
        encoded: Encoding,
        answer: tuple[int, int] | None,
        focus: tuple[int, int] | None,
        rng: random.Random,
    ) -> Example:
        """Cut a window of the context at a random place around `focus`, anywhere if None."""
        size = LONG_WINDOW if rng.random() < LONG_SHARE else WINDOW
        ids = encoded.ids
        first, last = focus if focus else (rng.randrange(len(ids)),) * 2
        low, high = max(0, min(last + 1, len(ids)) - size), min(first, max(0, len(ids) - size))
        at = rng.randint(low, high) if low < high else min(low, high, first)
        question_ids = self.tokenizer.encode(text, add_special_tokens=False).ids[:48]
        context_from = len(question_ids) + 2
        start = end = 0
        if answer is not None:
            start, end = answer[0] - at + context_from, min(answer[1] - at, size - 1) + context_from
        return Example([self._cls, *question_ids, self._sep, *ids[at : at + size], self._sep], context_from, start, end)


def _token_span(encoded: Encoding, start: int, end: int) -> tuple[int, int] | None:
    first, last = encoded.char_to_token(start), encoded.char_to_token(end - 1)
    return None if first is None or last is None else (first, last)


def batches(examples: Iterator[Example], size: int, pool: int = 64) -> Iterator[list[Example]]:
    """Batches of examples of similar length, so that little of a batch is padding. Order within a pool is random."""
    rng = random.Random(0)
    held: list[Example] = []
    for example in examples:
        held.append(example)
        if len(held) == size * pool:
            yield from _sorted_batches(held, size, rng)
            held = []
    yield from _sorted_batches(held, size, rng)


def _sorted_batches(held: list[Example], size: int, rng: random.Random) -> list[list[Example]]:
    held = sorted(held, key=lambda e: len(e.ids))
    cut = [held[i : i + size] for i in range(0, len(held), size)]
    rng.shuffle(cut)
    return cut


def collate(batch: list[Example]) -> dict[str, np.ndarray]:
    """Pad a batch.

    Returns int64 `ids`, `types` and `mask` and bool `allowed` ([CLS] and context), all of shape (batch, length), and int64
    `start` and `end` of shape (batch,).
    """
    length = max(len(e.ids) for e in batch)
    shape = (len(batch), length)
    out = {name: np.zeros(shape, np.int64) for name in ("ids", "types", "mask")}
    out["allowed"] = np.zeros(shape, bool)
    for row, e in enumerate(batch):
        out["ids"][row, : len(e.ids)] = e.ids
        out["types"][row, e.context_from : len(e.ids)] = 1
        out["mask"][row, : len(e.ids)] = 1
        out["allowed"][row, e.context_from : len(e.ids) - 1] = True
        out["allowed"][row, 0] = True
    out["start"] = np.array([e.start for e in batch])
    out["end"] = np.array([e.end for e in batch])
    return out
