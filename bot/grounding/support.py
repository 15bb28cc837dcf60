"""Does a sentence cited carry a claim? Its words, what is denied or only possible, who does what to whom, and who says so."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from bot.answer import Citation, Flag, Problem
from bot.attribution import VERB
from bot.grounding.names import same_name
from bot.grounding.words import Name, Parsed, Word, is_past, parsed, stem

Encode = Callable[[Sequence[str]], np.ndarray]

_DENIAL = re.compile(
    r"""(?<![\w-])(?:not|never|no(?!\s+(?:fewer|less|more)\s+than|\s*\d|\.)|none|nobody|nothing|neither|nor|cannot|without|\w+n[’']t
    |(?:den(?:y|ies|ied|ying)|den(?:ial|ials)\s+of)|unlikely|impossible|fail(?:s|ed|ing)?(?:\s+to)?|failure\s+to|refus(?:e|es|ed|ing)(?:\s+to)?
    |reject(?:s|ed|ing)?|unable\s+to|lack(?:s|ed|ing)?|declin(?:e|es|ed|ing)\s+to|stopped|halted|ruled\s+out|far\s+from|rather\s+than
    |instead\s+of|false(?:ly)?|untrue|avoid(?:s|ed|ing)?|hardly|barely)(?![\w-])""",
    re.IGNORECASE | re.VERBOSE,
)
_HEDGE = re.compile(
    r"""(?<![\w-])(?:may(?!\s+\d)|might|could|possibly|(?<!it\s)possible|perhaps|maybe|probabl[ey]|likely|unlikely|reportedly|allegedly|apparently
    |alleged|suspected|supposedly|potentially|appear(?:s|ed)?\s+to|seem(?:s|ed)?\s+to|believed\s+to|thought\s+to|feared|risk(?:s|ed)?\s+of
    |(?:intend(?:s|ed)?|intended|plan(?:s|ned)?|aim(?:s|ed|ing)?|hop(?:e|es|ed|ing)|attempt(?:s|ed)?|tr(?:y|ies|ied|ying)|want(?:s|ed)?|threaten(?:s|ed)?
    |vow(?:s|ed)?|pledg(?:e|es|ed)|promis(?:e|es|ed)|expect(?:s|ed)?|propos(?:e|es|ed)|set|about|prepar(?:e|es|ed|ing)|ready|willing|meant|need(?:s|ed)?)
    (?:\s+[\w’.-]+){0,3}?\s+to|(?:is|are|was|were)\s+due\s+to(?!\s+(?:the|an?|its|their|his|her)\b)|if|will)(?![\w-])""",
    re.VERBOSE,
)
# A claim may weaken with these too, but "would later become" in a source is no doubt.
_WEAKENED = re.compile(rf"{_HEDGE.pattern}|\b(?:would|should|can|must|said|says|called\s+for|urged)\b", re.VERBOSE)
SCOPE = 6  # words that a "not" or a "may" reaches over
_PAIRS = re.findall(
    r"(\w+)/(\w+)",
    """killed/injured killed/wounded died/injured died/survived dead/injured sent/withdrawn increase/decrease
    increased/decreased rise/fall rose/fell risen/fallen rising/falling grow/shrink grew/shrank gained/lost win/lose
    won/lost more/fewer more/less most/least higher/lower highest/lowest larger/smaller largest/smallest
    bigger/smaller biggest/smallest longer/shorter longest/shortest older/younger oldest/youngest best/worst
    better/worse first/last before/after above/below north/south northern/southern east/west eastern/western
    northeastern/southwestern accept/reject accepted/rejected agreed/refused support/oppose supported/opposed
    supporting/opposing allow/ban allowed/banned arrived/left opened/closed open/closed begin/end began/ended
    started/stopped buy/sell bought/sold guilty/innocent legal/illegal likely/unlikely possible/impossible
    success/failure succeeded/failed attack/defend attacked/defended advance/retreat advanced/retreated male/female
    men/women inside/outside early/late major/minor majority/minority maximum/minimum public/private rich/poor
    dead/alive same/different strong/weak strength/weakness always/never all/none everyone/nobody with/without
    include/exclude included/excluded quickly/slowly rarely/often narrow/wide easy/difficult positive/negative
    ancient/modern rural/urban victory/defeat import/export""",
)
_OPPOSITES: dict[str, set[str]] = {}
for _one, _other in _PAIRS:
    _OPPOSITES.setdefault(stem(_one), set()).add(stem(_other))
    _OPPOSITES.setdefault(stem(_other), set()).add(stem(_one))
# Who does it with whom is the same both ways round.
_MUTUAL = frozenset(re.findall(r"\w+", "meet met speak talk met agre marri border discuss join joint war border trade share"))


def coverage(claim: Parsed, cited: Sequence[Parsed], others: Sequence[Parsed] = ()) -> float:
    """The share 0..1 of the claim's content words and figures that the cited sentences have; what many sources have counts
    less.
    """

    def has(each: Parsed, key: object) -> bool:
        return key in each.stems if isinstance(key, str) else any(f.meaning == key for f in each.figures)

    everything = [*cited, *others]
    keys: set[object] = {word.stem for word in claim.content} | {figure.meaning for figure in claim.figures}
    if not keys:
        return 1.0
    weights = {key: 1.0 / math.sqrt(max(1, sum(has(each, key) for each in everything))) for key in keys}
    found = {k for k in keys if any(has(each, k) or (isinstance(k, str) and _near(k, each.stems)) for each in cited)}
    return sum(weights[key] for key in found) / sum(weights.values())


def _near(word: str, stems: frozenset[str]) -> bool:
    """Another word of the same family: "northeastern" and "northeast", "Ukrainian" and "Ukraine"."""
    size = max(5, len(word) - 3)
    return len(word) >= 5 and any(
        len(other) >= 5 and other[:size] == word[:size] and abs(len(other) - len(word)) <= 3 for other in stems
    )


def denial(claim: Parsed, cited: Sequence[Citation]) -> Iterator[Flag]:
    """Nothing is said that a sentence cited denies, nor denied that it says; no word stands for its opposite."""
    sources = [parsed(source.text) for source in cited]
    yield from _lost(claim, sources, _DENIAL, _DENIAL, "The sentences cited deny this.")
    for mark in _DENIAL.finditer(claim.text):
        target = _target(claim, mark.end())
        there = [(s, w) for s in sources for w in s.words if target and w.stem == target[0].stem]
        denied = any(_marked(s, w, _DENIAL) for s, w in there)
        if not denied and (there or not any(_DENIAL.search(s.text) for s in sources)):
            yield Flag(Problem.UNSUPPORTED, mark.start(), mark.end(), "The sentences cited do not deny this.")
    everything = frozenset().union(*(source.stems for source in sources))
    for word in claim.words:
        opposites = _OPPOSITES.get(word.stem, set())
        if word.stem not in everything and opposites & everything and not opposites & claim.stems:
            yield Flag(Problem.UNSUPPORTED, word.start, word.end, "The sentences cited say the opposite.")


def hedges(claim: Parsed, cited: Sequence[Citation]) -> Iterator[Flag]:
    """What is only possible, planned or expected by a sentence cited does not become a fact."""
    sources = [parsed(source.text) for source in cited]
    yield from _lost(claim, sources, _HEDGE, _WEAKENED, "The article gives this only as possible or planned.")


def _lost(
    claim: Parsed, sources: Sequence[Parsed], mark: re.Pattern[str], kept: re.Pattern[str], note: str
) -> Iterator[Flag]:
    """A flag for each word that every sentence cited has under such a mark ("not", "may"), and the claim without one."""
    for source in sources:
        for match in mark.finditer(source.text):
            target = _target(source, match.end())
            said = [next((w for w in claim.words if w.stem == word.stem), None) for word in target]
            if not target or any(word is None for word in said):
                continue
            if any(w.stem in claim.stems for w in source.words if match.start() <= w.start < match.end() and w.content):
                continue  # "the trip aimed to", "the aim of the trip": in another form
            bare = any(w.stem == target[-1].stem and not _marked(s, w, mark) for s in sources for w in s.words)
            last = said[-1]
            if last and not bare and not _marked(claim, last, kept):
                yield Flag(Problem.UNSUPPORTED, last.start, last.end, note)


def _target(text: Parsed, at: int) -> list[Word]:
    """The word that a "not" or a "may" ending at `at` bears on: the next one with content; after a name one more."""
    after = [w for w in text.words if w.start >= at and w.content and not text.text[w.start : w.end].endswith("ly")][:2]
    if after and text.text[after[0].start].isupper():
        return after
    return after[:1]


def _marked(text: Parsed, word: Word, mark: re.Pattern[str]) -> bool:
    """Does a "not" or a "may" reach this word from before?"""
    at = text.words.index(word)
    start = text.words[max(0, at - SCOPE)].start
    return any(m.start() >= start and m.end() <= word.end for m in mark.finditer(text.text, 0, word.end + 1))


@dataclass(frozen=True, slots=True)
class _Anchor:
    """A figure, date or name with the stems of the words around it, nearest first."""

    kind: Problem
    key: object
    start: int
    end: int
    before: tuple[str, ...]
    after: tuple[str, ...]

    def is_same(self, other: _Anchor) -> bool:
        if isinstance(self.key, frozenset) and isinstance(other.key, frozenset):
            return same_name(self.key, other.key)
        return self.key == other.key

    def beside(self, other: _Anchor) -> bool:
        """Does right beside this one stand what stands right beside the other one?"""
        sides = ((self.before, other.before), (self.after, other.after))
        return all(mine[:1] == theirs[:1] for mine, theirs in sides if theirs)

    def likeness(self, other: _Anchor) -> float:
        """How much of what stands around it stands around the other one, more where it is on the same side."""
        total = 0.0
        for mine, theirs, across in ((self.before, other.before, other.after), (self.after, other.after, other.before)):
            for near, word in enumerate(mine):
                weight = (1.0, 0.8, 0.6)[near]
                total += weight if word in theirs else 0.4 * weight if word in across else 0.0
        return total


def _anchors(text: Parsed) -> list[_Anchor]:
    items: list[tuple[Problem, object, int, int]] = [
        *((Problem.NUMBER, f.value, f.start, f.end) for f in text.figures),
        *((Problem.DATE, (d.year, d.month, d.day, d.weekday, d.words), d.start, d.end) for d in text.dates),
        *((Problem.NAME, frozenset(n.words), n.start, n.end) for n in text.names),
    ]
    content = [w for w in text.content if not any(a <= w.start < b for a, b in _speakers(text))]
    found = []
    for kind, key, start, end in items:
        clause = next((w.clause for w in text.words if w.start >= start), 0)
        before = tuple(w.stem for w in content if w.end <= start and w.clause == clause)[-3:][::-1]
        after = tuple(w.stem for w in content if w.start >= end and w.clause == clause)[:3]
        found.append(_Anchor(kind, key, start, end, before, after))
    return found


def _speakers(text: Parsed) -> list[tuple[int, int]]:
    """The names beside a verb of saying or "according to": what is said is not said of them."""
    saying = [m.span() for m in VERB.finditer(text.text)]
    return [
        (n.start, n.end)
        for n in text.names
        if any(0 <= a - n.end <= 2 or 0 <= n.start - b <= 2 for a, b in saying)
        or text.text[: n.start].rstrip().lower().endswith("according to")
    ]


SYNONYM = 0.7  # cosine of two single words
NEARBY = 10  # words that part subject and object at most
# By how much more what surrounds a figure, or a name, must be like what surrounds another one. Names move about more.
MISPLACED, NAME_MISPLACED = 1.5, 2.0


def misplaced(claim: Parsed, cited: Sequence[Citation]) -> Iterator[Flag]:
    """What is said of a figure, date or name is said of that one in a sentence cited, and not of another."""
    there = [anchor for source in cited for anchor in _anchors(parsed(source.text))]
    speakers = _speakers(claim)
    mine = _anchors(claim)
    for anchor in mine:
        if (anchor.start, anchor.end) in speakers:
            continue
        same = [a for a in there if a.kind == anchor.kind and a.is_same(anchor)]
        rest = [a for a in there if a.kind == anchor.kind and not a.is_same(anchor)]
        if not same:
            continue
        if anchor.kind is Problem.NAME:
            # Names move about: what stands right beside it has to stand beside the other one, and that one not in the claim.
            rest = [a for a in rest if a.beside(anchor) and not any(a.is_same(name) for name in mine)]
        own, other = max(map(anchor.likeness, same)), max(map(anchor.likeness, rest), default=0.0)
        if other - own >= (NAME_MISPLACED if anchor.kind is Problem.NAME else MISPLACED):
            said = claim.text[anchor.start : anchor.end]
            yield Flag(anchor.kind, anchor.start, anchor.end, f"The article does not say this of “{said}”.")


def counted(claim: Parsed, cited: Sequence[Citation], encode: Encode) -> Iterator[Flag]:
    """What is counted by a figure is what it counts in a sentence cited, or means the same."""
    sources = [parsed(source.text) for source in cited]
    for figure in claim.figures:
        noun = _noun(claim, figure.end)
        own: list[tuple[Word, ...]] = []
        other: list[tuple[Word, ...]] = []
        for source in sources:
            for there in source.figures:
                (own if there.value == figure.value else other).append(_noun(source, there.end))
        mine, theirs = _stems([noun]), _stems(own)
        if not mine or not theirs or mine & theirs:
            continue
        elsewhere = any(w in s.stems or _near(w, s.stems) for s in sources for w in mine)
        if mine & _stems(other) or (not elsewhere and not _alike(noun, own, encode)):
            said = claim.text[figure.start : figure.end]
            yield Flag(Problem.NUMBER, figure.start, figure.end, f"In the article “{said}” counts something else.")


def _stems(nouns: Sequence[tuple[Word, ...]]) -> set[str]:
    return {word.stem for noun in nouns for word in noun}


def _alike(noun: Sequence[Word], nouns: Sequence[Sequence[Word]], encode: Encode) -> bool:
    """Do two words for what is counted mean the same, as "soldiers" and "troops" do, and "tanks" and "troops" do not?"""
    vectors = encode([word.stem for word in noun] + [word.stem for other in nouns for word in other])
    return bool((vectors[: len(noun)] @ vectors[len(noun) :].T).max() >= SYNONYM)


def _noun(text: Parsed, at: int) -> tuple[Word, ...]:
    """The up to three words that follow a figure with nothing between."""
    found: list[Word] = []
    for word in text.words:
        if word.start >= at:
            verb = is_past(text.text[word.start : word.end].casefold())  # "50,000 amassed on the border"
            if not word.content or verb or len(found) == 3 or re.search(r"[^\s-]", text.text[at : word.start]):
                break
            found.append(word)
            at = word.end
    return tuple(found)


def merged(claim: Parsed, cited: Sequence[Citation]) -> Iterator[Flag]:
    """The words around a figure, date or name come from a sentence that has it, not from another one cited."""
    if len(cited) < 2:
        return
    sources = [parsed(source.text) for source in cited]
    for anchor in _anchors(claim):
        near = [w for w in claim.content if abs(w.start - anchor.end) < 60 or abs(w.end - anchor.start) < 60]
        context = {*anchor.before[:2], *anchor.after[:2]} & {w.stem for w in near}
        known = {w for w in context if any(w in s.stems for s in sources)}
        holders = [s for s in sources if any(a.kind == anchor.kind and a.is_same(anchor) for a in _anchors(s))]
        if holders and len(known) >= 2 and max(len(known & s.stems) for s in holders) * 2 < len(known):
            said = claim.text[anchor.start : anchor.end]
            yield Flag(anchor.kind, anchor.start, anchor.end, f"No sentence cited says this of “{said}”.")


def roles(claim: Parsed, cited: Sequence[Citation]) -> Iterator[Flag]:
    """Who does what to whom: two names around a word are not the other way round in the sentences cited."""
    for one, other, verb in _around(claim):
        passive = _by(claim, verb, other.start)
        if _COPULA.search(claim.text[one.end : verb.start]) and not passive:
            continue  # "X was the leader of Y", "X was named at Y": neither does anything to the other
        for source in map(parsed, (source.text for source in cited)):
            straight = reverse = False
            for first, second, there in _around(source):
                if there.stem != verb.stem or _OF.search(source.text[there.end : second.start]):
                    continue
                turned = _by(source, there, second.start) != passive
                same = same_name(one.words, first.words) and same_name(other.words, second.words)
                swapped = same_name(one.words, second.words) and same_name(other.words, first.words)
                straight |= swapped if turned else same
                reverse |= same if turned else swapped
            if reverse and not straight:
                yield Flag(Problem.UNSUPPORTED, one.start, other.end, "The article has this the other way round.")
                return


_COPULA = re.compile(r"\b(?:is|are|was|were|be|been|being|became|remains?)\b", re.IGNORECASE)
_OF = re.compile(r"\b(?:of|to the)\s+(?:the\s+)?\Z")
AGENT = 60  # characters after "by" in which those who did it are named


def agents(claim: Parsed, cited: Sequence[Citation]) -> Iterator[Flag]:
    """What is done "by" one in a sentence cited is not done by another in the claim."""
    sources = [parsed(source.text) for source in cited]
    for name in claim.names:
        done = next((w for w in claim.content if w.start > name.end), None)
        if done is None or re.match(r"\s+by\b", claim.text[done.end :]):
            continue
        if re.search(r"[,;:]|\b(?:by|is|are|was|were|be|been|and)\b", claim.text[name.end : done.start]):
            continue
        by = re.compile(r"\s+by\s+(?:the\s+)?")
        for source in sources:
            ends = [w.end for w in source.content if w.stem == done.stem]
            starts = [match.end() for end in ends if (match := by.match(source.text, end))]
            named = [n for n in source.names if any(start <= n.start < start + AGENT for start in starts)]
            agent = next((n for n in named if n.start in starts), None)
            if agent and not any(same_name(other.words, name.words) for other in named):
                note = f"In the article this is by “{source.text[agent.start : agent.end]}”."
                yield Flag(Problem.NAME, name.start, name.end, note)


def _around(text: Parsed) -> Iterator[tuple[Name, Name, Word]]:
    """Two names and a word with content between them, for each of the names that follow one another."""
    for i, one in enumerate(text.names[:12]):
        for other in text.names[i + 1 : i + 4]:
            between = text.text[one.end : other.start]
            if same_name(one.words, other.words) or len(between.split()) > NEARBY or re.search(r"[,;:.]\s", between):
                continue
            for word in text.content:
                named = any(n.start <= word.start < n.end for n in text.names)
                if one.end <= word.start and word.end <= other.start and not named and word.stem not in _MUTUAL:
                    yield one, other, word


def _by(text: Parsed, verb: Word, end: int) -> bool:
    return re.search(r"\bby\b", text.text[verb.end : end]) is not None


_PART = re.compile(r"[,;:–—]\s|\s(?:and|but|while|whereas|which|who|where|after|because|so)\s")
FOREIGN = 0.25  # of the words of such a part may be in the sentences cited
SMALL = 3  # content words below which a part of a sentence says too little to be judged


def uncovered(claim: Parsed, cited: Sequence[Citation]) -> list[tuple[int, int]]:
    """The parts of the claim, as spans, hardly a word of which is in the sentences cited: what was added to them."""
    sources = [parsed(source.text) for source in cited]
    ends = [0, *(m.end() for m in _PART.finditer(claim.text)), len(claim.text)]
    found = []
    for start, end in pairwise(ends):
        named = [n for n in claim.names if start <= n.start < end]  # which are looked for by themselves
        words = [w.stem for w in claim.content if start <= w.start < end and not any(n.start <= w.start < n.end for n in named)]
        have = sum(any(w in s.stems or _near(w, s.stems) for s in sources) for w in words)
        if len(words) >= SMALL and have <= FOREIGN * len(words):
            found.append((start, end))
    return found


def similarity(claim: str, cited: Sequence[Citation], encode: Encode) -> float:
    """The largest cosine of the claim with a sentence cited, or with all of them as one."""
    texts = [source.text for source in cited]
    vectors = encode([claim, *texts, *([" ".join(texts)] if len(texts) > 1 else [])])
    return float((vectors[1:] @ vectors[0]).max())
