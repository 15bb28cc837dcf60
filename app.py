"""Footnote's door: `python app.py` opens the web app, `python app.py ask "…"` answers in the terminal."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import ModelMissing, UserError

if TYPE_CHECKING:  # imported where they are used: the command line is to answer --help at once
    from bot.answer import Answer, Turn
    from bot.author import Author
    from bot.engine import Engine
    from index.library import Library
    from index.sources import Article

DESCRIPTION = "Footnote answers questions about news articles and shows the exact sentences each answer rests on."
EXAMPLES = """\
examples:
  python app.py                                        open the web app with the sample article
  python app.py --port 8000 --host 0.0.0.0             … for other machines too
  python app.py ask "How many troops are involved?"    answer in the terminal
  python app.py ask --article news.txt "Who won?"      ask a file of your own
  python app.py ask --llm ollama:llama3.2 "Who won?"   … and have a language model write, every sentence checked
  python app.py ask --json < questions.txt             one question a line in, one JSON object a line out
  python app.py library add news.pdf https://…         add files, folders, .zip archives and web addresses
  python app.py library list                           what there is, the id first
  python app.py feedback export questions.jsonl        what you judged right becomes a question file
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line. Returns the exit status: 0, 1 when something could not be done, 2 for wrong usage."""
    options = parser().parse_args(argv)
    quiet(options)
    try:
        return {"ask": ask, "library": library_command, "feedback": feedback}.get(options.command, serve)(options)
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
    if not (options.reader or options.nli):  # a model named by the user may be downloaded: that is what naming it asks for
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
    _model_options(top)
    top.add_argument("--open", action="store_true", help="open the page in the browser")
    top.add_argument("--mcp", action="store_true", help="offer the bot as a tool to other programs too (MCP)")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", title="commands (without one, the web app starts)")
    asking = commands.add_parser(
        "ask",
        help="answer questions in the terminal",
        description="Answer a question, or with --json and no question, one question a line from standard input.",
    )
    asking.add_argument("question", nargs="?", help="the question")
    asking.add_argument(
        "--article",
        action="append",
        metavar="FILE",
        help="ask this file, folder, .zip or web address instead of the library; may be given several times",
    )
    asking.add_argument(
        "--in",
        dest="among",
        action="append",
        metavar="ID",
        help="ask only this article of the library; may be given several times",
    )
    asking.add_argument("--json", action="store_true", help="print one JSON object per answer")
    for name, kind in (("--data", Path), ("--reader", str)):  # may stand behind "ask" too
        asking.add_argument(name, type=kind, default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    _model_options(asking, default=argparse.SUPPRESS)
    _library_parser(commands.add_parser("library", help="add, list, remove, export and check the articles"))
    judged = commands.add_parser("feedback", help="write out what was judged right or wrong")
    actions = judged.add_subparsers(dest="action", metavar="COMMAND", required=True, title="commands")
    export = actions.add_parser("export", help="write question files that the benches read")
    export.add_argument("file", type=Path, metavar="FILE", help="the file to write; others beside it are named like it")
    export.add_argument("--data", type=Path, default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    return top


def _model_options(to: argparse.ArgumentParser, default: str | None = None) -> None:
    to.add_argument(
        "--llm",
        metavar="SETTING",
        default=default,
        help="a language model that writes a second answer, every sentence of it checked: ollama:NAME, openai:NAME, "
        "URL#NAME for a server that speaks OpenAI's protocol, gguf:FILE, or none",
    )
    to.add_argument(
        "--prompts", type=Path, metavar="FOLDER", default=default, help="prompts of your own for the language model"
    )
    to.add_argument(
        "--nli",
        metavar="NAME",
        default=default,
        help="a model of natural language inference of the Hugging Face hub that checks what the language model writes too",
    )


def _library_parser(shelf: argparse.ArgumentParser) -> None:
    actions = shelf.add_subparsers(dest="action", metavar="COMMAND", required=True, title="commands")
    add = actions.add_parser("add", help="add files, folders, .zip archives and web addresses")
    add.add_argument("sources", nargs="+", metavar="PATH-OR-ADDRESS")
    listing = actions.add_parser("list", help="list the articles, a line each: id, title, source, date")
    listing.add_argument("--json", action="store_true", help="print a JSON array")
    remove = actions.add_parser("remove", help="remove articles for good")
    remove.add_argument("ids", nargs="+", metavar="ID")
    export = actions.add_parser("export", help="write out articles, all of them unless ids are given")
    export.add_argument("ids", nargs="*", metavar="ID")
    export.add_argument(
        "--out", default="-", metavar="FOLDER", help="a folder for the texts; by default JSON lines on standard output (-)"
    )
    check = actions.add_parser("check", help="say what is wrong with the library, if anything is")
    check.add_argument("--repair", action="store_true", help="mend it")
    for action in (add, listing, remove, export, check):
        action.add_argument("--data", type=Path, default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def port(text: str) -> int:
    """An argparse type: a TCP port."""
    number = int(text)
    if not 0 < number < 65536:
        raise argparse.ArgumentTypeError(f"{text} is no port; ports go from 1 to 65535")
    return number


def open_library(options: argparse.Namespace, named: Sequence[str] | None = None) -> Library:
    """The user's library, or a temporary one that holds the articles of these paths and addresses alone.

    A library that has just been made gets the sample article, unless it is made to add others to it.
    """
    from index.embedder import Embedder
    from index.library import Library, default_folder
    from index.sources import sample

    articles = read_all(named) if named else []  # before the models: a wrong name is told at once
    embedder = Embedder.load()
    if named:
        library = Library.temporary(embedder)
        for article in articles:
            library.add(article)
        return library
    folder = options.data or default_folder()
    new = not (folder / "library.sqlite").exists()
    library = Library.open(folder, embedder, remaking)
    if new and not (options.command == "library" and options.action == "add"):
        library.add(sample())
    return library


def read_all(named: Sequence[str]) -> list[Article]:
    """The articles of these paths and addresses. Raises SourceUnreadable for the first that cannot be read."""
    from index import intake

    return [source.read(lambda _: None) for source in intake.named(named)]


def remaking(stage: str, done: int, total: int) -> None:
    """Tell that the library is made anew, which takes a while."""
    from index.command import progress

    progress(f"The library is made anew for this version: {stage} {done:,} of {total:,}" if done < total else "")


def open_engine(options: argparse.Namespace, library: Library) -> Engine:
    """The engine with the reader asked for; with whole sentences as answers if the built-in one is damaged."""
    from bot.engine import Engine
    from bot.reader import ExtractiveReader, SentenceReader

    library.embedder.encode(["The first question does not wait for the model."])
    try:
        return Engine(library, ExtractiveReader.load(options.reader))
    except ModelMissing as error:
        if options.reader:
            raise
        print(f"footnote: {error} Until then, answers are whole sentences.", file=sys.stderr)
        return Engine(library, SentenceReader())


def serve(options: argparse.Namespace) -> int:
    """Start the web app and stay until it is stopped."""
    from bot.author import Author
    from bot.history import History
    from bot.ui.app import launch

    with closing(open_library(options)) as library, History.open(library.folder, library) as history:
        author = Author(library.folder, library.embedder, options.prompts, options.llm, options.nli)
        engine = open_engine(options, library)
        launch(engine, history, author, options.host, options.port, open_browser=options.open, tool=options.mcp)
    return 0


def ask(options: argparse.Namespace) -> int:
    """Answer one question, or the questions on standard input."""
    if options.question is None and not options.json:
        raise UserError('Type a question after "ask", or use --json to read questions from standard input.')
    from bot.terminal import in_words, write

    with closing(open_library(options, options.article)) as library:
        author = open_author(options, library)
        engine = open_engine(options, library)
        if options.question is None:
            return ask_stream(engine, author, options.among)
        answer = engine.ask(options.question, articles=options.among)
        if options.json:
            answer = written(author, answer, ())
            print(json.dumps(answer.to_json(), ensure_ascii=False))
        else:
            print(in_words(answer), flush=True)
            answer = write(author, answer, sys.stdout)
    if answer.written and answer.written.failure:
        print(f"footnote: {answer.written.failure} The answer above is quoted from the article.", file=sys.stderr)
    return 0


def open_author(options: argparse.Namespace, library: Library) -> Author:
    """The language model named on the command line: in the terminal, what the page has set up does not count."""
    from bot.author import Author

    return Author(library.folder, library.embedder, options.prompts, options.llm or "none", options.nli)


def written(author: Author, answer: Answer, history: Sequence[Turn]) -> Answer:
    """The answer with what the language model makes of it, if there is one."""
    for update in author.write(answer, history):
        answer = replace(answer, written=update.written)
    return answer


def library_command(options: argparse.Namespace) -> int:
    """Add, list, remove, export or check the articles."""
    from index import command
    from index.intake import named

    with closing(open_library(options)) as library:
        match options.action:
            case "add":
                return command.add(library, named(options.sources))
            case "list":
                return command.show(library, options.json)
            case "remove":
                return command.remove(library, options.ids)
            case "export":
                return command.export(library, options.ids, options.out)
            case _:
                return command.check(library, options.repair)


def feedback(options: argparse.Namespace) -> int:
    """Write what was judged right or wrong to question files."""
    from bot.feedback import export
    from bot.history import History

    with closing(open_library(options)) as library, History.open(library.folder, library) as history:
        for made in export(history, options.file):
            about = f", about {made.article}" if made.article else ", to be put right"
            print(f"{made.questions}: {made.count} {'question' if made.count == 1 else 'questions'}{about}")
    return 0


def ask_stream(engine: Engine, author: Author, articles: Sequence[str] | None) -> int:
    """Answer each line of standard input with one line of JSON, in order. A bad line gets an `error`, and the next is read."""
    from bot.answer import Turn

    status = 0
    for line in sys.stdin.buffer:
        text = line.decode("utf-8", "replace").strip().removeprefix("\ufeff")
        if not text:
            continue
        question = text
        try:
            question, earlier = question_of(text)
            turns: list[Turn] = []
            for asked in earlier:
                turns.append(Turn(asked, engine.ask(asked, history=turns, articles=articles)))
            answer = engine.ask(question, history=turns, articles=articles)
            result = written(author, answer, turns).to_json()
        except UserError as error:
            result = {
                "question": question,
                "answered": False,
                "answer": "",
                "confidence": 0.0,
                "citations": [],
                "searched_for": None,
                "ms": 0.0,
                "written": None,
                "error": str(error),
            }
            status = 1
        print(json.dumps(result, ensure_ascii=False), flush=True)
    return status


def question_of(line: str) -> tuple[str, list[str]]:
    """The question on an input line, and those asked before it. Raises UserError.

    The line is a JSON object with `question` and perhaps `history`, a list of earlier questions, or the question itself.
    """
    if not line.startswith("{"):
        return line, []
    try:
        given = json.loads(line)
        question, earlier = given["question"], given.get("history", [])
    except (ValueError, KeyError, RecursionError) as error:
        raise UserError('A line that starts with { must be a JSON object with a "question".') from error
    if not isinstance(question, str):
        raise UserError('"question" must be a string.')
    if not isinstance(earlier, list) or not all(isinstance(asked, str) for asked in earlier):
        raise UserError('"history" must be a list of questions.')
    return question, earlier


if __name__ == "__main__":
    sys.exit(main())
