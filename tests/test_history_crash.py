"""The history and SIGKILL: real processes, killed at any moment, lose nothing that was acknowledged."""

from __future__ import annotations

import multiprocessing
import random
import sqlite3
import subprocess
import sys
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from bot.answer import Answer, Citation, Kind, Turn
from bot.history import UNANSWERED, History

ROOT = Path(__file__).parent.parent

TEXT = "Russia sent 30,000 troops to Kharkiv. Nato said so on Tuesday."


class OneArticle:
    """A library with one article, whatever its id."""

    id, title, origin, date, text = "1", "Troops", "a test", None, TEXT

    def article(self, article_id: str) -> OneArticle:
        return self


def answer(question: str) -> Answer:
    cited = Citation(1, "1", "Troops", "a test", 0, 37, TEXT[:37], 0.9, 0, 37, 12, 25)
    return Answer(question, True, Kind.SPAN, TEXT[12:25], 0.9, (cited,))


def talk_until_killed(folder: Path, seed: int, tell: Connection) -> None:
    """Ask, answer, rate, delete and undo at random; tell of every step before it and after it."""
    dice = random.Random(seed)
    with History.open(folder, OneArticle()) as history:
        conversation = history.start()
        tell.send(("conversation", conversation))
        for n in range(10_000):
            question = f"{seed} asks {n}"
            tell.send(("asking", question))
            turn = history.begin(conversation, question)
            tell.send(("asked", question))
            if dice.random() < 0.7:
                history.finish(turn, answer(question))
                tell.send(("answered", question))
            if dice.random() < 0.2:
                other = history.start()
                history.append(other, Turn(f"{seed} throws away {n}", answer("x")))
                history.delete(other)
                tell.send(("deleted", other))


def test_fifty_kills_at_any_moment_lose_no_question_and_no_answer(tmp_path: Path):
    processes = multiprocessing.get_context("forkserver")
    dice = random.Random(7)
    asked: dict[str, list[str]] = {}
    answered: set[str] = set()
    deleted: set[str] = set()
    unsure: set[str] = set()  # asked, but killed before that was acknowledged
    for seed in range(50):
        hear, tell = processes.Pipe(duplex=False)
        child = processes.Process(target=talk_until_killed, args=(tmp_path, seed, tell))
        child.start()
        tell.close()
        # Let it come some way, then kill it at any moment within the next steps, however long they take here.
        told = [hear.recv() for _ in range(dice.randrange(1, 12))]
        time.sleep(dice.random() * 0.02)
        child.kill()
        child.join()
        with suppress(EOFError):
            while True:
                told.append(hear.recv())
        hear.close()
        conversation = told[0][1]
        asked[conversation] = [what for step, what in told if step == "asked"]
        answered |= {what for step, what in told if step == "answered"}
        deleted |= {what for step, what in told if step == "deleted"}
        unsure |= {what for step, what in told if step == "asking"} - set(asked[conversation])

    with sqlite3.connect(tmp_path / "history.sqlite") as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    with History.open(tmp_path, OneArticle()) as history:
        listed = {header.id for header in history.conversations()}
        assert not deleted & listed
        for conversation, questions in asked.items():
            kept = history.turns(conversation)
            assert [exchange.question for exchange in kept if exchange.question not in unsure] == questions
            for exchange in kept:
                if exchange.question in answered:
                    assert exchange.answer == answer(exchange.question)
                elif exchange.answer is None:
                    assert exchange.remark == UNANSWERED
                else:
                    assert exchange.answer == answer(exchange.question)
    assert sum(map(len, asked.values())) > 50
    assert answered
    assert deleted


def test_keeping_a_conversation_needs_no_search(tmp_path: Path):
    """The history is opened without the library's heavy parts, so a program may read it at once."""
    script = "import bot.history, sys; print({'torch', 'faiss', 'llama_index', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
