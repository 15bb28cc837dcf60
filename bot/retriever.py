"""Question -> the sentences that may hold its answer: search by meaning and by words, fused, with honest odds."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice, zip_longest

import numpy as np
from llama_index.core.callbacks import CallbackManager
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeRelationship, NodeWithScore, QueryBundle, RelatedNodeInfo, TextNode
from rapidfuzz.distance import OSA

from bot.spelling import english
from index.lexical import query_tokens, tokens
from index.library import Library, Unit

HITS = 200  # units asked for by meaning, and as many by words
SHORTEST_SLIP = 5  # letters: shorter words have too many neighbours
PASSAGES = 60  # of the best of them, every sentence is weighed: about 180

# What a sentence is weighed by, each computed exactly for every candidate, and its weight. Fitted on 20 articles of SQuAD
# v1.1 dev as one corpus and each for itself, so that the softmax over the candidates finds the sentence that holds the
# answer; each half of the articles gave nearly the same weights, and with the other half's recall@1 is within .002.
# In brackets: recall@1 without the term, in the one corpus, where it is .772 with all.
WEIGHTS = np.array(
    [
        6.5,  # the sentence's cosine with the question [.757]
        9.0,  # its passage's cosine [.760]
        3.5,  # the share of the question's words it has, each counting by its rarity among the candidates [.752]
        4.0,  # the same with the sentence before, where what "he" and "the company" stand for is named [.756]
        3.5,  # the same for the whole passage [.769]
        2.5,  # 1 if the question asks for a figure, a date or a sum and the sentence has one [.767]
    ]
)

# Log-odds that a candidate holds the answer = RELEVANCE . (1, its score, the log of its share), where the share is that
# of the softmax over all candidates and an imagined one that scores NONE_OF_THESE. Fitted on whole articles and single
# paragraphs with their own questions, those of other articles and SQuAD v2.0's unanswerable ones.
RELEVANCE = (-0.2, 0.06, 1.06)
NONE_OF_THESE = 11.0

# Below this relevance of the first candidate nothing relevant was found. So end 3 % of the questions that an article
# answers, 98 % of those put to the wrong article, and 6 % of SQuAD v2.0's, which were written to look answerable.
NOTHING_RELEVANT = 0.18

# The forms of answer that show in a sentence, and the questions that ask for them.
_NUMBER_WORDS = (
    r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|thousands?|millions?|billions?"
    r"|half|third|quarter|twice|double|several|single"
)
_MONTHS = (
    r"January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Aug|Sept?|Oct|Nov|Dec"
)
_FIGURE = re.compile(rf"\d|\b(?:{_NUMBER_WORDS})\b", re.IGNORECASE)
_DATE = re.compile(
    rf"\b(?:1\d|20)\d\ds?\b|\b(?:{_MONTHS}|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)\b"
    r"|(?i:\b(?:century|decades?|years?|months?|weeks?|days?|ago|yesterday|today|tomorrow|overnight)\b)"
)
_SUM = re.compile(r"[$€£¥%]|\b(?:per ?cent|dollars?|euros?|pounds?|yen)\b", re.IGNORECASE)
_EXPECTED = (
    (r"\bhow (?:many|much|old|long|far|tall|large|big|high|often|fast|wide|deep)\b", _FIGURE),
    (r"\b(?:what|which) (?:\w+ )?(?:percent\w*|number|amount|proportion|fraction|share|score|age)\b", _FIGURE),
    (r"\bwhen\b|\bhow long ago\b", _DATE),
    (r"\b(?:what|which) (?:\w+ )?(?:years?|date|day|month|century|decade|time|season|era|period)\b", _DATE),
    (r"\bhow much\b|\bper ?cent|\b(?:what|which) (?:\w+ )?(?:price|cost)\b", _SUM),
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may hold the answer, and its passage.

    `score` ranks the candidates of one question and means nothing else. `relevance` is the calibrated probability,
    0..1, that the sentence holds the answer.
    """

    sentence: Unit
    passage: Unit
    score: float
    relevance: float


class SentenceRetriever(BaseRetriever):
    """A LlamaIndex retriever whose nodes are sentences with their offsets; a node's score is the relevance.

    `articles` are the ids of the articles searched unless a call names others; all of them by default.
    """

    def __init__(self, library: Library, articles: Collection[str] | None = None, k: int = 10) -> None:
        super().__init__(callback_manager=CallbackManager())
        self.library = library
        self.articles = articles
        self.k = k

    def candidates(self, question: str, k: int = 10, articles: Collection[str] | None = None) -> list[Candidate]:
        """Up to `k` candidates, best first; none if there is nothing to search."""
        return self.rank(question, self.library.embedder.encode([question])[0], k, articles)

    def rank(
        self, question: str, vector: np.ndarray, k: int = 10, articles: Collection[str] | None = None
    ) -> list[Candidate]:
        """The candidates of a question that is embedded already: `vector` is float32 of shape (dim,), L2-normalised."""
        sentences, passages = self._gather(question, vector, self.articles if articles is None else articles)
        if not sentences:
            return []
        scores = self._terms(question, vector, sentences, passages) @ WEIGHTS
        relevance = _relevance(scores)
        return [
            Candidate(sentences[i], passages[sentences[i].passage], float(scores[i]), float(relevance[i]))
            for i in np.lexsort(([unit.id for unit in sentences], -scores))[:k]
        ]

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = self.candidates(query_bundle.query_str, self.k)
        stored = {article.id: article for article in self.library.articles()}
        return [
            NodeWithScore(
                node=TextNode(
                    id_=str(unit.id),
                    text=unit.text,
                    start_char_idx=unit.start,
                    end_char_idx=unit.end,
                    relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=unit.article)},
                    metadata={"title": article.title, "origin": article.origin, "date": article.date},
                ),
                score=candidate.relevance,
            )
            for candidate in found
            if (unit := candidate.sentence) and (article := stored.get(unit.article))
        ]

    def _gather(
        self, question: str, vector: np.ndarray, articles: Collection[str] | None
    ) -> tuple[list[Unit], dict[int, Unit]]:
        """Every sentence of the passages that search finds first, passage by passage, and these passages by id."""
        hits = zip_longest(
            self.library.dense(vector, HITS, articles), self.library.lexical(question, HITS, articles)
        )  # the two take turns: the best of each is always in
        ids = dict.fromkeys(hit[0] for hit in chain.from_iterable(hits) if hit)
        owners = dict.fromkeys(unit.passage for unit in self.library.units(list(ids)))
        passages = {unit.id: unit for unit in self.library.units(list(islice(owners, PASSAGES)))}
        sentences = [unit for unit in self.library.passage_sentences(list(passages)) if unit.passage in passages]
        return sentences, passages

    def _terms(
        self, question: str, vector: np.ndarray, sentences: Sequence[Unit], passages: dict[int, Unit]
    ) -> np.ndarray:
        """What each sentence is weighed by: float of shape (len(sentences), len(WEIGHTS))."""
        number = {key: i for i, key in enumerate(passages)}
        row = np.array([number[unit.passage] for unit in sentences])
        cosines = self.library.vectors([unit.id for unit in chain(sentences, passages.values())]) @ vector
        asked = query_tokens(question)
        has = np.array([[_holds(unit.text, word) for word in asked] for unit in sentences], float)
        rarity = np.log((len(sentences) + 1) / (has.sum(0) + 0.5))
        rarity /= max(rarity.sum(), 1e-9)
        before = np.zeros_like(has)
        before[1:] = has[:-1] * (row[1:] == row[:-1])[:, None]
        within = np.zeros((len(passages), len(asked)))
        np.maximum.at(within, row, has)
        return np.column_stack(
            [
                cosines[: len(sentences)],
                cosines[len(sentences) :][row],
                has @ rarity,
                np.maximum(has, before) @ rarity,
                within[row] @ rarity,
                _as_expected(question, (unit.text for unit in sentences)),
            ]
        )


def _holds(text: str, word: str) -> bool:
    """Whether a sentence has the word, or a slip of it: articles have slips too, and more than one way to write a name."""
    words, unknown = _words(text)
    return word in words or (len(word) >= SHORTEST_SLIP and any(OSA.distance(word, u, score_cutoff=1) < 2 for u in unknown))


@lru_cache(maxsize=1 << 14)
def _words(text: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """The words of a sentence, and those of them that are in no dictionary."""
    words = frozenset(tokens(text))
    known = english()
    return words, tuple(w for w in words if len(w) >= SHORTEST_SLIP and w.isalpha() and w not in known)


def _as_expected(question: str, texts: Iterable[str]) -> list[float]:
    """1 for each text that has the form of answer the question asks for; 0 for all if it asks for none that shows."""
    wanted = [form for asked, form in _EXPECTED if re.search(asked, question, re.IGNORECASE)]
    return [float(any(form.search(text) for form in wanted)) for text in texts]


def _relevance(scores: np.ndarray) -> np.ndarray:
    """The probability of each candidate to hold the answer, float of shape (n,), in the order of the scores."""
    share = scores - np.logaddexp.reduce([NONE_OF_THESE, *scores])
    constant, by_score, by_share = RELEVANCE
    return 1 / (1 + np.exp(-(constant + by_score * scores + by_share * share)))
