"""An address becomes an article: what is fetched, how it is asked for, and what is said when it cannot be."""

from __future__ import annotations

import gzip
import ssl
import zlib
from collections.abc import Iterator

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from index import addresses
from index.addresses import Address, is_address, read_address, robots_allow
from index.errors import AddressRefused, SourceUnreadable
from tests.loopback import PUBLIC, Web, page, redirect, serving

STORY = "The bridge is open again\n\nThe old bridge over the Meuse opened on Monday after 14 months of repairs.\n"
URL = "http://news.example/bridge"


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as web:
        web.pages["news.example/bridge"] = page(STORY)
        yield web


def test_a_page_becomes_an_article_that_knows_where_it_is_from(web: Web) -> None:
    article = read_address(URL, network=web.network())
    assert "after 14 months of repairs" in article.text
    assert article.origin == article.place == URL


def test_a_web_page_is_read_as_html(web: Web) -> None:
    body = "".join(f"<p>On Monday the bridge was crossed by {n} carts, the mayor of the town said.</p>" for n in range(20, 40))
    html = f"<html><head><title>The bridge</title></head><body><article><h1>The bridge</h1>{body}</article></body></html>"
    web.pages["news.example/bridge"] = page(html, kind="text/html; charset=utf-8")
    article = read_address(URL, network=web.network())
    assert "crossed by 31 carts" in article.text
    assert "<p>" not in article.text


def test_the_charset_that_the_server_names_is_believed(web: Web) -> None:
    text = "Мост открыт снова. Старый мост через реку открыли в понедельник после ремонта.\n"
    web.pages["news.example/bridge"] = page(text.encode("koi8-r"), kind="text/plain; charset=koi8-r")
    assert "Старый мост через реку" in read_address(URL, network=web.network()).text


def test_bytes_without_a_type_are_read_for_what_they_are(web: Web) -> None:
    web.pages["news.example/story.txt"] = page(STORY, kind="application/octet-stream")
    assert "14 months" in read_address("http://news.example/story.txt", network=web.network()).text


def test_the_request_says_who_asks_and_tells_nothing_else(web: Web) -> None:
    web.pages["news.example/again"] = page(STORY)
    web.pages["news.example/bridge"] = page(status="302 Found", location="/again", set_cookie="id=1; Path=/")
    read_address(URL, network=web.network())
    names = [{line.partition(":")[0].lower() for line in head.strip().split("\r\n")[1:]} for head in web.asked]
    assert names == [{"host", "user-agent", "accept", "accept-encoding", "connection"}] * 2
    assert all("User-Agent: Footnote/" in head for head in web.asked)


def test_no_proxy_is_taken_from_the_environment(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://other.example:1/")
    read_address(URL, network=web.network())
    assert web.dialled == [(PUBLIC, 80)]


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(STORY.encode())),
        ("GZIP", gzip.compress(STORY.encode())),
        ("deflate", zlib.compress(STORY.encode())),
        ("gzip", gzip.compress(STORY.encode()) + b"\0\0\0"),
        ("identity", STORY.encode()),
    ],
)
def test_packed_pages_are_unpacked(web: Web, coding: str, packed: bytes) -> None:
    web.pages["news.example/bridge"] = page(packed, content_encoding=coding)
    assert "14 months of repairs" in read_address(URL, network=web.network()).text


def test_a_page_in_chunks_is_put_together(web: Web) -> None:
    body = b"".join(b"1\r\n%c\r\n" % byte for byte in STORY.encode()) + b"0\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
    web.pages["news.example/bridge"] = head + body
    assert "14 months of repairs" in read_address(URL, network=web.network()).text


def test_redirects_are_followed_and_the_place_is_where_they_end(web: Web) -> None:
    web.pages["news.example/bridge"] = redirect("//other.example/one", "301 Moved Permanently")
    web.pages["other.example/one"] = redirect("two?a=1#top", "303 See Other")
    web.pages["other.example/two?a=1"] = redirect("/three", "307 Temporary Redirect")
    web.pages["other.example/three"] = redirect("http://news.example/four", "308 Permanent Redirect")
    web.pages["news.example/four"] = redirect("HTTP://NEWS.example:80/five#end")
    web.pages["news.example/five"] = page(STORY)
    assert read_address(URL, network=web.network()).place == "http://news.example/five"


def test_progress_is_told_the_bytes_that_came_and_may_stop_the_reading(web: Web) -> None:
    web.pages["news.example/bridge"] = page(STORY * 5000)
    told: list[int] = []
    read_address(URL, network=web.network(), progress=told.append)
    assert told == sorted(told)
    assert told[-1] == len(STORY) * 5000

    def stop(_: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        read_address(URL, network=web.network(), progress=stop)


@pytest.mark.parametrize(
    ("status", "said", "offers_to_paste"),
    [
        ("401 Unauthorized", "does not let Footnote read", True),
        ("403 Forbidden", "does not let Footnote read", True),
        ("451 Unavailable", "does not let Footnote read", True),
        ("404 Not Found", "no page at this address", False),
        ("410 Gone", "no page at this address", False),
        ("429 Too Many Requests", "too many pages", True),
        ("500 Oops", "out of order", True),
        ("503 Busy", "out of order", True),
        ("204 No Content", "did not answer with a page", True),
        ("304 Not Modified", "did not answer with a page", True),
        ("302 Found", "did not answer with a page", True),  # without saying where to
        ("999 Denied", "out of order", True),
    ],
)
def test_a_status_is_a_sentence(web: Web, status: str, said: str, offers_to_paste: bool) -> None:
    length = None if status[:3] in ("204", "304") else "0"
    web.pages["news.example/bridge"] = page(status=status, content_length=length)  # type: ignore[arg-type]
    with pytest.raises(SourceUnreadable, match=said) as caught:
        read_address(URL, network=web.network())
    assert ("paste" in str(caught.value)) == offers_to_paste
    assert status[:3] in str(caught.value)


@pytest.mark.parametrize("kind", ["image/png", "video/mp4", "application/json", "application/zip", "<script>", "text/html2"])
def test_what_is_no_article_is_not_even_fetched(web: Web, kind: str) -> None:
    web.pages["news.example/bridge"] = page(STORY, kind=kind)
    told: list[int] = []
    with pytest.raises(SourceUnreadable, match="Web pages, plain text, PDF") as caught:
        read_address(URL, network=web.network(), progress=told.append)
    assert told == []
    assert "<" not in str(caught.value)


def test_a_name_that_does_not_exist(web: Web) -> None:
    with pytest.raises(SourceUnreadable, match=r"nowhere\.example cannot be found"):
        read_address("http://nowhere.example/", network=web.network())


def test_a_host_that_is_down_is_tried_at_its_other_addresses(web: Web) -> None:
    web.names["news.example"] = ["2606:2800:220:1::1", PUBLIC]
    assert "14 months" in read_address(URL, network=web.network()).text
    assert web.dialled == [("2606:2800:220:1::1", 80), (PUBLIC, 80)]
    web.names["news.example"] = ["2606:2800:220:1::1"]
    with pytest.raises(SourceUnreadable, match="cannot be reached"):
        read_address(URL, network=web.network())


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("https://news.example/a", True),
        (" HTTP://news.example ", True),
        ("file:///etc/passwd", True),  # meant as one; read_address says that it is not read
        ("news.txt", False),
        ("C:\\news\\a.txt", False),
        ("C://news/a.txt", False),
        ("/tmp/http://x", False),
        ("See https://news.example/a for more", False),
        ("https://news.example/a b", False),
        ("http://", False),
        ("", False),
    ],
)
def test_what_is_meant_as_an_address(text: str, answer: bool) -> None:
    assert is_address(text) is answer


@pytest.mark.parametrize(
    ("spelt", "normal"),
    [
        ("http://news.example", "http://news.example/"),
        ("HTTPS://News.Example.:443/A?b=c#d", "https://news.example/A?b=c"),
        ("http://news.example:8080/", "http://news.example:8080/"),
        ("http://bücher.example/straße?q=ü", "http://xn--bcher-kva.example/stra%C3%9Fe?q=%C3%BC"),
        ("http://news.example/a%20b c", "http://news.example/a%20b%20c"),
        ("http://my_site.news.example/", "http://my_site.news.example/"),
        ("http://８.８.８.８/", "http://8.8.8.8/"),
        ("http://[2606:2800:0220:0001::1]:80/", "http://[2606:2800:220:1::1]/"),
    ],
)
def test_every_spelling_has_one_form(spelt: str, normal: str) -> None:
    assert str(Address.parse(spelt)) == normal


@given(st.text(max_size=60), st.text(max_size=60))
def test_an_address_is_refused_or_has_one_form_that_can_be_sent(host: str, path: str) -> None:
    try:
        address = Address.parse(f"http://{host}/{path}")
    except AddressRefused:
        return
    assert Address.parse(str(address)) == address
    assert str(address).isascii()
    assert not set(str(address)) & set(" \r\n\t\0#@\\") - set("@" if "@" in address.target else "")


# ---- https


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[Web]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("news.example", "xn--bcher-kva.example").configure_cert(context)
    with serving(context) as web:
        web.pages["news.example/bridge"] = page(STORY)
        yield web


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def test_https_asks_for_the_name_at_the_checked_address(secure: Web, authority: trustme.CA) -> None:
    asked: list[str] = []
    secure.tls.sni_callback = lambda _socket, name, _context: asked.append(name)  # type: ignore[union-attr]
    article = read_address("https://news.example/bridge", network=secure.network(tls=trusting(authority)))
    assert article.place == "https://news.example/bridge"
    assert asked == ["news.example"]
    assert secure.dialled == [(PUBLIC, 443)]


def test_a_certificate_must_be_for_the_name_and_of_a_known_authority(secure: Web, authority: trustme.CA) -> None:
    with pytest.raises(AddressRefused, match="cannot prove"):
        read_address("https://other.example/bridge", network=secure.network(tls=trusting(authority)))
    with pytest.raises(AddressRefused, match="cannot prove"):
        read_address("https://news.example/bridge", network=secure.network())  # trusts only real authorities
    assert secure.asked == []


def test_https_to_a_server_that_does_not_speak_it(web: Web) -> None:
    web.greeting = b"220 mail.example ready\r\n"
    with pytest.raises(SourceUnreadable, match="does not speak encrypted"):
        read_address("https://news.example/bridge", network=web.network())


def test_https_is_not_left_for_http(secure: Web, authority: trustme.CA) -> None:
    secure.pages["news.example/bridge"] = redirect("http://news.example/plain")
    with pytest.raises(AddressRefused, match="not encrypted"):
        read_address("https://news.example/bridge", network=secure.network(tls=trusting(authority)))
    assert len(secure.dialled) == 1


# ---- robots.txt


@pytest.fixture(autouse=True)
def _no_robots_remembered() -> None:
    addresses._robots.clear()


RULES = "User-agent: *\nDisallow: /private/\nDisallow: /*?print=\nAllow: /private/open\n\nUser-agent: Footnote\nDisallow: /club\n"


def test_robots_rules_for_all_and_for_us(web: Web) -> None:
    web.pages["other.example/robots.txt"] = page(RULES.split("\n\n")[0])
    web.pages["news.example/robots.txt"] = page(RULES)
    network = web.network()
    allowed = [robots_allow(f"http://other.example{path}", network=network) for path in ("/a", "/private/a", "/a?print=1")]
    assert allowed == [True, False, False]
    assert robots_allow("http://other.example/private/open", network=network)
    assert robots_allow("http://news.example/private/a", network=network)  # our own group is the one that counts
    assert not robots_allow("http://news.example/club/a", network=network)


def test_robots_are_asked_for_once_a_site(web: Web) -> None:
    web.pages["news.example/robots.txt"] = page(RULES)
    network = web.network()
    for n in range(5):
        robots_allow(f"http://news.example/{n}", network=network)
    robots_allow("http://news.example:8080/", network=network)  # another port is another site
    assert len(web.asked) == 2


def test_a_site_without_robots_allows_all_and_one_that_cannot_say_nothing(web: Web) -> None:
    network = web.network()
    assert robots_allow(URL, network=network)
    web.pages["other.example/robots.txt"] = page(status="503 Busy")
    assert not robots_allow("http://other.example/", network=network)
    web.pages["other.example:81/robots.txt"] = page(status="429 Slower")
    assert not robots_allow("http://other.example:81/", network=network)
    assert not robots_allow("http://nowhere.example/", network=network)
    web.names["inside.example"] = ["10.0.0.1"]
    assert not robots_allow("http://inside.example/", network=network)
    assert (PUBLIC, 80) in web.dialled
    assert ("10.0.0.1", 80) not in web.dialled


def test_an_endless_robots_txt_allows_nothing(web: Web) -> None:
    web.pages["news.example/robots.txt"] = page(b"# more\n" * 200_000)
    assert not robots_allow(URL, network=web.network())


def test_a_single_address_is_read_without_asking_robots(web: Web) -> None:
    web.pages["news.example/robots.txt"] = page("User-agent: *\nDisallow: /")
    read_address(URL, network=web.network())
    assert [head.split(" ")[1] for head in web.asked] == ["/bridge"]
