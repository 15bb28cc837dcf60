"""Which language model is configured, and how it is reached.

One setting names it: `none`, `ollama:NAME`, `openai:NAME`, `URL#NAME` (any server that speaks OpenAI's protocol) or
`gguf:PATH`. Keys come from the environment and go nowhere but to the server they are for. Whatever goes wrong on the way
becomes a ModelUnusable: a sentence that says what to do.
"""

from __future__ import annotations

import os
import queue
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import nullcontext, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from bot.plain import plain
from index.errors import UserError

if TYPE_CHECKING:  # imported where they are used: nobody without a language model is to wait for them
    import httpx
    from llama_index.core.base.llms.types import ChatMessage
    from llama_index.core.llms import LLM

Kind = Literal["none", "ollama", "openai", "url", "gguf"]

CONTEXT = 4096  # tokens of prompt and answer together: what Ollama and small models have unless told otherwise
LONGEST_ANSWER = 1000  # tokens
LONGEST_THOUGHT = 4000  # tokens of an answer of OpenAI's, where thinking counts
MOST_READ = 60_000  # characters of one answer, its thinking included; a server that sends more is cut off
BEAT = 0.25  # seconds between signs of life while a model is silent
OPENAI = "https://api.openai.com/v1"
OLLAMA = "http://127.0.0.1:11434"
FORMS = "none, ollama:NAME, openai:NAME, URL#NAME (such as http://localhost:1234/v1#qwen3) or gguf:FILE"
# Each key is for one kind of server: OpenAI's is never sent to an address that somebody typed.
KEYS: dict[Kind, str] = {"openai": "OPENAI_API_KEY", "url": "FOOTNOTE_LLM_KEY", "ollama": "OLLAMA_API_KEY"}
LOOPBACK = re.compile(r"localhost|127(?:\.\d{1,3}){3}|::1", re.IGNORECASE)

_local = threading.Lock()  # a model in this process answers one at a time


class ModelUnusable(UserError):
    """The language model cannot be used as it is set up, or failed: what is wrong, and what to do."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that a model may take: to its first word (it may have to be loaded), between two, and in all."""

    connect: float = 10.0
    first: float = 120.0
    between: float = 30.0
    total: float = 300.0


@dataclass(frozen=True, slots=True)
class Setting:
    """A language model: its kind, its name, and where it is: the base address of a server, or the path of a file."""

    kind: Kind
    name: str = ""
    place: str = ""

    def __str__(self) -> str:
        """The setting as it is written, and as it may be stored: it never holds a key."""
        match self.kind:
            case "none":
                return "none"
            case "url":
                return f"{self.place}#{self.name}"
            case "gguf":
                return f"gguf:{self.place}"
            case kind:
                return f"{kind}:{self.name}"

    @property
    def key(self) -> str | None:
        """The key for its server, from the environment."""
        return os.environ.get(KEYS.get(self.kind, ""), "").strip() or None


def parse(text: str, *, named: bool = True) -> Setting:
    """Read a setting. Without `named` the model's name may be missing. Raises ModelUnusable for anything else."""
    text = text.strip()
    scheme, _, rest = text.partition(":")
    kind, rest = scheme.lower(), rest.strip()
    if kind in ("", "none") and not rest:
        return Setting("none")
    if kind == "gguf" and rest:
        return Setting("gguf", Path(rest).name, rest)
    if kind in ("http", "https"):
        setting = _address(text)
    elif kind == "ollama" and not rest.startswith("//"):
        setting = Setting("ollama", rest, _ollama())
    elif kind == "openai" and not rest.startswith("//"):
        setting = Setting("openai", rest, OPENAI)
    else:
        raise ModelUnusable(f"{plain(text)!r} names no language model. Write {FORMS}.")
    if named and not setting.name:
        raise ModelUnusable(f"{plain(text)!r} does not say which model. Write {FORMS}.")
    return setting


def _address(text: str) -> Setting:
    address, _, name = text.partition("#")
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or any(ch.isspace() for ch in address):
        raise ModelUnusable(f"{plain(text)!r} is not an address. Write it as http://localhost:1234/v1#NAME.")
    if parts.username is not None or parts.password is not None or parts.query:
        # Not repeated in the sentence: what stands there is likely to be a secret.
        raise ModelUnusable(f"An address holds no key and no password. Put the key into {KEYS['url']} in the environment.")
    path = parts.path.rstrip("/").removesuffix("/chat/completions") or "/v1"
    return Setting("url", name.strip(), f"{parts.scheme.lower()}://{parts.netloc}{path}")


def _ollama() -> str:
    """Where Ollama is: OLLAMA_HOST, in the forms that Ollama itself takes, or this machine."""
    host = os.environ.get("OLLAMA_HOST", "").strip()
    if not host:
        return OLLAMA
    parts = urlsplit(host if "://" in host else f"http://{host}")
    with suppress(ValueError):
        port = parts.port or {"https": 443}.get(parts.scheme, 11434)
        name = parts.hostname or "127.0.0.1"
        name = "127.0.0.1" if name == "0.0.0.0" else name  # noqa: S104  # where a server listens, not where it is
        return f"{parts.scheme}://{f'[{name}]' if ':' in name else name}:{port}{parts.path.rstrip('/')}"
    raise ModelUnusable(f"OLLAMA_HOST is {plain(host)!r}, which is not an address. Write it as http://localhost:11434.")


def connect(setting: str, limits: Limits | None = None) -> LLM | None:
    """The model as a LlamaIndex LLM, None for `none`; no server is asked yet.

    Raises ModelUnusable if the setting is wrong, a key is missing, or a package or file that it needs is.
    """
    chosen, limits = parse(setting), limits or Limits()
    if chosen.kind == "none":
        return None
    if chosen.kind == "gguf":
        return _from_file(chosen)
    wire = _wire(chosen, limits)
    if chosen.kind == "ollama":
        import ollama
        from llama_index.llms.ollama import Ollama

        return Ollama(
            model=chosen.name,
            base_url=chosen.place,
            temperature=0.0,
            context_window=CONTEXT,
            thinking=False,  # it would use up the answer's length
            additional_kwargs={"num_predict": LONGEST_ANSWER},
            client=ollama.Client(host=chosen.place, **wire),
        )
    import httpx
    from llama_index.llms.openai_like import OpenAILike
    from openai import omit

    # OpenAI's newer models take neither "max_tokens" nor a temperature; other servers know no "max_completion_tokens".
    ours = chosen.kind == "openai"
    client: dict[str, Any] = {"http_client": httpx.Client(**wire)}
    extra = {"max_completion_tokens": LONGEST_THOUGHT, "temperature": omit} if ours else {}
    try:
        return OpenAILike(
            model=chosen.name,
            api_base=chosen.place,
            api_key=chosen.key or "none",  # never left out: the client would take another from the environment
            is_chat_model=True,
            context_window=CONTEXT,
            temperature=0.0,
            max_tokens=None if ours else LONGEST_ANSWER,
            additional_kwargs=extra,
            max_retries=0,
            timeout=limits.first,
            **client,
        )
    except ValueError as error:  # a model that only OpenAI's other protocol serves
        raise ModelUnusable(f"{plain(chosen.name)!r} cannot be asked this way. Choose another model of OpenAI.") from error


def offered(setting: str, limits: Limits | None = None) -> list[str]:
    """The models that the server of a setting has, by name; the setting need not name one. Raises ModelUnusable."""
    chosen, limits = parse(setting, named=False), limits or Limits()
    if chosen.kind in ("none", "gguf"):
        return [chosen.name] if chosen.name else []
    import httpx

    path, many, one = ("/api/tags", "models", "model") if chosen.kind == "ollama" else ("/models", "data", "id")
    wire = _wire(chosen, limits)
    wire["timeout"] = httpx.Timeout(limits.connect)  # a list needs no model to be loaded
    try:
        with httpx.Client(**wire) as client:
            answer = client.get(chosen.place + path, headers={"Authorization": f"Bearer {chosen.key}"})
            answer.raise_for_status()
            return sorted({str(model[one]) for model in answer.json()[many]})
    except Exception as error:
        raise explained(error, place=chosen.place) from error


def probe(setting: str, limits: Limits | None = None) -> float:
    """Ask the model for a word; the seconds until it came, 0 for `none`. Raises ModelUnusable if none comes."""
    from llama_index.core.base.llms.types import ChatMessage

    limits = limits or Limits()
    llm = connect(setting, limits)
    if llm is None:
        return 0.0
    started = time.perf_counter()
    words = stream(llm, [ChatMessage(role="user", content="Answer with one word: ready")], limits)
    try:
        if not any(word.strip() for word in words):
            raise ModelUnusable(f"{_named(llm)} answers, but with nothing. Choose another model.")
    finally:
        words.close()
    return time.perf_counter() - started


def stream(llm: LLM, messages: Sequence[ChatMessage], limits: Limits | None = None) -> Generator[str]:
    """What the model writes, piece by piece; "" at least every BEAT seconds while nothing comes.

    Closing the iterator ends the request to the server at once, even while the server is silent. Raises ModelUnusable.
    """
    limits = limits or Limits()
    call = _Call()
    threading.Thread(target=_pump, args=(llm, messages, call), name="language-model", daemon=True).start()
    started = heard = time.monotonic()
    patience = limits.first
    try:
        while True:
            if time.monotonic() - started > limits.total:
                raise ModelUnusable(f"{_named(llm)} was stopped after {limits.total:g} seconds. Choose a faster model.")
            try:
                piece = call.pieces.get(timeout=BEAT)
            except queue.Empty:
                if time.monotonic() - heard > patience:
                    told = f"{_named(llm)} sent nothing for {patience:g} seconds."
                    raise ModelUnusable(f"{told} Try again, or choose a faster model.") from None
                yield ""
                continue
            if piece is None:
                return
            if isinstance(piece, BaseException):
                raise explained(piece, llm) from piece
            heard, patience = time.monotonic(), limits.between
            yield piece
    finally:
        call.hang_up()


class _Call:
    """One request to a model: what came of it so far, and the connections that it holds open."""

    def __init__(self) -> None:
        # A piece of text, an error, or None at the end.
        self.pieces: queue.SimpleQueue[str | BaseException | None] = queue.SimpleQueue()
        self.over = threading.Event()
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Told by httpcore what it does; remembers the connections that it makes."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            with self._lock:
                self._sockets.append(info["return_value"].get_extra_info("socket"))
            if self.over.is_set():
                self.hang_up()

    def hang_up(self) -> None:
        """End it. A shut socket wakes the thread that waits for it, which a closed one does not."""
        self.over.set()
        with self._lock:
            for connection in self._sockets:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self._sockets.clear()


_call: ContextVar[_Call | None] = ContextVar("call", default=None)


def _pump(llm: LLM, messages: Sequence[ChatMessage], call: _Call) -> None:
    """Read the model's stream in a thread of its own, so that time-outs and stopping do not wait for it."""
    _call.set(call)
    try:
        with _local if llm.class_name() == "LlamaCPP_llm" else nullcontext():
            cut, read = False, 0
            for response in llm.stream_chat(messages):
                if call.over.is_set():
                    return
                cut = cut or _cut_off(response.raw)
                call.pieces.put(piece := response.delta or "")
                read += len(piece)
                if read > MOST_READ:
                    raise ModelUnusable(f"{_named(llm)} did not come to an end and was stopped. Choose another model.")
            if cut:
                raise ModelUnusable(f"{_named(llm)} wrote more than it may and was cut off. Ask for less at once.")
    except Exception as error:  # whatever a server's answer makes the client raise is for the reader of the stream
        call.pieces.put(error)
    else:
        call.pieces.put(None)


def _cut_off(raw: Any) -> bool:
    """Did the model stop because it had written as much as it may?"""
    if isinstance(raw, dict) and "choices" not in raw:
        return raw.get("done_reason") == "length"
    choices = raw.get("choices") if isinstance(raw, dict) else getattr(raw, "choices", None)
    last = choices[0] if choices else None
    return (last.get("finish_reason") if isinstance(last, dict) else getattr(last, "finish_reason", None)) == "length"


def _wire(chosen: Setting, limits: Limits) -> dict[str, Any]:
    """How an httpx client reaches the server: no redirects, no idle connections, and every one known to its call."""
    import httpx

    near = LOOPBACK.fullmatch(urlsplit(chosen.place).hostname or "") is not None
    if chosen.kind == "openai" and not chosen.key:
        raise ModelUnusable(f"There is no key for OpenAI. Put it into {KEYS['openai']} in the environment and start again.")
    if chosen.key and not near and not chosen.place.startswith("https:"):
        raise ModelUnusable(
            f"The key in {KEYS[chosen.kind]} would travel to {chosen.place} in the open. Use an https address, or unset the key."
        )

    def prepare(request: httpx.Request) -> None:
        for name in ("openai-organization", "openai-project") if chosen.kind != "openai" else ():
            request.headers.pop(name, None)  # read from the environment by the client, and meant for OpenAI alone
        if not chosen.key:
            request.headers.pop("authorization", None)
        if call := _call.get():
            request.extensions["trace"] = call.trace

    return {
        "timeout": httpx.Timeout(limits.first, connect=limits.connect),
        "limits": httpx.Limits(max_keepalive_connections=0),
        "follow_redirects": False,
        "trust_env": not near,  # a proxy is for the network, not for this machine
        "event_hooks": {"request": [prepare]},
    }


def _from_file(chosen: Setting) -> LLM:
    """A GGUF file, run in this process by llama.cpp."""
    if not Path(chosen.place).is_file():
        raise ModelUnusable(f"There is no model file {plain(chosen.place)}. Check the path.")
    try:
        from llama_index.llms.llama_cpp import LlamaCPP
    except ImportError as error:
        raise ModelUnusable(
            "A model file needs llama.cpp, which is not installed. Run: pip install -r requirements-gguf.txt"
        ) from error
    try:
        llm = LlamaCPP(
            model_path=chosen.place,
            temperature=0.0,
            max_new_tokens=LONGEST_ANSWER,
            context_window=CONTEXT,
            verbose=False,
        )
    except (ValueError, OSError) as error:
        raise ModelUnusable(f"{plain(chosen.place)} is not a model that llama.cpp can read. Choose another file.") from error
    if template := llm._model.metadata.get("tokenizer.chat_template"):
        llm.messages_to_prompt = _templated(template, llm._model)
    return llm


def _templated(template: str, model: Any) -> Callable[[Sequence[ChatMessage]], str]:
    """Messages in the form that the model of a file was trained on, which LlamaIndex does not look up there."""
    from llama_cpp.llama_chat_format import Jinja2ChatFormatter

    begin, end = (model._model.token_get_text(token) if token >= 0 else "" for token in (model.token_bos(), model.token_eos()))
    form = Jinja2ChatFormatter(template, eos_token=end, bos_token=begin)

    def prompt(messages: Sequence[ChatMessage]) -> str:
        told = [{"role": str(message.role.value), "content": message.content or ""} for message in messages]
        return form(messages=told).prompt.removeprefix(begin)  # llama.cpp puts it there itself

    return prompt


def explained(error: BaseException, llm: LLM | None = None, place: str = "") -> ModelUnusable:
    """What went wrong with a model, or with the server at `place`, in a sentence for the user; never with a key in it."""
    if isinstance(error, ModelUnusable):
        return error
    place = place or str(getattr(llm, "api_base", None) or getattr(llm, "base_url", None) or "")
    key = getattr(llm, "api_key", None)
    chain = [error]
    while cause := chain[-1].__cause__ or chain[-1].__context__:
        chain.append(cause)
    server = f"The server at {place}" if place else "The server of the language model"
    status = next((code for e in chain if (code := _status(e))), None)
    if status is not None:
        return ModelUnusable(_refusal(status, server, _said(chain, key)))
    import httpx

    def among(*kinds: type[BaseException]) -> bool:
        return any(isinstance(e, kinds) for e in chain)

    if among(socket.gaierror):
        sentence = f"{server} was not found. Check the address and the network."
    elif among(ssl.SSLError):
        sentence = f"{server} could not be trusted: its certificate is wrong, or it speaks no https. Check the address."
    elif among(ConnectionRefusedError, httpx.ConnectError):
        sentence = f"{server} cannot be reached. Start it, or check the address."
    elif among(httpx.TimeoutException, TimeoutError):
        sentence = f"{server} did not answer in time. Try again, or choose a faster model."
    elif among(httpx.TransportError, OSError):
        sentence = f"{server} broke off the connection. Try again."
    elif said := _said(chain, key):
        sentence = f"{server} reports: {said}"
    else:
        sentence = f"{server} sent something that is not an answer. Check that the address is that of a language model."
    return ModelUnusable(sentence)


def _status(error: BaseException) -> int | None:
    """The HTTP status of an error of httpx, openai or ollama."""
    status = getattr(error, "status_code", None) or getattr(getattr(error, "response", None), "status_code", None)
    return status if isinstance(status, int) and status >= 300 else None


def _refusal(status: int, server: str, said: str) -> str:
    if status in (401, 403):
        return f"{server} does not accept the key. Check it in the environment ({', '.join(KEYS.values())}) and start again."
    if status == 404:
        return f"{server} does not have this model. Choose one that it lists; with Ollama, pull it first."
    if status == 429:
        return f"{server} takes no more requests for now, or the account's limit is reached. Try again later."
    if 300 <= status < 400:
        return f"{server} points to another address. Check the address."
    what = "cannot take the request" if status < 500 else "has a fault"
    return f"{server} {what} (HTTP {status}{f': {said}' if said else ''}). Try again, or choose another model."


def _said(chain: Sequence[BaseException], key: str | None) -> str:
    """The server's own words, on one line and short, without the key."""
    for error in chain:
        body = getattr(error, "body", None)
        words = body.get("message") if isinstance(body, dict) else getattr(error, "error", None)
        if isinstance(words, str) and words.strip():
            words = words.replace(key, "…") if key else words
            words = re.sub(r"\bsk-\S+", "…", " ".join(plain(words).split()))
            return words if len(words) <= 200 else words[:199] + "…"
    return ""


def _named(llm: LLM) -> str:
    return f"The language model {plain(llm.metadata.model_name)}"

