"""The desk of one browser tab: what a question does, and which article lies open."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from queue import SimpleQueue
from threading import Event
from typing import Any

import gradio as gr
from gradio.components.chatbot import ExampleMessage

from bot.answer import Answer, Turn, Written
from bot.author import Author
from bot.engine import Engine
from bot.history import ConversationMissing, Exchange, Feedback, History
from bot.plain import plain
from bot.suggestions import follow_ups, further, suggest
from bot.ui import texts
from bot.ui.assets import static
from bot.ui.choice import Choice, Scope
from bot.ui.messages import answer_note, aside, control, controls, question_note
from bot.ui.viewer import article_json, evidence_json, paragraph_spans
from bot.ui.written import written_note
from index.errors import ArticleMissing, UserError
from index.library import Library, Stored
from index.sources import sample, sample_questions

AT_ONCE = 4  # questions answered at the same time
BEAT = 0.1  # seconds between two sights of what is being written
SUGGESTED = 4  # questions to begin with
SHOWN = 50  # exchanges of a conversation that are shown at first, and then at a time
# What is pressed while the last press is still worked on is done after it, not dropped.
IN_TURN: dict[str, Any] = {"trigger_mode": "multiple", "concurrency_limit": 1}

Updates = dict[Any, Any]  # a component and its new value

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """An exchange in the chat; `remark` is said where there is no answer, in place of the exchange's own remark.

    `under_way` is the sentence that the language model is writing, None if it is not writing.
    """

    exchange: Exchange
    remark: str = ""
    under_way: str | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """What one browser tab has asked so far. `id` is the history's, None before the first question."""

    id: str | None = None
    entries: tuple[Entry, ...] = ()
    first: int = 0  # the entries before this one are not shown

    @classmethod
    def of(cls, id: str, exchanges: Sequence[Exchange]) -> Conversation:
        """A conversation from the history, its end in view."""
        return cls(id, tuple(map(Entry, exchanges)), max(0, len(exchanges) - SHOWN))

    def plus(self, exchange: Exchange, remark: str = "") -> Conversation:
        """The conversation with one more exchange."""
        return replace(self, entries=(*self.entries, Entry(exchange, remark)))

    def writing(self, written: Written, under_way: str | None) -> Conversation:
        """The conversation with what was written to its last question so far."""
        last = self.entries[-1].exchange
        if last.answer:
            last = replace(last, answer=replace(last.answer, written=written))
        return replace(self, entries=(*self.entries[:-1], Entry(last, under_way=under_way)))

    def upto(self, key: str) -> Conversation:
        """The conversation before the exchange of this id."""
        at = next((at for at, entry in enumerate(self.entries) if entry.exchange.id == key), len(self.entries))
        return replace(self, entries=self.entries[:at], first=min(self.first, at))

    def without(self, key: str) -> Conversation:
        """The conversation with one exchange left out."""
        return replace(self, entries=tuple(entry for entry in self.entries if entry.exchange.id != key))

    def judging(self, exchange: Exchange) -> Conversation:
        """The conversation with another verdict on an exchange."""
        entries = (replace(e, exchange=exchange) if e.exchange.id == exchange.id else e for e in self.entries)
        return replace(self, entries=tuple(entries))

    def exchange(self, key: str) -> Exchange:
        """One exchange by its id. Raises ConversationMissing."""
        for entry in self.entries:
            if entry.exchange.id == key:
                return entry.exchange
        raise ConversationMissing(texts.QUESTION_GONE)

    @property
    def turns(self) -> list[Turn]:
        """The questions that were answered, in order."""
        return [turn for entry in self.entries if (turn := entry.exchange.turn)]

    @property
    def answers(self) -> list[Answer]:
        """The answers shown: the n-th has the citations `#cite-n-…`."""
        return [entry.exchange.answer for entry in self.entries[self.first :] if entry.exchange.answer]

    def choice(self, choice: Choice) -> Choice:
        """Where the conversation was left: what it asked last, and the article cited last in view."""
        if not self.entries:
            return choice
        cited = [citation.article for answer in self.answers[-1:] for citation in answer.citations[:1]]
        return choice.asking(self.entries[-1].exchange.articles, cited)

    def messages(self, ids: Collection[str], strict: bool = False) -> list[dict[str, str]]:
        """As chat messages, given the articles that there still are; `strict` as for written_note."""
        messages, number = [], 0
        if self.first:
            earlier = control("earlier", "0", texts.EARLIER.format(count=min(self.first, SHOWN)))
            messages.append({"role": "assistant", "content": earlier})
        for entry in self.entries[self.first :]:
            exchange = entry.exchange
            if exchange.question.strip():
                messages.append({"role": "user", "content": question_note(exchange.question)})
            if exchange.answer:
                number += 1
                several = exchange.articles is None or len(exchange.articles) > 1
                removed = {citation.article for citation in exchange.answer.citations}.difference(ids)
                typed = control("typed", exchange.id, texts.AS_TYPED)
                blocks = [answer_note(number, exchange.answer, several, removed, typed)]
                blocks.append(written_note(number, exchange.answer, strict, removed, entry.under_way))
                if exchange.remark:
                    blocks.append(aside(exchange.remark))
            else:
                blocks = [aside(entry.remark or exchange.remark)]
            if exchange.id and entry.remark != texts.BUSY and entry.under_way is None:
                blocks.append(controls(exchange))
            messages.append({"role": "assistant", "content": "\n\n".join(filter(None, blocks))})
        return messages


class Desk:
    """The chat, the question box, the viewer and what they share, as components of the page that is being built."""

    def __init__(self, engine: Engine, history: History, author: Author) -> None:
        self.engine = engine
        self.history = history
        self.author = author
        self.library: Library = engine.library
        self.conversation = gr.State(Conversation())
        self.choice = gr.State(Choice())
        self.chat: gr.Chatbot
        self.box: gr.Textbox
        self.asking: gr.Radio
        self.viewer: gr.HTML
        self.strip: gr.HTML
        self._answering = ThreadPoolExecutor(AT_ONCE, "answering")
        self._under_way: dict[str, SimpleQueue[Answer | Exception | None]] = {}  # what each tab waits for, by its session
        self._suggested: dict[str, list[str]] = {}  # questions about an article, by its digest
        self._proposed: set[tuple[str, str]] = set()  # the digests for which a language model was asked for more, and which
        self._asked = Event()  # something was asked, and a language model that proposes questions gives way

    def lay_notes(self) -> None:
        """The conversation: chat, whom it asks, question box."""
        self.chat = gr.Chatbot(
            elem_id="chat", label=texts.TITLE, show_label=False, container=False, height="100%",
            placeholder=f"## {texts.EMPTY_HEADING}\n\n{texts.EMPTY_BODY}",
            buttons=[], feedback_options=None, latex_delimiters=[], allow_tags=False, line_breaks=False,
            group_consecutive_messages=False,
        )
        self.strip = gr.HTML(
            value=None, labels=texts.STRIP, html_template=static("strip.html"), js_on_load=static("strip.js"),
            apply_default_css=False, elem_id="strip",
        )
        self.asking = gr.Radio(
            [(texts.ASKING_OPEN, "open")], value="open", elem_id="asking", label=texts.ASKING, interactive=True,
        )
        self.box = gr.Textbox(
            elem_id="question", label=texts.QUESTION_LABEL, placeholder=texts.QUESTION_PLACEHOLDER,
            show_label=False, container=False, lines=1, max_lines=6, submit_btn=texts.ASK,
            interactive=False,  # until the article lies open: what is asked before would be lost when it is laid
        )

    def lay_reader(self) -> None:
        """The open article. Which one that is, is said when a tab loads: another may have been removed by then."""
        self.viewer = gr.HTML(
            value=blank(), evidence=[], pointed="", labels=texts.VIEWER,
            html_template=static("viewer.html"), js_on_load=static("viewer.js"), apply_default_css=False,
            elem_id="viewer",
        )

    @property
    def outputs(self) -> list[Any]:
        """Every component that a method here may update."""
        return [self.chat, self.asking, self.box, self.viewer, self.strip, self.conversation, self.choice]

    def wire(self) -> None:
        """Let the components act."""
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        state = [self.conversation, self.choice]
        # Else Gradio would drop what is asked in the moment in which the answer before ends; `_put` itself takes one at a time.
        asking: dict[str, Any] = {"outputs": self.outputs, "trigger_mode": "multiple", **quiet}
        asked = [
            self.box.submit(self.ask, [self.box, *state], api_name="ask_in_page", **asking),
            self.chat.example_select(self._ask_example, state, api_name="ask_example_in_page", **asking),
            self.strip.submit(self._ask_again, state, api_name="ask_again_in_page", **asking),
        ]
        for answered in asked:
            answered.then(self._follow_up, self.conversation, self.strip, api_name="follow_up_in_page", **quiet)
        self.box.stop(self._stop, None, None, queue=False, api_name="stop_in_page", **quiet)
        self.strip.select(self._act, state, self.outputs, api_name="act_in_page", **IN_TURN, **quiet)
        self.asking.input(self._choose, [self.asking, *state], self.outputs, api_name="choose_in_page", **quiet)
        self.viewer.select(self._follow, state, self.outputs, api_name="follow_in_page", **quiet)
        # Three steps: the slow one changes nothing on the page, where another article may lie open when it ends.
        suggested = self.choice.change(self._suggest, state, self.chat, api_name="suggest_in_page", concurrency_limit=1, **quiet)
        proposed = suggested.then(self._propose, state, None, api_name="propose_in_page", concurrency_limit=1, **quiet)
        proposed.then(self._suggest_more, state, self.chat, api_name="suggest_more_in_page", **quiet)

    # Asking

    def ask(self, request: gr.Request, question: str, conversation: Conversation, choice: Choice) -> Iterator[Updates]:
        """First that the articles are being read, then the answer, with what it cites in view."""
        yield from self._put(request, question, conversation, choice)

    def _ask_example(
        self, request: gr.Request, conversation: Conversation, choice: Choice, event: gr.SelectData
    ) -> Iterator[Updates]:
        yield from self._put(request, event.value["text"], conversation, choice)

    def _ask_again(
        self, request: gr.Request, conversation: Conversation, choice: Choice, event: gr.EventData
    ) -> Iterator[Updates]:
        """Ask a question that was suggested, or one of the conversation: as it was typed, or since it has no answer."""
        as_typed = event.action == "typed"
        if event.action == "ask":
            question = str(event.question)
        else:
            exchange = conversation.exchange(str(event.id))
            question = exchange.question
            if event.action == "again" and not self.is_answering(request):
                conversation = conversation.without(exchange.id)
                with suppress(ConversationMissing):
                    self.history.withdraw(exchange.id)
        yield from self._put(request, question, conversation, choice, as_typed)

    def _put(
        self, request: gr.Request, question: str, conversation: Conversation, choice: Choice, as_typed: bool = False
    ) -> Iterator[Updates]:
        """Put a question after those of the conversation. It is kept before it is answered; if it is refused, it is not kept."""
        session = str(request.session_hash)
        if self.is_answering(request):  # one at a time
            yield gr.skip()
            return
        question = plain(question)
        turns = [] if as_typed else conversation.turns
        ids = self.library.ids()
        choice, before = choice.among(ids), choice
        asked = choice.asked(ids)
        scope = None if choice.scope == "all" else tuple(asked)
        exchange = Exchange("", question, time.time(), scope, None, False, None, "")
        try:
            if ids and not asked:
                raise ArticleMissing(texts.BLANK_REMOVED if before.open else texts.BLANK_CLOSED)
            conversation, key = self._begin(conversation, question, scope)
        except UserError as error:
            yield self.show(conversation.plus(exchange, str(error)), choice, before) | {self.box: question, self.strip: None}
            return
        exchange = replace(exchange, id=key)
        busy = gr.Textbox(value="", submit_btn=False, stop_btn=texts.STOP)
        reading = conversation.plus(exchange, texts.BUSY).messages(ids, self.author.settings.strict)
        yield {self.chat: reading, self.box: busy, self.strip: None}
        outcome = self._outcome(session, question, turns, scope, as_typed)
        try:
            if isinstance(outcome, Answer):
                self.history.finish(key, outcome)
            elif isinstance(outcome, UserError):
                self.history.withdraw(key)
        except UserError as error:
            outcome = error
        free: dict[str, Any] = {"submit_btn": texts.ASK, "stop_btn": False}
        if isinstance(outcome, Answer):
            conversation = conversation.plus(replace(exchange, answer=outcome))
            cited = [citation.article for citation in outcome.citations]
            if cited and choice.open not in cited:
                choice = choice.opening(cited[0])
            if self.author.writes and cited:
                yield from self._write(session, conversation, choice, before, turns)
                return
        elif isinstance(outcome, UserError):
            conversation = conversation.plus(replace(exchange, id=""), str(outcome))
            free |= {"value": question}
        elif outcome:
            conversation = conversation.plus(exchange, texts.UNEXPECTED)
            free |= {"value": question}
        else:
            conversation = conversation.plus(exchange, texts.STOPPED)
        yield self.show(conversation, choice, before) | {self.box: gr.Textbox(**free)}

    def _begin(
        self, conversation: Conversation, question: str, scope: Sequence[str] | None
    ) -> tuple[Conversation, str]:
        """Keep a question, in a new conversation if there is none yet or it was deleted in another window."""
        if conversation.id:
            with suppress(ConversationMissing):
                return conversation, self.history.begin(conversation.id, question, scope)
        conversation = Conversation(self.history.start())
        return conversation, self.history.begin(str(conversation.id), question, scope)

    def _outcome(
        self, session: str, question: str, turns: Sequence[Turn], scope: Collection[str] | None, as_typed: bool
    ) -> Answer | Exception | None:
        """The answer, or why there is none, or None as soon as it was stopped; then the answer under way is dropped."""
        news: SimpleQueue[Answer | Exception | None] = SimpleQueue()
        over = Event()

        def reword(asked: str, history: Sequence[Turn]) -> str | None:
            return self.author.reword(asked, history, over.is_set)

        def work() -> None:
            try:
                news.put(self.engine.ask(question, turns, scope, as_typed, reword if self.author.rewords else None))
            except Exception as error:
                if not isinstance(error, UserError):
                    log.exception("The question could not be answered.")
                news.put(error)

        self._under_way[session] = news
        self._asked.set()
        try:
            self._answering.submit(work)
            return news.get()
        finally:
            over.set()  # ends the request to the language model, if that is what it waits for
            del self._under_way[session]

    def _write(
        self, session: str, conversation: Conversation, choice: Choice, before: Choice, turns: Sequence[Turn]
    ) -> Iterator[Updates]:
        """The answer just found, and below it what the language model writes. Stopping it stops the model."""
        exchange = conversation.entries[-1].exchange
        assert exchange.answer is not None
        written, strict = Written((), self.author.name), self.author.settings.strict
        stopped = self._under_way[session] = SimpleQueue()
        try:
            yield self.show(conversation.writing(written, ""), choice, before)
            shown = time.monotonic()
            with closing(self.author.write(exchange.answer, turns)) as updates:
                for update in updates:
                    written = update.written or replace(written, claims=update.claims)
                    if not stopped.empty():
                        written = replace(written, failure=texts.STOPPED_WRITING)
                        break
                    if time.monotonic() - shown >= BEAT:
                        ids = self.library.ids()
                        yield {self.chat: conversation.writing(written, update.under_way).messages(ids, strict)}
                        shown = time.monotonic()
            conversation = conversation.writing(written, None)
            self.history.finish(exchange.id, replace(exchange.answer, written=written))
        except UserError as error:
            conversation = conversation.writing(replace(written, failure=str(error)), None)
        except Exception:
            log.exception("The written answer broke off.")
            conversation = conversation.writing(replace(written, failure=texts.WRITING_FAULT), None)
        finally:
            del self._under_way[session]
        yield {
            self.chat: conversation.messages(self.library.ids(), strict), self.conversation: conversation,
            self.box: gr.Textbox(submit_btn=texts.ASK, stop_btn=False),
        }

    def is_answering(self, request: gr.Request) -> bool:
        """Whether an answer is under way in this tab, which will be shown in the conversation it belongs to."""
        return str(request.session_hash) in self._under_way

    def _stop(self, request: gr.Request) -> None:
        if news := self._under_way.get(str(request.session_hash)):
            news.put(None)

    # Around the answers

    def _act(
        self, request: gr.Request, conversation: Conversation, choice: Choice, event: gr.EventData
    ) -> Updates:
        """What is pressed in a note, and the reason for a verdict. Not while an answer is written, which would undo it."""
        if self.is_answering(request):
            gr.Warning(texts.ANSWERING, title="")
            return gr.skip()
        action, key = str(event.action), str(event.id)
        try:
            if action == "earlier":
                conversation = replace(conversation, first=max(0, conversation.first - SHOWN))
            elif action == "edit":  # from there the conversation goes on anew; the history keeps what was
                question = conversation.exchange(key).question
                return self.show(conversation.upto(key), choice, choice) | {self.box: question, self.strip: None}
            elif action in ("up", "down", "reason"):
                exchange = conversation.exchange(key)
                reason = str(event.reason) if action == "reason" else ""
                verdict: Feedback | None = "up" if action == "up" else "down"
                if action == exchange.feedback:
                    verdict = None
                self.history.feedback(key, verdict, reason)
                conversation = conversation.judging(replace(exchange, feedback=verdict, reason=reason))
        except UserError as error:
            raise gr.Error(str(error), print_exception=False) from error
        return self.show(conversation, choice, choice)

    def _follow_up(self, conversation: Conversation) -> dict[str, Any] | None:
        """What could be asked next, once the answer is there."""
        last = conversation.entries[-1].exchange if conversation.entries else None
        if not last or not last.answer:
            return None
        asked = [entry.exchange.question for entry in conversation.entries]
        try:
            return {"questions": [plain(q) for q in follow_ups(self.engine, last.answer, asked=asked)]}
        except UserError:  # the article was removed meanwhile
            return None

    def _suggest(self, conversation: Conversation, choice: Choice) -> Any:
        """Questions to begin with, made once the page is there."""
        if conversation.entries or not choice.open:
            return gr.skip()
        try:
            article = self.library.article(choice.open)
            if article.digest not in self._suggested:
                self._suggested[article.digest] = [plain(q) for q in suggest(self.engine, article.id, SUGGESTED)]
        except UserError:
            return gr.skip()
        return gr.Chatbot(examples=self._examples(article))

    def _propose(self, conversation: Conversation, choice: Choice) -> None:
        """Let the language model propose questions where there are few. Whatever is asked meanwhile goes first, and ends it."""
        self._asked.clear()
        if conversation.entries or not choice.open or not self.author.writes or self._under_way:
            return

        def propose(sentences: Sequence[str]) -> list[str] | None:
            return self.author.propose(sentences, self._asked.is_set)

        with suppress(UserError):  # the article was removed meanwhile
            article = self.library.article(choice.open)
            key, shown = (article.digest, self.author.llm), self._suggested.get(article.digest, [])
            if len(shown) >= SUGGESTED or key in self._proposed:
                return
            found = further(self.engine, article.id, shown, propose, SUGGESTED)
            if found is not None:  # else another time
                self._proposed.add(key)
                self._suggested[article.digest] = [plain(q) for q in found]

    def _suggest_more(self, conversation: Conversation, choice: Choice) -> Any:
        """The questions that the language model added to those of the article that lies open now."""
        with suppress(UserError):
            article = self.library.article(choice.open) if choice.open and not conversation.entries else None
            if article and (article.digest, self.author.llm) in self._proposed:
                return gr.Chatbot(examples=self._examples(article))
        return gr.skip()

    def _examples(self, article: Stored | None) -> list[ExampleMessage]:
        """The questions known for an article so far."""
        if article is None:
            return []
        if article.digest == sample().digest:
            self._suggested.setdefault(article.digest, list(sample_questions()))
        return [{"text": question} for question in self._suggested.get(article.digest, [])]

    def show(self, conversation: Conversation, choice: Choice, before: Choice | None = None, pointed: str = "") -> Updates:
        """The tab as it is to be; the article is laid again only if another one was open `before`."""
        ids = self.library.ids()
        choice = choice.among(ids)
        updates: Updates = {
            self.conversation: conversation, self.choice: choice,
            self.chat: conversation.messages(ids, self.author.settings.strict),
            self.asking: gr.Radio(choices=list(choice.in_words(ids)), value=choice.scope),
        }
        laid = before is None or before.open != choice.open
        stored = self.library.article(choice.open) if choice.open else None
        paragraphs = paragraph_spans(self.library.sentences(stored.id)) if stored else []
        answers = conversation.answers
        removed = {citation.article for answer in answers for citation in answer.citations}.difference(ids)
        evidence = [evidence_json(answer, stored, paragraphs, removed) for answer in answers]
        if not conversation.entries:
            updates[self.chat] = gr.Chatbot(value=[], examples=self._examples(stored))
        if not laid:
            updates[self.viewer] = gr.HTML(evidence=evidence, pointed=pointed)
            return updates
        if stored:
            article = article_json(stored, paragraphs)
        else:
            closed = texts.BLANK_REMOVED if before and before.open else texts.BLANK_CLOSED
            article = blank(closed if ids else texts.BLANK_EMPTY)
        updates[self.viewer] = gr.HTML(value=article, evidence=evidence, pointed=pointed)
        return updates

    def _choose(self, scope: Scope, conversation: Conversation, choice: Choice) -> Updates:
        return self.show(conversation, replace(choice, scope=scope), choice)

    def _follow(self, conversation: Conversation, choice: Choice, event: gr.EventData) -> Updates:
        """Open the article of a citation that lies in another one, and point at the citation."""
        article, cite = str(event.article), str(event.cite)
        return self.show(conversation, choice.opening(article), choice, pointed=cite)


def blank(reason: str = "") -> dict[str, Any]:
    """What the viewer shows in place of an article; without a reason, an empty page."""
    said = {"kind": "text", "text": reason, "leaves": []}
    known = dict.fromkeys(("id", "origin", "author", "site", "date", "language"), "")
    return {**known, "title": texts.BLANK_TITLE if reason else "", "pages": 0, "paragraphs": [said]}
