"""Which articles a question is put to, in words and in ids."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.ui.choice import Choice

IDS = ["1", "2", "3"]
some = st.frozensets(st.sampled_from(IDS))
choices = st.builds(
    Choice,
    st.none() | st.sampled_from(IDS),
    some,
    st.sampled_from(["open", "ticked", "all"]),
)


def words(choice: Choice, ids: list[str] = IDS) -> list[str]:
    return [said for said, _ in choice.in_words(ids)]


def test_without_a_tick_the_open_article_is_asked() -> None:
    assert Choice("2").asked(IDS) == ["2"]
    assert words(Choice("2")) == ["this article", "all 3 articles"]


def test_ticks_are_asked_and_counted_in_words() -> None:
    choice = Choice("1").ticking("3", True).ticking("2", True)
    assert choice.asked(IDS) == ["2", "3"]
    assert words(choice) == ["this article", "2 articles", "all 3 articles"]
    assert choice.ticking("2", False).asked(IDS) == ["3"]
    assert words(choice.ticking("2", False))[1] == "1 article"


def test_the_last_tick_taken_away_leaves_the_open_article() -> None:
    assert Choice("1").ticking("3", True).ticking("3", False) == Choice("1")


def test_a_shelf_of_one_offers_nothing_else() -> None:
    assert words(Choice("1"), ["1"]) == ["this article"]
    assert words(Choice(), []) == ["this article"]
    assert words(Choice(), ["1", "2"]) == ["no article", "all 2 articles"]


def test_one_added_article_is_opened_and_asked_several_are_ticked() -> None:
    assert Choice("1", frozenset("1"), "ticked").taking_in(["3"]) == Choice("3", frozenset("1"), "open")
    assert Choice("1").taking_in(["2", "3"]) == Choice("2", frozenset("23"), "ticked")
    assert Choice("1", scope="all").taking_in(["2", "3"]) == Choice("2", scope="all")
    assert Choice("1").taking_in([]) == Choice("1")


@given(choices, some)
def test_what_was_removed_elsewhere_is_never_asked_nor_open(choice: Choice, left: frozenset[str]) -> None:
    rest = choice.among(left)
    assert rest.open in {None, *left}
    assert rest.ticked <= left
    assert set(rest.asked(sorted(left))) <= left
    assert rest.scope in [scope for _, scope in rest.in_words(sorted(left))]


def test_a_conversation_is_continued_with_the_articles_it_asked_last() -> None:
    before = Choice("1", frozenset("3"), "ticked")
    assert before.asking(("2",), ["2"]) == Choice("2", frozenset("3"), "open")
    assert before.asking(("1", "2"), ["2"]) == Choice("2", frozenset("12"), "ticked")
    assert before.asking(None, ["3"]) == Choice("3", frozenset("3"), "all")
    assert before.asking(None, []).open == "1"  # nothing was cited: what is open stays
    assert before.asking(("2",), []).open == "2"
