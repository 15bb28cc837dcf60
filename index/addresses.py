"""An http(s) address becomes an Article, and nothing that only this machine or its network can reach does.

How it is safe: `Address.parse` brings every spelling of an address into one form, and nothing else is ever requested.
httpcore follows no redirects, keeps no cookies and knows no proxies; its only way to the network is `_Guard`, which
resolves the name, refuses it unless every address it has is public, and connects to an address it has just checked, so a
name that answers differently the second time gains nothing. A redirect goes the whole way again.
"""

from __future__ import annotations

import re
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from socket import SOCK_STREAM, getaddrinfo
from urllib.parse import quote, unquote, urljoin, urlsplit

import httpcore
import idna
from protego import Protego

from index.errors import AddressRefused, SourceUnreadable
from index.sources import Article, read_bytes

PRODUCT = "Footnote"  # what robots.txt knows us as
USER_AGENT = f"{PRODUCT}/1.0 (reads the article a person has asked for)"
ACCEPT = "text/html, application/xhtml+xml, application/pdf;q=0.9, text/plain;q=0.9, */*;q=0.5"
READABLE = {
    "text/html",
    "application/xhtml+xml",
    "text/plain",
    "text/markdown",
    "application/pdf",
    "application/epub+zip",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
UNSAID = {"", "application/octet-stream", "binary/octet-stream"}  # the server does not know: the bytes decide
PORTS = {"http": 80, "https": 443}
LONGEST_ADDRESS = 8000  # characters; servers take no more
PASTE = "Open it in your browser and paste the text instead."

# What ipaddress's is_global lets pass although no web site is there.
NOT_PUBLIC = [IPv4Network(n) for n in ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32")]  # the last: Azure's inside
# IPv6 outside global unicast is never public; inside it are protocol assignments with Teredo, documentation and 6to4.
GLOBAL_UNICAST = IPv6Network("2000::/3")
NOT_PUBLIC_6 = [IPv6Network(n) for n in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")]
NAT64 = IPv6Network("64:ff9b::/96")  # an IPv4 address as a network without IPv4 sees it


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the public internet's, and not of this machine, its network or a tunnel to them."""
    if isinstance(address, IPv6Address):
        if address in NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
        return address in GLOBAL_UNICAST and address.is_global and not any(address in n for n in NOT_PUBLIC_6)
    return address.is_global and not address.is_multicast and not any(address in n for n in NOT_PUBLIC)


@dataclass(frozen=True)
class Address:
    """An http(s) address in its one form. `host` is lower-case ASCII or an IP address; `target` the path and query."""

    scheme: str
    host: str
    port: int
    target: str

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read an address in any spelling. Raises AddressRefused if it is not one of a public web page."""
        text = text.strip()
        if len(text) > LONGEST_ADDRESS or re.search(r"[\x00-\x1f\x7f]", text):
            raise AddressRefused("This is not the address of a web page. Copy it again from your browser.")
        try:
            parts = urlsplit(text)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise AddressRefused("This address is misspelt. Copy it again from your browser.") from None
        if parts.scheme not in PORTS:
            raise AddressRefused("Only addresses that begin with http:// or https:// can be read.")
        if "@" in parts.netloc:
            raise AddressRefused("This address has a user name in it, which is not sent. Remove it, or paste the text.")
        if port == 0:
            raise AddressRefused("This address names port 0, which does not exist.")
        path = quote(parts.path, safe="/%:@!$&'()*+,;=~", errors="replace") or "/"
        query = "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~?[]", errors="replace") if parts.query else ""
        return cls(parts.scheme, _host(host), port or PORTS[parts.scheme], path + query)

    @property
    def authority(self) -> str:
        """Host and port as they stand in an address and in the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


def _host(host: str) -> str:
    """The one form of a host name or IP address. Raises AddressRefused if it is neither."""
    try:
        if ":" in host:
            address = IPv6Address(host)
            if address.scope_id is None:
                return str(address)
        else:
            # UTS 46 also turns full-width digits and dots into plain ones, so it comes before looking for numbers.
            name = host.lower() if host.isascii() else idna.encode(host, uts46=True).decode()
            name = name.removesuffix(".")
            # As in browsers, a name that ends in a number is an IPv4 address; of its spellings only the usual one is read.
            if re.search(r"(^|\.)(\d+|0x[0-9a-f]*)$", name):
                return str(IPv4Address(name))
            if len(name) <= 253 and re.fullmatch(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*", name):
                return name
    except ValueError:  # of ipaddress and idna
        pass
    raise AddressRefused("The host in this address is misspelt. Copy the address again from your browser.")


@dataclass(frozen=True)
class Limits:
    """When a reading is given up: seconds, bytes (both on the wire and unpacked) and redirects."""

    connect: float = 8
    silence: float = 10
    total: float = 30
    size: int = 20 * 2**20
    redirects: int = 5


def _look_up(host: str, port: int) -> list[str]:
    """The IP addresses of a name. Raises OSError or UnicodeError if there are none."""
    return [str(found[4][0]) for found in getaddrinfo(host, port, type=SOCK_STREAM)]


@dataclass(frozen=True)
class Network:
    """What addresses are read through. Tests make their own, in which names and public addresses lead to a server of theirs.

    `dial` is only ever given an IP address that `is_public`; `tls` None trusts the authorities of this machine and certifi's.
    """

    look_up: Callable[[str, int], list[str]] = _look_up
    dial: Callable[[str, int, float], httpcore.NetworkStream] = httpcore.SyncBackend().connect_tcp
    tls: ssl.SSLContext | None = None
    limits: Limits = Limits()


INTERNET = Network()


class _Guard(httpcore.NetworkBackend):
    """The only way to the network, for one reading with all its redirects: checks where it leads, how long and how much."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.deadline = time.monotonic() + network.limits.total
        self.left = network.limits.size  # bytes

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to a public address of `host`."""
        addresses = [ip_address(found) for found in self._look_up(host, port)]
        if not addresses or not all(is_public(address) for address in addresses):
            raise AddressRefused(
                f"{host} is on this machine or its own network, not on the public internet, and is not read. {PASTE}"
            )
        for address in addresses[:3]:  # a host whose first address is out of order often has another
            try:
                return _Stream(self.network.dial(str(address), port, self.seconds(timeout)), self)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def _look_up(self, host: str, port: int) -> list[str]:
        """The name's addresses, waited for no longer than a connection: getaddrinfo itself knows no limit."""
        answer: Future[list[str]] = Future()

        def work() -> None:
            try:
                answer.set_result(self.network.look_up(host, port))
            except Exception as error:
                answer.set_exception(error)

        threading.Thread(target=work, daemon=True).start()
        try:
            return answer.result(self.seconds(self.network.limits.connect))
        except TimeoutError:
            raise httpcore.ConnectTimeout from None
        except (OSError, UnicodeError):
            raise SourceUnreadable(
                f"{host} cannot be found. Check the address, and that this machine is connected to the internet."
            ) from None

    def seconds(self, timeout: float | None) -> float:
        """How long the next step may take. Raises httpcore.ReadTimeout if there is no time left."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left if timeout is None else min(timeout, left)


class _Stream(httpcore.NetworkStream):
    """A connection that counts what it reads, headers and all, and ends at the guard's deadline."""

    def __init__(self, stream: httpcore.NetworkStream, guard: _Guard) -> None:
        self.stream, self.guard = stream, guard

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self.stream.read(max_bytes, self.guard.seconds(timeout))
        self.guard.left -= len(data)
        if self.guard.left < 0:
            raise _too_large(self.guard.network.limits)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, self.guard.seconds(timeout))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self.stream.start_tls(ssl_context, server_hostname, self.guard.seconds(timeout)), self.guard)

    def get_extra_info(self, info: str) -> object:
        return self.stream.get_extra_info(info)


class _BadStatus(SourceUnreadable):
    """A server answered, but not with a page."""

    def __init__(self, host: str, status: int) -> None:
        self.status = status
        if status in (401, 402, 403, 407, 451):
            what = f"{host} does not let Footnote read this page (status {status}). {PASTE}"
        elif status in (404, 410):
            what = f"{host} has no page at this address (status {status}). Check the address."
        elif status == 429:
            what = f"{host} was asked for too many pages just now (status 429). Try again later, or paste the text."
        elif status >= 500:
            what = f"{host} is out of order at the moment (status {status}). Try again later, or paste the text."
        else:
            what = f"{host} did not answer with a page (status {status}). {PASTE}"
        super().__init__(what)


def is_address(text: str) -> bool:
    """Whether a text is meant as an address, of whatever kind: `read_address` says which kinds can be read."""
    return re.fullmatch(r"[a-z][a-z0-9+.-]+://\S+", text.strip(), re.IGNORECASE) is not None


def read_address(
    url: str, *, progress: Callable[[int], None] | None = None, network: Network = INTERNET
) -> Article:
    """Fetch an address and read what is there; the article's place is where the redirects ended.

    `progress` is told the bytes received so far; what it raises ends the reading. Raises AddressRefused for what is not
    fetched for safety, SourceUnreadable for what cannot be fetched or read.
    """
    address, content_type, data = _get(Address.parse(url), network, progress)
    name = unquote(address.target.partition("?")[0]).rstrip("/").rpartition("/")[2] or address.host
    beat = partial(progress, len(data)) if progress else None
    return read_bytes(data, name, origin=str(address), place=str(address), content_type=content_type, beat=beat)


def _get(
    address: Address, network: Network, progress: Callable[[int], None] | None = None
) -> tuple[Address, str | None, bytes]:
    """Fetch an address: where its redirects ended, the content type if it is said, and the unpacked body."""
    guard = _Guard(network)
    for _ in range(network.limits.redirects + 1):
        try:
            answer = _request(address, guard, progress)
        except httpcore.TimeoutException:
            raise SourceUnreadable(f"{address.host} took too long to answer. Try again later, or paste the text.") from None
        except httpcore.ConnectError as error:
            raise _not_connected(address.host, error) from None
        except (httpcore.NetworkError, httpcore.ProtocolError, zlib.error):
            raise _broken_off(address.host) from None
        if not isinstance(answer, Address):
            return address, *answer
        if address.scheme == "https" and answer.scheme == "http":
            raise AddressRefused(f"{address.host} leads on to an address that is not encrypted, which is not followed. {PASTE}")
        address = answer
    raise SourceUnreadable(f"{address.host} leads on to another address again and again. {PASTE}")


def _request(
    address: Address, guard: _Guard, progress: Callable[[int], None] | None
) -> Address | tuple[str | None, bytes]:
    """Ask once: gives the address a redirect leads to, or content type and body."""
    limits = guard.network.limits
    url = httpcore.URL(scheme=address.scheme, host=address.host, port=address.port, target=address.target)
    headers = [
        ("Host", address.authority),
        ("User-Agent", USER_AGENT),
        ("Accept", ACCEPT),
        ("Accept-Encoding", "gzip"),
        ("Connection", "close"),
    ]
    timeout = {"connect": limits.connect, "read": limits.silence, "write": limits.silence}
    with (
        httpcore.HTTPConnection(url.origin, ssl_context=guard.network.tls, network_backend=guard) as connection,
        connection.stream("GET", url, headers=headers, extensions={"timeout": timeout}) as response,
    ):
        said = {name.decode().lower(): value.decode("utf-8", "replace") for name, value in response.headers}
        if response.status in (301, 302, 303, 307, 308) and said.get("location"):
            try:
                return Address.parse(urljoin(str(address), said["location"]))
            except (AddressRefused, ValueError):
                raise AddressRefused(f"{address.host} leads on to an address that cannot be read. {PASTE}") from None
        if response.status not in (200, 203):
            raise _BadStatus(address.host, response.status)
        content_type = said.get("content-type", "")
        kind = content_type.partition(";")[0].strip().lower()
        if kind not in READABLE | UNSAID:
            shown = kind if re.fullmatch(r"[\w.+/-]{1,60}", kind, re.ASCII) else "of an unknown kind"
            raise SourceUnreadable(
                f"{address.host} has no article at this address: what is there is {shown}. "
                "Web pages, plain text, PDF, Word (.docx) and EPUB can be read."
            )
        coding = said.get("content-encoding", "identity").strip().lower()
        if coding not in ("identity", "gzip", "x-gzip", "deflate"):
            raise SourceUnreadable(f"{address.host} sent this page packed in a way that was not asked for. {PASTE}")
        body = _body(response.iter_stream(), coding != "identity", address.host, limits, progress)
        return (None if kind in UNSAID else content_type), body


def _body(
    chunks: Iterable[bytes], packed: bool, host: str, limits: Limits, progress: Callable[[int], None] | None
) -> bytes:
    """The whole body, unpacked as it comes in and never beyond the limit by more than a byte."""
    unpack = zlib.decompressobj(wbits=32 + zlib.MAX_WBITS) if packed else None  # 32: gzip or zlib, by its first bytes
    body, received = bytearray(), 0
    for chunk in chunks:
        received += len(chunk)
        if progress:
            progress(received)
        body += unpack.decompress(chunk, limits.size + 1 - len(body)) if unpack else chunk
        if len(body) > limits.size:
            raise _too_large(limits)
        if unpack and unpack.eof:  # what follows is ignored, as browsers do
            break
    if unpack and received and not unpack.eof:
        raise _broken_off(host)
    return bytes(body)


def _too_large(limits: Limits) -> SourceUnreadable:
    return SourceUnreadable(f"What is at this address is larger than {limits.size // 2**20} MB. Paste the part you need instead.")


def _broken_off(host: str) -> SourceUnreadable:
    return SourceUnreadable(f"{host} broke off in the middle or sent something garbled. Try again, or paste the text.")


def _not_connected(host: str, error: httpcore.ConnectError) -> SourceUnreadable:
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    if cause is None:
        return SourceUnreadable(f"{host} cannot be reached. Check the address, or try again later.")
    if isinstance(cause, ssl.SSLCertVerificationError):
        return AddressRefused(f"{host} cannot prove that it is {host}: {cause.verify_message.rstrip('.')}. {PASTE}")
    return SourceUnreadable(f"{host} does not speak encrypted http (https) as it should. {PASTE}")


ROBOTS_KEPT, ROBOTS_KEPT_AFTER_FAILURE = 3600, 60  # seconds
ROBOTS_SIZE = 512 * 1024  # bytes; RFC 9309 asks for 500 KiB at least
_robots: dict[tuple[Network, str], tuple[float, Protego]] = {}


def robots_allow(url: str, *, network: Network = INTERNET) -> bool:
    """Whether the site's robots.txt lets us read this address; asked when many addresses are added at once.

    A single address that a person names is read as by their browser, without asking. As RFC 9309 has it, a site without a
    robots.txt allows everything, one that cannot be reached nothing. Raises AddressRefused as `read_address` does.
    """
    address = Address.parse(url)
    key = network, f"{address.scheme}://{address.authority}"
    kept_until, rules = _robots.get(key, (0.0, None))
    if rules is None or kept_until < time.monotonic():
        if len(_robots) >= 100:
            _robots.clear()
        kept_until, rules = _robots[key] = _read_robots(address, network)
    return rules.can_fetch(str(address), PRODUCT)


def _read_robots(address: Address, network: Network) -> tuple[float, Protego]:
    """A site's rules, and until when (time.monotonic) they are kept."""
    small = replace(network, limits=replace(network.limits, size=ROBOTS_SIZE))
    try:
        _, _, data = _get(replace(address, target="/robots.txt"), small)
        rules, kept = data.decode("utf-8", "replace"), ROBOTS_KEPT
    except SourceUnreadable as error:
        absent = isinstance(error, _BadStatus) and 400 <= error.status < 500 and error.status != 429
        rules, kept = ("", ROBOTS_KEPT) if absent else ("User-agent: *\nDisallow: /", ROBOTS_KEPT_AFTER_FAILURE)
    return time.monotonic() + kept, Protego.parse(rules)
