"""The language model's answer: streamed, its markers resolved, and every finished sentence held to the article."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.llms import LLM

from bot.answer import Citation, Claim, Turn, Written
from bot.llms import CONTEXT, LONGEST_ANSWER, Limits, ModelUnusable, stream
from bot.markers import Transcript, identifiers
from bot.plain import day, plain
from bot.prompting import HISTORY, bare, earlier, fenced, fitting, line, size, tokens
from bot.prompts import Prompt, Prompts
from index.sentences import NEARBY, split

LONGEST_SOURCE = 2000  # characters of one sentence
STOP = re.compile(r"[.!?…]+[\"'”’»)\]]*(?=\s|\Z)|[。！？｡]+[”’」』）]*")
NOTHING = "The language model wrote nothing. Ask again, or choose another model."


class Checker(Protocol):
    """What holds a sentence to the sources that it names (indexes into `sources`): bot.grounding.Grounder."""

    def check(self, sentence: str, cited: Sequence[int], sources: Sequence[Citation]) -> Claim: ...


@dataclass(frozen=True, slots=True)
class Update:
    """An answer as far as it is written: the claims that were checked, and the words under way, without markers.

    Both are plain text that a model wrote: escape it. `written` is None until the last update.
    """

    claims: tuple[Claim, ...]
    under_way: str = ""
    written: Written | None = None

    @property
    def text(self) -> str:
        """All of it in one line."""
        return " ".join([*(claim.text for claim in self.claims), self.under_way]).strip()


class Writer:
    """Writes answers with a language model. Safe to call from several threads if the model and the grounder are."""

    def __init__(self, llm: LLM, prompts: Prompts, grounder: Checker, limits: Limits | None = None) -> None:
        self.llm, self.prompts, self.grounder, self.limits = llm, prompts, grounder, limits
        name = llm.metadata.model_name
        self.model = plain(re.split(r"[\\/]", name)[-1] if name.endswith(".gguf") else name)

    def write(
        self, question: str, sources: Sequence[Citation], history: Sequence[Turn] = (), summary: bool = False
    ) -> Generator[Update]:
        """Write an answer, or a `summary`, from the sources; the last update, and only that, has `written`.

        An update comes several times a second even while the model is silent, so that closing the generator, which ends the
        request to the model, is never kept waiting. A model that fails is no error here: `written.failure` says why.
        """
        if not sources:
            yield Update((), written=Written((), self.model, refused=True))
            return
        ids = identifiers(sources, [question])
        wanted = self.prompts.summary if summary else self.prompts.answer
        prompt = compose(wanted, question, sources, ids, history)
        sheet = _Sheet(ids, wanted.refusal)
        claims: list[Claim] = []

        def settle() -> None:
            claims.extend(self.grounder.check(text, cited, sources) for text, cited in sheet.finished())

        failure = None
        with closing(stream(self.llm, [ChatMessage(role=MessageRole.USER, content=prompt)], self.limits)) as pieces:
            try:
                for piece in pieces:
                    sheet.transcript.feed(piece)
                    settle()
                    yield Update(tuple(claims), sheet.under_way)
                sheet.end()
            except ModelUnusable as error:
                failure = str(error)
                sheet.end(broken_off=True)
        settle()
        if not (claims or sheet.declined or failure):
            failure = NOTHING
        yield Update(tuple(claims), written=Written(tuple(claims), self.model, sheet.declined, failure))


class _Sheet:
    """What a model writes, sentence by sentence."""

    def __init__(self, ids: dict[str, int], refusal: str) -> None:
        self.transcript = Transcript(ids)
        self.declined = False  # its first sentence was the refusal
        self._refusal = bare(refusal)
        self._start = 0  # where in the text the sentence under way begins
        self._first = True
        self._over = False
        self._broken_off = False

    @property
    def under_way(self) -> str:
        """The text that is not settled yet; nothing while it may still become the refusal."""
        text = self.transcript.text[self._start :].strip()
        if self._first and text and self._refusal.startswith(bare(text)[: len(self._refusal)]):
            return ""
        return " ".join(text.split())

    def end(self, broken_off: bool = False) -> None:
        """There is no more; a sentence that was broken off is left out."""
        self._over, self._broken_off = True, broken_off
        if not broken_off:
            self.transcript.feed("", last=True)

    def finished(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """The sentences that are complete since the last call, and the sources that their markers name."""
        text = self.transcript.text
        while (begin := self._skip(text)) < len(text) and (end := sentence_end(text, begin, self._over)) is not None:
            previous, self._start = self._start, end
            sentence = text[begin:end]
            if self._broken_off and end == len(text) and not STOP.search(sentence[-3:]):
                continue
            if self._first and self._declines(sentence):
                self.declined = True
            elif any(ch.isalnum() for ch in sentence):
                rest = self._over and not text[end:].strip()
                named = (m.sources for m in self.transcript.markers if m.at > previous and (m.at <= end or rest))
                yield sentence, tuple(dict.fromkeys(source for sources in named for source in sources))
            self._first = False

    def _skip(self, text: str) -> int:
        at = self._start
        while at < len(text) and text[at].isspace():
            at += 1
        return at

    def _declines(self, sentence: str) -> bool:
        return bare(sentence).startswith(self._refusal)


def sentence_end(text: str, begin: int, whole: bool) -> int | None:
    """Where the sentence ends that begins at `begin`; None while that depends on text still to come.

    Looks a fixed way past each stop, so that a sentence ends at the same place however the text arrived.
    """
    line_end = text.find("\n", begin)
    known = whole or line_end >= 0
    line = text[begin : line_end if line_end >= 0 else len(text)]
    for stop in STOP.finditer(line):
        window = stop.end() + NEARBY
        if not known and window > len(line):
            return None
        if split(line[:window])[0].end == stop.end():
            return begin + stop.end()
    return begin + len(line) if known else None


def compose(
    prompt: Prompt, question: str, sources: Sequence[Citation], ids: dict[str, int], history: Sequence[Turn] = ()
) -> str:
    """The prompt: as many sources as the model can take, and as much of the conversation, newest first."""
    several = len({source.article for source in sources}) > 1
    room = CONTEXT - LONGEST_ANSWER - tokens(prompt.template.template) - tokens(question) - 100
    told = (f"[{name}] {line(_told(sources[index], several), LONGEST_SOURCE)}" for name, index in ids.items())
    lines = fitting(told, room)
    before = earlier(history, min(HISTORY, room - size(lines)))
    return prompt.format(**fenced(sources=lines, history=before), question=line(question, LONGEST_SOURCE))


def _told(source: Citation, several: bool) -> str:
    whence = f" (from: {', '.join(filter(None, (source.title, day(source.date))))})" if several else ""
    said = f" (according to {source.speaker})" if source.speaker and source.speaker not in source.text else ""
    return source.text[:LONGEST_SOURCE] + said + whence
