"""An Answer becomes a chat note in Markdown. Text that is not the interface's own is escaped, down to its last asterisk."""

from __future__ import annotations

from collections.abc import Collection

from bot.answer import Answer, Citation, Kind
from bot.history import Exchange
from bot.markdown import escape, escape_piece, whole_words
from bot.plain import day
from bot.ui import texts
from index.decoding import shorten

CLEAR = 0.8  # from this confidence on, an answer counts as clearly stated
PROBABLE = 0.5
LONGEST_TITLE = 90  # characters of an article's title under a citation


def question_note(question: str) -> str:
    """Markdown of the user's own question."""
    return escape(question)


def aside(sentence: str) -> str:
    """Markdown of a remark that is no answer: the bot is reading, or something went wrong."""
    return f"*{escape(sentence)}*"


def answer_note(
    number: int, answer: Answer, several: bool = False, removed: Collection[str] = (), typed: str = ""
) -> str:
    """Markdown of the `number`-th answer of a conversation; its citations link to `#cite-<number>-<n>`.

    Where `several` articles were asked, every citation is quoted and says which one it is from. One whose article is
    among those `removed` says so and links nowhere. `typed` is Markdown that follows what was searched for.
    """
    cited = [(marker(number, citation, removed), citation) for citation in answer.citations]
    if answer.kind is Kind.DIFFERING:
        blocks = [f"#### {texts.DIFFERING_HEADING}"]
        for pointer, citation in cited:
            blocks += [f"**{escape(_figure(citation))}**", _quotation(citation, pointer, several=True)]
        blocks.append(_odds(number, answer))
    elif answer.kind is Kind.SPAN and not several:
        chips = " ".join(pointer for pointer, _ in cited)
        blocks = [f"**{escape(answer.text)}**", _quotation(answer.citations[0]), f"{chips} {_odds(number, answer)}"]
    else:
        blocks = [_quotation(citation, pointer, several) for pointer, citation in cited]
        if answer.kind is Kind.SPAN:
            blocks.insert(0, f"**{escape(answer.text)}**")
        elif answer.kind is Kind.SUMMARY:
            blocks.insert(0, f"#### {texts.SUMMARY_HEADING}")
        elif answer.kind is Kind.NOT_STATED:
            blocks[:0] = [f"### {escape(answer.text)}", f"#### {texts.NEAREST_HEADING}"][: 2 if cited else 1]
        if answer.kind is not Kind.SUMMARY and cited:
            blocks.append(_odds(number, answer))
    if answer.searched_for:
        blocks.insert(0, f"{aside(texts.SEARCHED_FOR.format(question=answer.searched_for))} {typed}".rstrip())
    return "\n\n".join(blocks)


def control(action: str, key: str, text: str, hint: str = "") -> str:
    """Markdown of something to press in a note, for what the history knows as `key`: a link that a script takes."""
    title = f' "{hint}"' if hint else ""
    return f"[{escape(text)}](#do-{action}-{key}{title})"


def controls(exchange: Exchange) -> str:
    """Markdown of what can be done about an exchange: judge the answer, edit the question, ask it again."""
    if exchange.answer is None:
        return "" if exchange.removed else control("again", exchange.id, texts.ASK_AGAIN)
    offered = []
    for verdict, (text, hint) in texts.VERDICTS.items():
        if exchange.feedback == verdict:
            taken = control(verdict, exchange.id, texts.CHOSEN.format(verdict=text), texts.TAKE_BACK)
            offered.append(f"**{taken}**")
        else:
            offered.append(control(verdict, exchange.id, text, hint))
    return " ".join([*offered, control("edit", exchange.id, texts.EDIT)])


def odds(answer: Answer) -> str:
    """The confidence of an answer in words."""
    if not answer.answered:
        return texts.NOT_STATED
    if answer.confidence >= CLEAR:
        return texts.CLEARLY_STATED
    return texts.LIKELY if answer.confidence >= PROBABLE else texts.POSSIBLY


def _odds(number: int, answer: Answer) -> str:
    """The odds in words with the figure on hover. A link, because the sanitizer leaves a link its title."""
    figure = (texts.ODDS if answer.answered else texts.ODDS_NOT_STATED).format(percent=round(100 * answer.confidence))
    return f'[{odds(answer)}](#odds-{number} "{figure}")'


def marker(number: int, citation: Citation, removed: Collection[str]) -> str:
    """Markdown of a citation's number, which points at its sentence."""
    if citation.article in removed:
        return rf"\[{citation.n}\] *{texts.REMOVED}*"
    return rf'[\[{citation.n}\]](#cite-{number}-{citation.n} "{texts.SHOW_SENTENCE}")'


def _figure(citation: Citation) -> str:
    """The words that answer, or the whole sentence."""
    start, end = citation.answer_start, citation.answer_end
    return citation.text if start is None or end is None else citation.text[start - citation.start : end - citation.start]


def _quotation(citation: Citation, chip: str = "", several: bool = False) -> str:
    lines = [f"{_marked(citation)} {chip}".rstrip()]
    if citation.speaker:
        lines.append(f"— {escape(citation.speaker)}")
    place = [shorten(citation.title, LONGEST_TITLE), day(citation.date)] if several else []
    if citation.page is not None:
        place.append(texts.PAGE.format(page=citation.page))
    if any(place):
        lines.append(" · ".join(escape(part) for part in place if part))
    return "\n>\n".join(f"> {line}" for line in lines)


def _marked(citation: Citation) -> str:
    """The cited sentence, the answer in it set strong."""
    text = citation.text
    if citation.answer_start is None or citation.answer_end is None:
        return escape(text)
    start, end = whole_words(text, citation.answer_start - citation.start, citation.answer_end - citation.start)
    if not text[start:end].strip():
        return escape(text)
    return f"{escape_piece(text[:start])}**{escape(text[start:end])}**{escape_piece(text[end:])}".strip()
