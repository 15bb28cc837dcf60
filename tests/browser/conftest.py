"""A real Chromium and the running page. Whatever the page asks of another host fails the test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from bot.engine import Engine
from bot.history import History
from bot.ui.app import start

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
PATIENCE = 20_000  # milliseconds that a retried assertion waits; a loaded machine is slow, not wrong

Serve = Callable[[Engine], str]
Open = Callable[..., Page]


@pytest.fixture(scope="module")  # no longer: Playwright's event loop is in the way of tests that have their own
def chromium() -> Iterator[Browser]:
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        missing = "There is no Chromium on this machine. Install it, or name a Chrome in $CHROMIUM."
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def served(engine: Engine) -> Iterator[str]:
    """The address of the page while it is up."""
    with History.open(engine.library.folder, engine.library) as history:
        page = start(engine, history)
        try:
            yield page.local_url
        finally:
            page.close(verbose=False)


@pytest.fixture(scope="session")
def address(engine: Engine) -> Iterator[str]:
    """The page over the sample article."""
    with served(engine) as url:
        yield url


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Open]:
    """Opens an address in a browser of its own; at the end, no page may have asked another host, opened a dialog or failed."""
    contexts, wrong = [], []

    def visit(url: str, size: dict[str, int] = DESK, **options: object) -> Page:
        context = chromium.new_context(viewport=size, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("request", lambda request: note_request(request.url))
        page.on("dialog", lambda dialog: (wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("console", lambda line: wrong.append(line.text) if "Content Security Policy" in line.text else None)

        def note_request(asked: str) -> None:
            if not asked.startswith((url, "data:", "blob:")):
                wrong.append(f"request: {asked}")

        page.goto(url)
        page.get_by_role("textbox", name="Your question").wait_for()
        page.locator("#viewer .headline:not(:empty)").first.wait_for(state="attached")  # the article is laid open
        return page

    yield visit
    for context in contexts:
        context.close()
    assert wrong == []
