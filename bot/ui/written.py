"""What a language model wrote becomes the second half of a note, in Markdown. All of it is escaped."""

from __future__ import annotations

from collections.abc import Collection

from bot.answer import Answer, Claim, Written
from bot.markdown import escape, escape_piece
from bot.ui import texts
from bot.ui.messages import aside, marker
from bot.written import CLAIM_REMOVED, notes, pieces, remarks, tally, verdict


def written_note(
    number: int, answer: Answer, strict: bool = False, removed: Collection[str] = (), under_way: str | None = None
) -> str:
    """Markdown of what was written below the `number`-th answer; "" if nothing was.

    `under_way` is the sentence that is being written and not checked yet, None when the model is done. If `strict`, only
    what was found in the article is shown.
    """
    written = answer.written
    if written is None:
        return ""
    shown = [
        _claim(number, place, claim, answer, removed)
        for place, claim in enumerate(written.claims)
        if claim.removed or claim.grounded or not strict
    ]
    if under_way and not strict:
        shown.append(f"*{escape(under_way)}*")
    heading = _heading(written, answer.several, strict, under_way is not None)
    blocks = ["---", f"#### {escape(heading)}", " ".join(shown), *map(aside, remarks(written))]
    return "\n\n".join(filter(None, blocks))


def _heading(written: Written, several: bool, strict: bool, writing: bool) -> str:
    if writing:
        return texts.WRITING.format(model=written.model)
    heading = [texts.WRITTEN.format(model=written.model), tally(written, several)]
    if strict and (failed := sum(not claim.grounded for claim in written.claims)):
        heading.append(texts.LEFT_OUT.format(count=failed))
    return " · ".join(filter(None, heading))


def _claim(number: int, place: int, claim: Claim, answer: Answer, removed: Collection[str]) -> str:
    """A sentence, what is wrong in it struck through, then the verdict and the sentences that it rests on."""
    if claim.removed:
        return f"*{CLAIM_REMOVED}*"
    said = "".join(f"~~{escape(text)}~~" if bad else escape_piece(text) for text, bad in pieces(claim)).strip()
    rests_on = [marker(number, citation, removed) for citation in answer.citations if citation.n in claim.cited]
    if not claim.grounded:
        # A title ends at a straight quotation mark; whoever hears the page is read the title of a link.
        why = escape(notes(claim)).replace('"', "”")
        rests_on.insert(0, f'[{escape(verdict(claim))}](#flag-{number}-{place} "{why}")')
    return " ".join([said, *rests_on])
