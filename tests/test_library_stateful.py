"""Any sequence of adding, removing, crashing and asking: what was removed never answers, what is here is what was added."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from index.library import Entry, Library, Removed
from index.sources import Article
from tests.doubles import HashEmbedder

SENTENCES = ["Ships sail north.", "Ann paid $60bn.", "It rained.", "Ben met 1,200 men!", "Über Lviv fell snow.", "“Go,” he said."]
PARAGRAPHS = st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=4).map(" ".join)
TEXTS = st.lists(PARAGRAPHS, min_size=1, max_size=3).map("\n\n".join)
PLACES = st.sampled_from([None, None, "https://a.example/", "https://b.example/"])


class Shelf(RuleBasedStateMachine):
    """A library beside what it should hold."""

    removed = Bundle("removed")

    @initialize()
    def begin(self) -> None:
        self.root = TemporaryDirectory(prefix="footnote-test-")
        self.folders = (Path(self.root.name) / str(n) for n in range(10_000))
        self.embedder = HashEmbedder()
        self.library = Library.open(next(self.folders), self.embedder)
        self.here: dict[str, Entry] = {}  # as the library gave them, by id
        self.text_of: dict[str, str] = {}  # of every article there ever was
        self.span_of: dict[int, tuple[str, int, int]] = {}  # of every unit there ever was

    def teardown(self) -> None:
        if hasattr(self, "library"):
            assert self.library.check() == []
            self.library.close()
            self.root.cleanup()

    @rule(text=TEXTS, place=PLACES)
    def add(self, text: str, place: str | None) -> None:
        same = [key for key in self.here if self.text_of[key] == text]
        old = [key for key, stored in self.here.items() if place and stored.place == place]
        added = self.library.add(Article(text, "Title", "a test", place=place))
        stored = added.article
        if same:
            assert (added.outcome, [stored]) == ("present", [self.here[key] for key in same])
        else:
            assert added.outcome == ("replaced" if old else "added")
            assert stored.id not in self.text_of
            for key in old:
                del self.here[key]
            self.here[stored.id], self.text_of[stored.id] = stored, text
        assert (stored.text, self.text_of[stored.id]) == (text, text)

    @rule(text=TEXTS, place=PLACES, stage=st.sampled_from(["splitting", "embedding", "saving"]), done=st.booleans())
    def cancel(self, text: str, place: str | None, stage: str, done: bool) -> None:
        def stop(at: str, so_far: int, total: int) -> None:
            if at == stage and (so_far == total or not done):
                raise InterruptedError

        present = text in (stored.text for stored in self.here.values())
        try:
            self.library.add(Article(text, "Title", "a test", place=place), stop)
            assert present
        except InterruptedError:
            assert not present

    @rule(target=removed, pick=st.integers(0))
    def remove(self, pick: int) -> Removed:
        if not self.here:
            return multiple()
        stored = self.here.pop(sorted(self.here)[pick % len(self.here)])
        removed = self.library.remove(stored.id)
        assert removed.article == stored
        return removed

    @rule(removed=removed)
    def restore(self, removed: Removed) -> None:
        encoded = self.embedder.encoded
        stored = self.library.restore(removed)
        assert self.embedder.encoded == encoded
        assert stored.text == removed.article.text
        if stored.id not in self.here:
            assert stored.id == removed.article.id
            self.here[stored.id] = stored

    @rule(pick=st.integers(0), title=st.sampled_from(["New title", "Neuer Titel"]))
    def rename(self, pick: int, title: str) -> None:
        if self.here:
            key = sorted(self.here)[pick % len(self.here)]
            self.here[key] = self.library.rename(key, title)
            assert self.here[key].title == title

    @rule()
    def reopen(self) -> None:
        self.library.close()
        self.library = Library.open(self.library.folder, self.embedder)

    @rule(faiss=st.sampled_from(["kept", "deleted", "cut short", "changed"]))
    def crash(self, faiss: str) -> None:
        """Go on with the files as they are at this moment."""
        left = shutil.copytree(self.library.folder, next(self.folders))
        self.library.close()
        vectors = left / "vectors.faiss"
        if vectors.exists():
            data = vectors.read_bytes()
            if faiss == "deleted":
                vectors.unlink()
            elif faiss == "cut short":
                vectors.write_bytes(data[: len(data) // 2])
            elif faiss == "changed":
                vectors.write_bytes(data[:-5] + bytes([data[-5] ^ 1]) + data[-4:])
        encoded = self.embedder.encoded
        self.library = Library.open(left, self.embedder)
        assert self.embedder.encoded == encoded
        assert self.library.check() == []

    @rule(question=PARAGRAPHS, k=st.integers(1, 30))
    def ask(self, question: str, k: int) -> None:
        vector = self.embedder.encode([question])[0]
        for hits in (self.library.dense(vector, k), self.library.lexical(question, k)):
            units = self.library.units([unit for unit, _ in hits])
            assert len(units) == len(hits)
            assert all(unit.text == self.here[unit.article].text[unit.start : unit.end] for unit in units)

    @rule(sentence=st.sampled_from(SENTENCES))
    def look_for_a_sentence(self, sentence: str) -> None:
        vector = self.embedder.encode([sentence])[0]
        holders = {key for key, stored in self.here.items() if sentence in stored.text}
        nearest = [unit for unit, cosine in self.library.dense(vector, 99) if cosine > 0.999]
        assert {unit.article for unit in self.library.units(nearest)} == holders
        found = [unit for unit, _ in self.library.lexical(sentence, 99)]
        assert holders <= {unit.article for unit in self.library.units(found)} <= set(self.here)

    @invariant()
    def the_library_holds_what_it_should(self) -> None:
        if not hasattr(self, "library"):
            return
        assert {stored.id: stored for stored in self.library.articles()} == self.here
        assert all(stored.text == self.text_of[key] for key, stored in self.here.items())
        assert {entry.id for entry in self.library.catalogue()} == set(self.library.ids()) == set(self.here)
        for key, stored in self.here.items():
            sentences = self.library.sentences(key)
            assert len(sentences) == stored.sentences
            for unit in [*sentences, *self.library.units([sentence.passage for sentence in sentences])]:
                assert unit.text == stored.text[unit.start : unit.end]
                assert self.span_of.setdefault(unit.id, (key, unit.start, unit.end)) == (key, unit.start, unit.end)


TestShelf = Shelf.TestCase
TestShelf.settings = settings(max_examples=45, stateful_step_count=50, deadline=None)  # some 2,000 steps
