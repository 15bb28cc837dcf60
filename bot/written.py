"""What a language model wrote, in words for the reader: how much of it was found in the article, and what was not."""

from __future__ import annotations

from collections.abc import Iterable

from bot.answer import Claim, Problem, Written

Span = tuple[int, int]  # start and end, characters of a claim's text

DECLINED = "The language model says that the sentences found do not answer this."


def tally(written: Written, several: bool = False) -> str:
    """How many of the claims stand up; "" if there are none."""
    claims = [claim for claim in written.claims if not claim.removed]
    if not claims:
        return ""
    where = "articles" if several else "article"
    return f"{sum(claim.grounded for claim in claims)} of {len(claims)} claim{'s' * (len(claims) > 1)} found in the {where}"


def wrong(claim: Claim) -> list[Span]:
    """The words that are wrong, in order. Words of others given as a fact are not: they only lack who said them."""
    return merged((flag.start, flag.end) for flag in claim.flags if flag.problem is not Problem.ATTRIBUTION)


def merged(spans: Iterable[Span]) -> list[Span]:
    """The spans in order, those that overlap or touch made one, empty ones left out."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        elif start < end:
            found.append((start, end))
    return found


def verdict(claim: Claim) -> str:
    """What is wrong with a claim, in a word or two; "" if nothing is."""
    if claim.grounded:
        return ""
    only = {flag.problem for flag in claim.flags} == {Problem.ATTRIBUTION}
    return "said by somebody, not a fact" if only else "not in the article"


def notes(claim: Claim) -> str:
    """All that is wrong with a claim, in sentences."""
    return " ".join(dict.fromkeys(flag.note for flag in claim.flags))
