from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.decoding import decode
from index.errors import SourceUnreadable
from index.sources import (
    LARGEST_FILE,
    Article,
    members,
    read_bytes,
    read_file,
    read_text,
    sample,
    sample_questions,
    shorten,
)
from tests.documents import COST, EVERY, TITLE, archive

RUSSIAN = (
    "Совет проголосовал во вторник за новый бюджет. Мэр города сказал, что деньги пойдут на школы и больницы. " * 5
)


def test_the_sample_article_is_kept_as_published():
    article = sample()
    assert article.text.encode() == (Path(__file__).parent.parent / "articles" / "kharkiv.txt").read_bytes()
    assert "assult" in article.text  # a typo of the original
    assert article.title == "Russia intensifies attacks around Kharkiv as Blinken visits Kyiv"
    assert "Independent" in article.origin
    assert article.date == "2024-05-14"


def test_three_to_five_example_questions_come_with_the_sample():
    questions = sample_questions()
    assert 3 <= len(questions) <= 5
    assert all(question.endswith("?") for question in questions)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1251", "koi8-r"])
def test_the_encoding_of_a_file_is_detected(tmp_path: Path, encoding: str):
    path = tmp_path / "новости 📰.txt"
    path.write_bytes(RUSSIAN.encode(encoding))
    assert read_file(path).text == RUSSIAN


def test_western_quotation_marks_of_windows_are_read(tmp_path: Path):
    text = "The mayor said: “We’ll rebuild the café – and soon.” Nobody at the meeting on Tuesday disagreed with her."
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode("windows-1252"))
    assert read_file(path).text == text


def test_line_ends_become_newlines_and_nothing_else_changes():
    assert read_text("A  b\r\n\r\n c\rd\n").text == "A  b\n\n c\nd\n"


def test_the_first_line_is_the_title():
    assert read_text("\n\n  # A   headline \n\nText.").title == "A headline"
    assert len(read_text("word " * 400).title) <= 160


def test_the_same_text_has_the_same_digest_wherever_it_comes_from():
    assert Article("x", "A", "a.txt").digest == Article("x", "B", "https://example.org").digest
    assert Article("x", "A", "a.txt").digest != Article("y", "A", "a.txt").digest


def _missing(path: Path) -> None: ...
def _folder(path: Path) -> None:
    path.mkdir()


def _empty(path: Path) -> None:
    path.touch()


def _blank(path: Path) -> None:
    path.write_text(" \n\t\n … \n")


def _binary(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 64)


def _zeros(path: Path) -> None:
    path.write_bytes(b"\0" * 4096)


def _png(path: Path) -> None:
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + bytes(200))


def _huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_missing, "does not exist"),
        (_folder, "is a folder"),
        (_empty, "is empty"),
        (_blank, "is empty"),
        (_binary, "not a text file"),
        (_zeros, "not a text file"),
        (_png, "is a picture"),
        (_huge, f"up to {LARGEST_FILE // 2**20} MB"),
    ],
)
def test_a_bad_file_gets_a_sentence_that_names_it_and_the_reason(tmp_path: Path, make, said: str):
    path = tmp_path / "article.txt"
    make(path)
    with pytest.raises(SourceUnreadable, match=said) as error:
        read_file(path)
    assert "article.txt" in str(error.value)


def test_a_path_that_cannot_exist_is_a_user_error():
    with pytest.raises(SourceUnreadable):
        read_file(Path("a\0b"))


def test_a_file_is_told_apart_by_its_absolute_path_and_shown_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "a.html").write_bytes(EVERY["a.html"])
    monkeypatch.chdir(tmp_path)
    article = read_file(Path("a.html"))
    assert (article.origin, article.place) == ("a.html", str(tmp_path / "a.html"))
    assert (article.title, article.author, article.date) == (TITLE, "Maria Lopez", "2025-03-04")
    assert (article.site, article.language) == ("The Valley Herald", "en")


def test_bytes_carry_the_origin_and_place_they_are_given():
    article = read_bytes(EVERY["a.pdf"], "x", origin="https://example.org/x", place="https://example.org/y")
    assert (article.origin, article.place, article.pages) == ("https://example.org/x", "https://example.org/y", (0,))


def test_pasted_text_has_a_language_and_no_place():
    article = read_text(COST)
    assert (article.language, article.place, article.origin) == ("en", None, "pasted text")


def test_half_a_surrogate_pair_is_no_trap():
    assert read_text("The mayor \ud83d said no.").digest


def test_a_file_gives_itself(tmp_path: Path):
    for name, data in EVERY.items():
        (tmp_path / name).write_bytes(data)
        [(shown, read)] = members(tmp_path / name)
        assert shown == name
        assert read() == read_file(tmp_path / name)


def test_a_folder_gives_its_documents_and_those_in_its_zips_in_order(tmp_path: Path):
    for name in ("b.txt", "a/two.md", "a/one.txt", ".git/config", "a/page_files/x.js", "a/photo.jpg", "README"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{name} is here.")
    (tmp_path / "c.zip").write_bytes(archive({"y.txt": "y is here.", "x/z.txt": "z is here.", "photo.png": b"x"}))
    (tmp_path / "d.zip").write_bytes(b"PK\x03\x04 broken")
    (tmp_path / "e.docx").write_bytes(EVERY["a.docx"])
    found = dict(members(tmp_path))
    assert list(found) == ["README", "a/one.txt", "a/two.md", "b.txt", "c.zip: x/z.txt", "c.zip: y.txt", "d.zip", "e.docx"]
    assert found["a/two.md"]().text == "a/two.md is here.\n"
    assert found["c.zip: y.txt"]().place == str(tmp_path / "c.zip" / "y.txt")
    assert found["e.docx"]().title == TITLE
    with pytest.raises(SourceUnreadable, match="damaged archive"):
        found["d.zip"]()


def test_a_folder_without_documents_is_told(tmp_path: Path):
    with pytest.raises(SourceUnreadable, match="no documents"):
        list(members(tmp_path))


def test_a_missing_path_is_told_when_it_is_read(tmp_path: Path):
    [(name, read)] = members(tmp_path / "gone.pdf")
    assert name == "gone.pdf"
    with pytest.raises(SourceUnreadable, match="does not exist"):
        read()


@settings(deadline=None)
@given(st.binary(max_size=2000))
def test_any_bytes_are_text_or_a_sentence(data: bytes):
    try:
        decode(data, "x.bin").encode()
    except SourceUnreadable as error:
        assert str(error).endswith(".")


@given(st.text(), st.integers(2, 50))
def test_shortened_text_fits(text: str, longest: int):
    assert len(shorten(text, longest)) <= longest
