"""The web page: questions and answers on the left, the article on the right, the shelf of articles over it."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when gradio is imported
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import gradio as gr
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.author import Author
from bot.engine import Engine
from bot.history import History
from bot.plain import plain
from bot.ui import mcp, texts
from bot.ui.assets import STATIC, static
from bot.ui.conversations import Conversations
from bot.ui.desk import AT_ONCE, Desk
from bot.ui.settings import SettingsPanel
from bot.ui.shelf import Shelf
from bot.ui.theme import theme
from index.errors import UserError
from index.sources import LARGEST_FILE

FORGOTTEN_UPLOADS = (3600, 3600)  # uploads that were never taken in: looked for this often, deleted at this age, in seconds

# On Hugging Face Spaces the page is shown inside theirs.
FRAMED_BY = "'self' https://huggingface.co" if os.environ.get("SPACE_ID") else "'self'"
# Should a text ever escape its escaping, the browser still asks nobody but this server.
CONTENT_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' data: blob:; connect-src 'self'; "
    "worker-src 'self' blob:; frame-src 'none'; object-src 'none'; base-uri 'self'; form-action 'self'; "
    f"frame-ancestors {FRAMED_BY}"
)
# Under another name a page of somebody else's would reach this server: the browser takes both for one site.
LOOPBACK = "127.0.0.1"
OWN_NAMES = [LOOPBACK, "localhost"]
HEADERS = [
    (b"content-security-policy", CONTENT_POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
]


class AddressTaken(UserError):
    """The page cannot be served at the address asked for."""


def build(
    engine: Engine, history: History, author: Author | None = None, tool: bool = False, settings: bool = True
) -> gr.Blocks:
    """The page over the library, and the endpoint /ask; `tool` offers the bot as a tool of MCP too.

    Without an `author`, the stored settings name one. Without `settings`, nobody can change on the page which language
    model is asked, and at which address.
    """

    author = author or Author(history.folder, engine.library.embedder)

    def ask(question: str) -> dict[str, Any]:
        """Answer a question from all articles of the library. Returns the documented shape of an answer."""
        try:
            return engine.ask(plain(question)).to_json()
        except UserError as error:
            raise gr.Error(str(error), print_exception=False) from error

    with gr.Blocks(
        title=texts.TITLE, analytics_enabled=False, fill_height=True, fill_width=True, delete_cache=FORGOTTEN_UPLOADS
    ) as page:
        desk = Desk(engine, history, author)
        shelf = Shelf(desk)
        conversations = Conversations(desk)
        panel = SettingsPanel(author) if settings else None
        with gr.Row(elem_id="room"):
            with gr.Column(elem_id="notes"):
                gr.HTML(
                    html_template=static("masthead.html"), apply_default_css=False, elem_id="masthead",
                    title=texts.TITLE, open_article=texts.OPEN_ARTICLE, read=texts.READ, shelf=texts.SHELF, talks=texts.TALKS,
                    settings=texts.SETTINGS,
                )
                desk.lay_notes()
            with gr.Column(elem_id="reading"):
                desk.lay_reader()
            shelf.lay()
            conversations.lay()
            if panel:
                panel.lay()
        desk.wire()
        shelf.wire(page)
        conversations.wire()
        if panel:
            panel.wire()
        gr.api(ask, api_name="ask", api_visibility="undocumented" if tool else "public")
        if tool:
            gr.api(mcp.tool(engine), api_name="ask_articles")
    page.queue(default_concurrency_limit=AT_ONCE)
    return page


def start(
    engine: Engine,
    history: History,
    author: Author | None = None,
    host: str = LOOPBACK,
    port: int | None = None,
    open_browser: bool = False,
    tool: bool = False,
) -> gr.Blocks:
    """Serve the page and return at once; with `tool` also for MCP. Raises AddressTaken, and mcp.ExtraMissing."""
    if tool:
        mcp.require()
    # A page for others lets them ask, but not send this machine and its keys to addresses of theirs.
    page = build(engine, history, author, tool, settings=host == LOOPBACK)
    middleware = [Middleware(Headers)]
    if host == LOOPBACK:
        middleware.append(Middleware(TrustedHostMiddleware, allowed_hosts=OWN_NAMES))
    try:
        page.launch(
            server_name=host, server_port=port, inbrowser=open_browser, prevent_thread_lock=True, quiet=True,
            theme=theme(), js=static("app.js"), head=_head(),
            favicon_path=STATIC / "favicon.svg", footer_links=[],
            share=False, ssr_mode=False, run_history=False, enable_monitoring=False, mcp_server=tool, pwa=False,
            max_file_size=LARGEST_FILE, show_error=False, app_kwargs={"middleware": middleware},
        )
    except OSError as error:
        raise AddressTaken(texts.PORT_TAKEN.format(port=port) if port else texts.NO_PORT) from error
    return page


def launch(
    engine: Engine,
    history: History,
    author: Author | None = None,
    host: str = LOOPBACK,
    port: int | None = None,
    open_browser: bool = False,
    tool: bool = False,
) -> None:
    """Serve the page until the program is interrupted. Raises AddressTaken, and mcp.ExtraMissing."""
    page = start(engine, history, author, host, port, open_browser, tool)
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


def _head() -> str:
    """Meta tags and the style sheets. Not given to Gradio as `css`: it would rewrite the selectors, and lose fonts on the way."""
    sheets = "\n".join(static(f"{name}.css") for name in ("footnote", "shelf", "conversations", "written"))
    return f"{static('head.html')}<style>\n{sheets}</style>"
