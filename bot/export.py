"""A conversation becomes a document to keep, to print or to compute with: Markdown, HTML or JSON.

Every text is put in by a template that escapes it, so questions, titles and quotations stay text whatever they hold. The
HTML stands alone: it has its own style, and a policy that forbids it scripts and every request.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bot.answer import Citation, Claim, Kind, Written
from bot.history import Exchange, Header, History
from bot.markdown import escape, escape_piece
from bot.plain import day, plain
from bot.written import CLAIM_REMOVED, notes, pieces, remarks, tally, verdict

Form = Literal["md", "html", "json"]
VERSION = 1  # of the JSON; keys are only ever added, this is raised if one changes its meaning
LONGEST_NAME = 60  # characters of the title that go into a file's name

_FOLDER = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Document:
    """A conversation written out, and a file name for it that any system takes."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """A citation as a footnote; footnotes are numbered through the whole conversation, from 1."""

    number: int
    citation: Citation

    @property
    def _span(self) -> tuple[int, int]:
        """Where the answer lies in the quotation; an empty span at its end if no part of it is the answer."""
        cited, length = self.citation, len(self.citation.text)
        if cited.answer_start is None or cited.answer_end is None:
            return length, length
        start = min(max(0, cited.answer_start - cited.start), length)
        return start, min(max(start, cited.answer_end - cited.start), length)

    @property
    def before(self) -> str:
        """The quotation up to the answer."""
        return self.citation.text[: self._span[0]]

    @property
    def answer(self) -> str:
        """The words of the quotation that answer."""
        return self.citation.text[slice(*self._span)]

    @property
    def after(self) -> str:
        """The quotation from the answer on."""
        return self.citation.text[self._span[1] :]

    @property
    def source(self) -> list[str]:
        """Who says it and where: what is known of speaker, title, origin, date and page."""
        cited = self.citation
        page = None if cited.page is None else f"page {cited.page}"
        return [part for part in (cited.speaker, cited.title, cited.origin, day(cited.date), page) if part]


@dataclass(frozen=True, slots=True)
class Entry:
    """An exchange and its footnotes."""

    exchange: Exchange
    notes: tuple[Note, ...]

    @property
    def searched_for(self) -> str | None:
        """The question that was searched for, where it is not the one asked."""
        return self.exchange.answer.searched_for if self.exchange.answer else None

    @property
    def written(self) -> Written | None:
        """What a language model wrote below the answer."""
        return self.exchange.answer.written if self.exchange.answer else None

    def resting_on(self, claim: Claim) -> list[Note]:
        """The footnotes of what a claim cites."""
        return [note for note in self.notes if note.citation.n in claim.cited]

    @property
    def strong(self) -> bool:
        """Whether the answer is so short that it is set stronger."""
        answer = self.exchange.answer
        return answer is not None and answer.kind is Kind.SPAN and bool(answer.text.strip())


def export(history: History, conversation_id: str, form: Form) -> Document:
    """Write out a conversation of the history. Raises ConversationMissing."""
    header, exchanges = history.header(conversation_id), history.turns(conversation_id)
    write = {"md": markdown, "html": html, "json": as_json}[form]
    words = re.sub(r"\W+", "-", header.title.casefold())[:LONGEST_NAME].strip("-_")
    return Document(f"{'-'.join(filter(None, ('footnote', words)))}.{form}", write(header, exchanges))


def markdown(header: Header, exchanges: Sequence[Exchange]) -> str:
    """The conversation in Markdown, with footnotes as GitHub and Pandoc write them."""
    return re.sub(r"\n{3,}", "\n\n", _MARKDOWN.get_template("conversation.md").render(_laid_out(header, exchanges)))


def html(header: Header, exchanges: Sequence[Exchange]) -> str:
    """The conversation as one HTML file that needs no other."""
    return _HTML.get_template("conversation.html").render(_laid_out(header, exchanges))


def as_json(header: Header, exchanges: Sequence[Exchange]) -> str:
    """The conversation as a JSON object: version, title, started, changed, turns.

    A turn has question, asked_at, articles (ids, null for all), answer (the documented shape of an answer, or null),
    removed (something that the answer cited is gone), feedback ("up", "down" or null) and reason. Times are in seconds
    since the epoch.
    """
    turns = [
        {
            "question": exchange.question,
            "asked_at": exchange.asked_at,
            "articles": exchange.articles,
            "answer": exchange.answer.to_json() if exchange.answer else None,
            "removed": exchange.removed,
            "feedback": exchange.feedback,
            "reason": exchange.reason,
        }
        for exchange in exchanges
    ]
    whole = {
        "version": VERSION,
        "title": header.title,
        "started": header.started,
        "changed": header.changed,
        "turns": turns,
    }
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def _laid_out(header: Header, exchanges: Sequence[Exchange]) -> dict[str, Any]:
    """What the templates show."""
    footnotes: list[Note] = []
    entries = []
    for exchange in exchanges:
        cited = exchange.answer.citations if exchange.answer else ()
        own = [Note(number, citation) for number, citation in enumerate(cited, len(footnotes) + 1)]
        footnotes += own
        entries.append(Entry(exchange, tuple(own)))
    words = {"when": _when, "tally": tally, "pieces": pieces, "why": _why, "remarks": remarks, "gone": CLAIM_REMOVED}
    return {"header": header, "entries": entries, "notes": footnotes, **words}


def _when(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{day(moment.date().isoformat())}, {moment:%H:%M} UTC"


def _why(claim: Claim) -> str:
    """What is wrong with a claim in which something is, in sentences."""
    return f"{verdict(claim).capitalize()}: {notes(claim)}"


def _shown(value: Any) -> Any:
    """What a template puts in, before it is escaped: texts lose what cannot honestly be shown."""
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _environment(**settings: Any) -> Environment:
    return Environment(  # noqa: S701 - both environments below escape, each for its own format
        loader=FileSystemLoader(_FOLDER),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        **settings,
    )


def _literal(value: Any) -> Any:
    """The same for Markdown, which escapes nothing by itself."""
    return escape(value) if isinstance(value, str) and not isinstance(value, Markup) else value


_HTML = _environment(autoescape=True, finalize=_shown)
_MARKDOWN = _environment(autoescape=False, finalize=_literal)
_MARKDOWN.filters["piece"] = lambda text: Markup(escape_piece(text))  # noqa: S704 - part of a line, escaped here
