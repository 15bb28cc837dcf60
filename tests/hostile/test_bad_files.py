"""Files that are broken, disguised, bombs or traps become an article or a sentence, soon, and nothing else."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from fpdf import FPDF
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from index import sources
from index.archives import MOST_MEMBERS
from index.errors import SourceUnreadable
from index.intake import Cancelled
from index.sources import LARGEST_FILE, Article, members, read_bytes, read_file
from tests import documents
from tests.documents import COST, EVERY, PARAGRAPHS, archive, changed

FUZZ_BYTES = int(os.environ.get("FOOTNOTE_FUZZ_BYTES", "20000"))  # for each kind of input; a long run takes 1000000

ENTITIES = '<!DOCTYPE x [<!ENTITY a "' + "lol " * 100 + '">' + "".join(
    f'<!ENTITY {new} "{f"&{old};" * 100}">' for old, new in ("ab", "bc", "cd", "de")
) + "]>"
EXTERNAL = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'


def scan() -> bytes:
    document = FPDF()
    document.add_page()
    document.rect(10, 10, 50, 50)
    return bytes(document.output())


def locked(packed: bytes, *, first_only: bool = False) -> bytes:
    """A zip whose members say that they are encrypted."""
    data = bytearray(packed)
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + flags] |= 1
            at = -1 if first_only else data.find(mark, at + 4)
    return bytes(data)


BAD: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "a truncated PDF": ("a.pdf", lambda: documents.pdf()[:300], "damaged PDF"),
    "a PDF with a password": ("a.pdf", lambda: documents.pdf(password="secret"), "protected with a password"),
    "a scanned PDF": ("a.pdf", scan, "it was scanned"),
    "a PDF that only says so": ("a.pdf", lambda: b"%PDF-1.7\n" + bytes(4000), "damaged PDF"),
    "a truncated Word document": ("a.docx", lambda: documents.word()[:9000], "damaged archive"),
    "a Word document with a password": (
        "a.docx", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4000), "protected Office file"
    ),
    "a Word document without its text": (
        "a.docx", lambda: archive({"word/document.xml": "<w/>", "[Content_Types].xml": "<Types/>"}), "damaged"
    ),
    "a spreadsheet": (
        "a.docx", lambda: archive({"xl/workbook.xml": "<w/>", "[Content_Types].xml": "<T/>"}), "not a Word document"
    ),
    "an OpenDocument text": (
        "a.odt", lambda: archive({"mimetype": "application/vnd.oasis.opendocument.text"}), "OpenDocument"
    ),
    "a bomb in a Word document": (
        "a.docx", lambda: changed(documents.word(), "word/document.xml", COST, "0" * 40_000_000), "would unpack to 39 MB"
    ),
    "a bomb in an e-book": ("a.epub", lambda: documents.book(chapter="<p>" + " " * 40_000_000), "would unpack to 38 MB"),
    "a copy-protected e-book": (
        "a.epub", lambda: documents.book(encryption="<x><C URI='OEBPS/one.xhtml'/></x>"), "protected against copying"
    ),
    "an e-book without chapters": ("a.epub", lambda: documents.book(package="<package/>"), "without text"),
    "an e-mail without text": ("a.eml", lambda: b"From: a@b.c\nMessage-ID: <1>\nSubject: x\n\n", "without text"),
    "a picture": ("a.txt", lambda: b"\x89PNG\r\n\x1a\n" + bytes(200), "is a picture"),
    "rich text": ("a.txt", lambda: b"{\\rtf1 Text.}", "Rich Text Format"),
    "a gzip": ("a.txt", lambda: b"\x1f\x8b" + bytes(100), "packed with gzip"),
    "nothing": ("a.html", lambda: b"", "is empty"),
    "blanks": ("a.md", lambda: b" \n\t\n", "is empty"),
    "a zip with a zip in it": ("a.docx", lambda: archive({"b.txt": "x"}), "is a zip archive"),
    "too much text": ("a.txt", lambda: b"word " * (3 * 2**20), "million characters"),
    "too large a page": ("a.html", lambda: b"<html><p>" + b"word " * (3 * 2**20), "more than 10 MB"),
    "too large a file": ("a.pdf", lambda: bytes(LARGEST_FILE + 1), "files of up to 50 MB"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_file_gets_a_sentence_that_names_it_and_the_reason(what: str):
    name, make, said = BAD[what]
    with pytest.raises(SourceUnreadable) as error:
        read_bytes(make(), name)
    assert said in str(error.value)
    assert str(error.value).startswith(name)
    assert str(error.value).endswith(".")


def test_a_sparse_file_of_two_gigabytes_is_refused_before_it_is_read(tmp_path: Path):
    path = tmp_path / "a.pdf"
    with path.open("wb") as file:
        file.write(b"%PDF-1.7")
        file.truncate(2 * 2**30)
    with pytest.raises(SourceUnreadable, match="holds 2,048 MB"):
        read_file(path)
    path = path.rename(tmp_path / "a.zip")
    with path.open("r+b") as file:
        file.write(b"PK\x03\x04")
    with pytest.raises(SourceUnreadable, match="holds 2,048 MB"):
        list(members(path))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.docx", changed(documents.word(), "word/document.xml", "<w:document ", ENTITIES + "<w:document ")),
        ("a.docx", changed(documents.word(), "word/document.xml", COST, COST + "&e;")),
        ("a.epub", documents.book(chapter=ENTITIES + f"<html><body><p>{COST}</p><p>&e;</p></body></html>")),
        ("a.epub", documents.book(chapter=EXTERNAL + f"<html><body><p>{COST}</p><p>&e;</p></body></html>")),
        ("a.html", (ENTITIES + f"<html><body><article><p>{COST}</p><p>&e;</p></article></body></html>").encode()),
    ],
)
def test_entities_are_neither_multiplied_nor_fetched(name: str, data: bytes):
    try:
        text = read_bytes(data, name).text
    except SourceUnreadable:
        return
    assert len(text) < 2000
    assert "lol" not in text
    assert "root:" not in text


def test_scripts_handlers_and_frames_of_a_page_are_not_text():
    page = documents.PAGE.replace("<h2>", "<svg onload=evil()><text>evil</text></svg><iframe srcdoc='<p>evil</p>'></iframe><h2>")
    assert "evil" not in read_bytes(page.encode(), "a.html").text


@pytest.mark.parametrize("deep", [300, 5_000, 200_000])
def test_a_page_of_nested_elements_is_read_or_refused(deep: int):
    page = "<html><body>" + "<div>" * deep + f"<p>{COST}</p>" + "</div>" * deep
    try:
        assert COST in read_bytes(page.encode(), "a.html").text
    except SourceUnreadable as error:
        assert "takes longer" not in str(error)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "windows-1251"])
def test_a_text_or_page_in_an_old_encoding_is_read(encoding: str):
    text = "Совет проголосовал во вторник за новый бюджет. Мэр города сказал, что деньги пойдут на школы. " * 4
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    assert read_bytes((mark + text).encode(encoding), "a.txt").text == text
    page = f"{mark}<html><head><title>Бюджет</title></head><body><article><p>{text}</p></article></body></html>"
    assert text.strip() in read_bytes(page.encode(encoding), "a.bin").text


def test_names_that_climb_out_are_only_shown(tmp_path: Path):
    path = tmp_path / "in" / "a.zip"
    path.parent.mkdir()
    names = ["../../evil.txt", "/etc/evil.txt", "C:\\evil.txt", "📰" * 300 + ".txt", "a\u202e\n.txt", "sub/ok.txt"]
    path.write_bytes(archive(dict.fromkeys(names, COST)))
    found = [(name, read()) for name, read in members(path)]
    assert len(found) == len(names)
    assert all(article.text == COST and len(name) <= 80 for name, article in found)
    assert not any(ch in name for name, _ in found for ch in "\n\u202e")
    assert sorted(tmp_path.rglob("*")) == [path.parent, path]


def test_one_bad_member_of_a_zip_is_told_and_the_others_are_read(tmp_path: Path):
    path = tmp_path / "a.zip"
    packed = {"1.txt": COST, "2.pdf": documents.pdf(password="x"), "3.zip": archive({"x.txt": COST}), "4.docx": documents.word()}
    path.write_bytes(locked(archive(packed), first_only=True))
    said = {}
    for name, read in members(path):
        try:
            said[name] = read().title
        except SourceUnreadable as error:
            said[name] = str(error)
    assert said["4.docx"] == documents.TITLE
    assert "protected with a password" in said["1.txt"]
    assert "protected with a password" in said["2.pdf"]
    assert "is a zip archive" in said["3.zip"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (locked(archive({"a.txt": COST, "b.txt": COST})), "protected with a password"),
        (archive({"a.txt": b"\0" * 30_000_000}), "would unpack to 29 MB"),
        (archive({f"{n}.txt": "x" for n in range(MOST_MEMBERS + 1)}), "too many files"),
        (archive({f"{n}{'x' * 20_000}.txt": "x" for n in range(110)}), "too many files"),
        (archive({"a.txt": COST})[:60], "damaged archive"),
        (archive({"a.txt": COST}).replace(b"PK\x01\x02", b"PK\x09\x09"), "damaged archive"),
        (archive({"a.txt": COST})[:-22] + b"PK\x06\x07" + bytes(16) + archive({"a.txt": COST})[-22:], "too many files"),
        (archive({}), "no documents"),
        (archive({"a.png": b"x", "__MACOSX/a.txt": "x", ".hidden/a.txt": "x"}), "no documents"),
    ],
)
def test_a_zip_that_is_a_bomb_or_damaged_is_refused_as_a_whole(tmp_path: Path, data: bytes, said: str):
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    with pytest.raises(SourceUnreadable, match=said):
        list(members(path))


def test_a_zip_of_many_large_members_is_refused_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("index.archives.LARGEST_TOTAL", 2**20)
    path = tmp_path / "a.zip"
    path.write_bytes(archive({f"{n}.txt": os.urandom(2**17).hex() for n in range(5)}))
    with pytest.raises(SourceUnreadable, match="would unpack to 1 MB"):
        list(members(path))


def test_a_member_that_lies_about_its_size_gives_no_more_than_it_promised(tmp_path: Path):
    data = archive({"a.txt": COST * 100})
    path = tmp_path / "a.zip"
    path.write_bytes(data.replace((len(COST) * 100).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    [(_, read)] = members(path)
    with pytest.raises(SourceUnreadable, match="damaged inside its archive"):
        read()


def test_a_file_that_takes_too_long_is_told_and_the_next_one_is_read(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("index.worker.SECONDS", 0.001)
    with pytest.raises(SourceUnreadable, match=r"a\.pdf takes longer than 0\.001 seconds"):
        read_bytes(EVERY["a.pdf"], "a.pdf")
    monkeypatch.undo()
    assert read_bytes(EVERY["a.pdf"], "a.pdf").text == "\n\n".join(PARAGRAPHS)


@pytest.mark.skipif(os.name == "nt", reason="a process cannot be halted there")
def test_a_file_no_longer_wanted_is_let_go_at_once_and_the_next_one_is_read():
    read_bytes(EVERY["a.txt"], "a.txt")
    running = sources._worker._process
    assert running is not None
    running.send_signal(signal.SIGSTOP)  # a parser that hangs

    def unwanted() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        read_bytes(EVERY["a.pdf"], "a.pdf", beat=unwanted)
    assert running.poll() is not None
    assert read_bytes(EVERY["a.txt"], "a.txt").text == EVERY["a.txt"].decode()


def test_after_a_parser_died_the_next_file_is_read():
    read_bytes(EVERY["a.txt"], "a.txt")
    died = sources._worker._process
    assert died is not None
    died.kill()
    died.wait()
    assert read_bytes(EVERY["a.txt"], "a.txt").text == EVERY["a.txt"].decode()
    assert sources._worker._process is not died


def inside(name: str, member: str) -> tuple[str, bytes, Callable[[bytes], bytes]]:
    """A member of a zipped format, and how to put it back: so that bytes reach the parser and not only the checksum."""
    with ZipFile(BytesIO(EVERY[name])) as packed:
        every = {other: packed.read(other) for other in packed.namelist()}
    return name, every[member], lambda data: archive(every | {member: data})


WITHIN = [("a.docx", "word/document.xml"), ("a.docx", "docProps/core.xml"), ("a.docx", "word/_rels/document.xml.rels")]
WITHIN += [("a.epub", "OEBPS/book.opf"), ("a.epub", "OEBPS/one.xhtml"), ("a.epub", "META-INF/container.xml")]
SEEDS: dict[str, tuple[str, bytes, Callable[[bytes], bytes]]] = {name: (name, data, bytes) for name, data in EVERY.items()}
SEEDS |= {f"{name}: {member}": inside(name, member) for name, member in WITHIN}
SEEDS["random"] = ("a", b"", bytes)

EDIT = st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=40))
MUTATION = st.tuples(st.lists(EDIT, max_size=8), st.floats(0.05, 1))


@pytest.mark.parametrize("kind", SEEDS)
def test_any_bytes_become_an_article_or_a_sentence_without_a_crash_or_a_hang(kind: str):
    name, seed, packed = SEEDS[kind]
    read_bytes(b"It runs.", "a.txt")
    process = sources._worker._process

    @settings(
        max_examples=max(8, FUZZ_BYTES // max(len(seed), 1000)),
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(MUTATION, st.binary(max_size=2000) if not seed else st.just(b""))
    def fuzz(mutation: tuple[list[tuple[float, int, bytes]], float], random: bytes) -> None:
        data = bytearray(seed or random)
        edits, kept = mutation
        for where, length, new in edits:
            at = int(where * len(data))
            data[at : at + length] = new
        try:
            article = read_bytes(packed(bytes(data[: max(1, int(kept * len(data)))])), name)
        except SourceUnreadable as error:
            assert str(error).endswith(".")
        else:
            assert isinstance(article, Article)
            assert article.title
            assert all(0 <= page <= len(article.text) for page in article.pages)
            assert list(article.pages) == sorted(article.pages)
        assert sources._worker._process is process, "the reading process crashed or hung"

    fuzz()
