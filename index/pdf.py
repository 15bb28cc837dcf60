"""PDFs know where letters stand and nothing of paragraphs: lines are gathered into paragraphs by where they stand.

PDFium gives the characters in the order they were written, which for columns is column by column.
"""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import accumulate, pairwise
from statistics import median

import pypdfium2 as pdfium
from pypdfium2 import raw

from index.errors import SourceUnreadable
from index.reading import Reading, iso

MOST_PAGES = 2000  # the longest reports; reading them takes a third of the time a file is given
LARGEST_TEXT = 10 * 2**20  # characters; more is refused later anyway
LETTERS_A_PAGE = 10  # on average; scans hold a stamp or a page number at most
LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})  # how it was set
DIVIDERS = frozenset((0x02, 0xFFFE))  # how PDFium writes the hyphen at a line's end, without the line's end
BREAKS = DIVIDERS | {0x0A, 0x0D}
HYPHENS = "-\u00ad\u2010\x02\ufffe"
UNPRINTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\u00ad]")
BULLET = re.compile(r"[•‣◦▪·●■–*-]\s|\(?\d{1,3}[.)]\s|\(?[a-z][.)]\s")
ENDED = re.compile(r"[.!?:…。！？][”\"’'»)\]]*$")
WORD = re.compile(r"[^\W\d_]+(?:[-\u2010][^\W\d_]+)*")
LAST_WORD = re.compile(r"([^\W\d_]+)-$")
DIVIDED = 0.03  # of the lines end in a hyphen where words are divided; compounds alone make less than a third of that
EDGE = 2  # lines at the top and at the bottom of a page that may be a running head
MADE_UP_TITLE = re.compile(r"(?:untitled|microsoft word\b|title$|document\d*$|.*\.(?:docx?|pdf|indd|qxd|odt|tex|dvi)$)", re.I)


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it stands on a page, in points from its lower left corner; `size` is the height of its font."""

    text: str
    left: float
    right: float
    bottom: float
    size: float


def read(data: bytes, name: str) -> Reading:
    """The text of a PDF in paragraphs. Raises SourceUnreadable if it has a password, too many pages or no text."""
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if error.err_code == raw.FPDF_ERR_PASSWORD:
            raise SourceUnreadable(f"{name} is protected with a password. Save a copy without one and add that.") from error
        raise SourceUnreadable(f"{name} is a damaged PDF and cannot be opened. Try to get it again.") from error
    with closing(document):
        count = len(document)
        if count > MOST_PAGES:
            raise SourceUnreadable(f"{name} has {count:,} pages; up to {MOST_PAGES:,} can be read. Split it first.")
        pages: list[list[Line]] = []
        letters = 0
        for number in range(count):
            lines = _lines_of(document, number)
            pages.append(lines)
            letters += sum(len(line.text) for line in lines)
            if letters > LARGEST_TEXT:
                raise SourceUnreadable(f"{name} holds more text than can be read at once. Split it first.")
        about = document.get_metadata_dict()
        _refuse_pictures(document, pages, name)
    pages = _without_running_heads(pages)
    text, offsets = _text(pages)
    title = " ".join(about.get("Title", "").split())
    return Reading(
        text,
        title=title if title and not MADE_UP_TITLE.match(title) else _headline(pages),
        author=" ".join(about.get("Author", "").split()) or None,
        date=iso(re.sub(r"^(?:D:)?(\d{4})(\d{2})(\d{2}).*", r"\1-\2-\3", about.get("CreationDate", ""))),
        pages=offsets,
    )


def _refuse_pictures(document: pdfium.PdfDocument, pages: list[list[Line]], name: str) -> None:
    letters = sum(sum(map(str.isalnum, line.text)) for page in pages for line in page)
    if letters == 0 or (letters < LETTERS_A_PAGE * len(pages) and _has_picture(document)):
        raise SourceUnreadable(
            f"{name} holds pictures of pages and no text: it was scanned. Have its text recognised (OCR) and add the result."
        )


def _has_picture(document: pdfium.PdfDocument) -> bool:
    page = document[0]
    return any(True for _ in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3))


def _lines_of(document: pdfium.PdfDocument, number: int) -> list[Line]:
    """The lines of a page; none of a page that is itself damaged."""
    try:
        page = document[number]
    except pdfium.PdfiumError:
        return []
    with closing(page), closing(page.get_textpage()) as text:
        count = min(raw.FPDFText_CountChars(text), LARGEST_TEXT)
        codes = [raw.FPDFText_GetUnicode(text, n) for n in range(count)]
        ends = [n + (codes[n] in DIVIDERS) for n in range(count) if codes[n] in BREAKS] + [count]
        spans = zip([0, *ends], ends, strict=False)
        return [line for start, end in spans if (line := _line(text, codes, start, end))]


def _line(text: pdfium.PdfTextPage, codes: list[int], start: int, end: int) -> Line | None:
    """Characters `start` to `end` of a page as a line, None if they are blank."""
    units = b"".join(chr(code).encode("utf-16-le", "surrogatepass") for code in codes[start:end])
    written = units.decode("utf-16-le", "ignore").translate(LIGATURES).strip()
    if written[-1:] in HYPHENS and written[:-1]:
        written = written[:-1] + "-"
    written = UNPRINTED.sub("", written).strip()
    if not written:
        return None
    printed = [n for n in range(start, end) if not chr(codes[n]).isspace()]
    first, last = _box(text, printed[0]), _box(text, printed[-1])
    return Line(written, first.left, last.right, first.bottom, abs(first.top - first.bottom) or 1.0)


def _box(text: pdfium.PdfTextPage, index: int) -> raw.FS_RECTF:
    """Where a character stands, with the height of its font rather than its own."""
    box = raw.FS_RECTF()
    raw.FPDFText_GetLooseCharBox(text, index, ctypes.byref(box))
    return box


def _without_running_heads(pages: list[list[Line]]) -> list[list[Line]]:
    """Without lines at the edges of pages that are the same, but for numbers, on three and on a third of the pages."""

    def edges(page: list[Line]) -> Iterator[tuple[int, str]]:
        order = sorted(range(len(page)), key=lambda n: page[n].bottom)
        for n in {*order[:EDGE], *order[-EDGE:]}:
            yield n, re.sub(r"\d+", "#", page[n].text)

    seen = Counter(text for page in pages for text in {text for _, text in edges(page)})
    often = {text for text, count in seen.items() if count >= 3 and count * 3 >= len(pages)}
    return [
        [line for n, line in enumerate(page) if n not in dropped]
        for page in pages
        for dropped in [{n for n, text in edges(page) if text in often}]
    ]


def _text(pages: list[list[Line]]) -> tuple[str, tuple[int, ...]]:
    """The paragraphs of all pages, and the offset at which each page begins."""
    lines = [line for page in pages for line in page]
    words = Counter(word for line in lines for word in WORD.findall(line.text.lower()))
    divides = sum(line.text.endswith("-") for line in lines) > len(lines) * DIVIDED
    pieces = [
        _before(line.text, following.text, words, divides) if joined else line.text + "\n\n"
        for (line, following), joined in zip(pairwise(lines), _joins(pages), strict=True)
    ]
    pieces += [line.text for line in lines[-1:]]
    starts = [0, *accumulate(map(len, pieces))]
    firsts = [0, *accumulate(map(len, pages))][:-1]
    return "".join(pieces), tuple(starts[first] for first in firsts)


def _before(line: str, following: str, words: Counter[str], divides: bool) -> str:
    """`line` as it is written before the line that carries on, without the hyphen of a word that was only divided."""
    head, tail = LAST_WORD.search(line), WORD.match(following)
    if not line.endswith("-") or line.endswith(" -"):
        return line + " "
    if head is None or tail is None:
        return line
    whole, compound = words[(head[1] + tail[0]).lower()], words[f"{head[1]}-{tail[0]}".lower()]
    named = head[1][0].isupper() or tail[0][0].isupper()  # "Anglo-French", "Trump-supporting"
    both = words[head[1].lower()] > 1 and words[tail[0].lower()] > 1  # words elsewhere too: each was counted once here
    return line[:-1] if whole > compound or (whole == compound and divides and not named and not both) else line


def _joins(pages: list[list[Line]]) -> Iterator[bool]:
    """For every line but the last: does the next one carry on its paragraph?"""
    last: Line | None = None
    right = 0.0
    for page in pages:
        pitch = median([a.bottom - b.bottom for a, b in pairwise(page) if a.bottom > b.bottom] or [0.0])
        for column in _columns(page):
            if last:
                yield _carries_on(last, column[0], right)
            left = min(line.left for line in column)
            right = sorted(line.right for line in column)[len(column) * 9 // 10]  # a headline may reach further
            for a, b in pairwise(column):
                yield _same_paragraph(a, b, left, right, pitch)
            last = column[-1]


def _columns(page: list[Line]) -> Iterator[list[Line]]:
    """The lines of a page in runs that go down it: where the next line stands higher, a new column begins."""
    column: list[Line] = []
    for line in page:
        if column and line.bottom > column[-1].bottom + line.size / 2:
            yield column
            column = []
        column.append(line)
    if column:
        yield column


def _alike(a: Line, b: Line) -> bool:
    return abs(a.size - b.size) < 0.15 * max(a.size, b.size)


def _carries_on(a: Line, b: Line, right: float) -> bool:
    """Does a paragraph go on over the end of a column or page whose lines reach to `right`?"""
    full = a.right > right - 4 * a.size
    return _alike(a, b) and (full or b.text[0].islower()) and not ENDED.search(a.text) and not BULLET.match(b.text)


def _same_paragraph(a: Line, b: Line, left: float, right: float, pitch: float) -> bool:
    """Do two lines of a column, which reaches from `left` to `right`, belong together? `pitch` is its usual line step."""
    step = a.bottom - b.bottom
    if abs(step) < 0.3 * a.size:  # pieces of one line
        return True
    goes_on = b.text[0].islower() and not ENDED.search(a.text)
    if not _alike(a, b) or step > (1.8 if goes_on else 1.4) * max(pitch, a.size) or BULLET.match(b.text):
        return False
    centred = abs(a.left + a.right - b.left - b.right) < a.size and max(a.left, b.left) > left + a.size
    if b.left > a.left + 0.8 * b.size and not centred:  # the indent of a first line
        return False
    spare = right - a.right
    first_word = len(b.text.split(None, 1)[0]) / len(b.text) * (b.right - b.left)
    return spare < first_word + 2 * a.size or goes_on or centred


def _headline(pages: list[list[Line]]) -> str | None:
    """The first page's lines in its largest font, if that is larger than the text's."""
    page = next(filter(None, pages), [])
    largest = max((line.size for line in page), default=0.0)
    if largest < 1.15 * median([line.size for line in page] or [0.0]):
        return None
    return " ".join(line.text for line in page if line.size > 0.95 * largest)
