"""How does a library behave as it grows? Adding, asking, opening, memory and disk.

    python -m bench.library --passages 1000,10000,100000 [--embed N] [--text PATH ...] [--data FOLDER]

One library grows from size to size. The text is written by the bench, unless documents are given. Adding is compared
with the bare embedding of the same texts, in turns in the same run; asking is measured in a process of its own. Beyond
`--embed` passages the vectors are random, so that store and search can be measured without hours of embedding; the
articles that adding is measured on are always embedded.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import re
import sqlite3
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.article import peak_memory, percentile
from index import passages, sentences
from index.embedder import Embedder, default_weights
from index.errors import UserError
from index.library import Encoder, Library
from index.sources import Article, members
from index.units import Split

PARAGRAPHS = 25  # of an article, each of them a passage
SENTENCES = (1, 2, 2, 2, 3)  # of a paragraph: any of these, so that 1,000 passages have about 2,800 vectors
MEASURED = 12  # articles at the end of each size, on which adding is measured
K = 10
ROWS = 8192  # vectors compared at a time


@dataclass(frozen=True, slots=True)
class Written:
    """How much was added, and what became of the measured articles: their passages, the seconds that adding them took
    and those of the bare embedding of the same texts.
    """

    articles: int
    passages: int
    vectors: int
    measured: int
    adding: float
    bare: float


@dataclass(frozen=True, slots=True)
class Asked:
    """What asking came to: milliseconds a question, seconds to open, MB of memory before opening and at the most.

    `recall` is the share of exact search's first 10 hits that are among those of the library.
    """

    embedding: list[float]
    dense: list[float]
    lexical: list[float]
    retriever: list[float]
    engine: list[float]
    opening: float
    before: float
    peak: float
    recall: float


class Writer:
    """Writes articles of words as frequent as in English, the same ones every time; `words` begin with the most frequent."""

    def __init__(self, words: Sequence[str], seed: int = 0) -> None:
        self._words = words
        self._weights = list(accumulate(1 / (rank + 2.7) for rank in range(len(words))))  # Zipf's law, as Mandelbrot has it
        self._dice = random.Random(seed)

    def articles(self) -> Iterator[Article]:
        """Articles without end, each of PARAGRAPHS paragraphs."""
        number = 0
        while True:
            number += 1
            text = "\n\n".join(self._paragraph() for _ in range(PARAGRAPHS))
            yield Article(text, f"Report {number}", f"report-{number}.txt")

    def question(self, sentence: str) -> str:
        """A question in words of this sentence."""
        words = re.findall(r"\w+", sentence)
        at = self._dice.randrange(max(1, len(words) - 6))
        return f"{self._dice.choice(('When did', 'How many', 'What was', 'Who said'))} {' '.join(words[at : at + 7])}?"

    def _paragraph(self) -> str:
        return " ".join(self._sentence() for _ in range(self._dice.choice(SENTENCES)))

    def _sentence(self) -> str:
        words = self._dice.choices(self._words, cum_weights=self._weights, k=self._dice.randint(8, 32))
        if self._dice.random() < 0.3:  # news is full of figures
            words[self._dice.randrange(1, len(words))] = f"{self._dice.randint(2, 99_999):,}"
        if self._dice.random() < 0.5:  # and of names
            at = self._dice.randrange(1, len(words))
            words[at] = words[at].capitalize()
        return " ".join(words).capitalize() + "."


class Mixed:
    """The embedder or, while `random` is true, a source of random unit vectors under its name."""

    def __init__(self, embedder: Encoder) -> None:
        self.name, self.dim = embedder.name, embedder.dim
        self.random = False
        self._embedder = embedder
        self._dice = np.random.default_rng(0)

    def encode(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> np.ndarray:
        """Vectors of the texts, float32 of shape (len(texts), dim), L2-normalised."""
        if not self.random:
            return self._embedder.encode(texts, progress)
        matrix = self._dice.standard_normal((len(texts), self.dim), np.float32)
        return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def vocabulary() -> list[str]:
    """The whole words that the default embedding model knows, roughly the most frequent first."""
    lines = (default_weights() / "vocab.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if re.fullmatch("[a-z]{2,}", line)]


def grow(library: Library, encoder: Mixed, source: Iterator[Article], wanted: int, embed: int) -> Written:
    """Add articles until there are so many new passages or no more articles; the vectors beyond `embed` are random."""
    articles = added = vectors = measured = 0
    waiting: deque[Article] = deque()  # the last ones are measured
    for article in source:
        waiting.append(article)
        count, indexed = counted(article.text)
        articles, added, vectors = articles + 1, added + count, vectors + indexed
        if len(waiting) > MEASURED:
            encoder.random = added > embed
            library.add(waiting.popleft())
        if added >= wanted:
            break
    encoder.random = False
    adding = bare = 0.0
    for article in waiting:  # in turns, so that both are timed on a machine equally busy
        texts = Split.of(article.text).texts
        started = time.perf_counter()
        library.add(article)
        between = time.perf_counter()
        encoder.encode(texts)
        adding, bare = adding + between - started, bare + time.perf_counter() - between
        measured += counted(article.text)[0]
    return Written(articles, added, vectors, measured, adding, bare)


def counted(text: str) -> tuple[int, int]:
    """How many passages a text has, and how many vectors: those of its sentences and of the passages of several."""
    found = sentences.split(text)
    grouped = passages.group(found)
    return len(grouped), len(found) + sum(passage.last - passage.first > 1 for passage in grouped)


def ask(folder: Path, questions: Sequence[str]) -> Asked:
    """Open the library as the application would, and ask. To be run in a process of its own, whose memory is told."""
    from bot.engine import Engine
    from bot.reader import ExtractiveReader
    from bot.retriever import SentenceRetriever

    embedder, reader = Embedder.load(), ExtractiveReader.load()
    embedder.encode(questions[:1])
    before = own_peak()
    started = time.perf_counter()
    with closing(Library.open(folder, embedder)) as library:
        opening = time.perf_counter() - started
        retriever, engine = SentenceRetriever(library), Engine(library, reader)
        times: dict[str, list[float]] = {"embedding": [], "dense": [], "lexical": [], "retriever": [], "engine": []}
        vectors: list[np.ndarray] = []
        hits: list[list[int]] = []

        def timed(what: str, call: Callable) -> object:
            started = time.perf_counter()
            result = call()
            times[what].append((time.perf_counter() - started) * 1000)
            return result

        for question in questions:
            vector = np.asarray(timed("embedding", lambda q=question: embedder.encode([q])))[0]
            vectors.append(vector)
            timed("dense", lambda v=vector: library.dense(v, 200))
            timed("lexical", lambda q=question: library.lexical(q, 200))
            timed("retriever", lambda q=question: retriever.candidates(q))
            timed("engine", lambda q=question: engine.ask(q))
            hits.append([key for key, _ in library.dense(vector, K)])
        peak = own_peak()
    nearest = exact(folder, np.stack(vectors))
    recall = float(np.mean([len(found & set(hit)) / len(found) for found, hit in zip(nearest, hits, strict=True)]))
    return Asked(**times, opening=opening, before=before, peak=peak, recall=recall)


def own_peak() -> float:
    """The most resident memory this process has had, in MB. What getrusage tells on Linux starts with its parent's."""
    status = Path("/proc/self/status")
    if not status.exists():
        return peak_memory()
    kilobytes = re.search(r"VmHWM:\s*(\d+)", status.read_text())
    return int(kilobytes[1]) / 1024 if kilobytes else peak_memory()


def exact(folder: Path, queries: np.ndarray) -> list[set[int]]:
    """The ids of the K vectors nearest to each query, by comparing it with every vector that SQLite keeps."""
    ids, cosines = np.empty((len(queries), 0), np.int64), np.empty((len(queries), 0), np.float32)
    with closing(sqlite3.connect(folder / "library.sqlite")) as db:
        cursor = db.execute("SELECT unit, vector FROM vectors")
        while rows := cursor.fetchmany(ROWS):
            matrix = np.frombuffer(b"".join(vector for _, vector in rows), "<f4").reshape(len(rows), -1)
            keys = np.array([unit for unit, _ in rows])
            ids = np.hstack([ids, np.broadcast_to(keys, (len(queries), len(rows)))])
            cosines = np.hstack([cosines, queries @ matrix.T])
            best = np.argsort(-cosines, axis=1)[:, :K]
            ids, cosines = np.take_along_axis(ids, best, 1), np.take_along_axis(cosines, best, 1)
    return [set(row) for row in ids.tolist()]


def given(paths: Sequence[Path]) -> Iterator[Article]:
    """The articles of these documents, folders and archives, in order. Raises SourceUnreadable."""
    for path in paths:
        for _, read in members(path):
            yield read()


COLUMNS = (
    "passages", "vectors", "articles", "passages/s added", "time over bare embedding", "question embedded ms", "dense ms",
    "lexical ms", "retriever ms", "engine ms", "recall@10", "open s", "memory MB", "of it the library's", "disk MB",
)  # fmt: skip


def cells(written: Written, asked: Asked, disk: float) -> tuple[str, ...]:
    """A row of the table; milliseconds are p50 / p95. `written` counts all there is, `disk` is in MB."""

    def ms(times: Sequence[float]) -> str:
        return f"{percentile(times, 0.5):.0f} / {percentile(times, 0.95):.0f}"

    return (
        f"{written.passages:,}",
        f"{written.vectors:,}",
        f"{written.articles:,}",
        f"{written.measured / written.adding:.1f}",
        f"{written.adding / written.bare:.2f}",
        *map(ms, (asked.embedding, asked.dense, asked.lexical, asked.retriever, asked.engine)),
        f"{asked.recall:.3f}",
        f"{asked.opening:.2f}",
        f"{asked.peak:.0f}",
        f"{asked.peak - asked.before:.0f}",
        f"{disk:.0f}",
    )


def line(parts: Sequence[str]) -> str:
    """A line of a Markdown table."""
    return f"| {' | '.join(parts)} |"


def measure(folder: Path, sizes: Sequence[int], embed: int, texts: Sequence[Path], questions: int) -> None:
    """Grow a library in `folder` from size to size and print a row for each. Raises SourceUnreadable."""
    encoder, writer = Mixed(Embedder.load()), Writer(vocabulary())
    source = given(texts) if texts else writer.articles()
    dice = random.Random(1)
    whole = Written(0, 0, 0, 0, 0, 0)
    print(f"{line(COLUMNS)}\n{line(['---:'] * len(COLUMNS))}", flush=True)
    for size in sorted(sizes):
        with closing(Library.open(folder, encoder)) as library:
            new = grow(library, encoder, source, size - whole.passages, embed - whole.passages)
            about = [dice.choice(library.sentences(key)).text for key in dice.choices(library.ids(), k=questions)]
        counts = (whole.articles + new.articles, whole.passages + new.passages, whole.vectors + new.vectors)
        whole = Written(*counts, new.measured, new.adding, new.bare)
        asked = apart(ask, folder, [writer.question(sentence) for sentence in about])
        disk = sum(file.stat().st_size for file in folder.iterdir()) / 2**20
        print(line(cells(whole, asked, disk)), flush=True)
        if whole.passages < size:
            print(f"\nThe documents have only {whole.passages:,} passages.")
            return
    if whole.passages > embed:
        print(f"\nThe vectors beyond {embed:,} passages are random, but for the last {MEASURED} articles of each size.")


def apart(function: Callable[..., Asked], *arguments: object) -> Asked:
    """Call a function in a new process, whose memory holds nothing else."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.library", description="Measure a library as it grows.")
    sizes = {"type": lambda text: [int(size) for size in text.split(",")], "metavar": "N,N,..."}
    parser.add_argument("--passages", **sizes, default=[1000], help="the sizes, in passages (default: 1000)")
    parser.add_argument("--embed", type=int, metavar="N", help="passages to embed; the others get random vectors")
    parser.add_argument("--text", type=Path, nargs="+", default=[], metavar="PATH", help="documents, folders or archives")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="where to build the library, and leave it")
    parser.add_argument("--questions", type=int, default=100, metavar="N", help="how many to ask (default: 100)")
    options = parser.parse_args(arguments)
    embed = max(options.passages) + PARAGRAPHS if options.embed is None else options.embed
    if options.data and options.data.exists() and any(options.data.iterdir()):
        parser.error(f"{options.data} is not empty")
    try:
        with TemporaryDirectory(prefix="footnote-") as temporary:
            folder = options.data or Path(temporary)
            measure(folder, options.passages, embed, options.text, options.questions)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
