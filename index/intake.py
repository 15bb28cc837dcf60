"""Many sources become articles of the library, one after the other. A bad one does not stop the others."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from index.addresses import is_address, read_address, robots_allow
from index.decoding import label
from index.errors import LibraryUnusable, SourceUnreadable, UserError
from index.library import Entry, Library
from index.sources import Article, Reads, members, read_text

FAULT = "Footnote itself failed on it; what happened has been logged."
FORBIDDEN = "The site asks programs not to read this page. Open it in a browser and paste its text instead."

# How the time that an article takes is spread over its stages; only ever shown.
_STAGES = {"reading": (0.0, 0.1), "splitting": (0.1, 0.15), "embedding": (0.15, 0.95), "saving": (0.95, 1.0)}

log = logging.getLogger(__name__)


class Cancelled(Exception):
    """Raised by a `report` to stop; nothing of the article under way is kept."""


@dataclass(frozen=True, slots=True)
class Source:
    """Something to take in: the name to show, and what reads it, given a function to call with the bytes read so far."""

    name: str
    read: Callable[[Callable[[int], None]], Article]


@dataclass(frozen=True, slots=True)
class Step:
    """How far taking in has come: `done` of `total` units of the stage, `share` of everything, 0..1."""

    source: str
    stage: str  # "reading", "splitting", "embedding" or "saving"
    done: int
    total: int
    share: float


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a source. `article` is what the library now holds of it, `reason` a sentence on why it does not."""

    source: str
    outcome: Literal["added", "present", "replaced", "refused", "cancelled"]
    article: Entry | None = None
    reason: str | None = None


def named(arguments: Iterable[str | Path]) -> list[Source]:
    """The sources that paths and addresses name: a folder or a zip gives one for each file in it.

    What cannot be opened becomes a source that says so when it is read.
    """
    texts = [str(argument) for argument in arguments]
    sites = Counter(_site(text) for text in texts if is_address(text))
    sources: list[Source] = []
    for text in texts:
        sources += [_address(text.strip(), polite=sites[_site(text)] > 1)] if is_address(text) else files(Path(text))
    return sources


def files(path: Path) -> list[Source]:
    """The sources in a file, a folder or a zip."""
    try:
        return [_file(name, read) for name, read in members(path)]
    except SourceUnreadable as error:
        return [_refused(label(path.name), error)]


def pasted(text: str, title: str | None = None) -> Source:
    """A text that the user pasted."""
    return Source(title or "pasted text", lambda _: read_text(text, title=title or None))


def take_in(library: Library, sources: Sequence[Source], report: Callable[[Step], None] | None = None) -> Iterator[Result]:
    """Read the sources and add them to the library, giving a result for each in turn.

    `report` is called often; once it raises Cancelled, this source and those after it are given back as cancelled.
    Raises LibraryUnusable, on a full disk say: the others could not be kept either.
    """
    for at, source in enumerate(sources):

        def stage(name: str, done: int, total: int, at: int = at, source: Source = source) -> None:
            low, high = _STAGES[name]
            part = low + (high - low) * min(1.0, done / total if total else 0.0)
            if report:
                report(Step(source.name, name, done, total, (at + part) / len(sources)))

        try:
            stage("reading", 0, 0)
            article = source.read(lambda size, stage=stage: stage("reading", size, 0))  # type: ignore[misc]
            added = library.add(article, stage)
            yield Result(source.name, added.outcome, added.article)
        except Cancelled:
            yield from (Result(left.name, "cancelled") for left in sources[at:])
            return
        except LibraryUnusable:
            raise
        except UserError as error:
            yield Result(source.name, "refused", reason=str(error))
        except Exception:
            log.exception("A source could not be taken in.")
            yield Result(source.name, "refused", reason=FAULT)


def _file(name: str, read: Reads) -> Source:
    return Source(name, lambda progress: read(partial(progress, 0)))


def _address(url: str, polite: bool) -> Source:
    """An address; one of several of a site is read only if the site's robots.txt lets programs in."""

    def read(progress: Callable[[int], None]) -> Article:
        if polite and not robots_allow(url):
            raise SourceUnreadable(FORBIDDEN)
        return read_address(url, progress=progress)

    return Source(url, read)


def _refused(name: str, error: SourceUnreadable) -> Source:
    def read(_: Callable[[int], None]) -> Article:
        raise error

    return Source(name, read)


def _site(url: str) -> str:
    try:
        return urlsplit(url.strip()).netloc.lower()
    except ValueError:  # reading it will say what is wrong
        return url
