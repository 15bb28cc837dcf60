"""The page as a server: where it listens, what it offers, what it keeps to itself."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from bot.author import Author
from bot.engine import Engine
from bot.history import History
from bot.ui.app import AddressTaken, build, start
from bot.ui.mcp import ExtraMissing


@pytest.fixture(scope="module")
def address(engine: Engine) -> Iterator[str]:
    with History.open(engine.library.folder, engine.library) as history:
        page = start(engine, history)
        yield page.local_url
        page.close(verbose=False)


def test_the_endpoint_ask_answers_in_the_documented_shape(address: str, engine: Engine) -> None:
    answer = Client(address, verbose=False).predict("How many troops are involved?", api_name="/ask")
    known = engine.ask("How many troops are involved?").to_json()
    assert {**answer, "ms": 0} == {**json.loads(json.dumps(known)), "ms": 0}


def test_the_endpoint_ask_says_why_it_refuses(address: str) -> None:
    with pytest.raises(AppError, match="There is no question yet"):
        Client(address, verbose=False).predict("  ", api_name="/ask")


def test_ask_is_the_only_endpoint_offered(address: str) -> None:
    endpoints = Client(address, verbose=False).view_api(return_format="dict", print_info=False)
    assert list(endpoints["named_endpoints"]) == ["/ask"]
    assert endpoints["unnamed_endpoints"] == {}


def test_the_page_listens_to_this_machine_alone(address: str) -> None:
    assert address.startswith("http://127.0.0.1:")


def test_every_response_forbids_the_browser_to_ask_other_hosts(address: str) -> None:
    with urlopen(address) as response:
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "http:" not in policy
        assert response.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(("name", "status"), [("evil.example", 400), ("127.0.0.1", 200), ("localhost", 200)])
def test_the_page_answers_to_its_own_names_alone(address: str, name: str, status: int) -> None:
    port = urlsplit(address).port
    connection = HTTPConnection("127.0.0.1", port)
    with closing(connection):
        connection.request("GET", "/", headers={"Host": f"{name}:{port}"})
        assert connection.getresponse().status == status


@pytest.mark.parametrize(
    "path", ["monitoring", "gradio_api/runs", "gradio_api/file=requirements.txt", "gradio_api/file=/etc/hostname"]
)
def test_what_is_switched_off_is_not_served(address: str, path: str) -> None:
    with pytest.raises(HTTPError) as error:
        urlopen(address + path)
    assert error.value.code in (403, 404)


def test_a_port_in_use_is_told_in_a_sentence(engine: Engine, history: History) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(AddressTaken, match=f"Port {port} is in use"):
            start(engine, history, port=port)


def test_without_a_port_two_pages_find_one_each(address: str, engine: Engine, history: History) -> None:
    second = start(engine, history)
    try:
        assert second.local_url != address
    finally:
        second.close(verbose=False)


def test_as_a_tool_the_bot_has_one_name_for_programs(engine: Engine, history: History) -> None:
    page = build(engine, history, Author(history.folder, engine.library.embedder), tool=True)
    offered = [fn.api_name for fn in page.fns.values() if fn.api_visibility == "public"]
    assert offered == ["ask_articles"]


def test_a_tool_that_cannot_be_offered_is_told_before_anything_is_served(
    engine: Engine, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    with pytest.raises(ExtraMissing):
        start(engine, history, tool=True)
