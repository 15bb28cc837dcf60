"""What the article gives as somebody's words stays somebody's words, and the same body's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.answer import Citation, Flag, Problem
from bot.attribution import VERB, speaker
from bot.grounding.names import same_name
from bot.grounding.words import Parsed, Word, parsed
from index.sentences import Sentence

# What tells that somebody thinks or says so, besides the verbs by which speakers are found.
_TOLD = re.compile(
    r"""\b(?:according|allegedly|reportedly|per|call(?:s|ed|ing)?|describ(?:es?|ed|ing)|th(?:inks?|ought)|views?|viewed|sees?|saw|expect(?:s|ed)
    |ask(?:s|ed)?|urg(?:es?|ed)|request(?:s|ed)|blam(?:es?|ed)|prais(?:es?|ed)|express(?:es|ed)|reiterat(?:es?|ed)|asserts?|asserted
    |mention(?:s|ed)|emphasi[sz](?:es?|ed)|highlight(?:s|ed)|hop(?:es?|ed)|remark(?:s|ed)|observ(?:es?|ed)|indicat(?:es?|ed)|assess(?:es|ed)
    |refer(?:s|red)|conclud(?:es?|ed)|view|opinion|words|statement|comments?|speaking|felt|feels?|considers?|considered|vow(?:s|ed)|pledged?
    |offer(?:s|ed)|appeal(?:s|ed))\b""",
    re.IGNORECASE | re.VERBOSE,
)
# A government speaks by the name of its country, its capital or its seat.
_SEATS = [
    frozenset(group.split())
    for group in (
        "russia russian moscow kremlin", "ukraine ukrainian kyiv", "us u.s united states america washington pentagon house",
        "china chinese beijing", "france french paris", "uk britain british london", "germany german berlin",
            "israel israeli jerusalem",
        "iran iranian tehran", "japan japanese tokyo", "turkey turkish ankara", "india indian delhi", "poland polish warsaw",
    )
]  # fmt: skip


def attribution(claim: Parsed, cited: Sequence[Citation]) -> Iterator[Flag]:
    """What a sentence cited gives as somebody's words is not told as a fact, nor as somebody else's words."""
    whose = _speaker(claim.text)
    reported = whose or VERB.search(claim.text) or _TOLD.search(claim.text)
    best, matched = None, 0
    for source in cited:
        words = [w for w in parsed(source.text).content if w.stem in {c.stem for c in claim.content}]
        if len(words) > matched:
            best, matched = (source, words), len(words)
    if not best:
        return
    source, words = best
    teller = _teller(source, words)
    if not teller:
        return
    if not reported:
        yield Flag(Problem.ATTRIBUTION, 0, len(claim.text), f"The article gives this as the words of {teller}.")
    elif whose and not _same_speaker(claim.text[slice(*whose)], teller):
        yield Flag(Problem.ATTRIBUTION, *whose, f"The article gives this as the words of {teller}.")


ASKED = 12  # words of a sentence that are looked at for who says them: each takes a while
_ASIDE = re.compile(r"\s[–—-]\s[^–—]{1,200}?\s[–—-]\s|\([^()]{1,200}\)")  # the writer's own words amid those of a speaker
# Who may be anybody; other descriptions ("a colonel", "a general") have to agree.
_ANYBODY = re.compile(
    r"""\b(?:he|she|it|they|officials?|sources?|authorit\w+|spokes\w+|government|people|experts?|leaders?|ministry|team|man
    |woman)\b""",
    re.IGNORECASE | re.VERBOSE,
)


def _teller(source: Citation, matched: Sequence[Word]) -> str | None:
    """Who says most of these words of the source; None if the article does."""
    text = source.text
    own = _speaker(text)
    if source.speaker and source.speaker not in text:
        return source.speaker  # said in a sentence before: all of this one is a quotation
    whole = [Sentence(0, len(text), 0)]
    matched = matched[:: 1 + len(matched) // ASKED]
    asides = [m.span() for m in _ASIDE.finditer(text)]
    spoken = [
        None if any(a <= w.start < b for a, b in asides) else speaker(text, whole, 0, (w.start, w.end)) for w in matched
    ]
    told = [text[a:b] for span in spoken if span for a, b in [span]]
    if 2 * len(told) <= len(matched):
        return None
    return max(told, key=told.count) or (text[slice(*own)] if own else None)


def _speaker(text: str) -> tuple[int, int] | None:
    return speaker(text, [Sentence(0, len(text), 0)], 0)


def _same_speaker(said: str, teller: str) -> bool:
    """Can these be the same? A description can be anybody; a name must be the teller's, or of the same government."""
    mine = [word for name in parsed(said).names for word in name.words]
    theirs = [word for name in parsed(teller).names for word in name.words]
    if not mine and not theirs and not _ANYBODY.search(said) and not _ANYBODY.search(teller):
        return bool({w.stem for w in parsed(said).content} & {w.stem for w in parsed(teller).content})
    if not mine or not theirs or same_name(mine, theirs):
        return True
    return any(not group.isdisjoint(mine) and not group.isdisjoint(theirs) for group in _SEATS)
