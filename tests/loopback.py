"""A web for tests: names and public addresses that lead to one server on loopback, which answers whatever bytes it is told."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import httpcore

from index.addresses import Limits, Network

PUBLIC = "93.184.216.34"  # where the names of this web are; any public address would do
Page = bytes | Callable[[socket.socket], None]
PATIENT = Limits(connect=30, silence=30, total=120)  # nothing but what is tested for ends a reading, however busy the machine


def page(
    body: bytes | str = b"", kind: str | None = "text/plain; charset=utf-8", status: str = "200 OK", **headers: str
) -> bytes:
    """A whole HTTP response; `content_encoding="gzip"` and the like become headers."""
    body = body.encode() if isinstance(body, str) else body
    lines = {"Content-Type": kind, "Content-Length": str(len(body))}
    lines |= {name.replace("_", "-").title(): value for name, value in headers.items()}
    head = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in lines.items() if value is not None), "", ""]
    return "\r\n".join(head).encode() + body


def redirect(location: str, status: str = "302 Found") -> bytes:
    """A response that leads on."""
    return page(b"moved", status=status, location=location)


class Web:
    """`pages` maps what is asked for, "news.example/path", to the bytes of the response or to what is done with the socket.

    `names` maps names to the addresses they have, or to a function that gives them. `asked` are the heads of the requests that
    came, `dialled` the addresses that were connected to.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.names: dict[str, list[str] | Callable[[], list[str]]] = {"news.example": [PUBLIC], "other.example": [PUBLIC]}
        self.pages: dict[str, Page] = {}
        self.asked: list[str] = []
        self.dialled: list[tuple[str, int]] = []
        self.greeting = b""  # a server that speaks first, and says no more than this
        self.tls = tls
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def network(self, limits: Limits = PATIENT, tls: ssl.SSLContext | None = None) -> Network:
        """What `read_address` reaches this web through: the checks are those of the real one, only the cable is another."""
        return Network(look_up=self.look_up, dial=self.dial, limits=limits, tls=tls)

    def look_up(self, host: str, port: int) -> list[str]:
        """As getaddrinfo does, old spellings of IPv4 addresses included, but without asking anybody."""
        if host in self.names:
            found = self.names[host]
            return found() if callable(found) else found
        if ":" in host:
            return [host]
        return [socket.inet_ntoa(socket.inet_aton(host))]  # raises OSError, as for a name that does not exist

    def dial(self, address: str, port: int, timeout: float) -> httpcore.NetworkStream:
        self.dialled.append((address, port))
        if address != PUBLIC:
            raise httpcore.ConnectError(f"nobody listens at {address}")
        return httpcore.SyncBackend().connect_tcp("127.0.0.1", self.port, timeout)

    def _serve(self) -> None:
        with suppress(OSError):  # closed
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.settimeout(10)
            if self.greeting:
                connection.sendall(self.greeting)
                connection.recv(65536)
                return
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with connection:
                head = b""
                while b"\r\n\r\n" not in head:
                    more = connection.recv(65536)
                    if not more:
                        return
                    head += more
                self.asked.append(head.decode())
                lines = head.decode().split("\r\n")
                host = next(line[6:] for line in lines if line.lower().startswith("host: "))
                answer = self.pages.get(host + lines[0].split(" ")[1], page("nothing here", status="404 Not Found"))
                if callable(answer):
                    answer(connection)
                else:
                    connection.sendall(answer)


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Web]:
    """A web that is gone at the end."""
    web = Web(tls)
    try:
        yield web
    finally:
        web.listener.close()
