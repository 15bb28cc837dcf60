"""How many wrong sentences does the grounding find, by kind, and how many right ones does it flag?

    python -m bench.grounding [--article FILE]… [--squad FILE] [--sentences N] [--claims FILE] [--misses] [--json]

From true sentences of articles it makes right ones, by rewriting that keeps what they say, and wrong ones, each with one
fault. From the questions of a SQuAD file it makes statements in the words of whoever asked: right with the answer of the
question, wrong with that of another one. Every second article is kept back: thresholds were set on the others. The same files
give the same sentences.
`--claims` adds sentences that people wrote about the first article, one JSON object a line: `text`, `cites` (verbatim pieces
of the sentences it cites), `right`; every second of them is kept back.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from bench.restated import restated
from bench.squad import Question, load
from bot.answer import Citation, Claim
from bot.attribution import speaker
from bot.figures import figures
from bot.grounding import Grounder
from bot.grounding.dates import dates
from bot.grounding.words import parsed
from index.errors import SourceUnreadable, UserError
from index.sentences import split
from index.sources import Article, read_file, sample

SHORTEST, LONGEST = 50, 350  # characters of a sentence to work on
OTHERS = 4  # sentences of the article that are sources too, besides those cited


@dataclass(frozen=True, slots=True)
class Case:
    """A sentence as a model might write it, the indexes of the sources it cites, and whether it is right."""

    kind: str
    text: str
    cited: tuple[int, ...]
    sources: tuple[Citation, ...]
    right: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case, what checking it gave, and the milliseconds that took: on the clock, and of the processor."""

    case: Case
    claim: Claim
    ms: float
    cpu_ms: float


def citations(article: Article) -> list[Citation]:
    """Every sentence of an article as a source, with who says it."""
    sentences = list(split(article.text))
    starts = {s.paragraph: s.start for s in reversed(sentences)}
    found = []
    for i, s in enumerate(sentences):
        who = speaker(article.text, sentences, i)
        text = article.text[s.start : s.end]
        said = article.text[slice(*who)] if who else None
        found.append(
            Citation(i + 1, article.title, article.title, article.origin, s.start, s.end, text, 1.0, starts[s.paragraph], s.end,
                     date=article.date, speaker=said)
        )
    return found


# --- right sentences: the text, or None if the rewriting does not apply

SAID = re.compile(
    r"(?P<who>(?:[^\s,;:“”\"]+ ){1,6})(?P<said>said|says|believe|claim|announced|claimed|reported) (?:that )?"
    r"(?P<what>[^“”\"]+)\."
)
SYNONYMS = {
    "captured": "seized", "troops": "soldiers", "began": "started", "located": "situated", "large": "big", "built": "constructed",
    "children": "kids", "created": "made", "used": "employed", "major": "important", "begin": "start", "help": "assist",
    "area": "region", "various": "several", "approximately": "about", "primarily": "mainly", "received": "got",
    "established": "founded", "obtain": "get", "required": "needed", "often": "frequently", "became": "turned into",
}  # fmt: skip


def verbatim(source: Citation) -> str:
    """As it stands; with its speaker, where only a sentence before names him."""
    if source.speaker and source.speaker not in source.text:
        return f"{source.speaker} said: “{source.text.strip('“”')}”"
    return source.text


def attribution_moved(source: Citation) -> str | None:
    match = SAID.fullmatch(source.text)
    if not match or source.speaker not in (match["who"].strip(), None):
        return None
    return f"{_upper(match['what'])}, {match['who']}{match['said']}."


def according_to(source: Citation) -> str | None:
    match = SAID.fullmatch(source.text)
    if not match or source.speaker != match["who"].strip():
        return None
    return f"According to {match['who'].strip()}, {match['what']}."


def respelt(source: Citation) -> str | None:
    """Figures written in another way."""
    text = re.sub(r"\b(\d{1,3}),(\d{3})\b(?!,)", "\\1\u202f\\2", source.text)
    text = re.sub(r"([$€£]\d+(?:\.\d+)?)\s?bn\b", r"\1 billion", text)
    text = re.sub(r"(?<=\d)%", " per cent", text)
    small = re.findall(r"\w+", "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen")
    text = re.sub(r"(?<![\w.,$€£-])([2-9]|1[0-5])(?= [a-z]{3,})(?! (?:am|pm))", lambda m: small[int(m[1])], text)
    if text == source.text:
        text = re.sub(rf"\b({'|'.join(small[2:])})(?= [a-z]{{3,}})", lambda m: str(small.index(m[1])), text)
    return text if text != source.text else None


def clause_dropped(source: Citation) -> str | None:
    """Without what follows the last comma, if that is no list and no quotation."""
    head, comma, tail = source.text.rpartition(", ")
    if not comma or len(head.split()) < 8 or re.search(r"[“”\"():]", source.text) or re.match(r"(?:and|or)\b", tail):
        return None
    if re.search(r"\b(?:said|says|told|added|believe|according|not)\b", tail) or head.count(",") > 1 or re.search(r"\d\Z", head):
        return None
    return head + "."


def synonym(source: Citation) -> str | None:
    outside = re.split(r"[“\"]", source.text)[0]
    for word, other in SYNONYMS.items():
        if re.search(rf"\b{word}\b", outside):
            return re.sub(rf"\b{word}\b", other, outside, count=1) + source.text[len(outside) :]
    return None


RIGHT: dict[str, Callable[[Citation], str | None]] = {
    "as it stands": verbatim,
    "attribution moved": attribution_moved,
    "according to": according_to,
    "figure respelt": respelt,
    "clause dropped": clause_dropped,
    "synonym": synonym,
}


# --- wrong sentences with one fault; `dice` chooses, `rest` are the other sentences of the article

Fault = Callable[[Citation, Sequence[Citation], random.Random], str | None]


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _put(text: str, start: int, end: int, other: str) -> str:
    return text[:start] + other + text[end:]


def digit_changed(source: Citation, rest: Sequence[Citation], dice: random.Random) -> str | None:
    spots = [m for f in parsed(source.text).figures for m in re.finditer(r"\d", source.text[f.start : f.end])]
    places = [f for f in parsed(source.text).figures if re.search(r"\d", source.text[f.start : f.end])]
    if not spots or not places:
        return None
    figure = dice.choice(places)
    digits = [figure.start + m.start() for m in re.finditer(r"\d", source.text[figure.start : figure.end])]
    at = dice.choice(digits)
    new = dice.choice([d for d in "123456789" if d != source.text[at]])
    return _other_figures(source, _put(source.text, at, at + 1, new))


def magnitude_changed(source: Citation, rest: Sequence[Citation], dice: random.Random) -> str | None:
    text = re.sub(r"(?<![\w.,])(\d{1,3}(?:,\d{3})+)(?![\w,.]\d)", r"\g<1>,000", source.text, count=1)
    for word, other in (("million", "billion"), ("billion", "million"), ("thousand", "million"), ("bn", "m")):
        if text == source.text:
            text = re.sub(rf"(?<=\d)(\s?){word}\b", rf"\1{other}", text, count=1)
    if text == source.text:
        text = re.sub(r"(?<![\w.,$-])(\d{1,3})(?= [a-z]{4,})", r"\g<1>0", text, count=1)
    return _other_figures(source, text)


def unit_changed(source: Citation, rest: Sequence[Citation], dice: random.Random) -> str | None:
    pairs = {"$": "€", "£": "$", "€": "£", "km": "miles", "kilometres": "miles", "miles": "kilometres", "years": "months",
             "months": "weeks", "weeks": "days", "hours": "minutes", "days": "weeks", "tonnes": "kilograms", "%": " years"}
    for unit, other in pairs.items():
        before = unit in "$£€"
        found = re.search(rf"{re.escape(unit)}(?=\d)" if before else rf"(?<=\d)\s?{unit}(?!\w)", source.text)
        if found:
            return _other_figures(source, _put(source.text, *found.span(), other if before or unit == "%" else " " + other))
    return None


def _other_figures(source: Citation, text: str) -> str | None:
    """The text, if it really says another figure now."""
    before = {f.meaning for f in figures(source.text)}
    return text if {f.meaning for f in figures(text)} - before else None


INVENTED = ("Henrik Solberg", "Maria Okafor", "Tessaly", "Northgate", "Yusuf Demirel", "Valdoria")


def name_invented(source: Citation, rest: Sequence[Citation], dice: random.Random) -> str | None:
    names = [n for n in parsed(source.text).names if n.certain]
    if not names:
        return None
    name = dice.choice(names)
    return _put(source.text, name.start, name.end, dice.choice(INVENTED))


def name_swapped(source: Citation, rest: Sequence[Citation], dice: random.Random) -> str | None:
    """Another name of the article, which the sentence does not have."""
    names = [n for n in parsed(source.text).names if n.certain]
    here = parsed(source.text + " " + (source.speaker or "")).lower
    others = [
        other.text[n.start : n.end]
        for other in rest
        for n in parsed(other.text).names
        if n.certain and n.end - n.start > 3 and not any(word[:4] == w[:4] for word in n.words for w in here)
    ]
    if not names or not others:
        return None
    name = dice.choice(names)
    return _put(source.text, name.start, name.end, dice.choice(others))


def date_changed(source: Citation, rest: Sequence[Citation], dice: random.Random) -> str | None:
    found = dates(source.text)
    if not found:
        return None
    date = dice.choice(found)
    said = source.text[date.start : date.end]
    if date.weekday is not None:
        new = re.sub(r"\w+day", dice.choice([d for d in ("Monday", "Thursday", "Sunday") if d not in said]), said)
    elif date.month:
        new = re.sub(r"[A-Z]\w+", dice.choice([m for m in ("January", "April", "November") if m not in said]), said)
    elif date.year:
        new = said.replace(str(date.year), str(date.year + dice.choice((-10, -1, 1, 2, 7))))
    elif "last" in said.lower():
        new = re.sub(r"(?i)last (\w+)", lambda m: "next " + m[1] if dice.random() < 0.5 else "last decade", said)
    else:
        new = {"today": "yesterday", "yesterday": "today"}.get(said, "")
    return _put(source.text, date.start, date.end, new) if new and new != said else None


def negated(source: Citation, rest: Sequence[Citation], dice: random.Random) -> str | None:
    outside = re.split(r"[“\"]", source.text)[0]
    found = re.search(r"\b(?:is|are|was|were|has|have|had|will|would|can|could)\b(?! (?:not|no|been the)\b)", outside)
    if found and not re.search(r"\b(?:not|no|never)\b|n[’']t\b", outside):
        return _put(source.text, found.end(), found.end(), " not")
    return None


def negation_lost(source: Citation, rest: Sequence[Citation], dice: random.Random) -> str | None:
    for pattern, other in (
        (r"\b(is|are|was|were|has|have|had|will|would|can|could|may|do|does|did|should) not\b", r"\1"),
        (r"\b(is|are|was|were|has|have|had|do|does|did|would|could)n[’']t\b", r"\1"),
        (r"\bcannot\b", "can"), (r"\bnever\b", "always"), (r"\bunlikely\b", "likely"), (r"\b[Nn]o (?=[a-z]{4,})", "some "),
        (r"\bfailed to\b", "managed to"), (r"\bwithout\b", "with"), (r"\brefused to\b", "agreed to"),
        (r"\bdenied\b", "confirmed"),
    ):  # fmt: skip
        text = re.sub(pattern, other, source.text, count=1)
        if text != source.text:
            return text
    return None


def quotation_altered(source: Citation, rest: Sequence[Citation], dice: random.Random) -> str | None:
    """A word of the quotation exchanged for one of another sentence, or left out."""
    found = list(re.finditer(r"[“\"]([^“”\"]{8,})[”\"]", source.text))
    if not found:
        return None
    quotation = dice.choice(found)
    words = list(re.finditer(r"[^\W\d_]{4,}", quotation[1]))[1:-1]  # without the first or the last it is still verbatim
    if not words:
        return None
    word = dice.choice(words)
    others = re.findall(r"\b[a-z]{5,}\b", dice.choice(rest).text) or ["certainly"]
    new = dice.choice([*others, ""])
    start = quotation.start(1) + word.start()
    inside = (source.text[:start] + new + source.text[start + len(word[0]) :]).replace("  ", " ")
    return inside if new != word[0] else None


def attribution_lost(source: Citation, rest: Sequence[Citation], dice: random.Random) -> str | None:
    match = SAID.fullmatch(source.text)
    if match and source.speaker and match["who"].strip() in source.text and source.speaker in match["who"]:
        return _upper(match["what"]) + "."
    tail = re.fullmatch(r"(.{40,}),” (?:[^“”,.]{3,60}) (?:said|told|added)[^“”]*\.|(.{40,}), [^“”,.]{3,50} said\.", source.text)
    if tail and source.speaker:
        return (tail[1] or tail[2]).strip("“") + "."
    return None


def speaker_swapped(source: Citation, rest: Sequence[Citation], dice: random.Random) -> str | None:
    if not source.speaker or source.speaker not in source.text:
        return None
    who = parsed(source.speaker).lower
    others = [s.speaker for s in rest if s.speaker and not parsed(s.speaker).lower & who]
    if not others:
        return None
    return source.text.replace(source.speaker, dice.choice(others), 1)


def limit_dropped(source: Citation, rest: Sequence[Citation], dice: random.Random) -> str | None:
    limit = r"(?i)\b(?:up to|at least|at most|more than|less than|fewer than|over|nearly|almost) (?=[$€£]?\d)"
    text = re.sub(limit, "", source.text, count=1)
    return _upper(text) if text != source.text else None


def hedge_dropped(source: Citation, rest: Sequence[Citation], dice: random.Random) -> str | None:
    for pattern, other in (
        (r"\b(?:may|might|could) be\b", "is"), (r"\b(?:may|might|could) have\b", "has"), (r"\b(?:may|might) (?=[a-z]+)", "did "),
        (r"\b[Pp]ossible (?=[a-z])", ""), (r"\b(?:possibly|probably|perhaps|reportedly|allegedly|likely) ", ""),
        (r"\b(?:is|was|are|were) (?:intended|expected|planned|due|believed) to\b", "did"),
        (r"\b(?:appears?|seems?|appeared|seemed) to be\b", "is"), (r"\b(?:tried|attempted|wanted|hoped|planned) to\b", "did"),
    ):  # fmt: skip
        text = re.sub(pattern, other, source.text, count=1)
        if text != source.text:
            return text
    return None


def roles_reversed(source: Citation, rest: Sequence[Citation], dice: random.Random) -> str | None:
    """Subject and object change places."""
    names = [n for n in parsed(source.text).names if n.certain or n.start == 0]
    for one, other in pairwise(names):
        between = source.text[one.end : other.start]
        plain = re.fullmatch(r" (?:[a-z]+ ){1,4}(?:the )?", between) and not re.search(r"\b(?:and|or|of|with|from|as)\b", between)
        verb = re.search(r"[a-z]{3,}(?:ed|s)\b|made|sent|took|gave|won|beat|signed", between)
        if plain and verb and not re.search(r"said|told|met|'s|’s", between) and not set(one.words) & set(other.words):
            text = source.text
            first, second = text[one.start : one.end], text[other.start : other.end]
            return text[: one.start] + second + between + first + text[other.end :]
    return None


WRONG: dict[str, Fault] = {
    "digit changed": digit_changed,
    "magnitude changed": magnitude_changed,
    "unit changed": unit_changed,
    "name invented": name_invented,
    "name swapped": name_swapped,
    "date changed": date_changed,
    "negation added": negated,
    "negation lost": negation_lost,
    "quotation altered": quotation_altered,
    "attribution lost": attribution_lost,
    "speaker swapped": speaker_swapped,
    "limit dropped": limit_dropped,
    "hedge dropped": hedge_dropped,
    "roles reversed": roles_reversed,
}


def cases(article: Article, most: int | None = None) -> Iterator[Case]:
    """The cases of an article, from at most so many of its sentences."""
    dice = random.Random(f"grounding {article.title}")
    every = citations(article)
    usable = [s for s in every if SHORTEST <= len(s.text) <= LONGEST and re.search(r"[.!?][”\"’)]?\Z", s.text)]
    chosen = sorted(dice.sample(usable, most), key=lambda s: s.n) if most is not None and most < len(usable) else usable
    for source in chosen:
        rest = [s for s in every if s is not source]
        sources, at = _among([source], rest, dice)
        for kind, rewrite in RIGHT.items():
            if text := rewrite(source):
                yield Case(kind, text, at, sources, right=True)
        yield Case("no marker", verbatim(source), (), sources, right=True)
        for kind, spoil in WRONG.items():
            if (text := spoil(source, rest, dice)) and text != source.text:
                yield Case(kind, text, at, sources, right=False)
        yield from _pairs(source, [s for s in usable if s is not source], every, dice)


CARRIED = 0.75  # of the words of a question that its sentence has; below, it takes more than the sentence to answer it


def statements(article: Article, questions: Sequence[Question], most: int) -> Iterator[Case]:
    """At most so many answers restated in the words of their questions, and as many wrong ones."""
    dice = random.Random(f"statements {article.title}")
    every = citations(article)
    for asked in dice.sample(questions, len(questions)):
        source = next((s for a, b in asked.answers[:1] for s in every if s.start <= a and b <= s.end), None)
        words = parsed(asked.text).content
        if most < 1 or not source or len(words) < 2:
            continue
        known = parsed(source.text).stems
        (start, end), *_ = asked.answers
        right, before = article.text[start:end], article.text[source.start : start]
        text = restated(asked.text, right, before)
        if not text or sum(word.stem in known for word in words) < CARRIED * len(words):
            continue
        most -= 1
        sources, at = _among([source], [s for s in every if s is not source], dice)
        yield Case("answer restated", text, at, sources, right=True)
        others = [article.text[slice(*other.answers[0])] for other in questions if other.answers and other.start == asked.start]
        digits = bool(re.search(r"\d", right))  # the same sort of answer
        others = [o for o in others if bool(re.search(r"\d", o)) is digits and not parsed(o).stems & parsed(right).stems]
        wrong = restated(asked.text, dice.choice(others), before) if others else None
        if wrong:
            yield Case("wrong answer", wrong, at, sources, right=False)


def _among(
    cited: Sequence[Citation], rest: Sequence[Citation], dice: random.Random
) -> tuple[tuple[Citation, ...], tuple[int, ...]]:
    """Sources in no order, and where the cited ones are among them."""
    near = sorted((s for s in rest if s not in cited), key=lambda s: min(abs(s.n - c.n) for c in cited))
    others = [*near[:2], *dice.sample(near[2:], min(OTHERS - 2, len(near[2:])))]
    sources = [*cited, *others]
    dice.shuffle(sources)
    return tuple(sources), tuple(sources.index(c) for c in cited)


def _pairs(source: Citation, rest: Sequence[Citation], every: Sequence[Citation], dice: random.Random) -> Iterator[Case]:
    """Cases of two sentences: joined truthfully, the one with something of the other, and the one with the other's marker."""
    if not rest:
        return
    other = dice.choice(rest)
    joined = f"{verbatim(source).rstrip('.')}, and {_lower(verbatim(other))}"
    both, at = _among([source, other], every, dice)
    plain = not (source.speaker or other.speaker) and not re.search(r"[“”\"]", source.text + other.text)
    if plain:
        yield Case("two joined", joined, at, both, right=True)
        yield Case("tail not cited", joined, at[:1], both, right=False)
    yield Case("wrong marker", verbatim(source), at[1:], both, right=False)
    for kind, of in (("figures merged", lambda p: p.figures), ("names merged", lambda p: [n for n in p.names if n.certain])):
        donors = [s for s in rest if of(parsed(s.text))]
        mine = of(parsed(source.text))
        if mine and donors:
            donor = dice.choice(donors)
            taken, put = dice.choice(of(parsed(donor.text))), dice.choice(mine)
            new, old = donor.text[taken.start : taken.end], source.text[put.start : put.end]
            if not parsed(new).lower & parsed(source.text).lower and not parsed(old).lower & parsed(donor.text).lower:
                sources, cited = _among([source, donor], every, dice)
                yield Case(kind, _put(source.text, put.start, put.end, new), cited, sources, right=False)


def _lower(text: str) -> str:
    first = re.match(r"(?:The|A|An|In|On|It|This|There|At|As|For|These|Some|His|Her|Their|He|She|They)\b", text)
    return text[:1].lower() + text[1:] if first else text


def read_claims(path: Path, article: Article) -> list[Case]:
    """Read a claims file. Raises SourceUnreadable if it is missing or is about another article."""
    every = citations(article)
    found = []
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            cited = [next(s for s in every if piece in s.text) for piece in row["cites"]]
            near = [s for s in every if s not in cited and any(abs(s.n - c.n) <= 2 for c in cited)]
            at = tuple(range(len(cited)))
            found.append(Case("as people write", row["text"], at, (*cited, *near), row["right"]))
    except (OSError, ValueError, KeyError, TypeError, StopIteration) as error:
        raise SourceUnreadable(f"{path} is not a file of claims about “{article.title}”: {error!r}.") from error
    return found


def run(grounder: Grounder, every: Sequence[Case]) -> list[Outcome]:
    """Check each case."""
    outcomes = []
    for case in every:
        started, cpu = time.perf_counter(), time.process_time()
        claim = grounder.check(case.text, case.cited, case.sources)
        outcomes.append(
            Outcome(case, claim, 1000 * (time.perf_counter() - started), 1000 * (time.process_time() - cpu))
        )
    return outcomes


def score(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Percent flagged by kind, of right and of wrong sentences, and milliseconds a sentence."""
    kinds: dict[tuple[bool, str], list[bool]] = defaultdict(list)
    for outcome in outcomes:
        kinds[outcome.case.right, outcome.case.kind].append(not outcome.claim.grounded)

    def shares(right: bool) -> dict[str, dict[str, float]]:
        return {
            kind: {"sentences": len(flags), "flagged": round(100 * sum(flags) / len(flags), 1)}
            for (is_right, kind), flags in kinds.items()
            if is_right is right
        }

    def overall(right: bool) -> float:
        flags = [flag for (is_right, _), found in kinds.items() if is_right is right for flag in found]
        return round(100 * sum(flags) / len(flags), 1) if flags else 0.0

    return {
        "found": shares(False),
        "found_overall": overall(False),
        "false_alarms": shares(True),
        "false_alarms_overall": overall(True),
        "ms": round(median([o.ms for o in outcomes] or [0.0]), 2),
        "cpu_ms": round(median([o.cpu_ms for o in outcomes] or [0.0]), 2),
        "cpu_ms_mean": round(sum(o.cpu_ms for o in outcomes) / max(1, len(outcomes)), 2),
    }


def report(name: str, figures: dict[str, Any]) -> str:
    """The figures of one half, to be read."""
    lines = [name, f"  wrong sentences found         {figures['found_overall']:5.1f} %"]
    lines += [f"    {k:<28}{v['flagged']:5.1f} %  of {v['sentences']}" for k, v in figures["found"].items()]
    lines += [f"  right sentences flagged       {figures['false_alarms_overall']:5.1f} %"]
    lines += [f"    {k:<28}{v['flagged']:5.1f} %  of {v['sentences']}" for k, v in figures["false_alarms"].items()]
    times = figures["ms"], figures["cpu_ms"], figures["cpu_ms_mean"]
    lines.append("  a sentence: median {} ms, of the processor {} ms, mean {} ms".format(*times))
    return "\n".join(lines)


def miss(outcome: Outcome) -> str:
    """A case judged wrongly, in a few lines."""
    cited = " | ".join(outcome.case.sources[i].text for i in outcome.case.cited)
    flags = "; ".join(f"{f.problem} {outcome.claim.text[f.start : f.end]!r}: {f.note}" for f in outcome.claim.flags)
    return f"- {outcome.case.kind}: {outcome.case.text}\n    cited: {cited}\n    {flags or 'not flagged'}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.grounding", description="Measure the checking of written sentences.")
    parser.add_argument("--article", type=Path, action="append", default=[], metavar="FILE", help="default: the sample")
    parser.add_argument("--squad", type=Path, metavar="FILE", help="a file in the SQuAD format, for breadth")
    parser.add_argument("--sentences", type=int, default=300, metavar="N", help="of the SQuAD file, in all (default: 300)")
    parser.add_argument("--claims", type=Path, metavar="FILE", help="sentences written about the first article")
    parser.add_argument("--misses", action="store_true", help="print what was judged wrongly, of the half used for tuning only")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object")
    options = parser.parse_args(arguments)
    try:
        own = [read_file(path) for path in options.article] or [sample()]
        broad = load(options.squad) if options.squad else []
        claims = read_claims(options.claims, own[0]) if options.claims else []
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    each = max(1, options.sentences // len(broad)) if broad else 0
    halves: dict[str, list[Case]] = {"kept back": [], "tuned on": []}
    for article in own:
        halves["kept back"] += cases(article)
    halves["kept back"] += claims[1::2]
    halves["tuned on"] += claims[::2]
    for i, (article, questions) in enumerate(broad):
        halves["tuned on" if i % 2 else "kept back"] += [*cases(article, each), *statements(article, questions, each)]
    from bot.spans import SpanScorer
    from index.embedder import Embedder

    grounder = Grounder(Embedder.load(), SpanScorer.load())
    outcomes = {name: run(grounder, found) for name, found in halves.items() if found}
    figures = {name: score(found) for name, found in outcomes.items()}
    if options.json:
        print(json.dumps(figures, ensure_ascii=False))
    else:
        print("\n\n".join(report(name, each) for name, each in figures.items()))
    if options.misses:
        print(*(miss(o) for o in outcomes.get("tuned on", []) if o.claim.grounded != o.case.right), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
