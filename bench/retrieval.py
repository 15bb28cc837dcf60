"""Is the sentence that answers found? recall@k on a question set, side by side with the usual ways.

    python -m bench.retrieval --squad FILE [--questions N]

All paragraphs of the file are one corpus. A row's milliseconds are those of the search, the question embedded already.
"""

from __future__ import annotations

import argparse
import random
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from llama_index.core import Document, StorageContext, VectorStoreIndex
from llama_index.core.node_parser import NodeParser, SentenceSplitter, SentenceWindowNodeParser
from llama_index.core.schema import QueryBundle, TextNode
from llama_index.core.vector_stores import SimpleVectorStore

from bench.squad import Question, load
from bot.engine import CANDIDATES, gather
from bot.reader import ExtractiveReader
from bot.retriever import SentenceRetriever
from index.embedder import Embedder
from index.library import Library
from index.passages import LONGEST
from index.sources import Article

KS = (1, 3, 5, 10)
DEEP = 200  # hits that are fused by rank
RRF = 60
CHARACTERS_A_TOKEN = 4.5  # to give the stock splitter chunks as long as our passages

Span = tuple[str, int, int]  # digest of the article, start, end
Search = Callable[[str, np.ndarray], list[Span]]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.retrieval", description="Recall of the sentence that answers.")
    parser.add_argument("--squad", type=Path, required=True, help="a question set in the SQuAD format")
    parser.add_argument("--questions", type=int, help="ask that many, drawn at random, instead of all")
    options = parser.parse_args()
    embedder = Embedder.load()
    data = load(options.squad)
    asked = [(article, question) for article, questions in data for question in questions if question.answers]
    if options.questions and options.questions < len(asked):
        asked = random.Random(0).sample(asked, options.questions)
    vectors = embedder.encode([question.text for _, question in asked])

    with Library.temporary(embedder) as library:
        stored = {library.add(article).article.id: article for article, _ in data}
        sentences, paragraphs = _spans(library, stored)
        print(f"{len(asked)} questions, {len(data)} articles, {sum(map(len, sentences.values()))} sentences\n")
        print(f"{'':34}{'sentence recall@':>28}{'paragraph recall@':>28}")
        print(f"{'':34}{''.join(f'{k:>7}' for k in KS)}{''.join(f'{k:>7}' for k in KS)}{'ms':>8}")
        for name, search in _ours(library, stored).items():
            _report(name, search, asked, vectors, sentences, paragraphs)
        articles = [article for article, _ in data]
        splitter = SentenceSplitter(chunk_size=round(LONGEST / CHARACTERS_A_TOKEN), chunk_overlap=0)
        window = SentenceWindowNodeParser.from_defaults()
        _report("LlamaIndex SentenceSplitter", _stock(splitter, articles, embedder), asked, vectors, None, paragraphs)
        _report("LlamaIndex SentenceWindow", _stock(window, articles, embedder), asked, vectors, sentences, paragraphs)


def _ours(library: Library, stored: dict[str, Article]) -> dict[str, Search]:
    """Our retriever, what it is made of, and what the reader makes of it. The parts rank sentences only."""
    retriever, reader = SentenceRetriever(library), ExtractiveReader.load()

    def dense(question: str, vector: np.ndarray) -> list[int]:
        return [key for key, _ in library.dense(vector, DEEP)]

    def lexical(question: str, vector: np.ndarray) -> list[int]:
        return [key for key, _ in library.lexical(question, DEEP)]

    def by_rank(question: str, vector: np.ndarray) -> list[int]:
        scores: dict[int, float] = defaultdict(float)
        for ranking in (dense(question, vector), lexical(question, vector)):
            for rank, key in enumerate(ranking, 1):
                scores[key] += 1 / (RRF + rank)
        return sorted(scores, key=lambda key: -scores[key])

    def only_sentences(search: Callable[[str, np.ndarray], list[int]]) -> Search:
        def spans(question: str, vector: np.ndarray) -> list[Span]:
            units = library.units(search(question, vector))
            return [(stored[u.article].digest, u.start, u.end) for u in units if u.kind == "sentence"][: max(KS)]

        return spans

    def fused(question: str, vector: np.ndarray) -> list[Span]:
        found = (candidate.sentence for candidate in retriever.rank(question, vector, max(KS)))
        return [(stored[u.article].digest, u.start, u.end) for u in found]

    def read(question: str, vector: np.ndarray) -> list[Span]:
        evidence = gather(library, retriever.rank(question, vector, CANDIDATES))
        found = (finding.sentence for finding in reader.read(question, evidence).findings)
        return [(stored[u.article].digest, u.start, u.end) for u in found]

    return {
        "dense only": only_sentences(dense),
        "lexical only (FTS5 BM25)": only_sentences(lexical),
        "reciprocal rank fusion": only_sentences(by_rank),
        "ours": fused,
        "ours, then read by the reader": read,
    }


def _stock(parser: NodeParser, articles: Sequence[Article], embedder: Embedder) -> Search:
    """LlamaIndex as its documentation shows it: a node parser and an index in memory, here with our embedder."""
    nodes = [
        node
        for article in articles
        for node in parser.get_nodes_from_documents([Document(text=article.text, id_=article.digest)])
        if isinstance(node, TextNode)
    ]
    for node, vector in zip(nodes, embedder.encode([node.text for node in nodes]), strict=True):
        node.embedding = vector.tolist()
    storage = StorageContext.from_defaults(vector_store=SimpleVectorStore())
    index = VectorStoreIndex(nodes, storage_context=storage, embed_model=embedder)
    retriever = index.as_retriever(similarity_top_k=max(KS))

    def search(question: str, vector: np.ndarray) -> list[Span]:
        found = retriever.retrieve(QueryBundle(question, embedding=vector.tolist()))
        return [(hit.node.ref_doc_id or "", *_trimmed(hit.node)) for hit in found if isinstance(hit.node, TextNode)]

    return search


def _trimmed(node: TextNode) -> tuple[int, int]:
    """The span of a node, without the white space that stock parsers leave around it."""
    text, start = node.text, node.start_char_idx or 0
    return start + len(text) - len(text.lstrip()), start + len(text.rstrip())


def _spans(library: Library, stored: dict[str, Article]) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """Where sentences and paragraphs begin, by the article's digest."""
    sentences, paragraphs = {}, {}
    for key, article in stored.items():
        units = library.sentences(key)
        sentences[article.digest] = [unit.start for unit in units]
        paragraphs[article.digest] = sorted({unit.paragraph: unit.start for unit in reversed(units)}.values())
    return sentences, paragraphs


def _report(
    name: str,
    search: Search,
    asked: Sequence[tuple[Article, Question]],
    vectors: np.ndarray,
    sentences: dict[str, list[int]] | None,
    paragraphs: dict[str, list[int]],
) -> None:
    started = time.perf_counter()
    found = [search(question.text, vector) for (_, question), vector in zip(asked, vectors, strict=True)]
    ms = (time.perf_counter() - started) * 1000 / len(asked)
    cells = "".join(f"{'-':>7}" for _ in KS)
    if sentences is not None:
        cells = _recalls(asked, found, sentences)
    print(f"{name:34}{cells}{_recalls(asked, found, paragraphs)}{ms:8.1f}", flush=True)


def _recalls(asked: Sequence[tuple[Article, Question]], found: Sequence[list[Span]], begins: dict[str, list[int]]) -> str:
    """recall@k of the part, a sentence or a paragraph, in which an answer begins."""
    ranks = []
    for (article, question), spans in zip(asked, found, strict=True):
        golds = {(article.digest, bisect_right(begins[article.digest], start)) for start, _ in question.answers}
        ranks.append(_rank(spans, golds, begins))
    return "".join(f"{np.mean([rank < k for rank in ranks]):7.3f}" for k in KS)


def _rank(spans: Sequence[Span], golds: set[tuple[str, int]], begins: dict[str, list[int]]) -> int:
    """How many hits that show something new come before the first that touches a gold part: a chunk may touch several."""
    seen: set[tuple[str, int]] = set()
    rank = 0
    for digest, start, end in spans:
        parts = {
            (digest, i) for i in range(bisect_right(begins[digest], start), bisect_right(begins[digest], end - 1) + 1)
        }
        if parts & golds:
            return rank
        rank += not parts <= seen
        seen |= parts
    return max(KS)


if __name__ == "__main__":
    main()
