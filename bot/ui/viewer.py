"""An article and the citations of an answer become the JSON that the viewer's script builds its nodes from.

The text travels in pieces, cut here: JavaScript counts UTF-16 units, the offsets count characters.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from typing import Any

from bot.answer import Answer, Citation
from bot.plain import day, plain
from bot.ui import texts
from bot.ui.messages import odds
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
    """The article as the viewer shows it before anything is cited.

    `leaves` of a paragraph are the pages that begin in it: where, in UTF-16 units, and which, counted from 1.
    """
    kinds = _kinds(article, paragraphs)
    leaves = _leaves(article, paragraphs)
    return {
        "id": article.id,
        # A title that is not the first paragraph too is shown above the text, where nothing can cite it.
        "title": None if kinds[:1] == ["headline"] else plain(article.title),
        "origin": plain(article.origin),
        "author": plain(article.author or ""),
        "site": plain(article.site or ""),
        "date": day(article.date),
        "language": plain(article.language or ""),
        "pages": len(article.pages),
        "paragraphs": [
            {"kind": kind, "text": plain(article.text[start:end]), "leaves": leaves.get(index, [])}
            for index, (kind, (start, end)) in enumerate(zip(kinds, paragraphs, strict=True))
        ],
    }


def evidence_json(
    answer: Answer, article: Stored | None, paragraphs: Sequence[Span], removed: Collection[str] = ()
) -> dict[str, Any]:
    """What one answer cites, and what of it is highlighted in the article that is open: its paragraphs, cut into runs.

    `removed` are the ids of cited articles that are no longer in the library.
    """
    cited = defaultdict(list)  # index of a paragraph: the citations that touch it
    for citation in answer.citations:
        if article is None or citation.article != article.id:
            continue
        for index in range(bisect_right(paragraphs, citation.start, key=lambda span: span[1]), len(paragraphs)):
            if paragraphs[index][0] >= citation.end:
                break
            cited[index].append(citation)
    return {
        "question": plain(answer.question),
        "answered": answer.answered,
        "paragraphs": [
            {"index": index, "runs": _runs(article.text, paragraphs[index], cited[index])}
            for index in sorted(cited)
            if article is not None
        ],
        "citations": [_card(answer, citation, article, removed) for citation in answer.citations],
    }


def quotation(citation: Citation, address: str = "") -> str:
    """A citation as one quotes it: “sentence” — title, source, date, page, address. Nothing is said twice."""
    page = "" if citation.page is None else texts.PAGE.format(page=citation.page)
    source: list[str] = []
    for part in (citation.title, citation.origin, day(citation.date), page, address):
        part = " ".join(plain(part).split())
        if part and not any(part in said for said in source):
            source.append(part)
    return f"“{' '.join(plain(citation.text).split())}” — {', '.join(source)}"


def _card(answer: Answer, citation: Citation, article: Stored | None, removed: Collection[str]) -> dict[str, Any]:
    """What the viewer tells about a citation."""
    place = (article.place or "") if article is not None and citation.article == article.id else ""
    source = [plain(citation.origin), day(citation.date)]
    if citation.page is not None:
        source.append(texts.PAGE.format(page=citation.page))
    return {
        "n": citation.n,
        "article": citation.article,
        "title": plain(citation.title),
        "removed": citation.article in removed,
        "text": plain(citation.text),
        "source": [part for index, part in enumerate(source) if part and part not in "".join(source[:index])],
        "odds": odds(replace(answer, confidence=citation.relevance)),
        "percent": round(100 * citation.relevance),
        # A place that is no address is a path on this machine, which is nobody's business.
        "quotation": quotation(citation, place if place.startswith(("http://", "https://")) else ""),
    }


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


def _leaves(article: Stored, paragraphs: Sequence[Span]) -> dict[int, list[tuple[int, int]]]:
    """Where pages begin: by index of the paragraph, the offset in it (UTF-16 units) and the number of the page.

    The first page needs no telling, and of pages that begin at one place (the earlier ones are blank) only the last is told.
    """
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for number, begin in enumerate(article.pages[1:], 2):
        index = bisect_right(paragraphs, begin, key=lambda span: span[1])
        if index < len(paragraphs):
            start = paragraphs[index][0]
            found[index][len(plain(article.text[start:begin]).encode("utf-16-le")) // 2] = number
    return {index: sorted(pages.items()) for index, pages in found.items()}


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
