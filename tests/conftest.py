"""What all tests share: nothing reaches the network, and nobody's real library is touched."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Iterator
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import pytest

from bot.engine import Engine
from bot.history import History
from index.embedder import Embedder
from index.library import Library
from index.sources import sample

ROOT = Path(__file__).parent.parent

if sys.platform != "win32":
    # There is one fork server for all tests. What it has imported once, a process to be killed starts with in milliseconds.
    multiprocessing.set_forkserver_preload(["tests.test_history_crash", "tests.test_library_crash"])


@pytest.fixture(autouse=True)
def _own_data_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTNOTE_DATA", str(tmp_path_factory.mktemp("data")))


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    return Embedder.load()


@pytest.fixture(scope="session")
def library(embedder: Embedder) -> Iterator[Library]:
    """A library with the sample article; tests do not change it."""
    with Library.temporary(embedder) as library:
        library.add(sample())
        yield library


@pytest.fixture(scope="session")
def engine(library: Library) -> Engine:
    return Engine(library)


@pytest.fixture
def history(library: Library, tmp_path: Path) -> Iterator[History]:
    """A history of no conversations, whose answers quote `library`."""
    with History.open(tmp_path, library) as history:
        yield history
