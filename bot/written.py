"""What a language model wrote, in words for the reader: how much of it was found in the article, and what was not."""

from __future__ import annotations

from collections.abc import Iterable

from bot.answer import Claim, Problem, Written
from bot.markdown import whole_words

Span = tuple[int, int]  # start and end, characters of a claim's text

DECLINED = "The language model says that the sentences found do not answer this."
CLAIM_REMOVED = "A sentence went with the article that it rested on."


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


def pieces(claim: Claim) -> list[tuple[str, bool]]:
    """The claim's text in pieces, cut between words, each with whether it is wrong."""
    cut, at = [], 0
    for start, end in merged(whole_words(claim.text, *span) for span in wrong(claim)):
        cut += [(claim.text[at:start], False), (claim.text[start:end], True)]
        at = end
    return [*cut, (claim.text[at:], False)]


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


def remarks(written: Written) -> list[str]:
    """What has to be told beside the claims, in sentences: that there is no answer, that it ended early."""
    declined = DECLINED if written.refused and not written.claims else None
    return [remark for remark in (declined, written.failure) if remark]


def notes(claim: Claim) -> str:
    """All that is wrong with a claim, in sentences."""
    return " ".join(dict.fromkeys(flag.note for flag in claim.flags))
