"""Which article is open in a browser tab, and which ones its questions are put to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal

from bot.ui import texts

Scope = Literal["open", "ticked", "all"]


@dataclass(frozen=True, slots=True)
class Choice:
    """Ids of articles; the library is shared with other tabs, so any of them may be gone: see `among`."""

    open: str | None = None
    ticked: frozenset[str] = frozenset()
    scope: Scope = "open"

    def among(self, ids: Collection[str]) -> Choice:
        """What is left of the choice if these are the articles there are."""
        ticked = self.ticked & frozenset(ids)
        scope = self.scope if ticked or (self.scope == "all" and ids) else "open"
        return Choice(self.open if self.open in ids else None, ticked, scope)

    def opening(self, article: str | None) -> Choice:
        """The same questions, another article in view."""
        return replace(self, open=article)

    def ticking(self, article: str, on: bool) -> Choice:
        """One tick more or less; the questions follow the ticks."""
        ticked = self.ticked | {article} if on else self.ticked - {article}
        return replace(self, ticked=ticked, scope="ticked" if ticked else "open")

    def taking_in(self, articles: Collection[str]) -> Choice:
        """After adding these: one is opened, several are ticked too, unless all are asked anyway."""
        if not articles:
            return self
        opened = replace(self, open=next(iter(articles)))
        if self.scope == "all":
            return opened
        if len(articles) == 1:
            return replace(opened, scope="open")
        return replace(opened, ticked=frozenset(articles), scope="ticked")

    def asking(self, articles: Collection[str] | None, view: Collection[str]) -> Choice:
        """The questions put to these articles, None for all; the first of `view`, or of these, lies open."""
        opened = replace(self, open=next(iter([*view, *(articles or ())]), self.open))
        if articles is None:
            return replace(opened, scope="all")
        if len(articles) > 1:
            return replace(opened, ticked=frozenset(articles), scope="ticked")
        return replace(opened, scope="open")

    def asked(self, ids: Collection[str]) -> list[str]:
        """The articles that a question is put to, of those there are."""
        chosen = {"open": {self.open}, "ticked": self.ticked, "all": set(ids)}[self.scope]
        return [article for article in ids if article in chosen]

    def in_words(self, ids: Collection[str]) -> list[tuple[str, Scope]]:
        """What can be chosen to ask, in words, each with its value."""
        ways: list[tuple[str, Scope]] = [(texts.ASKING_OPEN if self.open or not ids else texts.ASKING_NONE, "open")]
        if self.ticked:
            count = len(self.ticked)
            ways.append((texts.ASKING_TICKED.format(count=count) if count > 1 else texts.ASKING_ONE, "ticked"))
        if len(ids) > 1 or self.scope == "all":
            ways.append((texts.ASKING_ALL.format(count=len(ids)) if len(ids) > 1 else texts.ASKING_ONE, "all"))
        return ways
