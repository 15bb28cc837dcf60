import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.figures import figures, meanings


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30,000 troops", {(30000, "")}),
        ("30 000 troops", {(30000, "")}),
        ("30\u00a0000 troops", {(30000, "")}),
        ("30\u202f000 troops", {(30000, "")}),
        ("thirty thousand troops", {(30000, "")}),
        ("a hundred and fifty people", {(150, "")}),
        ("two hundred and fifty thousand people", {(250000, "")}),
        ("twenty-one people", {(21, "")}),
        ("300,000 troops", {(300000, "")}),
        ("$60bn", {(60e9, "$")}),
        ("US$60 billion", {(60e9, "$")}),
        ("60 billion dollars", {(60e9, "$")}),
        ("€12.5m", {(12.5e6, "€")}),
        ("3.5 per cent", {(3.5, "%")}),
        ("3.5%", {(3.5, "%")}),
        ("87 percent", {(87, "%")}),
        ("15 kilometres", {(15, "km")}),
        ("15km", {(15, "km")}),
        ("15 miles", {(15, "mile")}),
        ("a 12-floor block", {(12, "")}),
        ("the 10th floor", {(10, "th")}),
        ("the tenth floor", {(10, "th")}),
        ("a third strike", {(3, "th")}),
        ("a dozen", {(12, "")}),
        ("two dozen", {(24, "")}),
        ("five million", {(5e6, "")}),
        ("1.4 million", {(1.4e6, "")}),
        ("-5 degrees", {(-5, "")}),
        ("12 months", {(12, "month")}),
        ("a 10-day truce", {(10, "day")}),
        ("10 days and twenty minutes", {(10, "day"), (20, "minute")}),
        ("the F-16 and the T-72", set()),
        ("no one came", set()),
        ("", set()),
        ("in 2022", {(2022, "")}),
        ("between 3 and 5 people", {(3, ""), (5, "")}),
        ("3-5 people", {(3, ""), (5, "")}),
        ("5,000 and 60,000", {(5000, ""), (60000, "")}),
        ("５０ people", {(50, "")}),
    ],
)  # fmt: skip
def test_a_figure_has_its_value_and_unit(text: str, expected: set):
    assert meanings(text) == expected


def test_a_wrong_magnitude_is_another_figure():
    assert meanings("30,000").isdisjoint(meanings("300,000"))
    assert meanings("$60bn").isdisjoint(meanings("$60m"))
    assert meanings("15 km").isdisjoint(meanings("15 miles"))


@given(st.integers(0, 10**15))
def test_separators_do_not_change_a_number(n: int):
    forms = {str(n), f"{n:,}", f"{n:,}".replace(",", " "), f"{n:,}".replace(",", "\u202f")}
    assert {meanings(form) for form in forms} == {frozenset({(float(n), "")})}


@given(st.text())
def test_every_figure_lies_in_the_text_and_reads_as_itself(text: str):
    ends = 0
    for figure in figures(text):
        assert ends <= figure.start < figure.end <= len(text)
        ends = figure.end
