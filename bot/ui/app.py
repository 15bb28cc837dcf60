"""The web page: questions and answers on the left, the article on the right."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when gradio is imported
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import gradio as gr
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.answer import Turn
from bot.engine import Engine
from bot.ui import texts
from bot.ui.messages import answer_note, aside, question_note
from bot.ui.plain import plain
from bot.ui.theme import theme
from bot.ui.viewer import article_json, evidence_json, paragraph_spans
from index.errors import UserError
from index.library import Stored
from index.sources import sample, sample_questions

STATIC = Path(__file__).parent / "static"
AT_ONCE = 4  # questions answered at the same time
LARGEST_UPLOAD = "1mb"  # nothing is uploaded yet

# On Hugging Face Spaces the page is shown inside theirs.
FRAMED_BY = "'self' https://huggingface.co" if os.environ.get("SPACE_ID") else "'self'"
# Should a text ever escape its escaping, the browser still asks nobody but this server.
CONTENT_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' data: blob:; connect-src 'self'; "
    "worker-src 'self' blob:; frame-src 'none'; object-src 'none'; base-uri 'self'; form-action 'self'; "
    f"frame-ancestors {FRAMED_BY}"
)
HEADERS = [
    (b"content-security-policy", CONTENT_POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
]

log = logging.getLogger(__name__)


class AddressTaken(UserError):
    """The page cannot be served at the address asked for."""


@dataclass(frozen=True)
class Conversation:
    """What one browser tab has asked so far, and the chat messages that show it."""

    turns: tuple[Turn, ...] = ()
    messages: tuple[dict[str, str], ...] = ()

    def said(self, role: str, content: str) -> Conversation:
        """The conversation with one more message."""
        return replace(self, messages=(*self.messages, {"role": role, "content": content}))


class Desk:
    """An article laid open: answers questions about it and knows how to show what they rest on."""

    def __init__(self, engine: Engine, article: Stored) -> None:
        self.engine = engine
        self.article = article
        self.paragraphs = paragraph_spans(engine.library.sentences(article.id))

    def ask(self, question: str, conversation: Conversation) -> Iterator[tuple[Any, ...]]:
        """Update chat, question box, viewer and conversation: first that the article is being read, then with the answer."""
        question = plain(question)
        asked = conversation.said("user", question_note(question)) if question.strip() else conversation
        yield list(asked.said("assistant", aside(texts.BUSY)).messages), "", gr.skip(), conversation
        try:
            answer = self.engine.ask(question, history=asked.turns, articles=[self.article.id])
        except Exception as error:
            if not isinstance(error, UserError):
                log.exception("The question could not be answered.")
            failed = asked.said("assistant", aside(str(error) if isinstance(error, UserError) else texts.UNEXPECTED))
            yield list(failed.messages), question, gr.skip(), failed
            return
        turns = (*asked.turns, Turn(question, answer))
        done = replace(asked.said("assistant", answer_note(len(turns), answer)), turns=turns)
        yield list(done.messages), gr.skip(), gr.HTML(evidence=self.evidence(done)), done

    def evidence(self, conversation: Conversation) -> list[dict[str, Any]]:
        """What each answer of the conversation highlights."""
        return [evidence_json(turn.answer, self.article, self.paragraphs) for turn in conversation.turns]


def build(engine: Engine) -> gr.Blocks:
    """The page over the library's first article, and the endpoint /ask."""
    article = engine.library.articles()[0]
    desk = Desk(engine, article)

    def ask(question: str) -> dict[str, Any]:
        """Answer a question about the article. Returns the documented shape of an answer."""
        try:
            return engine.ask(plain(question), articles=[article.id]).to_json()
        except UserError as error:
            raise gr.Error(str(error), print_exception=False) from error

    def ask_example(conversation: Conversation, event: gr.SelectData) -> Iterator[tuple[Any, ...]]:
        yield from desk.ask(event.value["text"], conversation)

    with gr.Blocks(title=texts.TITLE, analytics_enabled=False, fill_height=True, fill_width=True) as page:
        conversation = gr.State(Conversation())
        with gr.Row(elem_id="room"):
            with gr.Column(elem_id="notes"):
                gr.HTML(
                    html_template=_static("masthead.html"), apply_default_css=False, elem_id="masthead",
                    title=texts.TITLE, open_article=texts.OPEN_ARTICLE,
                )
                chat = gr.Chatbot(
                    elem_id="chat", label=texts.TITLE, show_label=False, container=False, height="100%",
                    placeholder=f"## {texts.EMPTY_HEADING}\n\n{texts.EMPTY_BODY}",
                    examples=[{"text": question} for question in _examples(article)],
                    buttons=[], feedback_options=None, latex_delimiters=[], allow_tags=False, line_breaks=False,
                    group_consecutive_messages=False,
                )
                box = gr.Textbox(
                    elem_id="question", label=texts.QUESTION_LABEL, placeholder=texts.QUESTION_PLACEHOLDER,
                    show_label=False, container=False, lines=1, max_lines=6, submit_btn=texts.ASK,
                )
            with gr.Column(elem_id="reading"):
                viewer = gr.HTML(
                    value=article_json(article, desk.paragraphs), evidence=[], labels=texts.VIEWER,
                    html_template=_static("viewer.html"), js_on_load=_static("viewer.js"), apply_default_css=False,
                    elem_id="viewer",
                )
        outputs = [chat, box, viewer, conversation]
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        box.submit(desk.ask, [box, conversation], outputs, api_name="ask_in_page", **quiet)
        chat.example_select(ask_example, [conversation], outputs, api_name="ask_example_in_page", **quiet)
        gr.api(ask, api_name="ask")
    page.queue(default_concurrency_limit=AT_ONCE)
    return page


def start(engine: Engine, host: str = "127.0.0.1", port: int | None = None, open_browser: bool = False) -> gr.Blocks:
    """Serve the page and return at once. Raises AddressTaken."""
    page = build(engine)
    try:
        page.launch(
            server_name=host, server_port=port, inbrowser=open_browser, prevent_thread_lock=True, quiet=True,
            theme=theme(), js=_static("app.js"), head=_head(),
            favicon_path=STATIC / "favicon.svg", footer_links=[],
            share=False, ssr_mode=False, run_history=False, enable_monitoring=False, mcp_server=False, pwa=False,
            max_file_size=LARGEST_UPLOAD, show_error=False, app_kwargs={"middleware": [Middleware(Headers)]},
        )
    except OSError as error:
        raise AddressTaken(texts.PORT_TAKEN.format(port=port) if port else texts.NO_PORT) from error
    return page


def launch(engine: Engine, host: str = "127.0.0.1", port: int | None = None, open_browser: bool = False) -> None:
    """Serve the page until the program is interrupted. Raises AddressTaken."""
    page = start(engine, host, port, open_browser)
    print(texts.ADDRESS.format(url=page.local_url), flush=True)
    page.block_thread()


class Headers:
    """ASGI middleware that adds HEADERS to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete the response's headers."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *HEADERS]
            await send(message)

        await self.app(scope, receive, send_with_headers)


def _examples(article: Stored) -> list[str]:
    """The questions kept with the sample article; other articles have none."""
    return sample_questions() if article.digest == sample().digest else []


def _head() -> str:
    """Meta tags and the style sheet. Not given to Gradio as `css`: it would rewrite the selectors, and lose fonts on the way."""
    return f"{_static('head.html')}<style>\n{_static('footnote.css')}</style>"


def _static(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")
