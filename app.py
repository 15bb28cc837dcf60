"""Footnote's door: `python app.py` opens the web app, `python app.py ask "…"` answers in the terminal."""

from __future__ import annotations

import argparse
import json
import os
import sys
import textwrap
import unicodedata
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import ModelMissing, UserError

if TYPE_CHECKING:  # imported where they are used: the command line is to answer --help at once
    from bot.answer import Answer
    from bot.engine import Engine
    from index.library import Library

DESCRIPTION = "Footnote answers questions about news articles and shows the exact sentences each answer rests on."
EXAMPLES = """\
examples:
  python app.py                                        open the web app with the sample article
  python app.py --port 8000 --host 0.0.0.0             … for other machines too
  python app.py ask "How many troops are involved?"    answer in the terminal
  python app.py ask --article news.txt "Who won?"      ask a file of your own
  python app.py ask --json < questions.txt             one question a line in, one JSON object a line out
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line. Returns the exit status: 0, 1 when something could not be done, 2 for wrong usage."""
    options = parser().parse_args(argv)
    quiet(options)
    try:
        return ask(options) if options.command == "ask" else serve(options)
    except UserError as error:
        print(f"footnote: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader of our output has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def quiet(options: argparse.Namespace) -> None:
    """Nothing is fetched and nothing is reported; said before any library is imported, since they read it then."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that spin for work starve each other on a busy machine
    if not options.reader:  # a reader named by the user may be downloaded: that is what naming it asks for
        os.environ.setdefault("HF_HUB_OFFLINE", "1")


def parser() -> argparse.ArgumentParser:
    """The command line's shape."""
    top = argparse.ArgumentParser(
        prog="python app.py",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    # Hosts of Gradio apps, Hugging Face Spaces among them, say in the environment where to listen.
    host, number = os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1"), os.environ.get("GRADIO_SERVER_PORT")
    top.add_argument("--host", default=host, help="address to listen on (default: 127.0.0.1, this machine only)")
    top.add_argument("--port", type=port, default=number, help="port to listen on (default: 7860, or the next free one)")
    top.add_argument(
        "--data", type=Path, metavar="FOLDER", help="data directory (default: $FOOTNOTE_DATA, or the platform's)"
    )
    top.add_argument(
        "--reader", metavar="NAME", help="an extractive model of the Hugging Face hub instead of the built-in reader"
    )
    top.add_argument("--open", action="store_true", help="open the page in the browser")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", title="commands (without one, the web app starts)")
    asking = commands.add_parser(
        "ask",
        help="answer questions in the terminal",
        description="Answer a question, or with --json and no question, one question a line from standard input.",
    )
    asking.add_argument("question", nargs="?", help="the question")
    asking.add_argument(
        "--article",
        type=Path,
        action="append",
        metavar="FILE",
        help="ask this text file instead of the library; may be given several times",
    )
    asking.add_argument("--json", action="store_true", help="print one JSON object per answer")
    for name, kind in (("--data", Path), ("--reader", str)):  # may stand behind "ask" too
        asking.add_argument(name, type=kind, default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    return top


def port(text: str) -> int:
    """An argparse type: a TCP port."""
    number = int(text)
    if not 0 < number < 65536:
        raise argparse.ArgumentTypeError(f"{text} is no port; ports go from 1 to 65535")
    return number


def open_library(options: argparse.Namespace, files: Sequence[Path] | None) -> Library:
    """The user's library with the sample article in it, or a temporary one that holds `files` alone."""
    from index.embedder import Embedder
    from index.library import Library, default_folder
    from index.sources import read_file, sample

    articles = [read_file(path) for path in files] if files else []  # before the models: a wrong name is told at once
    embedder = Embedder.load()
    if files:
        library = Library.temporary(embedder)
        for article in articles:
            library.add(article)
        return library
    library = Library.open(options.data or default_folder(), embedder)
    if not library.articles():
        library.add(sample())
    return library


def open_engine(options: argparse.Namespace, library: Library) -> Engine:
    """The engine with the reader asked for; with whole sentences as answers if the built-in one is damaged."""
    from bot.engine import Engine
    from bot.reader import ExtractiveReader, SentenceReader

    try:
        return Engine(library, ExtractiveReader.load(options.reader))
    except ModelMissing as error:
        if options.reader:
            raise
        print(f"footnote: {error} Until then, answers are whole sentences.", file=sys.stderr)
        return Engine(library, SentenceReader())


def serve(options: argparse.Namespace) -> int:
    """Start the web app and stay until it is stopped."""
    from bot.ui.app import launch

    with closing(open_library(options, None)) as library:
        launch(open_engine(options, library), host=options.host, port=options.port, open_browser=options.open)
    return 0


def ask(options: argparse.Namespace) -> int:
    """Answer one question, or the questions on standard input."""
    if options.question is None and not options.json:
        raise UserError('Type a question after "ask", or use --json to read questions from standard input.')
    with closing(open_library(options, options.article)) as library:
        engine = open_engine(options, library)
        if options.question is None:
            return ask_stream(engine)
        answer = engine.ask(options.question)
    print(json.dumps(answer.to_json(), ensure_ascii=False) if options.json else in_words(answer))
    return 0


def ask_stream(engine: Engine) -> int:
    """Answer each line of standard input with one line of JSON, in order. A bad line gets an `error`, and the next is read."""
    status = 0
    for line in sys.stdin.buffer:
        text = line.decode("utf-8", "replace").strip().removeprefix("\ufeff")
        if not text:
            continue
        question = text
        try:
            question = question_of(text)
            result = engine.ask(question).to_json()
        except UserError as error:
            result = {
                "question": question,
                "answered": False,
                "answer": "",
                "confidence": 0.0,
                "citations": [],
                "searched_for": None,
                "ms": 0.0,
                "error": str(error),
            }
            status = 1
        print(json.dumps(result, ensure_ascii=False), flush=True)
    return status


def question_of(line: str) -> str:
    """The question on an input line: a JSON object with `question`, or the line itself. Raises UserError."""
    if not line.startswith("{"):
        return line
    try:
        question = json.loads(line)["question"]
    except (ValueError, KeyError, RecursionError) as error:
        raise UserError('A line that starts with { must be a JSON object with a "question".') from error
    if not isinstance(question, str):
        raise UserError('"question" must be a string.')
    return question


def in_words(answer: Answer) -> str:
    """An answer and its sources as the terminal shows them."""
    lines = [f"Searched for: {answer.searched_for}"] if answer.searched_for else []
    lines += [answer.text if answer.answered else f"{answer.text} The nearest sentences:", ""]
    for citation in answer.citations:
        quoted = " ".join(citation.text.split())
        lines += textwrap.wrap(f"[{citation.n}] {quoted}", 96, subsequent_indent="    ", break_long_words=False)
        lines.append(f"    {citation.title} · {citation.origin}")
    # An article may hold escape sequences; a terminal would obey them.
    return "".join(ch for ch in "\n".join(lines) if ch == "\n" or unicodedata.category(ch) not in ("Cc", "Cf"))


if __name__ == "__main__":
    sys.exit(main())
