"""A server of language models on loopback that does as it is told: speaks OpenAI's protocol and Ollama's, or breaks them."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

Conduct = Callable[["Exchange"], None]


class Exchange:
    """One request, and the connection to answer it on."""

    def __init__(self, connection: socket.socket, head: str, body: bytes) -> None:
        self.connection, self.head = connection, head
        self.body = json.loads(body) if body else {}
        self.ollama = " /api/" in head.split("\r\n")[0]

    @property
    def prompt(self) -> str:
        return "\n".join(message["content"] for message in self.body["messages"])

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def begin(self) -> None:
        kind = "application/x-ndjson" if self.ollama else "text/event-stream"
        self.send(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())

    def chunk(self, data: str) -> None:
        raw = data.encode()
        self.send(f"{len(raw):x}\r\n".encode() + raw + b"\r\n")

    def piece(self, text: str | None, finish: str | None = None) -> None:
        """A piece of the answer as this protocol sends it."""
        if self.ollama:
            part = {"model": "m", "message": {"role": "assistant", "content": text or ""}, "done": finish is not None}
            self.chunk(json.dumps(part | ({"done_reason": finish} if finish else {})) + "\n")
        else:
            delta = {"content": text} if text is not None else {}
            choice = {"index": 0, "delta": delta, "finish_reason": finish}
            part = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
            self.chunk(f"data: {json.dumps(part)}\n\n")

    def end(self, finish: str = "stop") -> None:
        self.piece(None, finish)
        if not self.ollama:
            self.chunk("data: [DONE]\n\n")
        self.send(b"0\r\n\r\n")

    def wait_for_hang_up(self, seconds: float = 30) -> bool:
        """Whether the client went away within that time."""
        self.connection.settimeout(seconds)
        try:
            return self.connection.recv(1) == b""
        except TimeoutError:
            return False
        except OSError:
            return True


def says(*pieces: str, finish: str = "stop") -> Conduct:
    """Writes these pieces, and comes to its end."""

    def conduct(exchange: Exchange) -> None:
        exchange.begin()
        for piece in pieces:
            exchange.piece(piece)
        exchange.end(finish)

    return conduct


def replies(answer: Callable[[str], str]) -> Conduct:
    """Writes what a function makes of the prompt, in pieces of a few characters."""

    def conduct(exchange: Exchange) -> None:
        text = answer(exchange.prompt)
        says(*(text[at : at + 5] for at in range(0, len(text), 5)))(exchange)

    return conduct


def status(code: int, message: str = "") -> Conduct:
    """Refuses with an HTTP status and an error as these servers word it."""

    def conduct(exchange: Exchange) -> None:
        error = message if exchange.ollama else {"message": message, "type": "error"}
        body = json.dumps({"error": error}).encode() if message else b""
        head = f"HTTP/1.1 {code} No\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        head += "Location: http://127.0.0.1:9/\r\n" if code in (301, 302, 307) else ""
        exchange.send(f"{head}\r\n".encode() + body)

    return conduct


def body(data: bytes, kind: str = "application/json") -> Conduct:
    """Answers these bytes."""

    def conduct(exchange: Exchange) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\n\r\n"
        exchange.send(head.encode() + data)

    return conduct


def listing(*names: str) -> Conduct:
    """The models that there are."""

    def conduct(exchange: Exchange) -> None:
        mine = {"models": [{"model": n, "name": n} for n in names]}
        body(json.dumps(mine if exchange.ollama else {"data": [{"id": n} for n in names]}).encode())(exchange)

    return conduct


def then_reset(*pieces: str) -> Conduct:
    """Writes these pieces and breaks the connection."""

    def conduct(exchange: Exchange) -> None:
        exchange.begin()
        for piece in pieces:
            exchange.piece(piece)
        time.sleep(0.1)  # a reset overtakes what was just sent
        exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")

    return conduct


class Silence:
    """Writes these pieces and then nothing; `hung_up` is set when the client goes away."""

    def __init__(self, *pieces: str, begin: bool = True) -> None:
        self.pieces, self.begins = pieces, begin
        self.hung_up = threading.Event()

    def __call__(self, exchange: Exchange) -> None:
        if self.begins:
            exchange.begin()
        for piece in self.pieces:
            exchange.piece(piece)
        if exchange.wait_for_hang_up():
            self.hung_up.set()


class Server:
    """Answers each request by the next conduct of `script`, and by the last one from then on. `asked` are the requests."""

    def __init__(self, script: Sequence[Conduct], tls: ssl.SSLContext | None = None) -> None:
        self.script = list(script)
        self.asked: list[Exchange] = []
        self.tls = tls
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http{'s' if tls else ''}://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def openai(self) -> str:
        """The setting for a model of this server."""
        return f"{self.address}/v1#small"

    def _serve(self) -> None:
        with suppress(OSError):  # closed
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.settimeout(30)
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with connection:
                data = b""
                while b"\r\n\r\n" not in data:
                    more = connection.recv(65536)
                    if not more:
                        return
                    data += more
                head, _, content = data.partition(b"\r\n\r\n")
                length = next(
                    (int(line[15:]) for line in head.decode().split("\r\n") if line.lower().startswith("content-length:")), 0
                )
                while len(content) < length:
                    content += connection.recv(65536)
                exchange = Exchange(connection, head.decode(), content)
                self.asked.append(exchange)
                conduct = self.script.pop(0) if len(self.script) > 1 else self.script[0]
                conduct(exchange)


@contextmanager
def serving(*script: Conduct, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server that is gone at the end."""
    server = Server(script, tls)
    try:
        yield server
    finally:
        server.listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts, which would hold it open
        server.listener.close()
