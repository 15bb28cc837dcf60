"""Word documents, read from their XML: python-docx itself leaves out what was inserted under review and text boxes."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import docx
from lxml import etree

from index.reading import Reading

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
PARAGRAPH, ROW, CELL = WORD + "p", WORD + "tr", WORD + "tc"
WRITTEN = {WORD + "t": None, WORD + "tab": "\t", WORD + "br": "\n", WORD + "cr": "\n", WORD + "noBreakHyphen": "\u2011"}
# What was deleted or moved away, and copies for programs that do not know newer drawings.
LEFT_OUT = (WORD + "del", WORD + "moveFrom", "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback")
TEMPLATE = "python-docx"  # the author of every document that a program left without one


def read(data: bytes) -> Reading:
    """The text of a .docx; any exception means that it is damaged."""
    document = docx.Document(BytesIO(data))  # its XML parser resolves no entities
    body = document.element.body
    etree.strip_elements(body, *LEFT_OUT, with_tail=False)
    blocks = []
    for node in body.iter(PARAGRAPH, ROW):
        if next(node.iterancestors(ROW), None) is not None:
            continue  # part of a row that was read
        blocks.append(_row(node) if node.tag == ROW else _paragraph(node))
    about = document.core_properties
    titles = [line.text.strip() for line in document.paragraphs if line.style and line.style.name in ("Title", "Heading 1")]
    return Reading(
        "\n\n".join(block for block in blocks if block.strip()),
        title=about.title.strip() or next(filter(None, titles), None),
        author=about.author.strip() if about.author != TEMPLATE else None,
        date=about.created.date().isoformat() if about.created and about.author != TEMPLATE else None,
        language=about.language.strip() or None,
    )


def _row(row: Any) -> str:
    cells = (" ".join(filter(None, map(_paragraph, cell.iter(PARAGRAPH)))) for cell in row.iterchildren(CELL))
    return " | ".join(filter(None, cells))


def _paragraph(paragraph: Any) -> str:
    """The text of a paragraph without that of the text boxes anchored in it, which are paragraphs of their own."""
    return "".join(
        WRITTEN[node.tag] or node.text or ""
        for node in paragraph.iter(*WRITTEN)
        if next(node.iterancestors(PARAGRAPH)) is paragraph
    ).strip()
