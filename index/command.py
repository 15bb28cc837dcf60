"""The library in the terminal: what `python app.py library …` does. Each command returns the exit status."""

from __future__ import annotations

import json
import re
import shutil
import sys
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from index.errors import ArticleMissing, UserError
from index.intake import Source, Step, take_in
from index.library import Entry, Library, Stored

EXPORTED = "articles.json"  # what is known of the exported texts
_SAID = {
    "added": "added",
    "present": "already there",
    "replaced": "replaced by a new version",
    "refused": "not added",
    "cancelled": "cancelled",
}


def add(library: Library, sources: Sequence[Source]) -> int:
    """Take the sources in, telling how it goes."""
    counts: Counter[str] = Counter()
    for result in take_in(library, sources, lambda step: progress(_in_words(step))):
        progress("")
        counts[result.outcome] += 1
        if result.article:
            print(f"{_SAID[result.outcome]}: {line(result.article)}", flush=True)
        else:
            print(f"{_SAID[result.outcome]}: {printable(f'{result.source}: {result.reason}')}", file=sys.stderr)
    print(", ".join(f"{counts[outcome]} {said}" for outcome, said in _SAID.items() if counts[outcome]))
    return 1 if counts["refused"] else 0


def show(library: Library, as_json: bool) -> int:
    """List the articles, the newest first."""
    entries = library.catalogue()
    if as_json:
        print(json.dumps([asdict(entry) for entry in entries], ensure_ascii=False, indent=2))
        return 0
    for entry in entries:
        print(line(entry))
    if not entries:
        print("There is no article yet. Add one: python app.py library add PATH-OR-ADDRESS", file=sys.stderr)
    return 0


def remove(library: Library, ids: Sequence[str]) -> int:
    """Remove the articles with these ids; one that is not there does not keep the others."""
    status = 0
    for article_id in ids:
        try:
            removed = library.remove(article_id)
        except ArticleMissing:
            print(f"footnote: There is no article with the id {printable(article_id)}.", file=sys.stderr)
            status = 1
        else:
            print(f"removed: {line(removed.article)}")
    return status


def export(library: Library, ids: Sequence[str], out: str) -> int:
    """Write the articles with these ids, or all: into a folder, or to standard output as a JSON object a line.

    In the folder each text has a file that holds it byte for byte, and articles.json says what is known of them.
    """
    try:
        articles = [library.article(article_id) for article_id in ids or reversed(library.ids())]
    except ArticleMissing as error:
        raise UserError(f"{error} python app.py library list shows the ids there are. Nothing was exported.") from error
    if out == "-":
        for article in articles:
            print(json.dumps(asdict(article), ensure_ascii=False))
        return 0
    folder = Path(out)
    known = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for article in articles:
            name = file_name(article)
            (folder / name).write_bytes(article.text.encode())
            known.append({**asdict(article), "file": name})
            del known[-1]["text"]
        (folder / EXPORTED).write_text(json.dumps(known, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise UserError(f"{folder} cannot be written ({error.strerror}). Name another folder with --out.") from error
    print(f"{len(articles)} exported to {folder}")
    return 0


def check(library: Library, repair: bool) -> int:
    """Say what is wrong with the library, or with `repair` mend it."""
    if repair and (done := library.repair()):
        print("\n".join(map(printable, done)))
    wrong = library.check()
    for what in wrong:
        print(f"footnote: {printable(what)}", file=sys.stderr)
    if wrong:
        print("footnote: Run python app.py library check --repair to mend the library.", file=sys.stderr)
        return 1
    count = len(library.ids())
    print(f"The library is sound: {count} article{'' if count == 1 else 's'}.")
    return 0


def line(entry: Entry) -> str:
    """An article on one line, its id first."""
    about = " · ".join([entry.title, entry.site or entry.origin, entry.date or "undated"])
    return f"{entry.id}  {printable(about)}"


def file_name(article: Stored) -> str:
    """A name for the file of an article that every system takes."""
    words = re.sub(r"\W+", "-", article.title)[:60].strip("-")
    return f"{article.id}-{words}.txt" if words else f"{article.id}.txt"


def printable(text: str) -> str:
    """`text` on one line, without the control characters that a terminal would obey."""
    text = " ".join(text.split())
    return "".join(ch for ch in text if unicodedata.category(ch) not in ("Cc", "Cf"))


def progress(text: str) -> None:
    """Show how far something has come, in place of what was shown before; nothing unless somebody is looking."""
    if sys.stderr.isatty():
        width = shutil.get_terminal_size().columns - 1
        print(f"\r\x1b[K{printable(text)[:width]}", end="", file=sys.stderr, flush=True)


def _in_words(step: Step) -> str:
    counted = f" {step.done:,} of {step.total:,}" if step.stage == "embedding" else ""
    return f"{step.share:4.0%}  {step.stage}{counted}  {step.source}"
