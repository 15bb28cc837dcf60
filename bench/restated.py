"""A question and its answer as one plain statement, in the words of whoever asked: "Who founded Rome?", "Romulus founded Rome."
"""

from __future__ import annotations

import re

from bot.grounding.words import is_past

_BE = r"(?:is|are|was|were)"
_WHO_IS = re.compile(rf"(?:Who|What)\s+(?P<be>{_BE})\s+(?P<rest>(?:the|an?|one)\s[^?]+[a-z]{{2}}|[A-Z]\w+['’]s\s[^?]+)\?")
_WHO_DID = re.compile(r"(?:Who|What)\s+(?P<verb>[a-z]+)\s+(?P<rest>(?:the|an?|[A-Z])[^?]+)\?")
_WHEN_WHERE = re.compile(rf"(?:When|Where)\s+(?P<be>{_BE})\s+(?P<subject>(?:the|an?|[A-Z])[^?]+?)\s+(?P<done>[a-z]+)\?")
_HOW_MANY = re.compile(rf"How many\s+(?P<noun>[a-z]+(?:\s[a-z]+)?)\s+(?P<be>{_BE})\s+(?P<rest>[a-z]+ed\b[^?]*)\?")
_PLACED = re.compile(r"\b(?P<where>(?:in|on|at|near|by|during|from|around|since)(?:\s+the)?)\s+\Z", re.IGNORECASE)
_DANGLING = re.compile(r"\s(?:of|to|in|for|by|from|with|at|on|as|called|named|do|about)\Z")
_AUXILIARY = ("is", "are", "was", "were", "did", "had", "been")


def restated(question: str, answer: str, before: str) -> str | None:
    """The statement; None for a question of another form. `before` is what stands before the answer in its sentence."""
    question, answer = " ".join(question.split()), answer.strip(" .,;")
    upper = answer[:1].upper() + answer[1:]
    if (match := _WHO_IS.fullmatch(question)) and not _DANGLING.search(match["rest"]):
        return f"{upper} {match['be']} {match['rest']}."
    if (match := _WHO_DID.fullmatch(question)) and is_past(match["verb"]) and match["verb"] not in _AUXILIARY:
        return f"{upper} {match['verb']} {match['rest']}."
    if (match := _WHEN_WHERE.fullmatch(question)) and is_past(match["done"]) and (placed := _PLACED.search(before)):
        subject = match["subject"][:1].upper() + match["subject"][1:]
        return f"{subject} {match['be']} {match['done']} {placed['where'].lower()} {answer}."
    if match := _HOW_MANY.fullmatch(question):
        noun = "" if set(match["noun"].split()) & set(answer.lower().split()) else f" {match['noun']}"
        return f"{upper}{noun} {match['be']} {match['rest']}."
    return None
