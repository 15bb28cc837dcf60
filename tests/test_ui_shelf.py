"""What the shelf's scripts are given, and what happens to an upload, without a browser."""

from __future__ import annotations

import json
from pathlib import Path
from zipfile import ZipFile

import pytest

from bot.ui.choice import Choice
from bot.ui.shelf import meant, report, row, uploaded
from index.errors import SourceUnreadable
from index.intake import Result, Step
from index.library import Entry

HOSTILE = "<img src=x onerror=alert(1)>\u202e${alert(1)}"


def entry(**known: object) -> Entry:
    fields = {"id": "7", "title": "Bridge", "origin": "bridge.pdf", "date": "2024-05-14", "added": 0.0, "sentences": 1200,
              "author": None, "site": None, "language": "en"}
    return Entry(**{**fields, **known})


def test_a_row_says_source_date_length_and_a_language_that_is_not_english() -> None:
    assert row(entry(), Choice())["about"] == ["bridge.pdf", "14 May 2024", "1,200 sentences"]
    assert row(entry(site="Le Monde", language="fr", sentences=1), Choice())["about"] == [
        "Le Monde", "14 May 2024", "1 sentence", "French",
    ]
    assert row(entry(date=None, language="xx"), Choice())["about"] == ["bridge.pdf", "undated", "1,200 sentences", "xx"]


def test_a_date_that_the_source_says_already_is_not_said_twice() -> None:
    assert row(entry(origin="The Independent, 14 May 2024"), Choice())["about"][:2] == [
        "The Independent, 14 May 2024", "1,200 sentences",
    ]


def test_a_row_knows_whether_it_is_ticked() -> None:
    assert row(entry(), Choice("1", frozenset("7"), "ticked"))["ticked"]
    assert not row(entry(), Choice("7"))["ticked"]


def test_what_strangers_wrote_travels_as_text_without_what_turns_it_around() -> None:
    shown = json.dumps(row(entry(title=HOSTILE, site=HOSTILE, language=HOSTILE), Choice()), ensure_ascii=False)
    assert "\u202e" not in shown
    assert "<img" in shown  # the scripts set it as text


def test_progress_is_told_in_words() -> None:
    told = report(Step("a.pdf", "embedding", 32, 120, 0.4), [], running=True)
    assert (told["source"], told["stage"], told["share"]) == ("a.pdf", "Embedding 32 of 120", 0.4)


def test_the_summary_counts_every_outcome_and_offers_to_paste_what_an_address_refused() -> None:
    results = [
        Result("a.txt", "added", entry(title="A")),
        Result("b.txt", "present", entry(title="B")),
        Result("https://news.example/x", "refused", reason="It shows a cookie banner."),
        Result("c.pdf", "refused", reason="It is a scan."),
    ]
    told = report(None, results)
    assert told["summary"] == "1 added · 1 already there · 2 not added"
    assert [line["name"] for line in told["results"]] == ["A", "B", "https://news.example/x", "c.pdf"]
    assert [line["paste"] for line in told["results"]] == [False, False, True, False]
    assert told["results"][2]["reason"] == "It shows a cookie banner."


def test_an_upload_is_known_by_its_own_name_and_has_no_place(tmp_path: Path) -> None:
    path = tmp_path / "rsum1.txt"  # as the server keeps it
    path.write_text("The bridge will close on 3 May.", encoding="utf-8")
    (source,) = uploaded(path, "résumé (1).txt")
    article = source.read(lambda _: None)
    assert source.name == article.origin == "résumé (1).txt"
    assert article.place is None


def test_an_upload_that_cannot_be_read_is_named_as_the_user_knows_it(tmp_path: Path) -> None:
    path = tmp_path / "stored.txt"
    path.write_bytes(b"")
    (source,) = uploaded(path, "notes 📝.txt")
    with pytest.raises(SourceUnreadable) as error:
        source.read(lambda _: None)
    assert "notes 📝.txt" in str(error.value)
    assert "stored" not in str(error.value)


def test_a_hidden_file_is_left_out_unless_it_was_chosen_by_itself(tmp_path: Path) -> None:
    note, hidden = (tmp_path / "1", "note.txt"), (tmp_path / "2", ".DS_Store")
    assert meant([note, hidden]) == [note]
    assert meant([hidden]) == [hidden]


def test_an_uploaded_zip_gives_its_members(tmp_path: Path) -> None:
    path = tmp_path / "clippings.zip"
    with ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "The bridge will close on 3 May.")
        archive.writestr("b/c.txt", "The ferry carries 9,000 people a day.")
    sources = uploaded(path, "clippings.zip")
    assert [source.name for source in sources] == ["a.txt", "b/c.txt"]
    assert all(source.read(lambda _: None).place is None for source in sources)
