"""The reader: which words of the retrieved passages answer the question, and the odds that none do."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.retriever import NOTHING_RELEVANT, Candidate
from bot.spans import WEIGHTS, Span, SpanScorer
from index.lexical import tokens
from index.library import Unit


@dataclass(frozen=True, slots=True)
class Evidence:
    """A retrieved passage: its unit, its sentences in order, and the candidates among them, best first."""

    passage: Unit
    sentences: tuple[Unit, ...]
    candidates: tuple[Candidate, ...]

    @property
    def relevance(self) -> float:
        """The best candidate's, 0..1."""
        return max(candidate.relevance for candidate in self.candidates)


@dataclass(frozen=True, slots=True)
class Finding:
    """One place that answers: the words `start` to `end` of the article, None for the whole sentence."""

    sentence: Unit
    passage: Unit
    probability: float
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """Findings, best first, and the calibrated probability (0..1) that the first one answers the question.

    `answers` is how many of the findings are part of the answer: more than one when the question asks for several things.
    """

    findings: tuple[Finding, ...]
    confidence: float
    answered: bool
    answers: int = 1


class Reader(Protocol):
    """What the engine asks of a reader."""

    def read(self, question: str, evidence: Sequence[Evidence]) -> Reading:
        """Read the passages, best first as the retriever ranks them."""
        ...


class SentenceReader:
    """Answers with the sentence that the retriever ranks first, as it stands: for use without a trained reader."""

    def read(self, question: str, evidence: Sequence[Evidence]) -> Reading:
        """Findings in the retriever's order; the confidence is the first one's relevance."""
        ranked = sorted(
            ((candidate, e.passage) for e in evidence for candidate in e.candidates), key=lambda pair: -pair[0].score
        )
        findings = tuple(Finding(c.sentence, passage, c.relevance) for c, passage in ranked)
        confidence = findings[0].probability if findings else 0.0
        return Reading(findings, confidence, confidence >= NOTHING_RELEVANT, answers=len(findings))


@dataclass(frozen=True, slots=True)
class Calibration:
    """How logits become odds, fitted on tuning questions put to whole articles and kept with the weights.

    A span's evidence is z = margin + relevance_weight * logit(relevance of its sentence); the probability that the best span
    answers is the logistic function of slope * z + gap_slope * min(gap to the runner-up, 5) + intercept (Platt 1999).
    Below `threshold` nothing is answered. `paragraph_threshold` is a margin: the same decision for a paragraph read alone.
    """

    relevance_weight: float
    slope: float
    gap_slope: float
    intercept: float
    threshold: float
    paragraph_threshold: float

    @classmethod
    def load(cls, weights: Path = WEIGHTS) -> Calibration:
        """The calibration kept beside the shipped weights."""
        return cls(**json.loads(weights.with_suffix(".json").read_text(encoding="utf-8"))["calibration"])

    def probability(self, z: float, gap: float) -> float:
        """The probability, 0..1, that a span with evidence `z`, `gap` above the next different one, answers."""
        return _logistic(self.slope * z + self.gap_slope * min(gap, 5.0) + self.intercept)


class ExtractiveReader:
    """Finds the words that answer, with a span-scoring network over all passages at once."""

    def __init__(self, scorer: SpanScorer, calibration: Calibration) -> None:
        self._scorer = scorer
        self._calibration = calibration

    @classmethod
    def load(cls, name: str | None = None) -> ExtractiveReader:
        """The shipped reader, or any extractive model of the Hugging Face hub by name. Raises ModelMissing."""
        scorer = SpanScorer.from_hub(name) if name else SpanScorer.load()
        return cls(scorer, Calibration.load())

    def read(self, question: str, evidence: Sequence[Evidence]) -> Reading:
        """Findings by falling probability, at most one a sentence."""
        ranked = self.ranked(question, evidence)
        if not ranked:
            return Reading((), 0.0, False)
        calibration = self._calibration
        confidence = calibration.probability(ranked[0][1], _gap(evidence, ranked, ranked[0][0]))
        findings: list[Finding] = []
        for span, z in ranked:
            passage = evidence[span.passage]
            sentence = _sentence(passage, span)
            if all(sentence.id != other.sentence.id for other in findings):
                first = hedged(passage.passage.text, span.start)
                last = titled(question, passage.passage.text, with_pronoun(passage.passage.text, span.end))
                start: int | None = max(passage.passage.start + first, sentence.start)
                end: int | None = min(passage.passage.start + last, max(sentence.end, passage.passage.start + span.end))
                if _echoes(question, passage.passage.text[span.start : span.end]):
                    start = end = None  # it speaks of what was asked, in words that say nothing new
                # What ranks below the best of its article is worth what the best would be worth with that little evidence.
                best = all(other.sentence.article != sentence.article for other in findings)
                odds = min(confidence, calibration.probability(z, _gap(evidence, ranked, span) if best else 0.0))
                findings.append(Finding(sentence, passage.passage, odds, start, end))
        answers = 1
        if asks_for_several(question):
            enough = [f.start is not None and f.probability >= SEVERAL * confidence for f in findings[:MOST_ANSWERS]]
            answers = max(1, (*enough, False).index(False))
        return Reading(tuple(findings), confidence, confidence >= calibration.threshold, answers)

    def ranked(self, question: str, evidence: Sequence[Evidence]) -> list[tuple[Span, float]]:
        """Every span kept of every passage with its evidence z in logits, best first."""
        texts = [e.passage.text for e in evidence]
        ends = [[sentence.end - e.passage.start for sentence in e.sentences] for e in evidence]
        spans = self._scorer.spans(question, texts, ends)
        spans = [s for s in spans if can_answer(question, texts[s.passage][s.start : s.end])]
        weight = self._calibration.relevance_weight
        scored = [(span, span.margin + weight * relevance_logit(evidence[span.passage], span)) for span in spans]
        return sorted(scored, key=lambda pair: -pair[1])


SEVERAL = 0.6  # share of the best answer's probability that a further answer must reach
MOST_ANSWERS = 3
_PLURAL = (
    r"(?!(?:is|was|does|has|this|us|plus|process|basis|news|status|business|class|crisis|its|his)\b)[a-z]{3,}(?<!s)s\b"
)
_SEVERAL = re.compile(
    rf"\b(?:which|what)\s+(?:(?:other|two|three|four|five|several|different|main)\s+)*{_PLURAL}"
    rf"|\b(?:who|what|which) (?:are|were) the\s+(?:\w+\s+)?{_PLURAL}"
    r"|\b(?:who|what|where) (?:all|else)\b|\bname (?:two|three|four|five|some|all)\b|\blist\b",
    re.IGNORECASE,
)
_YES_NO = re.compile(
    r"(?:and |but |so |then )?(?:is|are|was|were|am|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|must)"
    r"(?:n['’]?t)?\b(?!.*\bor\b)",
    re.IGNORECASE,
)


def asks_for_several(question: str) -> bool:
    """Whether the question asks for more than one thing ("which regions …", "name two …")."""
    return _SEVERAL.search(question) is not None


def asks_yes_or_no(question: str) -> bool:
    """Whether the question wants a yes or a no, which no span of an article is."""
    return _YES_NO.match(question.strip()) is not None


_EXPLAIN = re.compile(
    r"(?:and |but |so |then )?(?:why\b|how (?:come|do|does|did|is|are|was|were|can|could|has|have|had|will|would|should)\b)",
    re.IGNORECASE,
)


def asks_why_or_how(question: str) -> bool:
    """Whether the question wants something explained, which a few words often do not."""
    return _EXPLAIN.match(question.strip()) is not None


# Without its "up to", a figure says something else.
_HEDGE = re.compile(
    r"\b(?:up to|at (?:least|most)|as (?:many|much|few|little) as|(?:more|less|fewer|no more|no fewer) than"
    r"|(?:just )?(?:over|under)|around|about|roughly|approximately|nearly|almost|an estimated|some)\s+(?=[$€£¥]?\d)",
    re.IGNORECASE,
)


def hedged(text: str, start: int) -> int:
    """Where a figure at `start` begins together with what qualifies it."""
    return next((m.start() for m in _HEDGE.finditer(text, max(0, start - 20), start + 2) if m.end() == start), start)


_WHO_ELSE = re.compile(
    r"(?:(?:and|but|so|then|by|to|with|from) )?who(?:m|se)?\b(?!(?:['’]s| is| was| are| were)\b)", re.IGNORECASE
)
_HOW_MANY = re.compile(r"how many\b|(?:and|but|so|of|in|by|with|for|to|at|about|after) how many\b", re.IGNORECASE)
_QUANTITY = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|\w+ty|half|quarter|third|first|second"
    r"|once|twice|single|double|triple|couple|pair|dozens?|scores?|hundreds?|thousands?|millions?|billions?|trillions?"
    r"|few|fewer|several|many|most|more|all|every|both|none|no|nobody|neither|some|any|an?|unknown|number|majority)\b",
    re.IGNORECASE,
)


def can_answer(question: str, words: str) -> bool:
    """Whether the words are of the kind asked for, as far as that shows.

    Whoever replaced Neil, it was not "Andrew Neil"; and how many there were is some quantity.
    """
    asked = question.strip()
    if _HOW_MANY.match(asked):
        return _QUANTITY.search(words) is not None
    last = words.split()[-1] if words.split() else ""
    return not (_WHO_ELSE.match(asked) and last[:1].isupper() and set(tokens(last)) <= set(tokens(question)))


def with_pronoun(text: str, end: int) -> int:
    """Where words end that end with a verb, if a pronoun that is its object closes the phrase: "destroy it"."""
    rest = re.compile(r" (?:it|them|him|her|us|me|you)(?=\s*(?:[.,;:!?–—)”\"]|$))").match(text, end)
    return rest.end() if rest else end


_WHO_IS = re.compile(r"who(?:['’]s| is| was)\s+(?P<name>[^?]+?)\s*\?*\Z", re.IGNORECASE)


def titled(question: str, text: str, end: int) -> int:
    """Where words that say who somebody is end, if their name follows: all that stands before it ("spy chief General …")."""
    asked = _WHO_IS.search(question.strip())
    if asked is None:
        return end
    name = asked["name"]
    rest = re.compile(rf"(?: [^\W\d]+){{1,4}}(?= {re.escape(name)}\b)", re.IGNORECASE).match(text, end)
    return rest.end() if rest else end


def _gap(evidence: Sequence[Evidence], ranked: Sequence[tuple[Span, float]], best: Span) -> float:
    """By how much the best span of an article beats the next one there that says something else.

    What another article says is no rival: that articles differ makes none of them less sure of what it says.
    """
    article, top = evidence[best.passage].passage.article, dict(ranked)[best]
    rivals = (z for span, z in ranked if evidence[span.passage].passage.article == article and not _same(evidence, span, best))
    return max(0.0, top - next(rivals, top - 5.0))


def _echoes(question: str, words: str) -> bool:
    """Whether the words only repeat the question's, or ask themselves ("… clear what kind of weapon …").

    A question that offers a choice is answered with its own words.
    """
    if re.match(r"(?:what|which|whose|how (?:many|much))\b", words, re.IGNORECASE):
        return True
    said = set(tokens(words))
    return said <= set(tokens(question)) and " or " not in question


def _sentence(evidence: Evidence, span: Span) -> Unit:
    """The sentence in which most of the span lies."""
    start, end = evidence.passage.start + span.start, evidence.passage.start + span.end
    return max(evidence.sentences, key=lambda s: min(end, s.end) - max(start, s.start))


def relevance_logit(evidence: Evidence, span: Span) -> float:
    """The relevance of the span's sentence as log-odds; a sentence that is no candidate counts half of its passage's best."""
    sentence = _sentence(evidence, span)
    p = next((c.relevance for c in evidence.candidates if c.sentence.id == sentence.id), evidence.relevance / 2)
    p = min(max(p, 1e-4), 1 - 1e-4)
    return math.log(p / (1 - p))


def _same(evidence: Sequence[Evidence], one: Span, other: Span) -> bool:
    """Whether two spans say the same words."""
    said = [
        re.sub(r"\W+", " ", evidence[s.passage].passage.text[s.start : s.end]).strip().casefold() for s in (one, other)
    ]
    return said[0] == said[1]


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))
