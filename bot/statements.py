"""“What did X say about Y?” is answered with the sentences that the article attributes to X, not with a few words of one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.retriever import Candidate
from index.lexical import query_tokens, tokens

_SAY = (
    r"say|said|tell|told|think|believe|claim|claimed|warn|warned|argue|argued|announce|announced|state|stated|write|written"
    r"|admit|admitted|promise|promised|suggest|suggested|explain|explained|mention|mentioned|comment|report|reported"
)
_ASKED = re.compile(
    rf"""(?:and\s+|but\s+|so\s+|then\s+)? what \s+ (?:else\s+|exactly\s+)? (?:did|does|do|has|have|had|is|was|were|are) \s+
    (?P<who>.{{2,80}}?) \s+ (?:{_SAY}|saying|claiming|warning) \b
    (?: \s+ (?:about|of|on|regarding|concerning) \s+ (?P<topic>.{{2,200}}?) )? \s* [?.!]* \Z""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose words are asked for, and about what; `topic` is "" for anything."""

    who: str
    topic: str


def wanted(question: str) -> Wanted | None:
    """Whose statement the question asks for; None if it asks for something else."""
    match = _ASKED.match(question.strip())
    return Wanted(match["who"], match["topic"] or "") if match else None


def statements(
    asked: Wanted, candidates: Iterable[Candidate], speaker: Callable[[Candidate], str | None]
) -> list[Candidate]:
    """Those candidates that `speaker` attributes to the one asked about, in order: those that name the topic, or if none
    does, those whose passage does.
    """
    who, topic = set(query_tokens(asked.who)), set(query_tokens(asked.topic))
    said = [c for c in candidates if (said_by := speaker(c)) and who & set(tokens(said_by))]
    if not topic:
        return said
    return [c for c in said if topic & set(tokens(c.sentence.text))] or [
        c for c in said if topic & set(tokens(c.passage.text))
    ]
