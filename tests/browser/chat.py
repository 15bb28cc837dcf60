"""What a reader does on the page, for the tests to do."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


def box(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Your question")


def notes(page: Page) -> Locator:
    """The bot's answers, in order."""
    return page.get_by_test_id("bot")


def ask(page: Page, question: str) -> Locator:
    """Type a question and send it. Returns its finished answer."""
    before = notes(page).count()
    box(page).fill(question)
    box(page).press("Enter")
    note = notes(page).nth(before)
    expect(note).to_be_visible()
    expect(note).not_to_contain_text("Reading the article")
    return note


def chip(note: Locator, n: int = 1) -> Locator:
    return note.get_by_role("link", name=f"[{n}]", exact=True).first


def outlined(page: Page) -> Locator:
    return page.locator("#viewer mark.outlined")


def evidence(page: Page) -> Locator:
    return page.locator("#viewer mark.cited")
