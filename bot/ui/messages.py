"""An Answer becomes a chat note in Markdown. Text that is not the interface's own is escaped, down to its last asterisk."""

from __future__ import annotations

import re
import unicodedata

from bot.answer import Answer, Citation, Kind
from bot.ui import texts
from bot.ui.plain import plain

CLEAR = 0.8  # from this confidence on, an answer counts as clearly stated
PROBABLE = 0.5

# Whatever could start a block, a span, a link, an entity, a formula or an autolink ("www.", "https:", "a@b").
_MARKDOWN = re.compile(r"[\\`*_{}\[\]<>()#+\-.!|~$&:=@^]")
_SPACES = re.compile(r"[ \t\r\n\v\f\x85\u2028\u2029]+")


def escape(text: str) -> str:
    """`text` on one line, such that Markdown shows it literally."""
    return _escape(text).strip()


def question_note(question: str) -> str:
    """Markdown of the user's own question."""
    return escape(question)


def aside(sentence: str) -> str:
    """Markdown of a remark that is no answer: the bot is reading, or something went wrong."""
    return f"*{escape(sentence)}*"


def answer_note(number: int, answer: Answer) -> str:
    """Markdown of the `number`-th answer of a conversation; its citations link to `#cite-<number>-<n>`."""
    cited = [(_chip(number, citation), citation) for citation in answer.citations]
    if answer.kind is Kind.SPAN:
        chips = " ".join(chip for chip, _ in cited)
        blocks = [f"**{escape(answer.text)}**", _quotation(answer.citations[0]), f"{chips} {_odds(number, answer)}"]
    else:
        blocks = [_quotation(citation, chip) for chip, citation in cited]
        if answer.kind is Kind.SUMMARY:
            blocks.insert(0, f"#### {texts.SUMMARY_HEADING}")
        elif answer.kind is Kind.NOT_STATED:
            blocks[:0] = [f"### {escape(answer.text)}", f"#### {texts.NEAREST_HEADING}"][: 2 if cited else 1]
        if answer.kind is not Kind.SUMMARY and cited:
            blocks.append(_odds(number, answer))
    if answer.searched_for:
        blocks.insert(0, aside(texts.SEARCHED_FOR.format(question=answer.searched_for)))
    return "\n\n".join(blocks)


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


def _chip(number: int, citation: Citation) -> str:
    return rf'[\[{citation.n}\]](#cite-{number}-{citation.n} "{texts.SHOW_SENTENCE}")'


def _quotation(citation: Citation, chip: str = "") -> str:
    lines = [f"{_marked(citation)} {chip}".rstrip()]
    if citation.speaker:
        lines.append(f"— {escape(citation.speaker)}")
    return "\n>\n".join(f"> {line}" for line in lines)


def _marked(citation: Citation) -> str:
    """The cited sentence, the answer in it set strong."""
    text = citation.text
    if citation.answer_start is None or citation.answer_end is None:
        return escape(text)
    start, end = _whole_words(text, citation.answer_start - citation.start, citation.answer_end - citation.start)
    if not text[start:end].strip():
        return escape(text)
    return f"{_escape(text[:start])}**{escape(text[start:end])}**{_escape(text[end:])}".strip()


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """The span widened to whole words: Markdown knows no emphasis that ends between a sign and a letter, as in US|$60|bn."""
    start, end = max(0, start), min(len(text), end)
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    while start > 0 and _in_word(text[start - 1]):
        start -= 1
    while end < len(text) and _in_word(text[end]):
        end += 1
    return start, end


def _in_word(ch: str) -> bool:
    """Whether Markdown takes the character for neither white space nor punctuation."""
    return not ch.isspace() and unicodedata.category(ch)[0] not in "PSZ"


def _escape(text: str) -> str:
    return _MARKDOWN.sub(r"\\\g<0>", _SPACES.sub(" ", plain(text)))
