"""Written answers in the terminal, and the language model behind them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from bot import settings
from bot.answer import Answer, Claim, Flag, Problem, Written
from bot.author import Author
from bot.engine import Engine
from bot.llms import ModelUnusable
from bot.markers import identifiers
from bot.settings import Settings
from bot.terminal import CLEAR_LINE, claim_in_words, write
from bot.written import tally, verdict, wrong
from index.embedder import Embedder
from tests.scripted_server import Conduct, Silence, says, serving, then_reset

TROOPS = "How many troops are involved?"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(scope="module")
def answer(engine: Engine) -> Answer:
    return engine.ask(TROOPS)


def _author(folder: Path, embedder: Embedder, llm: str | None) -> Author:
    return Author(folder, embedder, llm=llm)


@pytest.fixture
def printed(tmp_path: Path, embedder: Embedder, answer: Answer):
    def printed(*script: Conduct, out: io.StringIO | None = None) -> tuple[str, Answer]:
        out = out or io.StringIO()
        with serving(*script) as server:
            done = write(_author(tmp_path, embedder, server.openai), answer, out)
        return out.getvalue(), done

    return printed


def _two_claims(answer: Answer) -> Conduct:
    name = next(iter(identifiers(answer.citations, [answer.question])))
    return says(*(f"Ukraine said up to {count} Russian troops were involved [{name}]. " for count in ("30,000", "300,000")))


def test_each_claim_stands_with_its_marker_and_what_is_wrong_is_set_apart(printed, answer: Answer) -> None:
    text, done = printed(_two_claims(answer))
    _, head, _, first, second, why, *_, last = text.splitlines()
    assert head == "Written by small:"
    assert first == "Ukraine said up to 30,000 Russian troops were involved. [1]"
    assert "«300,000»" in second
    assert second.endswith("[1]")
    assert why.startswith("    not in the article: ")
    assert last == "1 of 2 claims found in the article."
    assert "\x1b" not in text
    assert done.written is not None
    assert len(done.written.claims) == 2


def test_a_terminal_sees_the_sentence_under_way_and_then_the_checked_one_in_its_place(printed) -> None:
    text, _ = printed(says("Ukraine said up to 30,000", " Russian troops were involved. ", "And more."), out=Terminal())
    assert f"{CLEAR_LINE}Ukraine said up to 30,000" in text
    assert f"{CLEAR_LINE}\nWritten by small:" in text


def test_a_model_that_breaks_off_leaves_what_it_said_and_a_reason(printed) -> None:
    text, done = printed(then_reset("Ukraine said up to 30,000 Russian troops were involved. And then it "))
    assert "1 of 1 claim found" in text
    assert done.written is not None
    assert "broke off" in (done.written.failure or "")


def test_a_model_that_declines_is_reported(printed) -> None:
    assert "does not say" not in printed(says("The article does not say."))[0].replace("The language model says that", "")


def test_a_terminal_is_not_steered_by_what_a_model_writes(printed) -> None:
    text, _ = printed(says("It is \x1b[2Jred\x07 and\u202e so on."))
    assert not set("\x1b\x07\u202e") & set(text)


def test_a_model_that_cannot_be_reached_fails_in_the_answer_not_in_the_program(
    tmp_path: Path, embedder: Embedder, answer: Answer
) -> None:
    (update,) = _author(tmp_path, embedder, "http://127.0.0.1:9/v1#none-there").write(answer)
    assert update.written is not None
    assert "cannot be reached" in (update.written.failure or "")


def test_without_a_model_nothing_is_written(tmp_path: Path, embedder: Embedder, answer: Answer) -> None:
    author = _author(tmp_path, embedder, None)
    assert not author.writes
    assert list(author.write(answer)) == []


def test_a_changed_setting_holds_from_the_next_answer_on(tmp_path: Path, embedder: Embedder, answer: Answer) -> None:
    author = _author(tmp_path, embedder, None)
    with serving(says("Ukraine said so.")) as server:
        author.change(Settings(server.openai))
        assert list(author.write(answer))[-1].written is not None
        author.change(Settings("none"))
        assert list(author.write(answer)) == []


def test_what_the_command_line_names_stands_in_for_the_stored_setting(tmp_path: Path, embedder: Embedder) -> None:
    settings.save(tmp_path, Settings("ollama:stored"))
    assert _author(tmp_path, embedder, None).llm == "ollama:stored"
    assert not _author(tmp_path, embedder, "none").writes
    assert settings.load(tmp_path).llm == "ollama:stored"
    with pytest.raises(ModelUnusable):
        _author(tmp_path, embedder, "nonsense")


def test_closing_the_answer_ends_the_request_to_the_model(tmp_path: Path, embedder: Embedder, answer: Answer) -> None:
    silence = Silence("Ukraine said ")
    with serving(silence) as server:
        updates = _author(tmp_path, embedder, server.openai).write(answer)
        next(update for update in updates if update.under_way)
        updates.close()
        assert silence.hung_up.wait(20)


def test_settings_are_kept_and_a_damaged_file_counts_as_none(tmp_path: Path) -> None:
    assert settings.load(tmp_path) == Settings()
    settings.save(tmp_path, Settings("http://localhost:1234/v1#m", strict=True))
    assert settings.load(tmp_path) == Settings("http://localhost:1234/v1#m", strict=True)
    assert [path.name for path in tmp_path.iterdir()] == ["settings.json"]
    for damaged in (b"", b"[]", b"\xff", b'{"llm": 7, "strict": "yes"}', b'{"llm": "nonsense:x"}', b"[" * 100_000):
        (tmp_path / "settings.json").write_bytes(damaged)
        assert settings.load(tmp_path) == Settings()
    with pytest.raises(settings.SettingsNotKept):
        settings.save(tmp_path / "missing", Settings())


def test_a_key_in_the_environment_is_never_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTNOTE_LLM_KEY", "s3cret")
    settings.save(tmp_path, Settings("http://localhost:1234/v1#m"))
    assert "s3cret" not in (tmp_path / "settings.json").read_text(encoding="utf-8")


def test_overlapping_flags_mark_each_word_once() -> None:
    flags = (Flag(Problem.NUMBER, 3, 6, "A."), Flag(Problem.UNSUPPORTED, 5, 9, "B."), Flag(Problem.NUMBER, 4, 6, "A."))
    claim = Claim("0123456789", (1,), flags)
    assert wrong(claim) == [(3, 9)]
    assert verdict(claim) == "not in the article"
    assert claim_in_words(claim).startswith("012«345678»9 [1]")
    assert claim_in_words(claim).endswith("not in the article: A. B.")


def test_words_of_others_given_as_a_fact_are_not_called_absent() -> None:
    claim = Claim("Troops came.", (1,), (Flag(Problem.ATTRIBUTION, 0, 12, "These are the words of Ukraine."),))
    assert wrong(claim) == []
    assert verdict(claim) == "said by somebody, not a fact"


def test_the_tally_leaves_out_what_was_removed() -> None:
    bad = Claim("Bad.", (), (Flag(Problem.UNSUPPORTED, 0, 4, "No."),))
    assert tally(Written((Claim("Good.", (1,)), bad, Claim("", ())), "m")) == "1 of 2 claims found in the article"
    assert tally(Written((Claim("Good.", (1,)),), "m"), several=True) == "1 of 1 claim found in the articles"
    assert tally(Written((Claim("", ()),), "m")) == ""
