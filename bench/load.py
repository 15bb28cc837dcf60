"""Does one server hold up when many people ask at once?

    python -m bench.load [--people 20] [--questions 1000] [--url URL --pid PID]

Starts a server of its own over the sample article, or asks the one at --url. Each person has a client and a conversation of
their own and asks through the documented endpoint /ask, the next question as soon as the answer is there. Every answer is
compared with the one that the same question got when nobody else asked: an answer that crossed over, or was disturbed
by another's, differs. Memory is the server's resident set, known for --url only with --pid, and only on Linux.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from gradio_client import Client

from bench.article import percentile

ROOT = Path(__file__).parent.parent
PATIENCE = 180  # seconds that the server may take to start, or to answer
# Different questions with different answers, so that an answer in the wrong place is noticed.
QUESTIONS = (
    "How many troops are involved?",
    "How much is the aid package worth?",
    "What did Budanov say about reserves?",
    "Who is Oleh Syniehubov?",
    "What is this about?",
    "Who is the president of Ukraine?",
    "Which region was attacked?",
    "When did the attack begin?",
    "What does Kyiv need?",
    "Where is Vovchansk?",
    "Who won the football match?",
    "What did Blinken do in Kyiv?",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of one person: how long the answer took, in milliseconds, and whether it was the right one."""

    person: int
    ms: float
    as_alone: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """Times in milliseconds as the person waits, memory in MB (None if it is not known)."""

    people: int
    questions: int
    differing: int
    p50_ms: float
    p95_ms: float
    slowest_ms: float
    per_second: float
    memory_before_mb: float | None
    memory_half_mb: float | None
    memory_after_mb: float | None


def essence(answer: dict[str, Any]) -> str:
    """An answer without what differs from one time to the next."""
    return json.dumps({key: value for key, value in answer.items() if key != "ms"}, sort_keys=True)


def memory(pid: int | None) -> float | None:
    """The resident set of a process in MB, None where it cannot be known."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return None
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def converse(person: int, client: Client, count: int, alone: dict[str, str]) -> list[Asked]:
    """Ask `count` questions one after the other, beginning at another one than one's neighbour."""
    outcomes = []
    for n in range(count):
        question = QUESTIONS[(person + n) % len(QUESTIONS)]
        started = time.perf_counter()
        answer = client.predict(question, api_name="/ask")
        outcomes.append(Asked(person, (time.perf_counter() - started) * 1000, essence(answer) == alone[question]))
    return outcomes


def measure(url: str, pid: int | None, people: int, questions: int) -> Figures:
    """Ask everything alone, then from `people` threads, in two halves between which the memory is read."""
    with ThreadPoolExecutor(people) as crowd:
        patient = {"timeout": PATIENCE}  # to be slow is a figure, not a failure
        clients = list(crowd.map(lambda _: Client(url, verbose=False, httpx_kwargs=patient), range(people)))
        alone = {question: essence(clients[0].predict(question, api_name="/ask")) for question in QUESTIONS}
        each = max(1, questions // people // 2)

        def half() -> list[Asked]:
            rows = crowd.map(lambda person: converse(person, clients[person], each, alone), range(people))
            return [asked for row in rows for asked in row]

        # One round that is not counted: what is made once per thread and per client is made.
        list(crowd.map(lambda person: converse(person, clients[person], 1, alone), range(people)))
        before = memory(pid)
        started = time.perf_counter()
        outcomes = half()
        between = memory(pid)
        outcomes += half()
        seconds = time.perf_counter() - started
        after = memory(pid)
    times = [asked.ms for asked in outcomes]
    return Figures(
        people=people,
        questions=len(outcomes),
        differing=sum(not asked.as_alone for asked in outcomes),
        p50_ms=median(times),
        p95_ms=percentile(times, 0.95),
        slowest_ms=max(times),
        per_second=len(outcomes) / seconds,
        memory_before_mb=before,
        memory_half_mb=between,
        memory_after_mb=after,
    )


@contextmanager
def server() -> Iterator[tuple[str, int]]:
    """The address and process id of a server over the sample article, with a data directory of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with TemporaryDirectory(prefix="footnote-load-") as data:
        command = [sys.executable, "app.py", "--port", str(port), "--data", data]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        try:
            wait_for(port, process)
            yield f"http://127.0.0.1:{port}/", process.pid
        finally:
            process.terminate()
            process.wait()


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return once the server listens. Raises RuntimeError if it ends or takes too long."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise RuntimeError("The server did not start.")


def report(figures: Figures) -> str:
    """The figures, to be read."""
    f = figures
    lines = [
        f"{f.people} people at once, {f.questions} questions, {f.per_second:.1f} a second",
        f"  answers that differ from those asked alone   {f.differing}",
        f"  waiting, p50 / p95 / slowest                 {f.p50_ms:.0f} / {f.p95_ms:.0f} / {f.slowest_ms:.0f} ms",
    ]
    if f.memory_before_mb is not None:
        sizes = " / ".join(f"{size:.0f}" for size in (f.memory_before_mb, f.memory_half_mb, f.memory_after_mb) if size)
        lines.append(f"  server's memory, before / half way / after   {sizes} MB")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit status: 1 if an answer was not the one that was asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench.load", description="Measure many people asking at once.")
    parser.add_argument("--people", type=int, default=20, metavar="N", help="how many ask at once (default: 20)")
    parser.add_argument("--questions", type=int, default=1000, metavar="N", help="how many in all (default: 1000)")
    parser.add_argument("--url", help="a server that runs already (default: one is started)")
    parser.add_argument("--pid", type=int, help="the process of that server, to read its memory")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object")
    options = parser.parse_args(arguments)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    if options.url:
        figures = measure(options.url, options.pid, options.people, options.questions)
    else:
        with server() as (url, pid):
            figures = measure(url, pid, options.people, options.questions)
    print(json.dumps(asdict(figures)) if options.json else report(figures))
    return 1 if figures.differing else 0


if __name__ == "__main__":
    sys.exit(main())
