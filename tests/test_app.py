import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import app
from bot.answer import Turn
from bot.engine import Engine
from bot.history import History
from bot.spans import WEIGHTS, SpanScorer
from index import intake
from index.embedder import Embedder
from index.library import Library
from index.sources import read_text
from tests import scripted_server
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
    assert all(c["origin"] == article.name for a in answers for c in a["citations"])
    assert done.returncode == 1


def test_only_the_named_files_are_asked(article: Path):
    done = footnote("ask", "--json", "--article", str(article), "How many troops are involved?")
    assert {c["title"] for c in json.loads(done.stdout)["citations"]} <= {"Bridge closes for repairs"}


def library(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run `library …` in this process. Returns its status and what it printed."""
    status = app.main(["library", *arguments])
    said = capsys.readouterr()
    return status, said.out, said.err


@pytest.fixture
def loaded_once(embedder: Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model is the same for every command."""
    monkeypatch.setattr(Embedder, "load", lambda: embedder)


@pytest.mark.usefixtures("loaded_once")
def test_the_library_is_filled_listed_emptied_and_checked(
    article: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    other = tmp_path / "ferry.md"
    other.write_text("# The ferry\n\nIt carries 9,000 people a day.", encoding="utf-8")
    status, out, err = library(capsys, "add", str(article), str(other))
    assert (status, err) == (0, "")
    assert out.splitlines()[-1] == "2 added"

    assert library(capsys, "add", str(article))[1].splitlines()[-1] == "1 already there"

    status, out, _ = library(capsys, "list")
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()] == ["2", "1"]
    assert out.splitlines()[1] == "1  Bridge closes for repairs · bridge.txt · undated"
    listed = json.loads(library(capsys, "list", "--json")[1])
    assert [(each["id"], each["title"]) for each in listed] == [("2", "The ferry"), ("1", "Bridge closes for repairs")]
    assert all("text" not in each for each in listed)

    status, out, err = library(capsys, "remove", "1", "77")
    assert status == 1
    assert out.startswith("removed: 1  Bridge")
    assert "no article with the id 77" in err
    assert len(library(capsys, "list")[1].splitlines()) == 1

    assert library(capsys, "check") == (0, "The library is sound: 1 article.\n", "")
    assert library(capsys, "check", "--repair")[0] == 0


@pytest.mark.usefixtures("loaded_once")
def test_a_refused_source_does_not_keep_the_others_and_makes_the_command_fail(
    article: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    empty = tmp_path / "empty.txt"
    empty.touch()
    status, out, err = library(capsys, "add", str(empty), str(article), str(tmp_path / "none.pdf"))
    assert status == 1
    assert out.splitlines()[-1] == "1 added, 2 not added"
    assert "empty.txt is empty" in err
    assert "none.pdf does not exist" in err
    assert "Traceback" not in err


@pytest.mark.usefixtures("loaded_once")
def test_what_is_exported_is_the_text_byte_for_byte(
    article: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    library(capsys, "add", str(article))
    exported = json.loads(library(capsys, "export")[1])
    assert exported["text"] == TEXT

    folder = tmp_path / "out"
    assert library(capsys, "export", "1", "--out", str(folder))[0] == 0
    (known,) = json.loads((folder / "articles.json").read_text(encoding="utf-8"))
    assert (folder / known["file"]).read_bytes() == TEXT.encode()
    assert known["title"] == "Bridge closes for repairs"

    status, out, err = library(capsys, "export", "1", "77")
    assert (status, out) == (1, "")
    assert "Nothing was exported" in err


@pytest.mark.usefixtures("loaded_once")
def test_a_library_that_is_not_sound_is_told_with_how_to_mend_it(
    article: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    library(capsys, "add", str(article))
    monkeypatch.setattr(Library, "check", lambda self: ["a vector has no unit\x1b[2J"])
    status, out, err = library(capsys, "check")
    assert (status, out) == (1, "")
    assert "a vector has no unit" in err
    assert "--repair" in err
    assert "\x1b" not in err


@pytest.mark.usefixtures("loaded_once")
def test_a_new_library_has_the_sample_unless_it_is_made_to_add_to_and_never_gets_it_back(
    article: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    assert "Kharkiv" in library(capsys, "list", "--data", first)[1]
    library(capsys, "remove", "1", "--data", first)
    status, out, err = library(capsys, "list", "--data", first)
    assert (status, out) == (0, "")
    assert "no article yet" in err
    library(capsys, "add", "--data", second, str(article))
    assert len(library(capsys, "list", "--data", second)[1].splitlines()) == 1


@pytest.mark.usefixtures("loaded_once")
def test_a_question_can_be_put_to_one_article_of_the_library(article: Path, capsys: pytest.CaptureFixture[str]):
    library(capsys, "add", str(article))
    assert app.main(["ask", "--json", "--in", "1", "How many drivers a day?"]) == 0
    assert {c["article"] for c in json.loads(capsys.readouterr().out)["citations"]} == {"1"}
    assert app.main(["ask", "--in", "77", "How many drivers a day?"]) == 1
    assert "no longer in the library" in capsys.readouterr().err


@pytest.mark.usefixtures("loaded_once")
def test_an_address_is_asked_as_a_file_is(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(intake, "read_address", lambda url, progress: read_text(TEXT, origin=url))
    assert app.main(["ask", "--json", "--article", "https://news.example/bridge", "How many drivers a day?"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert "9,000" in answer["answer"]
    assert answer["citations"][0]["origin"] == "https://news.example/bridge"


@pytest.mark.usefixtures("loaded_once")
def test_titles_of_strangers_are_printed_on_one_line_without_control_characters(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = tmp_path / "evil.md"
    path.write_text("# Storm \x1b[2J\u202ehits\u2028coast\n\nThe storm killed 12 people.\n" + "Calm words. " * 80)
    library(capsys, "add", str(path))
    status, out, _ = library(capsys, "list")
    assert status == 0
    assert len(out.splitlines()) == 1
    assert not {"\x1b", "\u202e"} & set(out)


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
    for word in ("--host", "--port", "ask", "library", "examples:", "127.0.0.1"):
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


def test_a_named_model_writes_below_the_extracted_answer(capsys: pytest.CaptureFixture[str], loaded_once: None):
    with scripted_server.serving(scripted_server.says("Ukraine said up to 30,000 Russian troops were involved.")) as server:
        assert app.main(["ask", "--llm", server.openai, "How many troops are involved?"]) == 0
        assert app.main(["ask", "--json", "--llm", server.openai, "How many troops are involved?"]) == 0
    text, _, line = capsys.readouterr().out.rstrip().rpartition("\n")
    assert text.index("[1] ") < text.index("Written by small:") < text.index("1 of 1 claim found in the article.")
    written = json.loads(line)["written"]
    assert written.keys() == {"model", "refused", "failure", "claims"}
    assert written["claims"] == [
        {"text": "Ukraine said up to 30,000 Russian troops were involved.", "cited": [1], "flags": []}
    ]


def test_a_model_that_fails_leaves_the_extracted_answer_and_a_reason(
    capsys: pytest.CaptureFixture[str], loaded_once: None
):
    with scripted_server.serving(scripted_server.status(500)) as server:
        assert app.main(["ask", "--llm", server.openai, "How many troops are involved?"]) == 0
    said = capsys.readouterr()
    assert "30,000" in said.out
    assert "Written by" not in said.out
    assert "HTTP 500" in said.err


def test_a_model_that_nobody_knows_is_told_in_a_sentence(capsys: pytest.CaptureFixture[str], loaded_once: None):
    assert app.main(["ask", "--llm", "eliza", "How many troops are involved?"]) == 1
    assert "names no language model" in capsys.readouterr().err


def test_a_line_with_earlier_questions_is_read_as_a_follow_up(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, loaded_once: None
):
    lines = [
        {"question": "And on the border?", "history": ["How many troops are involved?"]},
        {"question": "And on the border?"},
        {"question": "And on the border?", "history": "How many troops are involved?"},
    ]
    given = io.TextIOWrapper(io.BytesIO("\n".join(map(json.dumps, lines)).encode()))
    monkeypatch.setattr("sys.stdin", given)
    assert app.main(["ask", "--json"]) == 1
    followed, alone, wrong = map(json.loads, capsys.readouterr().out.splitlines())
    assert "How many troops" in followed["searched_for"]
    assert "50,000" in followed["answer"]
    assert alone["searched_for"] is None
    assert wrong["error"] == '"history" must be a list of questions.'


def test_what_was_judged_is_exported_as_questions(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, embedder: Embedder, engine: Engine, loaded_once: None
):
    file = tmp_path / "questions.jsonl"
    data = ["--data", str(tmp_path / "data")]
    assert app.main(["feedback", "export", str(file), *data]) == 1
    assert "nothing to export" in capsys.readouterr().err

    with Library.open(tmp_path / "data", embedder) as library, History.open(library.folder, library) as history:
        talk = history.start()
        for question, verdict in (("How many troops are involved?", "up"), ("Who is Oleh Syniehubov?", "down")):
            turn = Turn(question, Engine(library, engine.reader).ask(question))
            history.feedback(history.append(talk, turn), verdict)
    assert app.main(["feedback", "export", str(file), *data]) == 0
    right, wrong = capsys.readouterr().out.splitlines()
    assert right == f"{file}: 1 question, about {tmp_path / 'questions-article.txt'}"
    assert wrong == f"{tmp_path / 'questions-down.jsonl'}: 1 question, to be put right"
    assert json.loads(file.read_text(encoding="utf-8"))["question"] == "How many troops are involved?"
