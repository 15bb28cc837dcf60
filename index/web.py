"""Web pages: the article of one, and the text of any HTML, paragraph by paragraph."""

from __future__ import annotations

import re
from typing import Any

import trafilatura
from lxml import etree
from lxml import html as lxml_html

from index.errors import SourceUnreadable
from index.reading import Reading, iso

# Elements that stand on lines of their own: those of HTML, and those that trafilatura writes.
BLOCKS = frozenset((
    "p", "div", "section", "article", "main", "header", "footer", "aside", "address", "h1", "h2", "h3", "h4", "h5", "h6",
    "ul", "ol", "dl", "dt", "dd", "li", "blockquote", "pre", "figure", "figcaption", "table", "thead", "tbody", "tr",
    "caption", "hr", "body", "list", "item", "quote", "row", "head",
))
CELLS, BREAKS = frozenset(("td", "th", "cell")), frozenset(("br", "lb"))
LEFT_OUT = ("script", "style", "noscript", "template", "svg", "iframe", "object", "button", "select", "textarea", "title", "meta")
SPACE = re.compile(r"[ \t\r\n\f]+")
DEEPEST = 2000  # nested elements; browsers stop at 512, and lxml's serialisers overflow the stack far above that

FEWEST_LETTERS = 60  # in an article: a sentence. Less is the shell of a page that scripts would have filled
NOTICE_LETTERS = 1500  # a page that only asks for something is shorter than this; an article about such pages is longer
WALL_LETTERS = 700
BARRED = re.compile(
    r"just a moment|attention required|access (?:to this page has been )?denied|are you (?:a )?(?:robot|human)|robot check"
    r"|security check|captcha|ddos.guard|error 40[134]|40[134] (?:error|forbidden|not found|unauthori[sz]ed)"
    r"|page not found|too many requests|service unavailable",
    re.I,
)
CHECKS = re.compile(
    r"verify(?:ing)? (?:that )?you are (?:a )?human|checking (?:if the site connection is secure|your browser)"
    r"|needs to review the security of your connection|unusual traffic|not a robot|captcha",
    re.I,
)
SCRIPTS = re.compile(
    r"(?:enable|turn on|requires?|need|without) (?:\w+ ){0,3}(?:javascript|cookies)"
    r"|javascript (?:is|has been|seems to be) (?:\w+ )?disabled|(?:disable|turn off) your ad.?blocker",
    re.I,
)
WALLS = re.compile(
    r"(?:subscribe|sign in|log in|sign up|register|create (?:a|an) (?:free )?account) (?:now |here )?(?:to|and) "
    r"(?:continue|keep|read|access|unlock)|(?:for|to) subscribers only|subscribers[- ]only|already a subscriber"
    r"|please (?:log|sign) in|forgot(?:ten)? (?:your )?password",
    re.I,
)
PASTE = "Open it in your browser, and paste the text of the article here instead."


def parse(markup: str) -> Any:
    """The tree of an HTML text. Raises ValueError if there is none or it is absurdly deep."""
    # As bytes: lxml refuses strings that declare an encoding. No entity but HTML's own is ever resolved.
    parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    tree = lxml_html.document_fromstring(markup.encode("utf-8", "replace"), parser=parser)
    depth = 0
    for event, _ in etree.iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > DEEPEST:
            raise ValueError("nested too deeply")
    return tree


def text_of(tree: Any) -> str:
    """The text of HTML: a blank line between blocks, a line end for a break, a bar between the cells of a row."""
    etree.strip_elements(tree, *LEFT_OUT, with_tail=False)
    etree.strip_tags(tree, etree.Comment, etree.ProcessingInstruction)
    blocks: list[str] = []
    parts: list[str] = []

    def close() -> None:
        if block := "".join(parts).strip():
            blocks.append(block)
        parts.clear()

    for event, element in etree.iterwalk(tree, events=("start", "end")):
        if element.tag in BLOCKS:
            close()
        elif element.tag in CELLS and event == "start" and parts:
            parts.append(" | ")
        elif element.tag in BREAKS and event == "start":
            parts.append("\n")
        words = SPACE.sub(" ", (element.text if event == "start" else element.tail) or "")
        if parts and parts[-1][-1] in " \n":
            words = words.lstrip(" ")
        if words.strip(" ") or (words and parts):
            parts.append(words)
    close()
    return "\n\n".join(blocks)


def article(markup: str, name: str) -> Reading:
    """The article of a web page with what the page says of it.

    Raises SourceUnreadable if the page is only a check for robots, a notice, a login, or nearly empty.
    """
    tree = parse(markup)
    page = SPACE.sub(" ", " ".join(tree.xpath("//title/text()")))
    declared = tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang")
    document: Any = trafilatura.bare_extraction(
        tree,
        include_comments=False,
        include_formatting=False,
        with_metadata=True,
        date_extraction_params={"extensive_search": False, "original_date": True},  # a date found anywhere is a guess
    )
    text = text_of(document.body) if document is not None else ""
    _refuse_what_is_no_article(page, text or text_of(parse(markup)), name)
    if document is None:
        raise SourceUnreadable(f"{name} holds no article that could be told from its menus. {PASTE}")
    return Reading(
        text,
        title=document.title,
        author=document.author.replace("; ", ", ") if document.author else None,
        date=iso(document.date),
        site=document.sitename,
        language=declared,
    )


def _refuse_what_is_no_article(page: str, text: str, name: str) -> None:
    letters = sum(map(str.isalnum, text))
    if letters < NOTICE_LETTERS and (CHECKS.search(text) or (BARRED.search(page) and letters < WALL_LETTERS)):
        raise SourceUnreadable(f"{name} is a check for robots or an error page, not the article. {PASTE}")
    if letters < WALL_LETTERS and SCRIPTS.search(text):
        raise SourceUnreadable(f"{name} shows its article only to a browser with scripts or cookies. {PASTE}")
    if letters < WALL_LETTERS and WALLS.search(text):
        raise SourceUnreadable(f"{name} is a page to log in or subscribe, not the article. {PASTE}")
    if letters < FEWEST_LETTERS:
        raise SourceUnreadable(f"{name} is a page with hardly any text. {PASTE}")
