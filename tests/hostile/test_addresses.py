"""Addresses that want more than to be read: what only this machine can reach, bombs, and servers that never end."""

from __future__ import annotations

import random
import socket
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from index.addresses import Limits, is_public, read_address
from index.errors import AddressRefused, SourceUnreadable
from tests.loopback import PATIENT, PUBLIC, Web, page, redirect, serving

STORY = "The bridge is open again\n\nThe old bridge over the Meuse opened on Monday after 14 months of repairs.\n"
URL = "http://news.example/bridge"
SHORT = Limits(connect=0.3, silence=0.3, total=0.6)
SMALL = replace(PATIENT, size=2**20)
MEBIBYTE = 2**20

# IANA's registries of special-purpose addresses, with multicast, what is kept for later, and Azure's inside.
INSIDE = [
    IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
    )
]
INSIDE_6 = [
    IPv6Network(network)
    for network in (
        "::/128", "::1/128", "::/96", "::ffff:0:0/96", "64:ff9b:1::/48", "100::/64", "2001::/32", "2001:2::/48",
        "2001:db8::/32", "2001:10::/28", "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10",
        "ff00::/8",
    )
]


def within(network: IPv4Network | IPv6Network) -> st.SearchStrategy:
    """Any address of a network, its ends more often than chance has it."""
    first, last = int(network.network_address), int(network.broadcast_address)
    return st.integers(first, last).map(type(network.network_address))


inside_4 = st.sampled_from(INSIDE).flatmap(within)
inside_6 = st.sampled_from(INSIDE_6).flatmap(within)


def embedded(address: IPv4Address) -> list[IPv6Address]:
    """The IPv6 addresses that lead to an IPv4 address by way of a translator or tunnel."""
    number = int(address)
    return [
        IPv6Address(number),  # IPv4-compatible
        IPv6Address(0xFFFF << 32 | number),  # IPv4-mapped
        IPv6Address(0x2002 << 112 | number << 80 | 1),  # 6to4
        IPv6Address(0x0064_FF9B << 96 | number),  # NAT64
        IPv6Address(0x0064_FF9B_0001 << 80 | number),  # NAT64 of a local network
        IPv6Address(0x2001_0000 << 96 | number ^ 0xFFFFFFFF),  # Teredo, of its client
        IPv6Address(0x2001_0000 << 96 | number << 64),  # and of its server
    ]


def spellings(address: IPv4Address) -> list[str]:
    """Ways to write an IPv4 address that some program somewhere understands."""
    number, (a, b, c, d) = int(address), address.packed
    plain = str(address)
    return [
        plain,
        f"{plain}.",
        str(number),
        hex(number),
        f"0x{number:08X}",
        f"0{number:o}",
        f"{a:#o}.{b:#o}.{c:#o}.{d:#o}".replace("0o", "0"),
        f"{a:#x}.{b:#x}.{c:#x}.{d:#x}",
        f"{a:#x}.{b}.{c * 256 + d}",
        f"{a}.{int(number) & 0xFFFFFF}",
        f"{a:03}.{b:03}.{c:03}.{d:03}",
        plain.translate({ord(digit): ord(digit) - ord("0") + ord("０") for digit in "0123456789"}),
        plain.replace(".", "。"),
        plain.translate({ord(str(n)): "⓪①②③④⑤⑥⑦⑧⑨"[n] for n in range(10)}),
        "".join(f"%{byte:02x}" for byte in plain.encode()),
        *(f"[{ipv6}]" for ipv6 in embedded(address)),
        f"[::ffff:{plain}]",
        f"[64:ff9b::{plain}]",
        f"[{plain}]",
        f"news.example@{plain}",
        f"{plain}#@news.example",
        f"{plain}\\@news.example",
    ]


@pytest.fixture(scope="module")
def shared() -> Iterator[Web]:
    with serving() as web:
        yield web


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as web:
        web.pages["news.example/bridge"] = page(STORY)
        yield web


# ---- where an address leads


@settings(max_examples=60, deadline=None)
@given(inside_4)
@example(IPv4Address("127.0.0.1"))
@example(IPv4Address("169.254.169.254"))
def test_an_inside_address_is_refused_in_every_spelling(shared: Web, address: IPv4Address) -> None:
    shared.dialled.clear()
    for host in spellings(address):
        with pytest.raises(AddressRefused):
            read_address(f"http://{host}/", network=shared.network())
    assert shared.dialled == []


@settings(max_examples=200, deadline=None)
@given(inside_6, st.sampled_from(["[{}]", "[{}%25eth0]", "[{}%eth0]", "[{}].", "{}"]))
@example(IPv6Address("::1"), "[{}]")
@example(IPv6Address("fd00:ec2::254"), "[{}]")
def test_an_inside_ipv6_address_is_refused_in_every_spelling(shared: Web, address: IPv6Address, spelling: str) -> None:
    shared.dialled.clear()
    for text in (str(address), address.exploded, str(address).upper()):
        with pytest.raises(AddressRefused):
            read_address(f"http://{spelling.format(text)}/", network=shared.network())
    assert shared.dialled == []


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
@given(inside_4 | inside_6 | inside_4.flatmap(lambda address: st.sampled_from(embedded(address))), st.booleans(), st.booleans())
def test_a_name_with_any_inside_address_is_refused(
    shared: Web, address: IPv4Address | IPv6Address, and_public: bool, first: bool
) -> None:
    shared.dialled.clear()
    found = [str(address), PUBLIC][:: 1 if first else -1] if and_public else [str(address)]
    shared.names["mixed.example"] = found
    with pytest.raises(AddressRefused):
        read_address("http://mixed.example/", network=shared.network())
    assert shared.dialled == []


@settings(max_examples=500, deadline=None)
@given(st.integers(0, 2**32 - 1).map(IPv4Address) | st.integers(0x2003 << 112, (0x3FFF << 112) - 1).map(IPv6Address))
@example(IPv4Address("8.8.8.8"))
@example(IPv4Address("100.63.255.255"))
@example(IPv4Address("100.128.0.0"))
@example(IPv4Address("172.32.0.0"))
@example(IPv4Address("223.255.255.255"))
def test_public_is_all_that_no_registry_names(address: IPv4Address | IPv6Address) -> None:
    named = INSIDE if isinstance(address, IPv4Address) else INSIDE_6
    assert is_public(address) == (not any(address in network for network in named))


@pytest.mark.parametrize("address", ["2606:4700::1111", "2a00:1450:4001:80b::200e", "2001:4860:4860::8888", "64:ff9b::8.8.8.8"])
def test_public_ipv6_addresses_are_public(address: str) -> None:
    assert is_public(ip_address(address))


def test_the_real_network_refuses_this_machine() -> None:
    """With no test double at all: nothing is sent to a server that does listen on loopback."""
    with serving() as web:
        for host in ("127.0.0.1", "localhost", "[::1]", "0.0.0.0", "0", "127.1", "[::ffff:127.0.0.1]"):
            with pytest.raises(AddressRefused):
                read_address(f"http://{host}:{web.port}/")
        assert web.asked == []


def test_a_name_that_changes_its_answer_gains_nothing(web: Web) -> None:
    """DNS rebinding: the first answer is public, every later one is this machine."""
    answers = iter([[PUBLIC]])
    web.names["news.example"] = lambda: next(answers, ["127.0.0.1"])
    assert "14 months" in read_address(URL, network=web.network()).text  # looked up once, connected to what was checked
    assert web.dialled == [(PUBLIC, 80)]
    with pytest.raises(AddressRefused):
        read_address(URL, network=web.network())
    assert web.dialled == [(PUBLIC, 80)]


def test_a_redirect_to_the_same_name_is_checked_again(web: Web) -> None:
    answers = iter([[PUBLIC]])
    web.names["news.example"] = lambda: next(answers, ["127.0.0.1"])
    web.pages["news.example/bridge"] = redirect("/admin")
    with pytest.raises(AddressRefused):
        read_address(URL, network=web.network())
    assert web.dialled == [(PUBLIC, 80)]


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "FILE:///etc/passwd",
        "ftp://news.example/",
        "gopher://news.example/",
        "data:text/plain,secret",
        "javascript:alert(1)",
        "http://127.0.0.1:{port}/secret",
        "//127.0.0.1:{port}/secret",
        "http://2130706433:{port}/secret",
        "http://[::1]:{port}/secret",
        "http://[::ffff:7f00:1]:{port}/secret",
        "http://inside.example:{port}/secret",
        "http://169.254.169.254/latest/meta-data/",
        "http://me:word@news.example/secret",
        "http://news.example:0/",
        "http://news.example:99999/",
        "http://news.example:http/",
        "http://[news.example/",
        "http://" + "a" * 300 + ".example/",
        "http://news.example/" + "a" * 9000,
    ],
)
def test_a_redirect_does_not_lead_inside(web: Web, location: str) -> None:
    web.names["inside.example"] = ["127.0.0.1"]
    web.pages["news.example/bridge"] = redirect(location.format(port=web.port))
    with pytest.raises(AddressRefused):
        read_address(URL, network=web.network())
    assert len(web.asked) == len(web.dialled) == 1


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://news.example/a",
        "http://me@news.example/",
        "http://me:word@news.example/",
        "http://@news.example/",
        "http://news.example\r\nX-Evil: 1/",
        "http://news.example/a\r\nX-Evil: 1",
        "http://news.example/\0",
        "http://news.example\\@127.0.0.1/",
        "http://news..example/",
        "http://.news.example/",
        "http://ne ws.example/",
        "http://news%2eexample/",
        "http://\ud800.example/",
        "http://" + "é" * 5000 + ".example/",
        "http://134744072/",  # 8.8.8.8, public, but no browser's address bar shows it so
        "http://0x8.8.8.8/",
        "http://010.8.8.8/",
        "http://8.8.2056/",
        "https:news.example",
        "news.example",
        "",
    ],
)
def test_odd_addresses_are_refused_before_anything_is_sent(web: Web, url: str) -> None:
    with pytest.raises(AddressRefused):
        read_address(url, network=web.network())
    assert web.dialled == []


def test_redirects_in_a_circle_end(web: Web) -> None:
    web.pages["news.example/bridge"] = redirect("http://other.example/bridge")
    web.pages["other.example/bridge"] = redirect(URL)
    with pytest.raises(SourceUnreadable, match="again and again"):
        read_address(URL, network=web.network())
    assert len(web.asked) == 6


# ---- how much and how long


def zeros(wbits: int, mebibytes: int) -> bytes:
    """`mebibytes` MiB of zeros, compressed: a block that ends with a full flush may be repeated."""
    compress = zlib.compressobj(9, wbits=wbits)
    head = compress.compress(b"") + compress.flush(zlib.Z_FULL_FLUSH)
    block = compress.compress(bytes(MEBIBYTE)) + compress.flush(zlib.Z_FULL_FLUSH)
    return head + block * mebibytes


@pytest.mark.parametrize(("coding", "wbits"), [("gzip", 31), ("deflate", 15)])
def test_a_gigabyte_of_zeros_is_not_unpacked(web: Web, coding: str, wbits: int) -> None:
    bomb = zeros(wbits, 1024)
    assert len(bomb) < 2 * MEBIBYTE
    web.pages["news.example/bridge"] = page(bomb, content_encoding=coding)
    tracemalloc.start()
    try:
        with pytest.raises(SourceUnreadable, match="larger than 20 MB"):
            read_address(URL, network=web.network())
        assert tracemalloc.get_traced_memory()[1] < 80 * MEBIBYTE
    finally:
        tracemalloc.stop()


def test_the_bomb_would_be_a_gigabyte() -> None:
    unpack = zlib.decompressobj(31)
    assert len(unpack.decompress(zeros(31, 3))) == 3 * MEBIBYTE


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, gzip", "aes128gcm", "\x7f"])
def test_other_packings_are_not_opened(web: Web, coding: str) -> None:
    web.pages["news.example/bridge"] = page(zeros(31, 1), content_encoding=coding)
    with pytest.raises(SourceUnreadable):
        read_address(URL, network=web.network())


def forever(head: bytes, more: bytes, pause: float = 0) -> Callable[[socket.socket], None]:
    """A server that begins with `head` and then says `more` until nobody listens."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(head)
        with suppress(OSError):
            while True:
                connection.sendall(more)
                time.sleep(pause)

    return answer


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
LINE = b"All work and no play makes Jack a dull boy.\n" * 1000


@pytest.mark.parametrize(
    ("head", "more"),
    [
        (HEAD + b"\r\n", LINE),
        (HEAD + b"Content-Length: 99999999999999999999\r\n\r\n", LINE),
        (CHUNKED, b"%x\r\n%b\r\n" % (len(LINE), LINE)),
        (CHUNKED + b"0\r\n", b"X-Trailer: a\r\n" * 1000),
        (CHUNKED + b"5;", b"extension" * 1000),
        (CHUNKED, b"0" * 1000),
        (b"HTTP/1.1 200 OK\r\n", b"X-Header: a\r\n" * 1000),
        (b"HTTP/1.1 200 OK\r\nX-Header: ", b"a" * 10000),
        (b"HTTP/1.1 200 OK\r\nX-Header: ", b"a\r\n a" * 1000),
        (b"HTTP/1.1 200 ", b"O" * 10000),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
        (b"", b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n" * 1000),
        (b"", b"\r\n" * 1000),
        (b"", b"\0" * 1000),
    ],
)
def test_a_stream_without_end_ends(web: Web, head: bytes, more: bytes) -> None:
    web.pages["news.example/bridge"] = forever(head, more)
    with pytest.raises(SourceUnreadable):
        read_address(URL, network=web.network(limits=SMALL))


def test_redirects_share_one_allowance(web: Web) -> None:
    web.pages["news.example/bridge"] = page(status="302 Found", location="/one", x_padding="a" * 90_000)
    web.pages["news.example/one"] = page(b"a b " * 250_000)
    read_address("http://news.example/one", network=web.network(limits=SMALL))
    with pytest.raises(SourceUnreadable, match="larger than 1 MB"):
        read_address(URL, network=web.network(limits=SMALL))


@pytest.mark.parametrize(
    ("head", "more"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\nX-Header: ", b"a"),
        (HEAD + b"\r\n", b"a"),
        (CHUNKED, b"1\r\na\r\n"),
        (HEAD + b"Content-Length: 1000\r\n\r\n", b"a"),
    ],
)
def test_a_server_that_trickles_is_left(web: Web, head: bytes, more: bytes) -> None:
    web.pages["news.example/bridge"] = forever(head, more, pause=0.05)
    with pytest.raises(SourceUnreadable, match="took too long"):
        read_address(URL, network=web.network(limits=SHORT))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_says_nothing_is_left(web: Web, scheme: str) -> None:
    web.pages["news.example/bridge"] = lambda connection: time.sleep(2)
    with pytest.raises(SourceUnreadable, match="took too long"):
        read_address(f"{scheme}://news.example/bridge", network=web.network(limits=SHORT))


def test_a_name_server_that_says_nothing_is_left(web: Web) -> None:
    web.names["news.example"] = lambda: time.sleep(2) or [PUBLIC]
    with pytest.raises(SourceUnreadable, match="took too long"):
        read_address(URL, network=web.network(limits=SHORT))
    assert web.dialled == []


# ---- answers that are not http


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 OK 200\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        page(STORY, content_length="5000"),
        page(STORY, content_length="-1"),
        page(STORY, content_length="1e3"),
        page(STORY, content_length="10, 20"),
        page(STORY, content_length="9" * 400),
        page(STORY, transfer_encoding="chunked"),
        page(STORY, transfer_encoding="gzip"),
        CHUNKED + b"zz\r\nabc\r\n0\r\n\r\n",
        CHUNKED + b"-5\r\nabcde\r\n0\r\n\r\n",
        CHUNKED + b"5\r\nabcdefgh\r\n0\r\n\r\n",
        CHUNKED + b"fffffffffffffffff\r\nabc",
        CHUNKED + b"5\r\nabcde\r\n",
        HEAD + b"X Y: 1\r\n\r\nabc",
        HEAD + b"X: \0\r\n\r\nabc",
        page(b"no gzip at all", content_encoding="gzip"),
        page(zeros(31, 1), content_encoding="gzip"),  # without its end
        page(zeros(31, 1)[:30], content_encoding="gzip"),
        page(zeros(-15, 1), content_encoding="deflate"),
    ],
)
def test_a_broken_answer_is_a_sentence(web: Web, answer: bytes) -> None:
    web.pages["news.example/bridge"] = answer
    with pytest.raises(SourceUnreadable, match="broke off"):
        read_address(URL, network=web.network())


def test_a_connection_reset_in_the_middle_is_a_sentence(web: Web) -> None:
    def reset(connection: socket.socket) -> None:
        connection.sendall(page(STORY * 100)[:500])
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # close() sends RST

    web.pages["news.example/bridge"] = reset
    with pytest.raises(SourceUnreadable, match="broke off"):
        read_address(URL, network=web.network())


def test_more_than_was_promised_is_not_read(web: Web) -> None:
    web.pages["news.example/bridge"] = page(STORY, content_length=str(len(STORY))) + b"HTTP/1.1 200 OK\r\n\r\nsecret"
    assert "secret" not in read_address(URL, network=web.network()).text


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 8))
def test_a_damaged_answer_is_an_article_or_a_sentence(shared: Web, random: random.Random, times: int) -> None:
    answer = bytearray(CHUNKED.replace(b"\r\n\r\n", b"\r\nLocation: /a\r\nContent-Encoding: identity\r\n\r\n"))
    answer += b"%x\r\n%b\r\n0\r\n\r\n" % (len(STORY), STORY.encode())
    for _ in range(times):
        place = random.randrange(len(answer) - 1)
        answer[place : place + random.randrange(3)] = random.choice([b"", b"\0", b"\r\n", b"9", b":", b"\xff", b"3"])
    shared.pages["news.example/bridge"] = bytes(answer)
    with suppress(SourceUnreadable):
        assert read_address(URL, network=shared.network()).text
