"""Answers as a terminal shows them."""

from __future__ import annotations

import shutil
import textwrap
import unicodedata
from contextlib import closing
from dataclasses import replace
from typing import TextIO

from bot.answer import Answer, Claim
from bot.author import Author
from bot.written import DECLINED, notes, tally, verdict, wrong

WIDTH = 96  # characters of a line
CLEAR_LINE = "\r\x1b[K"  # the cursor goes back and takes the line along


def in_words(answer: Answer) -> str:
    """An answer and its sources."""
    lines = [f"Searched for: {answer.searched_for}"] if answer.searched_for else []
    lines += [answer.text if answer.answered else f"{answer.text} The nearest sentences:", ""]
    for citation in answer.citations:
        quoted = " ".join(citation.text.split())
        lines += wrapped(f"[{citation.n}] {quoted}")
        page = "" if citation.page is None else f" · p. {citation.page}"
        lines.append(f"    {citation.title} · {citation.origin}{page}")
    return printable("\n".join(lines))


def claim_in_words(claim: Claim) -> str:
    """A written sentence with its markers; what is wrong in it stands «so», and below it why."""
    text = claim.text
    for start, end in reversed(wrong(claim)):
        text = f"{text[:start]}«{text[start:end]}»{text[end:]}"
    lines = wrapped(" ".join([*text.split(), *(f"[{n}]" for n in claim.cited)]))
    if not claim.grounded:
        lines += wrapped(f"    {verdict(claim)}: {notes(claim)}")
    return printable("\n".join(lines))


def write(author: Author, answer: Answer, out: TextIO) -> Answer:
    """Print the written answer below the extracted one, each sentence as soon as it is checked.

    On a terminal the sentence under way shows while it comes. Returns the answer with what was written.
    """
    live = out.isatty()
    shown = 0
    with closing(author.write(answer)) as updates:
        for update in updates:
            if live:
                out.write(CLEAR_LINE)
            for claim in update.claims[shown:]:
                if not shown:
                    print(f"\nWritten by {printable(author.name)}:\n", file=out)
                print(claim_in_words(claim), file=out)
                shown += 1
            if live:
                room = shutil.get_terminal_size().columns - 1
                out.write(printable(update.under_way.replace("\n", " "))[-room:])
            out.flush()
            if update.written:
                answer = replace(answer, written=update.written)
    if answer.written:
        last = DECLINED if answer.written.refused else tally(answer.written, answer.several)
        if last:
            print(f"\n{last}{'' if last.endswith('.') else '.'}", file=out)
    return answer


def wrapped(text: str) -> list[str]:
    """The lines of a paragraph, all but the first set in."""
    return textwrap.wrap(text, WIDTH, subsequent_indent="    ", break_long_words=False)


def printable(text: str) -> str:
    """Without what a terminal would obey: an article may hold escape sequences, and so may what a model writes."""
    return "".join(ch for ch in text if ch == "\n" or unicodedata.category(ch) not in ("Cc", "Cf"))
