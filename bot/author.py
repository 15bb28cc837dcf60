"""The language model that writes answers, as it is set up at the moment; by default there is none.

It may word follow-up questions too, and propose questions to begin with.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from threading import Lock

from llama_index.core.llms import LLM

from bot.answer import Answer, Kind, Turn, Written
from bot.grounding import Encoder, Grounder
from bot.grounding.entailment import Entailment
from bot.llms import ModelUnusable, connect, parse
from bot.plain import plain
from bot.prompts import load as load_prompts
from bot.proposals import proposed
from bot.rewording import reworded
from bot.settings import Settings, load, save
from bot.spans import SpanScorer
from bot.writer import Update, Writer
from index.errors import ModelMissing


class Author:
    """Writes with the model that the settings in `folder` name, or with `llm` instead as long as this program runs; `nli` names
    a model that checks what is written too.

    Safe to use from several threads. A new setting holds from the next answer on. Raises ModelUnusable for an `llm` and
    ModelMissing for an `nli` that cannot be used, and PromptUnusable.
    """

    def __init__(
        self, folder: Path, embedder: Encoder, prompts: Path | None = None, llm: str | None = None, nli: str | None = None
    ) -> None:
        self.folder = folder
        self.prompts = load_prompts(prompts)
        self.settings: Settings = load(folder)
        self.instead: str | None = None if llm is None else str(parse(llm))  # of the stored setting
        self._embedder = embedder
        self._entailment = Entailment.load(nli) if nli else None
        self._lock = Lock()  # guards the two below
        self._connected = "none"
        self._writer: Writer | None = None
        if self.instead:
            self._ready()

    @property
    def llm(self) -> str:
        """The setting in force."""
        return self.instead or self.settings.llm

    @property
    def writes(self) -> bool:
        """Whether a model is set up, which need not be within reach."""
        return self.llm != "none"

    def change(self, settings: Settings) -> None:
        """Keep other settings, which hold at once. Raises SettingsNotKept; then nothing changes."""
        save(self.folder, settings)
        self.settings = settings

    @property
    def rewords(self) -> bool:
        """Whether follow-up questions are to be worded by the model."""
        return self.writes and self.settings.reword

    @property
    def name(self) -> str:
        """What the model is called."""
        return plain(parse(self.llm).name)

    def write(self, answer: Answer, history: Sequence[Turn] = ()) -> Generator[Update]:
        """Write an answer from the citations of an extracted one, as Writer.write does; nothing if no model is set up.

        A model that cannot be used is no error here: the one update's `written.failure` says why.
        """
        try:
            writer = self._ready()
        except ModelUnusable as error:
            yield Update((), written=Written((), self.name, failure=str(error)))
            return
        if writer:
            summary = answer.kind is Kind.SUMMARY
            yield from writer.write(answer.searched_for or answer.question, answer.citations, history, summary)

    def reword(self, question: str, history: Sequence[Turn], over: Callable[[], bool]) -> str | None:
        """A follow-up question in the model's words, as bot.rewording.reworded does; None without a model that can be used."""
        llm = self._llm()
        return reworded(llm, self.prompts.followup, question, history, over) if llm else None

    def propose(self, sentences: Sequence[str], over: Callable[[], bool]) -> list[str] | None:
        """Questions about sentences of an article, as bot.proposals.proposed does; None without a model that can be used."""
        llm = self._llm()
        return proposed(llm, self.prompts.suggestions, sentences, over) if llm else None

    def _llm(self) -> LLM | None:
        with suppress(ModelUnusable):
            writer = self._ready()
            return writer.llm if writer else None
        return None

    def _ready(self) -> Writer | None:
        with self._lock:
            if self._connected != self.llm:
                wanted = self.llm
                model = connect(wanted)
                self._writer = Writer(model, self.prompts, self._grounder) if model else None
                self._connected = wanted
            return self._writer

    @cached_property
    def _grounder(self) -> Grounder:
        scorer = None
        with suppress(ModelMissing):  # of which the user was told at the start
            scorer = SpanScorer.load()
        return Grounder(self._embedder, scorer, self._entailment)
