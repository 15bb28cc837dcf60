"""Taking in many sources: each gets a result, the bad ones too, and what is cancelled leaves nothing behind."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from index import intake
from index.errors import LibraryUnusable, SourceUnreadable
from index.intake import Cancelled, Result, Source, Step, named, pasted, take_in
from index.library import Library
from index.sources import Article, read_text

BRIDGE = "The bridge will close on 3 May for eleven weeks, the council said. Repairs will cost £4.2m."
FERRY = "The ferry carries 9,000 people a day. It was built in 1987."


class Embedder:
    """Stands in for the model: any vectors do, and it counts its batches as the real one does."""

    name, dim = "fake", 4

    def encode(self, texts, progress=None):  # type: ignore[no-untyped-def]
        for done in range(len(texts)):
            if progress:
                progress(done + 1, len(texts))
        return np.full((len(texts), self.dim), 0.5, np.float32)


@pytest.fixture
def shelf() -> Iterator[Library]:
    with Library.temporary(Embedder()) as library:
        yield library


def outcomes(results: list[Result]) -> list[str]:
    return [result.outcome for result in results]


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Texts by address; an address that is not in it cannot be read."""
    pages: dict[str, str] = {}

    def read(url: str, *, progress=None) -> Article:  # type: ignore[no-untyped-def]
        if url not in pages:
            raise SourceUnreadable(f"{url} says that there is no such page.")
        progress(len(pages[url]))
        return read_text(pages[url], origin=url)

    monkeypatch.setattr(intake, "read_address", read)
    monkeypatch.setattr(intake, "robots_allow", lambda url: "private" not in url)
    return pages


def test_a_folder_a_zip_and_a_file_give_an_article_for_each_document(shelf: Library, tmp_path: Path) -> None:
    folder = tmp_path / "clippings"
    folder.mkdir()
    (folder / "a.txt").write_text(BRIDGE, encoding="utf-8")
    (folder / "b.md").write_text("# Ferry\n\nIt has nine decks.", encoding="utf-8")
    with ZipFile(tmp_path / "old.zip", "w") as archive:
        archive.writestr("c.txt", FERRY)
    (tmp_path / "d.txt").write_text("The mayor resigned on Monday.", encoding="utf-8")

    results = list(take_in(shelf, named([folder, tmp_path / "old.zip", tmp_path / "d.txt"])))

    assert outcomes(results) == ["added"] * 4
    assert [result.source for result in results] == ["a.txt", "b.md", "c.txt", "d.txt"]
    assert [result.article and result.article.id for result in results] == shelf.ids()


def test_a_bad_source_does_not_stop_the_others_and_says_why(shelf: Library, tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text(BRIDGE, encoding="utf-8")
    (tmp_path / "empty.txt").write_text("", encoding="utf-8")
    paths = [tmp_path / "missing.pdf", tmp_path / "empty.txt", tmp_path / "good.txt"]

    results = list(take_in(shelf, named(paths)))

    assert outcomes(results) == ["refused", "refused", "added"]
    assert "does not exist" in (results[0].reason or "")
    assert "empty" in (results[1].reason or "")
    assert results[2].reason is None


def test_the_same_text_again_is_already_there_whatever_it_came_from(shelf: Library, internet: dict[str, str]) -> None:
    internet["https://news.example/bridge"] = BRIDGE
    first, again = take_in(shelf, [pasted(BRIDGE, "Bridge"), *named(["https://news.example/bridge"])])
    assert outcomes([first, again]) == ["added", "present"]
    assert first.article == again.article
    assert len(shelf.ids()) == 1


def test_a_file_that_has_changed_replaces_its_older_version(shelf: Library, tmp_path: Path) -> None:
    path = tmp_path / "story.txt"
    path.write_text(BRIDGE, encoding="utf-8")
    (old,) = take_in(shelf, named([path]))
    path.write_text(BRIDGE.replace("4.2", "5.1"), encoding="utf-8")
    (new,) = take_in(shelf, named([path]))
    assert (old.outcome, new.outcome) == ("added", "replaced")
    assert len(shelf.ids()) == 1
    assert "5.1" in shelf.article(shelf.ids()[0]).text


def test_an_address_that_cannot_be_read_is_refused_with_the_reason(shelf: Library, internet: dict[str, str]) -> None:
    (result,) = take_in(shelf, named([" https://news.example/gone "]))
    assert (result.source, result.outcome) == ("https://news.example/gone", "refused")
    assert "no such page" in (result.reason or "")


def test_robots_are_asked_only_for_several_addresses_of_a_site(shelf: Library, internet: dict[str, str]) -> None:
    private, public = "https://news.example/private", "https://NEWS.example/public"
    internet |= {private: BRIDGE, public: FERRY, "https://other.example/private": "It rained all day in May."}

    (alone,) = take_in(shelf, named([private]))
    assert alone.outcome == "added"

    results = list(take_in(shelf, named([private, public, "https://other.example/private"])))
    assert outcomes(results) == ["refused", "added", "added"]
    assert "paste" in (results[0].reason or "")


def test_progress_names_the_source_and_its_stages_and_never_goes_back(shelf: Library) -> None:
    steps: list[Step] = []
    list(take_in(shelf, [pasted(BRIDGE, "One"), pasted(FERRY, "Two")], steps.append))
    stages = list(dict.fromkeys((step.source, step.stage) for step in steps))
    expected = ["reading", "splitting", "embedding", "saving"]
    assert stages == [(source, stage) for source in ("One", "Two") for stage in expected]
    shares = [step.share for step in steps]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    embedding = [step for step in steps if step.stage == "embedding" and step.source == "One"]
    assert embedding[-1].done == embedding[-1].total > 1


@pytest.mark.parametrize("stage", ["reading", "splitting", "embedding", "saving"])
def test_cancelling_at_any_stage_leaves_nothing_of_the_article_under_way(shelf: Library, stage: str) -> None:
    def cancel(step: Step) -> None:
        if (step.source, step.stage) == ("Two", stage):
            raise Cancelled

    sources = [pasted(BRIDGE, "One"), pasted(FERRY, "Two"), pasted("A third text.", "Three")]
    results = list(take_in(shelf, sources, cancel))

    assert [(result.source, result.outcome) for result in results] == [
        ("One", "added"), ("Two", "cancelled"), ("Three", "cancelled"),
    ]
    assert [entry.title for entry in shelf.catalogue()] == ["One"]
    assert shelf.check() == []


def test_a_fault_of_ours_is_logged_and_the_others_are_taken_in(
    shelf: Library, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: object) -> Article:
        raise RuntimeError("secret detail")

    with caplog.at_level(logging.ERROR):
        results = list(take_in(shelf, [Source("odd.pdf", fail), pasted(BRIDGE)]))
    assert outcomes(results) == ["refused", "added"]
    assert "secret" not in (results[0].reason or "")
    assert "secret detail" in caplog.text


def test_a_library_that_cannot_be_written_ends_it(shelf: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise LibraryUnusable("The disk is full.")

    monkeypatch.setattr(shelf, "add", full)
    with pytest.raises(LibraryUnusable):
        list(take_in(shelf, [pasted(BRIDGE), pasted(FERRY)]))


@pytest.mark.parametrize("address", ["http://[", "https://user@", "http:///nothing", "HTTPS://x y"])
def test_an_address_that_is_none_is_refused_not_raised(shelf: Library, address: str) -> None:
    (result,) = take_in(shelf, named([address]))
    assert result.outcome == "refused"
    assert result.reason
