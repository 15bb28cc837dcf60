"""An article and the citations of an answer become the JSON that the viewer's script builds its nodes from.

The text travels in pieces, cut here: JavaScript counts UTF-16 units, the offsets count characters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import Any

from bot.answer import Answer, Citation
from bot.ui.plain import plain
from index.library import Stored, Unit

Span = tuple[int, int]  # start and end, characters of the article's text

# A photo's caption ends in its credit: "(REUTERS)", "(AFP via Getty Images)", "(Jane Doe/AP)".
_CREDIT = re.compile(
    r"\((?:[^()]{0,60}[\s/])?(?:REUTERS|Reuters|AFP|AP|PA|EPA|EPA-EFE|Getty|Getty Images|ANSA|DPA|dpa|TASS|Shutterstock|Handout)"
    r"(?:[\s/][^()]{0,60})?\)\.?$"
)
ASIDE_WORDS = 7  # a line of so few words without a full stop is a pointer or a credit, not a paragraph
_SENTENCE_END = re.compile(r"[.!?…:;][\"'”’)\]]*$")


def paragraph_spans(sentences: Sequence[Unit]) -> list[Span]:
    """Where each paragraph of an article lies, from its sentences in order."""
    groups = (list(group) for _, group in groupby(sentences, key=lambda unit: unit.paragraph))
    return [(group[0].start, group[-1].end) for group in groups]


def article_json(article: Stored, paragraphs: Sequence[Span]) -> dict[str, Any]:
    """The article as the viewer shows it before anything is cited."""
    kinds = _kinds(article, paragraphs)
    return {
        "id": article.id,
        # A title that is not the first paragraph too is shown above the text, where nothing can cite it.
        "title": None if kinds[:1] == ["headline"] else plain(article.title),
        "origin": plain(article.origin),
        "paragraphs": [
            {"kind": kind, "text": plain(article.text[start:end])}
            for kind, (start, end) in zip(kinds, paragraphs, strict=True)
        ],
    }


def evidence_json(answer: Answer, article: Stored, paragraphs: Sequence[Span]) -> dict[str, Any]:
    """What one answer highlights: each paragraph that it cites, cut into runs."""
    citations = [citation for citation in answer.citations if citation.article == article.id]
    marked = []
    for index, (start, end) in enumerate(paragraphs):
        here = [citation for citation in citations if citation.start < end and citation.end > start]
        if here:
            marked.append({"index": index, "runs": _runs(article.text, (start, end), here)})
    return {"question": plain(answer.question), "answered": answer.answered, "paragraphs": marked}


def _runs(text: str, paragraph: Span, citations: Sequence[Citation]) -> list[dict[str, Any]]:
    """The paragraph cut wherever a citation or an answer begins or ends; `ends` are the citations that end with a run."""
    start, end = paragraph
    answers = [(c.answer_start, c.answer_end) for c in citations if c.answer_start is not None and c.answer_end is not None]
    cuts = {start, end}
    for a, b in [(c.start, c.end) for c in citations] + answers:
        cuts |= {min(max(a, start), end), min(max(b, start), end)}
    edges = sorted(cuts)
    return [
        {
            "text": plain(text[a:b]),
            "cites": [c.n for c in citations if c.start <= a and b <= c.end],
            "answer": any(s <= a and b <= e for s, e in answers),
            "ends": [c.n for c in citations if min(c.end, end) == b],
        }
        for a, b in pairwise(edges)
    ]


def _kinds(article: Stored, paragraphs: Sequence[Span]) -> list[str]:
    """How each paragraph is set: "headline", "repeat" of the headline, "caption", "aside" or "text"."""
    title = _words(article.title)
    kinds: list[str] = []
    for index, (start, end) in enumerate(paragraphs):
        text = article.text[start:end]
        if _words(text) == title and index == len(kinds) and set(kinds) <= {"headline", "repeat"}:
            kinds.append("repeat" if kinds else "headline")
        elif _CREDIT.search(text):
            kinds.append("caption")
        elif len(text.split()) <= ASIDE_WORDS and not _SENTENCE_END.search(text):
            kinds.append("aside")
        else:
            kinds.append("text")
    return kinds


def _words(text: str) -> str:
    return " ".join(text.split())
