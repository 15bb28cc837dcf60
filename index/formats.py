"""The bytes of one document become its text and what it says of itself, one small function a format.

What the bytes are decides how they are read; the name and the declared type only break ties. Call `read` through
`index.worker`: the libraries below have hung and crashed on hostile files before, and will again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from functools import cache
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any, cast
from urllib.parse import unquote
from zipfile import ZipFile

from index.archives import open_archive, read_member
from index.decoding import decode
from index.errors import SourceUnreadable
from index.reading import Reading, iso

LARGEST_MARKUP = 10 * 2**20  # characters of one page without its embedded pictures; the largest real pages are a third
ENOUGH_LETTERS = 40  # that a language is told from; fewer are a coin toss
TELLING = 2000  # characters that a language is told from; more change nothing
PASTE = "Open it in a browser or another program, and paste its text instead."

FIRST_TAG = re.compile(
    r"\s*(?:<\?xml[^>]{0,200}>\s*|<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html|head|body|article)\b", re.I | re.S
)
ANY_TAG = re.compile(r"<(?:p|div|br|h[1-6]|span|a|title|meta|table|ul)\b[^<>]*>", re.I)
DECLARED = re.compile(rb"""charset\s*=\s*["']?\s*([\w.:-]{2,40})""", re.I)
DATA_ADDRESS = re.compile(r"data:[\w/+.-]{1,60}(?:;[\w=-]{1,40})*;base64,[A-Za-z0-9+/=%\s]*")
HEADER = re.compile(rb"([A-Za-z][A-Za-z0-9-]{1,60}):")
MAIL_HEADERS = frozenset(
    b"from to cc subject date mime-version message-id received return-path content-type delivered-to reply-to".split()
)
MAIL_PROOF = frozenset(b"mime-version message-id received return-path".split())  # letters quoted in text have none of these

# First bytes of what is no document with text in it, and what to do about it.
FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an old or protected Office file. Save it as .docx without a password."),
    (b"{\\rtf", "is in Rich Text Format. Open it and save it as .docx or as plain text."),
    (b"\x89PNG", "is a picture. Only text can be asked about."),
    (b"\xff\xd8\xff", "is a picture. Only text can be asked about."),
    (b"GIF8", "is a picture. Only text can be asked about."),
    (b"II*\0", "is a picture. Only text can be asked about."),
    (b"MM\0*", "is a picture. Only text can be asked about."),
    (b"\x1f\x8b", "is packed with gzip. Unpack it first, or pack it as .zip."),
    (b"BZh", "is packed with bzip2. Unpack it first, or pack it as .zip."),
    (b"\xfd7zXZ", "is packed with xz. Unpack it first, or pack it as .zip."),
    (b"7z\xbc\xaf", "is a 7z archive. Unpack it first, or pack it as .zip."),
    (b"Rar!", "is a RAR archive. Unpack it first, or pack it as .zip."),
    (b"%!PS", "is a PostScript file. Save it as PDF."),
)


def read(data: bytes, name: str, content_type: str | None = None) -> Reading:
    """Read one document. `name` is shown in errors, its ending and the declared content type are hints.

    Raises SourceUnreadable and nothing else: if it is empty, damaged, protected, too large, or holds no text.
    """
    try:
        reading = READERS[kind(data, name, content_type)](data, name, content_type)
    except (SourceUnreadable, ImportError, NameError):  # all but the first are ours to mend
        raise
    except Exception as error:  # whatever a parser trips over, the file is what is wrong
        raise SourceUnreadable(f"{name} is damaged and cannot be read. {PASTE}") from error
    reading = replace(reading, text=reading.text.replace("\r\n", "\n").replace("\r", "\n"))
    return replace(reading, language=(reading.language or "")[:2].lower() or language(reading.text))


def kind(data: bytes, name: str, content_type: str | None = None) -> str:
    """Which of READERS reads these bytes. Raises SourceUnreadable for what none of them reads."""
    for magic, why in FOREIGN:
        if data.startswith(magic):
            raise SourceUnreadable(f"{name} {why}")
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _kind_of_zip(data, name)
    ending = PurePosixPath(name.lower()).suffix
    declared = (content_type or "").lower()
    if _is_mail(data, ending in (".eml", ".mht", ".mhtml") or declared.startswith(("message/rfc822", "multipart/related"))):
        return "mail"
    beginning = data[:8192].decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1", "ignore")
    page = ending in (".html", ".htm", ".xhtml") or "html" in declared
    if FIRST_TAG.match(beginning.removeprefix("\xef\xbb\xbf")) or (page and ANY_TAG.search(beginning)):
        return "html"
    return "markdown" if ending in (".md", ".markdown") else "text"


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def language(text: str) -> str | None:
    """The language of a text as ISO 639-1, None if it is too short to say or its language has no such code."""
    text = text[: 10 * TELLING]
    if sum(map(str.isalpha, text)) < ENOUGH_LETTERS:
        return None
    code, odds = _identifier().classify(text[:TELLING])
    return code if len(code) == 2 and odds > 0.5 else None


def read_plain(data: bytes, name: str, content_type: str | None) -> Reading:
    """Text in whatever encoding it is, as it is."""
    return Reading(decode(data, name, _charset(content_type)))


def read_markdown(data: bytes, name: str, content_type: str | None) -> Reading:
    """Markdown without its marks; front matter gives title, author, date and language."""
    from index import markdown

    return markdown.read(decode(data, name, _charset(content_type)))


def read_page(data: bytes, name: str, content_type: str | None) -> Reading:
    """The article of a web page, without what stands around it."""
    from index import web

    text = DATA_ADDRESS.sub("", _markup(data, name, content_type))
    if len(text) > LARGEST_MARKUP:
        raise SourceUnreadable(f"{name} is a page of more than {LARGEST_MARKUP // 2**20} MB. Paste the text of it instead.")
    return web.article(text, name)


def read_pdf(data: bytes, name: str, content_type: str | None) -> Reading:
    """The paragraphs of a PDF, with the offsets of its pages."""
    from index import pdf

    return pdf.read(data, name)


def read_mail(data: bytes, name: str, content_type: str | None) -> Reading:
    """An e-mail: its text rather than its HTML. Also a web page saved as .mhtml, which is an e-mail inside."""
    from index import web

    message = message_from_bytes(data, _class=EmailMessage, policy=policy.default)
    saved_page = message.get_content_type() == "multipart/related" and "Subject" in message and "To" not in message
    part = message.get_body(("html", "plain") if saved_page else ("plain", "html"))
    content = cast(bytes, part.get_payload(decode=True) or b"") if part else b""
    if part is None or not content.strip():
        raise SourceUnreadable(f"{name} is an e-mail without text in it.")
    html = part.get_content_subtype() == "html"
    charset = f"charset={part.get_content_charset()}"
    if saved_page and html:
        return read_page(content, name, charset)
    sender = message["From"]
    addresses = getattr(sender, "addresses", ())
    text = web.text_of(web.parse(_markup(content, name, charset))) if html else decode(content, name, part.get_content_charset())
    return Reading(
        text.strip(),
        title=_line(message["Subject"]),
        author=", ".join(address.display_name or address.addr_spec for address in addresses) or None,
        date=_mail_date(message["Date"]),
    )


def read_docx(data: bytes, name: str, content_type: str | None) -> Reading:
    """A Word document: headings and paragraphs in order, a table's row as a line, what was deleted left out."""
    from index import docx

    open_archive(BytesIO(data), name).close()  # for its limits: python-docx has none
    return docx.read(data)


def read_epub(data: bytes, name: str, content_type: str | None) -> Reading:
    """An e-book: its chapters in reading order."""
    from lxml import etree

    from index import web

    strict = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, recover=True)
    with open_archive(BytesIO(data), name) as archive:
        found = {member.filename: member for member in archive.infolist()}

        def content(path: str) -> bytes:
            return read_member(archive, found[path], name) if path in found else b""

        container = etree.fromstring(content("META-INF/container.xml"), strict)
        package_path = next(container.iter("{*}rootfile")).get("full-path", "")
        package = etree.fromstring(content(package_path), strict)
        items = {item.get("id"): item.get("href", "") for item in package.iter("{*}item")}
        spine = [items[reference.get("idref")] for reference in package.iter("{*}itemref") if reference.get("idref") in items]
        paths = [_joined(package_path, href) for href in spine]
        protection = content("META-INF/encryption.xml").decode("utf-8", "ignore")
        if any(path and path in unquote(protection) for path in paths):
            raise SourceUnreadable(f"{name} is protected against copying (DRM) and cannot be read.")
        chapters = []
        size = 0
        for path in dict.fromkeys(paths):  # a spine may name the same chapter ten thousand times
            chapter = content(path)
            size += len(chapter)
            if size > 4 * LARGEST_MARKUP:
                raise SourceUnreadable(f"{name} is longer than any book. Split it first.")
            if chapter.strip():
                chapters.append(web.text_of(web.parse(_markup(chapter, name, None))))

    def metadata(tag: str) -> str | None:
        return next((_line(node.text) for node in package.iter("{http://purl.org/dc/elements/1.1/}" + tag)), None)

    text = "\n\n".join(filter(None, chapters))
    if not text:
        raise SourceUnreadable(f"{name} is an e-book without text in it.")
    return Reading(
        text, metadata("title"), metadata("creator"), iso(metadata("date")), metadata("publisher"), metadata("language")
    )


def refuse_zip(data: bytes, name: str, content_type: str | None) -> Reading:
    """A zip of documents is no document; `index.sources.members` reads what is in one."""
    raise SourceUnreadable(f"{name} is a zip archive, which is not read here. Unpack it and add what is in it.")


READERS: dict[str, Callable[[bytes, str, str | None], Reading]] = {
    "text": read_plain,
    "markdown": read_markdown,
    "html": read_page,
    "pdf": read_pdf,
    "mail": read_mail,
    "docx": read_docx,
    "epub": read_epub,
    "zip": refuse_zip,
}


def _line(text: str | None) -> str | None:
    return " ".join(str(text or "").split()) or None


def _charset(content_type: str | None) -> str | None:
    match = DECLARED.search((content_type or "").encode("ascii", "ignore"))
    return match[1].decode() if match else None


def _markup(data: bytes, name: str, content_type: str | None) -> str:
    match = DECLARED.search(data[:4096])
    return decode(data, name, _charset(content_type) or (match[1].decode() if match else None))


def _joined(package: str, href: str) -> str:
    """The member that a package document at `package` means by `href`."""
    parts: list[str] = []
    for part in [*PurePosixPath(package).parent.parts, *unquote(href.split("#")[0]).split("/")]:
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _kind_of_zip(data: bytes, name: str) -> str:
    with open_archive(BytesIO(data), name) as archive:
        names = set(archive.namelist())
        if "word/document.xml" in names:
            return "docx"
        if "META-INF/container.xml" in names:
            return "epub"
        if "[Content_Types].xml" in names:
            raise SourceUnreadable(f"{name} is an Office file, but not a Word document. Save it as PDF, or paste its text.")
        if _begins_as_open_document(archive):
            raise SourceUnreadable(f"{name} is an OpenDocument file. Save it as .docx or PDF.")
    return "zip"


def _begins_as_open_document(archive: ZipFile) -> bool:
    first = archive.infolist()[:1]
    return bool(first) and first[0].filename == "mimetype" and b"opendocument" in read_member(archive, first[0], "")[:100]


def _is_mail(data: bytes, hinted: bool) -> bool:
    """Do these bytes begin with the headers of an e-mail?"""
    names = []
    for line in data[:16384].lstrip().splitlines():
        match = HEADER.match(line)
        if match:
            names.append(match[1].lower())
        elif not line.startswith((b" ", b"\t")) and not (not names and line.startswith(b"From ")):
            break
    known = MAIL_HEADERS.intersection(names)
    return len(known) >= 2 and (hinted or not MAIL_PROOF.isdisjoint(known))


def _mail_date(text: str | None) -> str | None:
    try:
        moment = parsedate_to_datetime(str(text))
    except (TypeError, ValueError, OverflowError):
        return None
    return (moment if moment.tzinfo is None else moment.astimezone(UTC)).date().isoformat()
