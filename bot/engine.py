"""The one path a question takes, in order."""

from __future__ import annotations

import asyncio
import re
import time
from bisect import bisect_right
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import Response
from llama_index.core.callbacks import CallbackManager
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from bot.answer import Answer, Citation, Kind, Turn
from bot.attribution import speaker
from bot.figures import meanings
from bot.followup import Reword, understood
from bot.reader import Evidence, ExtractiveReader, Finding, Reader, Reading, asks_why_or_how, asks_yes_or_no
from bot.retriever import Candidate, SentenceRetriever
from bot.spelling import mended
from bot.statements import Wanted, statements, wanted
from bot.summary import central, is_broad
from index.errors import UserError
from index.library import Library

LONGEST_QUESTION = 1000  # characters
CANDIDATES = 10
CITATIONS = 3
# A second or third sentence is cited with the first if it is at least this probable beside it.
COMPANION = 0.25
# What another article says is a rival answer if it is at least this probable beside the best.
RIVAL = 0.5
# From this confidence on, the reader is believed where attribution does not bear it out.
SURE = 0.8
# Below this confidence a question of why or how is answered with the sentence instead of a few words of it.
EXPLAINED = 0.6
NOT_STATED = "The article does not say."
NONE_SAYS = "None of the articles says."
NOTHING_TO_ASK = "There is no article to ask about yet. Add one first."


class QuestionRefused(UserError):
    """A question that cannot be put to the articles."""


class Engine(BaseQueryEngine):
    """A LlamaIndex query engine whose answers are spans of the articles. Safe to call from several threads.

    Without a `reader` the shipped one is loaded, which may raise ModelMissing.
    """

    def __init__(self, library: Library, reader: Reader | None = None) -> None:
        super().__init__(callback_manager=CallbackManager())
        self.library = library
        self.retriever = SentenceRetriever(library)
        self.reader: Reader = reader or ExtractiveReader.load()

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        articles: Collection[str] | None = None,
        as_typed: bool = False,
        reword: Reword | None = None,
    ) -> Answer:
        """Answer a question from the articles named by id, from all of them by default.

        One that does not stand alone is read as what it stands for after the turns of `history`, in the words of `reword` if
        that has any, and slips in it are mended; the answer tells how. Not if it is to be searched for `as_typed`.

        Raises QuestionRefused for an empty or overlong question and when there is no article, ArticleMissing for an unknown id.
        """
        started = time.perf_counter()
        question = _checked(question)
        for article in articles or ():
            self.library.article(article)  # an unknown id is an error, not an empty answer
        asked = self.library.ids() if articles is None else list(articles)
        if not asked:
            raise QuestionRefused(NOTHING_TO_ASK)

        turns = () if as_typed else history
        answer = understood(
            question, turns, lambda reading: self._put(reading, asked, articles, mend=not as_typed), reword
        )
        return answer.timed((time.perf_counter() - started) * 1000)

    def _put(self, question: str, asked: Sequence[str], scope: Collection[str] | None, mend: bool) -> Answer:
        """Answer a question that stands alone."""
        if is_broad(question):
            return self._summarise(question, asked)
        candidates = self.retriever.candidates(question, CANDIDATES, scope)
        meant = self._mended(question, asked, candidates) if mend else question
        if meant == question:
            return self._answer(question, candidates, single=len(asked) == 1)
        candidates = self.retriever.candidates(meant, CANDIDATES, scope)
        answer = self._answer(meant, candidates, single=len(asked) == 1)
        return replace(answer, question=question, searched_for=meant)

    def _mended(self, question: str, articles: Sequence[str], candidates: Sequence[Candidate]) -> str:
        """The question with slips mended from the words of the article asked, or of what a search among many finds."""
        if len(articles) == 1:
            return mended(question, [self.library.article(articles[0]).text])
        return mended(question, [candidate.passage.text for candidate in candidates])

    def _answer(self, question: str, candidates: Sequence[Candidate], single: bool) -> Answer:
        reading = self.reader.read(question, gather(self.library, candidates))
        if asked := wanted(question):
            said = self._said(asked, candidates)
            told = reading.findings and any(c.sentence.id == reading.findings[0].sentence.id for c in said)
            if said and not (told and reading.answered):
                found = [Finding(c.sentence, c.passage, c.relevance) for c in said[:CITATIONS]]
                text = " ".join(finding.sentence.text for finding in found)
                odds = max(reading.confidence, found[0].probability)
                return Answer(question, True, Kind.SENTENCES, text, odds, self._cite(found))
            if not said and reading.confidence < SURE:  # words of somebody else, or on something else
                reading = replace(reading, answered=False)
        if not reading.answered:
            nearest = [Finding(c.sentence, c.passage, c.relevance) for c in candidates[:CITATIONS]]
            text = NOT_STATED if single else NONE_SAYS
            return Answer(question, False, Kind.NOT_STATED, text, reading.confidence, self._cite(nearest))

        best = reading.findings[0]
        claims = differing(self._words, reading)
        if claims:
            text = "; ".join(f"{self._words(claim)} ({self._named(claim)})" for claim in claims)
            return Answer(question, True, Kind.DIFFERING, text, reading.confidence, self._cite(claims))
        kept = [f for f in reading.findings[:CITATIONS] if f.probability >= COMPANION * best.probability]
        explained = asks_why_or_how(question) and reading.confidence < EXPLAINED
        if best.start is None or explained or asks_yes_or_no(question):
            # A sentence is the answer: where the reader found words, the sentence that holds them.
            text = " ".join(finding.sentence.text for finding in kept[: reading.answers])
            return Answer(question, True, Kind.SENTENCES, text, reading.confidence, self._cite(kept))
        text = "; ".join(self._words(finding) for finding in kept[: reading.answers])
        # Further sentences support the answer or stand near it; what was found in them is not part of it.
        kept = kept[: reading.answers] + [replace(f, start=None, end=None) for f in kept[reading.answers :]]
        return Answer(question, True, Kind.SPAN, text, reading.confidence, self._cite(kept))

    def _words(self, finding: Finding) -> str:
        return self.library.article(finding.sentence.article).text[finding.start : finding.end]

    def _named(self, finding: Finding) -> str:
        article = self.library.article(finding.sentence.article)
        return ", ".join(filter(None, (article.title, article.date)))

    def _said(self, asked: Wanted, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The candidates that hold what somebody is asked to have said."""
        articles = {key: self.library.article(key) for key in {c.sentence.article for c in candidates}}
        sentences = {key: self.library.sentences(key) for key in articles}

        def by(candidate: Candidate) -> str | None:
            key = candidate.sentence.article
            span = speaker(articles[key].text, sentences[key], candidate.sentence.ordinal)
            return articles[key].text[slice(*span)] if span else None

        return statements(asked, candidates, by)

    def _summarise(self, question: str, articles: Sequence[str]) -> Answer:
        each = max(1, CITATIONS // len(articles))
        found: list[Finding] = []
        for article in articles[:CITATIONS]:
            sentences = self.library.sentences(article)
            for unit, score in central(sentences, self.library.vectors([u.id for u in sentences]), each):
                found.append(Finding(unit, self.library.units([unit.passage])[0], score))
        text = " ".join(finding.sentence.text for finding in found)
        return Answer(question, True, Kind.SUMMARY, text, 1.0, self._cite(found))

    def _cite(self, findings: Sequence[Finding]) -> tuple[Citation, ...]:
        """Citations of these findings, numbered from 1."""
        articles = {f.sentence.article: self.library.article(f.sentence.article) for f in findings}
        sentences = {article: self.library.sentences(article) for article in articles}
        citations = []
        for n, found in enumerate(findings, 1):
            unit, stored = found.sentence, articles[found.sentence.article]
            span = None if found.start is None or found.end is None else (found.start, found.end)
            said_by = speaker(stored.text, sentences[stored.id], unit.ordinal, span)
            citations.append(
                Citation(
                    n=n,
                    article=stored.id,
                    title=stored.title,
                    origin=stored.origin,
                    date=stored.date,
                    start=unit.start,
                    end=unit.end,
                    text=unit.text,
                    relevance=found.probability,
                    passage_start=found.passage.start,
                    passage_end=found.passage.end,
                    answer_start=found.start,
                    answer_end=found.end,
                    speaker=stored.text[slice(*said_by)] if said_by else None,
                    page=bisect_right(stored.pages, unit.start) or None,
                )
            )
        return tuple(citations)

    def _query(self, query_bundle: QueryBundle) -> Response:
        """The LlamaIndex way in: the answer's text, and its citations as source nodes."""
        answer = self.ask(query_bundle.query_str)
        nodes = [citation_node(citation) for citation in answer.citations]
        return Response(answer.text, source_nodes=nodes, metadata=answer.to_json())

    async def _aquery(self, query_bundle: QueryBundle) -> Response:
        return await asyncio.to_thread(self._query, query_bundle)

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}


def differing(words: Callable[[Finding], str], reading: Reading) -> list[Finding]:
    """The best finding of each article, if these articles give different figures for what was asked; else none."""
    first: dict[str, Finding] = {}
    for finding in reading.findings:
        if finding.start is not None and finding.probability >= RIVAL * reading.findings[0].probability:
            first.setdefault(finding.sentence.article, finding)
    claims = list(first.values())[:CITATIONS]
    if not claims or claims[0] is not reading.findings[0]:
        return []
    said = [meanings(words(claim)) for claim in claims]
    rivals = [claim for claim, figures in zip(claims[1:], said[1:], strict=True) if figures and figures.isdisjoint(said[0])]
    return [claims[0], *rivals] if said[0] and rivals else []


def gather(library: Library, candidates: Sequence[Candidate]) -> list[Evidence]:
    """The passages of the candidates, each once, in the order of their best candidate."""
    passages = {candidate.passage.id: candidate.passage for candidate in candidates}
    sentences = library.passage_sentences(list(passages))
    return [
        Evidence(
            passage,
            tuple(s for s in sentences if s.passage == passage.id),
            tuple(c for c in candidates if c.passage.id == passage.id),
        )
        for passage in passages.values()
    ]


def citation_node(citation: Citation) -> NodeWithScore:
    """A citation as a LlamaIndex node; its score is the relevance."""
    node = TextNode(
        id_=f"{citation.article}:{citation.start}-{citation.end}",
        text=citation.text,
        start_char_idx=citation.start,
        end_char_idx=citation.end,
        metadata={"title": citation.title, "origin": citation.origin},
    )
    return NodeWithScore(node=node, score=citation.relevance)


def _checked(question: str) -> str:
    question = re.sub(r"\s+", " ", question).strip()
    if not any(ch.isalnum() for ch in question):
        raise QuestionRefused("There is no question yet. Type one, for example: How many troops are involved?")
    if len(question) > LONGEST_QUESTION:
        raise QuestionRefused(
            f"That question has {len(question):,} characters; up to {LONGEST_QUESTION:,} can be read. Make it shorter."
        )
    return question
