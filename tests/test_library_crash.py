"""Processes that are killed at any moment, and several at once: nothing acknowledged is lost, nothing is half done."""

from __future__ import annotations

import multiprocessing
import random
import sqlite3
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from index.library import Library
from index.sources import Article
from tests.doubles import HashEmbedder, article

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes cannot be forked there")
processes = multiprocessing.get_context("forkserver")
KILLS = 200


@dataclass(frozen=True)
class Step:
    """What a process is about to do to the texts of the library."""

    what: str
    gone: frozenset[str] = frozenset()
    new: frozenset[str] = frozenset()


def work_until_killed(folder: Path, seed: int, tell: Connection) -> None:
    """Change the library at random; tell each step before it is taken, and None when it has been."""
    chance = random.Random(seed)
    tell.send(Step("open"))
    with Library.open(folder, HashEmbedder(chance.choice(["one", "two"]))) as library:
        tell.send(None)
        here = {stored.text: stored for stored in library.articles()}
        removed = []
        for n in range(10_000):
            parts = range(chance.randint(1, 12))
            text = "\n\n".join(f"Story {seed}.{n} has part {part}. It is long." for part in parts)
            place = f"place {chance.randrange(6)}"
            old = next((known for known, stored in here.items() if stored.place == place), None)
            victim = chance.choice(sorted(here)) if here else None
            what = chance.choice(["add", "replace", "remove", "restore"])
            if victim and (what == "remove" or len(here) > 8):
                tell.send(Step("remove", gone=frozenset([victim])))
                removed.append(library.remove(here.pop(victim).id))
            elif what == "restore" and removed:
                back = removed.pop()
                tell.send(Step("restore", new=frozenset([back.article.text])))
                here[back.article.text] = library.restore(back)
            elif what == "replace" and old:
                tell.send(Step("replace", gone=frozenset([old]), new=frozenset([text])))
                here[text] = library.add(Article(text, "Title", "a test", place=place)).article
                del here[old]
            else:
                tell.send(Step("add", new=frozenset([text])))
                place = None if old else place
                here[text] = library.add(Article(text, "Title", "a test", place=place)).article
            tell.send(None)


def embedded_by(folder: Path) -> str:
    with sqlite3.connect(folder / "library.sqlite") as db:
        return db.execute("SELECT value FROM meta WHERE key = 'embedder'").fetchone()[0]


def test_two_hundred_kills_at_any_moment_lose_nothing_and_leave_nothing_half_done(tmp_path: Path):
    chance = random.Random(7)
    Library.open(tmp_path, HashEmbedder("one")).close()
    sure: frozenset[str] = frozenset()
    step: Step | None = None
    text_of: dict[str, str] = {}
    interrupted: Counter[str] = Counter()
    rebuilds = 0
    opening = 0.01

    def listen() -> None:
        nonlocal sure, step
        told = hear.recv()
        if told is None:
            sure, step = sure - step.gone | step.new, None
        else:
            step = told

    for seed in range(KILLS):
        before = embedded_by(tmp_path)
        hear, tell = processes.Pipe(duplex=False)
        child = processes.Process(target=work_until_killed, args=(tmp_path, seed, tell))
        child.start()
        tell.close()
        listen()
        started = time.monotonic()
        # Kill it somewhere in its opening or within the steps after that, however long these take on this machine.
        if seed % 3:
            listen()
            opening = time.monotonic() - started
            steps = chance.randint(1, 4)
            started = time.monotonic()
            for _ in range(2 * steps):
                listen()
            time.sleep(chance.random() * (time.monotonic() - started) / steps)
        else:
            time.sleep(chance.random() * opening)
        child.kill()
        child.join()
        with suppress(EOFError):
            while True:
                listen()
        if step:
            interrupted[step.what] += 1
        embedder = HashEmbedder(embedded_by(tmp_path))
        rebuilds += embedder.name != before
        with Library.open(tmp_path, embedder) as library:
            stored = library.articles()
            texts = frozenset(entry.text for entry in stored)
            assert texts in ((sure, sure - step.gone | step.new) if step else (sure,))
            assert all(text_of.setdefault(entry.id, entry.text) == entry.text for entry in stored)
            assert library.check() == []
        assert embedder.encoded == 0  # what another model had begun to embed again is whole, or as it was
        sure, step = texts, None
    assert interrupted.keys() == {"open", "add", "replace", "remove", "restore"}
    assert rebuilds


def add_and_remove(folder: Path, name: str) -> None:
    with Library.open(folder, HashEmbedder()) as library:
        for n in range(20):
            stored = library.add(article(f"{name} wrote number {n}. It was read.\n\nThen it was printed.")).article
            shared = library.add(article(f"Everybody wrote number {n}.")).article
            if n % 2:
                back = library.restore(library.remove(stored.id))
                assert back == stored
            else:
                library.remove(stored.id)
            assert library.article(shared.id) == shared


def test_processes_that_add_and_remove_at_the_same_time_leave_what_each_of_them_left(tmp_path: Path):
    names = ["Ann", "Ben", "Cid"]
    children = [processes.Process(target=add_and_remove, args=(tmp_path, name)) for name in names]
    for child in children:
        child.start()
    for child in children:
        child.join()
        assert child.exitcode == 0
    with Library.open(tmp_path, HashEmbedder()) as library:
        texts = [stored.text for stored in library.articles()]
        expected = {f"Everybody wrote number {n}." for n in range(20)}
        expected |= {f"{name} wrote number {n}. It was read.\n\nThen it was printed." for name in names for n in range(1, 20, 2)}
        assert len(texts) == len(set(texts))
        assert set(texts) == expected
        assert library.check() == []
