import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import app
from bot.spans import WEIGHTS, SpanScorer
from tests.conftest import ROOT

TEXT = """Bridge closes for repairs

The Talbot bridge will close on 3 May for eleven weeks, the council said.

Repairs will cost $4.2m, and 9,000 drivers a day will have to use the ferry."""
FIELDS = {"question", "answered", "answer", "confidence", "citations", "searched_for", "ms"}
CITATION_FIELDS = {"n", "article", "title", "start", "end", "text", "answer_start", "answer_end", "relevance"}


def footnote(*arguments: str, stdin: str | bytes | None = None) -> subprocess.CompletedProcess[str]:
    given = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run(
        [sys.executable, "app.py", *arguments],
        cwd=ROOT,
        input=given or b"",
        capture_output=True,
        timeout=300,
        env=os.environ,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture
def article(tmp_path: Path) -> Path:
    path = tmp_path / "bridge.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_ask_prints_the_answer_and_its_source():
    done = footnote("ask", "How many troops are involved?")
    assert done.returncode == 0, done.stderr
    assert "30,000" in done.stdout
    assert "[1]" in done.stdout
    assert "Russia intensifies attacks around Kharkiv" in done.stdout
    assert done.stderr == ""


def test_ask_json_prints_one_object_with_the_promised_fields():
    done = footnote("ask", "--json", "How much is the aid package worth?")
    answer = json.loads(done.stdout)
    assert answer.keys() >= FIELDS
    assert answer["answered"] is True
    assert answer["searched_for"] is None
    assert 0 <= answer["confidence"] <= 1
    text = (ROOT / "articles" / "kharkiv.txt").read_text(encoding="utf-8")
    assert answer["citations"]
    for citation in answer["citations"]:
        assert citation.keys() >= CITATION_FIELDS
        assert text[citation["start"] : citation["end"]] == citation["text"]


def test_a_stream_of_questions_is_answered_in_order_and_bad_lines_do_not_stop_it(article: Path):
    lines = [
        "How long will the bridge be closed?",
        "",
        json.dumps({"question": "What will the repairs cost?", "history": ["When does it close?"]}),
        '{"query": 1}',
        "???",
        "{broken",
        "How many drivers a day?",
    ]
    done = footnote("ask", "--json", "--article", str(article), stdin="\n".join(lines))
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [a["question"] for a in answers] == [lines[0], "What will the repairs cost?", *lines[3:]]
    assert all(a.keys() >= FIELDS for a in answers)
    assert "eleven weeks" in answers[0]["answer"]
    assert "$4.2m" in answers[1]["answer"]
    assert ["error" in a for a in answers] == [False, False, True, True, True, False]
    assert "9,000" in answers[-1]["answer"]
    assert all(c["origin"] == str(article) for a in answers for c in a["citations"])
    assert done.returncode == 1


def test_only_the_named_files_are_asked(article: Path):
    done = footnote("ask", "--json", "--article", str(article), "How many troops are involved?")
    assert {c["title"] for c in json.loads(done.stdout)["citations"]} <= {"Bridge closes for repairs"}


def test_a_byte_order_mark_and_windows_line_ends_on_standard_input_do_no_harm(article: Path):
    done = footnote("ask", "--json", "--article", str(article), stdin="\ufeffWho said so?\r\nHow long?\r\n".encode())
    assert [json.loads(line)["question"] for line in done.stdout.splitlines()] == ["Who said so?", "How long?"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ask", ""), "no question"),
        (("ask", "x" * 100_000), "100,000 characters"),
        (("ask", "--article", "no-such-file.txt", "Who?"), "no-such-file.txt does not exist"),
        (("ask",), "Type a question"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence_without_a_trace(arguments: tuple[str, ...], said: str):
    done = footnote(*arguments)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_help_explains_itself():
    done = footnote("--help")
    assert done.returncode == 0
    for word in ("--host", "--port", "ask", "examples:", "127.0.0.1"):
        assert word in done.stdout


def test_control_characters_of_an_article_do_not_reach_the_terminal(tmp_path: Path):
    path = tmp_path / "evil.txt"
    path.write_text(
        "Storm hits coast\n\nThe storm killed 12 \x1b[2J\x1b]0;owned\x07 people, officials said.\n"
        + "Calm words follow here. " * 40
    )
    done = footnote("ask", "--article", str(path), "How many people did the storm kill?")
    assert "12" in done.stdout
    assert "\x1b" not in done.stdout
    assert "\x07" not in done.stdout


def test_with_damaged_weights_answers_are_sentences_and_the_user_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    damaged = tmp_path / WEIGHTS.name
    damaged.write_bytes(WEIGHTS.read_bytes()[:1000])
    shutil.copy(WEIGHTS.with_suffix(".json"), damaged.with_suffix(".json"))
    load = SpanScorer.load
    monkeypatch.setattr(SpanScorer, "load", lambda: load(damaged))
    assert app.main(["ask", "How many troops are involved?"]) == 0
    said = capsys.readouterr()
    assert "damaged" in said.err
    assert said.out.startswith("Ukraine said up to 30,000 Russian troops were involved")


def test_a_reader_that_cannot_be_had_is_told_in_a_sentence(capsys: pytest.CaptureFixture[str]):
    assert app.main(["ask", "--reader", "nobody/no-such-reader", "How many?"]) == 1
    assert "'nobody/no-such-reader' could not be loaded" in capsys.readouterr().err


def test_a_host_of_gradio_apps_says_where_to_listen(monkeypatch: pytest.MonkeyPatch):
    assert (app.parser().parse_args([]).host, app.parser().parse_args([]).port) == ("127.0.0.1", None)
    monkeypatch.setenv("GRADIO_SERVER_NAME", "0.0.0.0")
    monkeypatch.setenv("GRADIO_SERVER_PORT", "7861")
    assert (app.parser().parse_args([]).host, app.parser().parse_args([]).port) == ("0.0.0.0", 7861)
    assert app.parser().parse_args(["--host", "127.0.0.1"]).host == "127.0.0.1"
