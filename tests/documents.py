"""Small documents of every format, made when they are asked for."""

from __future__ import annotations

from email.message import EmailMessage
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import docx
from fpdf import FPDF
from fpdf.enums import EncryptionMethod

TITLE = "Dam repairs will cost $40m"
COST = "Repairs to the Oroke Dam will cost at least $40 million and take two years, engineers told the council."
CRACK = "The spillway cracked in February after nine days of heavy rain, and 12,000 people had to leave their homes."
VOTE = "The council votes on April 2. Opponents, led by councillor Jim Dale, want the dam removed instead."
PARAGRAPHS = [COST, CRACK, VOTE]

PAGE = f"""<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>{TITLE} | The Valley Herald</title>
<meta property="og:site_name" content="The Valley Herald"><meta property="og:title" content="{TITLE}">
<meta name="author" content="Maria Lopez"><meta property="article:published_time" content="2025-03-04T08:30:00Z">
<script>document.write("<p>A script wrote this sentence into the page, and nobody should read it.</p>")</script>
<style>p {{ color: red }}</style></head><body>
<div id="cookie-banner" role="dialog"><p>We use cookies to make this site better. By clicking “Accept all” you agree to the
storing of cookies by us and our 842 partners.</p><button>Accept all</button></div>
<header><nav><ul><li><a href="/">Home</a></li><li><a href="/w">World</a></li><li><a href="/s">Sport</a></li></ul></nav></header>
<main><article><h1>{TITLE}</h1><p class="byline">By <a href="/maria">Maria Lopez</a></p>
<figure><img src="data:image/png;base64,iVBORw0KGgo="><figcaption>Water pours over the spillway (AP)</figcaption></figure>
<p>{COST}</p><p onclick="alert(1)">{CRACK}</p>
<aside class="related"><h3>Read more</h3><ul><li><a href="/1">Ten best umbrellas of the year</a></li></ul></aside>
<h2>Who pays</h2><table><tr><th>Part</th><th>Cost</th></tr><tr><td>Spillway</td><td>$31m</td></tr></table>
<p>{VOTE}</p></article></main>
<footer><p>© 2025 Valley Herald Ltd. All rights reserved. <a href="/privacy">Privacy policy</a></p></footer></body></html>"""

MARKDOWN = f"""---
title: "{TITLE}"
date: 2025-03-04
---
# {TITLE}

Repairs to the **Oroke Dam** will cost at least [$40 million](https://example.org/a_(b)) and take _two years_.

![The dam](dam.png)

> “We were *lucky*,” said `Dr. Petrov`.

- 2 ** 3 * 4 and snake_case_name stay
1. so does [1] and 5 < 6 \\* 7

```
**code** stays
```
[ref]: https://example.org
"""


def pdf(pages: list[list[str]] | None = None, *, password: str | None = None, head: str | None = None, **about: str) -> bytes:
    """A PDF with these paragraphs on its pages, in narrow justified lines."""
    document = FPDF(format=(148, 210))
    document.set_compression(False)  # so that fuzzing reaches what is inside
    for name, value in about.items():
        getattr(document, f"set_{name}")(value)
    if password:
        document.set_encryption(owner_password="owner", user_password=password, encryption_method=EncryptionMethod.RC4)
    for number, paragraphs in enumerate([PARAGRAPHS] if pages is None else pages, 1):
        document.add_page()
        document.set_font("Times", size=11)
        if head:
            document.cell(0, 6, f"{head} {number}", new_x="LMARGIN", new_y="NEXT")
        for paragraph in paragraphs:
            document.multi_cell(0, 5.5, paragraph, new_x="LMARGIN", new_y="NEXT")
            document.ln(5)
    return bytes(document.output())


def word() -> bytes:
    """A Word document with a heading, paragraphs, a table, and a change under review."""
    document = docx.Document()
    document.core_properties.author, document.core_properties.language = "Maria Lopez", "en-GB"
    document.add_heading(TITLE, 0)
    document.add_paragraph(COST)
    table = document.add_table(2, 2)
    for row, texts in zip(table.rows, [("Part", "Cost"), ("Spillway", "$31m")], strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    document.add_paragraph(CRACK)
    document.add_paragraph(VOTE)
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def reviewed() -> bytes:
    """A Word document in which "four" was replaced by "five" and the change is not accepted yet."""
    run = "<w:r><w:{tag}>{text}</w:{tag}></w:r>"
    return changed(
        word(),
        "word/document.xml",
        "Repairs to the Oroke Dam",
        "Repairs of </w:t></w:r><w:del>"
        + run.format(tag="delText", text="four")
        + "</w:del><w:ins>"
        + run.format(tag="t", text="five")
        + "</w:ins><w:r><w:t xml:space='preserve'> gates of the Oroke Dam",
    )


def book(*, chapter: str = "", encryption: str = "", package: str = "") -> bytes:
    """An e-book with two chapters, the second in a folder with a space in its name."""
    body = "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><head><title>x</title></head><body>{}</body></html>"
    package = package or (
        "<package xmlns='http://www.idpf.org/2007/opf' version='3.0'><metadata xmlns:dc='http://purl.org/dc/elements/1.1/'>"
        f"<dc:title>{TITLE}</dc:title><dc:creator>Maria Lopez</dc:creator><dc:date>2025-03-04T00:00:00Z</dc:date>"
        "<dc:language>en</dc:language><dc:publisher>Valley Press</dc:publisher></metadata><manifest>"
        "<item id='a' href='one.xhtml'/><item id='b' href='part%20two/two.xhtml'/></manifest>"
        "<spine><itemref idref='a'/><itemref idref='b'/></spine></package>"
    )
    container = "<container xmlns='x'><rootfiles><rootfile full-path='OEBPS/book.opf'/></rootfiles></container>"
    members = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": container,
        "OEBPS/book.opf": package,
        "OEBPS/part two/two.xhtml": body.format(f"<div>{CRACK}<p>{VOTE}</p></div>"),
        "OEBPS/one.xhtml": chapter or body.format(f"<h1>One</h1><p>{COST}</p><script>no()</script>"),
    }
    if encryption:
        members["META-INF/encryption.xml"] = encryption
    return archive(members)


def mail(*, html_only: bool = False) -> bytes:
    """An e-mail with a text and an HTML part, or with the HTML alone."""
    message = EmailMessage()
    message["From"], message["To"] = "Maria Lopez <maria@example.org>", "desk@example.org"
    message["Subject"], message["Date"] = "Dämme: " + TITLE, "Tue, 04 Mar 2025 23:30:00 -0500"
    message["Message-ID"] = "<1@example.org>"
    page = f"<html><body><p>{COST}</p><p>{CRACK}</p></body></html>"
    if html_only:
        message.set_content(page, subtype="html")
    else:
        message.set_content("\n\n".join(PARAGRAPHS))
        message.add_alternative(page, subtype="html")
    return message.as_bytes()


def saved_page() -> bytes:
    """A web page as Chromium saves it in one file."""
    message = EmailMessage()
    message["From"], message["Subject"] = "<Saved by Blink>", TITLE
    message["Snapshot-Content-Location"] = "https://herald.example/dam"
    message.set_content(PAGE, subtype="html", cte="quoted-printable")
    message.make_related()
    message.add_related(b"\x89PNG", "image", "png", cid="<picture>")
    return message.as_bytes()


def archive(members: dict[str, str | bytes]) -> bytes:
    """A zip of these members."""
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return file.getvalue()


def changed(packed: bytes, member: str, old: str, new: str) -> bytes:
    """A zip in which `old` is `new` in one member."""
    with ZipFile(BytesIO(packed)) as source:
        members: dict[str, str | bytes] = {name: source.read(name) for name in source.namelist()}
    text = members[member].decode()
    assert old in text
    return archive(members | {member: text.replace(old, new)})


EVERY = {
    "a.txt": "\n\n".join(PARAGRAPHS).encode(),
    "a.md": MARKDOWN.encode(),
    "a.html": PAGE.encode(),
    "a.pdf": pdf(),
    "a.docx": word(),
    "a.epub": book(),
    "a.eml": mail(),
    "a.mhtml": saved_page(),
}
