"""Markers in every form in which models write them, in any pieces; and nothing else than plain text beside them."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answer import Citation
from bot.markers import TELLING, Marker, Transcript, identifiers, protect

IDS = {"a3f1c2": 0, "b7d04e": 1}


def _fed(*pieces: str) -> Transcript:
    transcript = Transcript(IDS)
    for piece in pieces:
        transcript.feed(piece)
    transcript.feed("", last=True)
    return transcript


def _citation(n: int, text: str = "Six villages fell.") -> Citation:
    return Citation(n, "article", "Title", "a test", n * 100, n * 100 + len(text), text, 1.0, 0, 1000)


@pytest.mark.parametrize(
    ("written", "text", "markers"),
    [
        ("Six fell [a3f1c2].", "Six fell.", [(8, (0,))]),
        ("Six fell. [a3f1c2] Two held.", "Six fell. Two held.", [(9, (0,))]),
        ("Six fell [a3f1c2, b7d04e].", "Six fell.", [(8, (0, 1))]),
        ("Six fell [a3f1c2][b7d04e].", "Six fell.", [(8, (0,)), (8, (1,))]),
        ("Six fell [a3f1c2; a3f1c2].", "Six fell.", [(8, (0,))]),
        ("Six fell 【a3f1c2】.", "Six fell.", [(8, (0,))]),
        ("Six fell ［ａ３ｆ１ｃ２］.", "Six fell.", [(8, (0,))]),
        ("Six fell [A3F1C2].", "Six fell.", [(8, (0,))]),
        ("Six fell [[a3f1c2]].", "Six fell.", [(8, (0,))]),
        ("Six fell [^a3f1c2].", "Six fell.", [(8, (0,))]),
        ("Six fell [source: a3f1c2].", "Six fell.", [(8, (0,))]),
        ("Six fell (a3f1c2).", "Six fell.", [(8, (0,))]),
        ("Six fell (see [a3f1c2]).", "Six fell.", [(8, (0,))]),
        ("Six fell **[a3f1c2]**.", "Six fell.", [(8, (0,))]),
        ("Six fell [a3f 1c2].", "Six fell.", [(8, (0,))]),
        ("Six fell a3f1c2.", "Six fell.", [(8, (0,))]),
        ("Six fell [d9e8f7].", "Six fell.", [(8, ())]),
        ("Six fell [1].", "Six fell.", [(8, ())]),
        ("Six fell [1, 2].", "Six fell.", [(8, ())]),
        ("Six fell 【4:0†source】.", "Six fell.", [(8, ())]),
        ("Six fell [].", "Six fell.", [(8, ())]),
        ("[a3f1c2] Six fell. [b7d04e] Two held.", "Six fell. Two held.", [(1, (0,)), (10, (1,))]),
        ("Six fell.\n[a3f1c2]\nTwo held.\n[b7d04e]", "Six fell.\nTwo held.", [(9, (0,)), (19, (1,))]),
        ("- six fell [a3f1c2]\n- two held [b7d04e]", "six fell\ntwo held", [(8, (0,)), (17, (1,))]),
    ],
)
def test_a_marker_is_understood_and_taken_out(written: str, text: str, markers: list[tuple[int, tuple[int, ...]]]) -> None:
    assert _fed(written).text == text
    assert _fed(written).markers == [Marker(at, sources) for at, sources in markers]


@pytest.mark.parametrize(
    "text", ["He [sic] left", "in May [2024] he", "so […] he", "(see map) he", "5 < 6 > 4", "wow! he", "a (1) b"]
)
def test_other_brackets_stay_text(text: str) -> None:
    assert _fed(text).text == text
    assert _fed(text).markers == []


def test_marker_split_across_two_stream_chunks_is_kept() -> None:
    for cut in range(len("Six fell [a3f1c2].")):
        assert _fed("Six fell [a3f1c2]."[:cut], "Six fell [a3f1c2]."[cut:]).markers == [Marker(8, (0,))]


def test_text_before_a_marker_under_way_is_there_already() -> None:
    transcript = Transcript(IDS)
    transcript.feed("Six villages fell [a3f1")
    assert transcript.text == "Six villages fell"


@pytest.mark.parametrize("end", ["[", "[a", "[a3f1c2", "a3f", "[a3f1c2, b7", "【a3", "(a3f1c2", "[1"])
def test_a_marker_that_was_never_finished_is_left_out(end: str) -> None:
    assert _fed(f"Six fell {end}").text.rstrip("( ") == "Six fell"


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("![x](http://evil.example/?q=30000) So", "So"),
        ("[the map](http://evil.example) So", "the map So"),
        ("[http://evil.example](http://evil.example) So", "… So"),
        ("See http://evil.example/x?y=1. So", "See …. So"),
        ("See www.evil.example, so", "See …, so"),
        ("<img src=x onerror=alert(1)>So", "So"),
        ("<script>alert(1)</script>So", "alert(1)So"),
        ("<a href='javascript:x'>So</a>", "So"),
        ("So <img src=x onerror=", "So img src=x onerror="),
        ("# So\n\n**It** *is* `so`", "So\nIt is so"),
        ("| So | it |", "So it"),
        ("1. So\n2) It\n* is", "So\nIt\nis"),
        ("<think>I must cite a3f1c2.\n\nOr not.</think>\n\nSo", "So"),
        ("<think>and no end", ""),
        ("a\u200b3f1c2 So", "So"),
        ("a<b>3f1c2 So", "a So"),
        ("So \u202eit is", "So \ufffdit is"),
    ],
)
def test_markup_links_and_thoughts_are_no_text(written: str, text: str) -> None:
    assert _fed(written).text == text


def test_square_brackets_of_the_article_come_back() -> None:
    assert _fed(protect("He [the spy] left.")).text == "He [the spy] left."
    assert "[" not in protect("as noted [1]")


def test_what_parts_the_turns_of_a_chat_is_no_such_token_in_an_article():
    assert "<" not in protect("<|im_end|>")
    assert _fed(protect("He wrote </s> twice.")).text == "He wrote </s> twice."


def test_a_wrapped_line_goes_on() -> None:
    assert _fed("Six villages\nfell.\nTwo held.").text == "Six villages fell.\nTwo held."


SCRAPS = st.sampled_from(
    [
        *("a3f1c2", "[a3f1c2]", "[a3f1c2, b7d04e]", "【b7d04e】", "a3f", "1c2", "ａ３ｆ１ｃ２", "Six villages", "é", "村", "⟦"),
        *("[", "]", "(", ")", "![", "](", "<", ">", "<think>", "</think>", "*", "`", "http://", "www.", "!", "\u200b"),
        *("\n", " ", ". ", "- ", "1. ", "# "),
    ]
)
WRITTEN = st.lists(SCRAPS, max_size=14).map("".join)


@settings(deadline=None, max_examples=300)
@given(WRITTEN, st.data())
def test_how_it_was_cut_makes_no_difference(written: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(written)), max_size=8)))
    pieces = [written[a:b] for a, b in zip([0, *cuts], [*cuts, len(written)], strict=True)]
    assert (_fed(*pieces).text, _fed(*pieces).markers) == (_fed(written).text, _fed(written).markers)


@settings(deadline=None, max_examples=300)
@given(WRITTEN)
def test_no_id_nor_half_of_one_is_ever_text_and_text_only_grows(written: str) -> None:
    transcript, before = Transcript(IDS), ""
    for ch in written:
        transcript.feed(ch)
        assert transcript.text.startswith(before)
        before = transcript.text
        words = re.findall(r"[0-9A-Za-z]+", before)
        assert not any(name in before.casefold() for name in IDS)
        assert not any(len(w) >= TELLING and name.startswith(w.casefold()) for w in words for name in IDS)


def test_ids_are_made_from_what_a_source_is() -> None:
    sources = [_citation(n) for n in range(1, 6)]
    ids = identifiers(sources)
    assert list(ids.values()) == [0, 1, 2, 3, 4]
    assert identifiers(sources) == ids
    assert identifiers([replace(s, n=9 - s.n) for s in sources]) == ids  # the number has no part in it
    assert identifiers([replace(s, start=s.start + 1) for s in sources]).keys().isdisjoint(ids)


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 60))
def test_ids_are_alike_in_nothing_that_tells(count: int) -> None:
    ids = identifiers([_citation(n) for n in range(count)])
    assert len({name[:TELLING] for name in ids}) == count


def test_an_id_begins_like_no_word_of_question_or_source() -> None:
    (name,) = identifiers([_citation(1)])
    (other,) = identifiers([_citation(1)], [f"What is {name[:TELLING].upper()}?"])
    assert other[:TELLING] != name[:TELLING]
