"""The shelf of articles: add, find, choose, rename, remove."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Thread
from typing import Any

import gradio as gr

from bot.plain import day, plain
from bot.ui import texts
from bot.ui.assets import static
from bot.ui.choice import Choice
from bot.ui.desk import IN_TURN, Conversation, Desk, Updates
from index.addresses import is_address
from index.decoding import label
from index.errors import ArticleMissing, SourceUnreadable, UserError
from index.intake import Cancelled, Result, Source, Step, files, named, pasted, take_in
from index.library import Entry, Library, Removed
from index.sources import Article

LISTED = 200  # rows shown at a time; a search finds the others
ADDING_AT_ONCE = 2

log = logging.getLogger(__name__)


class Shelf:
    """The panel with the list of articles and the ways to add some, as components of the page that is being built."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.library: Library = desk.library
        self.removed: gr.State = gr.State(None)  # the article that can be put back
        self._running: dict[str, list[Event]] = {}  # what cancels the additions of each tab, by its session

    def lay(self) -> None:
        """The panel, in the order in which it is read."""
        with gr.Column(elem_id="shelf", elem_classes="drawer"):
            self.bar = gr.HTML(
                html_template=static("shelf-bar.html"), apply_default_css=False, elem_classes="panel-bar",
                title=texts.SHELF, add=texts.ADD, close=texts.CLOSE_SHELF,
            )
            with gr.Column(elem_id="adding"), gr.Tabs(elem_id="ways"):
                self._lay_ways()
            self.intake = gr.HTML(
                value=None, html_template=static("intake.html"), js_on_load=static("intake.js"), labels=texts.INTAKE,
                apply_default_css=False, elem_id="intake",
            )
            with gr.Row(elem_classes="finding"):
                self.search = gr.Textbox(
                    elem_id="search", label=texts.SEARCH, placeholder=texts.SEARCH, show_label=False, container=False,
                    max_lines=1,
                )
                self.sort = gr.Radio(
                    [(texts.SORT_ADDED, "added"), (texts.SORT_PUBLISHED, "published")], value="added", elem_id="sort",
                    label=texts.SORT,
                )
            self.list = gr.HTML(
                value=None, open=None, panel="shelf", labels=texts.SHELF_LABELS, html_template=static("listing.html"),
                js_on_load=static("listing.js") + static("shelf.js"), apply_default_css=False, elem_id="shelf-list",
                elem_classes="listing",
            )

    def _lay_ways(self) -> None:
        with gr.Tab(texts.ADD_FILES, id="files"):
            self.files = gr.File(
                elem_id="add-files", label=texts.ADD_FILES_DROP, show_label=False, file_count="multiple", height=132,
            )
            gr.HTML(
                html_template="<p>{{drop}}</p><p>{{kinds}}</p>", drop=texts.ADD_FILES_DROP, kinds=texts.ADD_FILES_KINDS,
                apply_default_css=False, elem_id="add-kinds",
            )
            self.folder = gr.UploadButton(texts.ADD_FOLDER, elem_id="add-folder", file_count="directory", size="sm")
        with gr.Tab(texts.ADD_ADDRESS, id="address"):
            self.address = gr.Textbox(
                elem_id="add-address", label=texts.ADD_ADDRESS, placeholder=texts.ADD_ADDRESS_PLACEHOLDER,
                container=False, show_label=False, lines=1, max_lines=6, submit_btn=texts.ADD,
            )
        with gr.Tab(texts.ADD_TEXT, id="text"):
            self.title = gr.Textbox(
                elem_id="add-title", label=texts.ADD_TEXT_TITLE, placeholder=texts.ADD_TEXT_TITLE, container=False,
                show_label=False, max_lines=1,
            )
            self.text = gr.Textbox(
                elem_id="add-text", label=texts.ADD_TEXT_PLACEHOLDER, placeholder=texts.ADD_TEXT_PLACEHOLDER,
                container=False, show_label=False, lines=5, max_lines=12,
            )
            self.paste = gr.Button(texts.ADD, elem_id="add-pasted", variant="primary", size="sm")

    def wire(self, page: gr.Blocks) -> None:
        """Let the components act."""
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        finding = [self.search, self.sort]
        state = [self.desk.conversation, self.desk.choice]
        outputs = [*self.desk.outputs, self.list, self.removed]
        adding: dict[str, Any] = {
            "outputs": [*outputs, self.intake, self.files, self.folder, self.address, self.title, self.text],
            "concurrency_limit": ADDING_AT_ONCE, "concurrency_id": "adding", **quiet,
        }
        # The uploads come as they are: made ready by Gradio, each would leave an empty file behind.
        self.files.upload(self._add_files, [self.files, *finding, *state], preprocess=False, **adding)
        self.folder.upload(self._add_files, [self.folder, *finding, *state], preprocess=False, **adding)
        self.address.submit(self._add_address, [self.address, *finding, *state], **adding)
        self.paste.click(self._add_text, [self.text, self.title, *finding, *state], **adding)
        self.title.submit(self._add_text, [self.text, self.title, *finding, *state], **adding)
        self.intake.select(self._cancel, None, None, queue=False, **quiet)
        self.list.select(self._act, [*finding, self.removed, *state], outputs, **IN_TURN, **quiet)
        listed: dict[str, Any] = {"trigger_mode": "always_last", **quiet}
        for event in (self.search.change, self.sort.input):
            event(self._find, [*finding, *state], [self.list, self.desk.asking], **listed)
        self.desk.choice.change(lambda choice: gr.HTML(open=choice.open), self.desk.choice, self.list, **quiet)
        page.load(self._begin, [*finding, *state], outputs, **quiet)

    def _begin(self, search: str, sort: str, conversation: Conversation, choice: Choice) -> Updates:
        """A tab loads: the article added last lies open."""
        newest = self.library.catalogue()[:1]
        choice = choice if choice.open else choice.opening(newest[0].id if newest else None)
        return self.show(search, sort, conversation, choice) | {self.desk.box: gr.Textbox(interactive=True)}

    def show(
        self, search: str, sort: str, conversation: Conversation, choice: Choice, before: Choice | None = None, **notice: Any
    ) -> Updates:
        """Desk and shelf as they are to be; `notice` is a sentence above the list, and whether undo is offered."""
        updates = self.desk.show(conversation, choice, before)
        return updates | {self.list: self.listed(search, sort, updates[self.desk.choice]) | {"notice": notice or None}}

    def listed(self, search: str, sort: str, choice: Choice) -> dict[str, Any]:
        """The rows of the list, as the shelf's script takes them."""
        found = self.library.catalogue(search or "")
        if sort == "published":
            found.sort(key=lambda entry: entry.date or "", reverse=True)
        empty = texts.SHELF_NOTHING_FOUND if (search or "").strip() else texts.SHELF_EMPTY
        return {
            "rows": [row(entry, choice) for entry in found[:LISTED]],
            "remark": empty if not found else texts.SHELF_MORE.format(count=len(found) - LISTED) if found[LISTED:] else "",
            "empty": not found,
            "notice": None,
        }

    def _find(self, search: str, sort: str, conversation: Conversation, choice: Choice) -> Updates:
        ids = self.library.ids()
        choice = choice.among(ids)
        asking = gr.Radio(choices=list(choice.in_words(ids)), value=choice.scope)
        return {self.list: self.listed(search, sort, choice), self.desk.asking: asking}

    def _act(
        self,
        search: str,
        sort: str,
        removed: Removed | None,
        conversation: Conversation,
        choice: Choice,
        event: gr.EventData,
    ) -> Updates:
        """What a button in the list asks for: `action`, mostly on the article `id`."""
        action, article, before = str(event.action), str(event.id), choice
        notice: dict[str, Any] = {}
        try:
            if action == "tick":
                choice = choice.ticking(article, bool(event.on))
            elif action == "open":
                choice = choice.opening(self.library.article(article).id)
            elif action == "rename":
                self.library.rename(article, plain(str(event.title)))
            elif action == "remove":
                title = self.library.article(article).title
                removed = self.library.remove(article)
                notice = {"text": texts.REMOVED_ARTICLE.format(title=plain(title)), "undo": True}
            elif action == "undo" and removed:
                back = self.library.restore(removed)
                removed = None
                notice = {"text": texts.RESTORED_ARTICLE.format(title=plain(back.title)), "undo": False}
                choice = choice if choice.open else choice.opening(back.id)
            elif action == "forget":
                removed = None
        except ArticleMissing:
            notice = {"text": texts.ALREADY_REMOVED, "undo": False}
        except UserError as error:
            notice = {"text": str(error), "undo": False}
        return self.show(search, sort, conversation, choice, before, **notice) | {self.removed: removed}

    # Adding

    def _add_files(self, request: gr.Request, uploads: Any, *state: Any) -> Iterator[Updates]:
        """Take in what the browser has sent. Gradio has checked that it lies in the folder for uploads."""
        given = [(Path(upload["path"]), upload.get("orig_name") or "") for upload in uploads or []]
        try:
            yield from self._add(request, [source for upload in meant(given) for source in uploaded(*upload)], *state)
        finally:
            for path, _ in given:
                with suppress(OSError):
                    path.unlink()
                    path.parent.rmdir()

    def _add_address(self, request: gr.Request, given: str, *state: Any) -> Iterator[Updates]:
        addresses = [each if is_address(each) else f"https://{each}" for each in given.split()]
        yield from self._add(request, named(addresses), *state)

    def _add_text(self, request: gr.Request, text: str, title: str, *state: Any) -> Iterator[Updates]:
        sources = [pasted(text, " ".join(title.split()))] if text.strip() else []
        yield from self._add(request, sources, *state)

    def _add(
        self,
        request: gr.Request,
        sources: Sequence[Source],
        search: str,
        sort: str,
        conversation: Conversation,
        choice: Choice,
    ) -> Iterator[Updates]:
        """Take in the sources: the stages as they come, then what became of each."""
        results: list[Result] = []
        fields = {self.files: None, self.folder: None, self.address: "", self.title: "", self.text: ""}
        if not sources:
            yield {self.intake: report(None, results, remark=texts.INTAKE_NOTHING)} | dict.fromkeys([self.files, self.folder])
            return
        yield {self.intake: report(None, results, running=True), self.files: None, self.folder: None}
        remark = ""
        for news in self._taking_in(sources, str(request.session_hash)):
            if isinstance(news, Result):
                results.append(news)
            elif isinstance(news, Step):
                yield {self.intake: report(news, results, running=True)}
            else:
                remark = str(news) if isinstance(news, UserError) else texts.INTAKE_FAULT
        got = list(dict.fromkeys(result.article.id for result in results if result.article))
        updates = self.show(search, sort, conversation, choice.taking_in(got), choice)
        refused = any(result.outcome in ("refused", "cancelled") for result in results) or remark
        if refused:  # what was typed stays, to be mended
            fields = {self.files: None, self.folder: None}
        yield updates | fields | {self.intake: report(None, results, remark=remark)}

    def _taking_in(self, sources: Sequence[Source], session: str) -> Iterator[Step | Result | Exception]:
        """Steps, of which some are left out if they come too fast, and every result; at the end perhaps what went wrong."""
        news: SimpleQueue[Step | Result | Exception | None] = SimpleQueue()
        cancelled = Event()

        def step(step: Step) -> None:
            if cancelled.is_set():
                raise Cancelled
            news.put(step)

        def work() -> None:
            try:
                for result in take_in(self.library, sources, step):
                    news.put(result)
            except Exception as error:
                if not isinstance(error, UserError):
                    log.exception("The articles could not be added.")
                news.put(error)
            finally:
                news.put(None)

        self._running.setdefault(session, []).append(cancelled)
        worker = Thread(target=work, daemon=True)
        worker.start()
        try:
            while (item := news.get()) is not None:
                if not (isinstance(item, Step) and not news.empty()):
                    yield item
        finally:  # also where the tab was closed meanwhile
            cancelled.set()
            worker.join()
            self._running[session].remove(cancelled)
            if not self._running[session]:
                del self._running[session]

    def _cancel(self, request: gr.Request) -> None:
        for cancelled in self._running.get(str(request.session_hash), []):
            cancelled.set()


def meant(given: Sequence[tuple[Path, str]]) -> list[tuple[Path, str]]:
    """The files that somebody meant to add: of several, not the hidden ones (".DS_Store"), which came with their folder."""
    return [(path, name) for path, name in given if len(given) == 1 or not name.startswith(".")]


def uploaded(path: Path, name: str) -> list[Source]:
    """The sources in an uploaded file, under the name that the user knows; it has no lasting place on this machine."""
    stored, name = label(path.name), label(name or path.name)

    def under_its_name(source: Source) -> Source:
        shown = name if source.name == stored else source.name  # a zip's members keep theirs

        def read(progress: Callable[[int], None]) -> Article:
            try:
                return replace(source.read(progress), origin=shown, place=None)
            except SourceUnreadable as error:
                raise SourceUnreadable(str(error).replace(stored, name)) from error

        return Source(shown, read)

    return [under_its_name(source) for source in files(path)]


def row(entry: Entry, choice: Choice) -> dict[str, Any]:
    """An article as a row of the list."""
    count = texts.ONE_SENTENCE if entry.sentences == 1 else texts.SENTENCES.format(count=entry.sentences)
    language = "" if entry.language in (None, "en") else texts.LANGUAGES.get(entry.language, entry.language)
    source, date = entry.site or entry.origin, day(entry.date) or texts.NO_DATE
    about = [source, "" if date in source else date, count, language]
    return {
        "id": entry.id,
        "title": plain(entry.title),
        "about": [plain(part) for part in about if part],
        "ticked": entry.id in choice.ticked,
    }


def summary(results: Sequence[Result]) -> str:
    """How many of the sources had which outcome, in words."""
    counts: Counter[str] = Counter(result.outcome for result in results)
    return " · ".join(said.format(count=counts[kind]) for kind, said in texts.OUTCOME_COUNTS.items() if counts[kind])


def report(step: Step | None, results: Sequence[Result], running: bool = False, remark: str = "") -> dict[str, Any]:
    """How far an addition has come, as the script of the progress bar takes it."""
    stage = texts.STAGES[step.stage].format(done=step.done, total=step.total) if step else texts.INTAKE_STARTING
    return {
        "running": running,
        "source": plain(step.source) if step else "",
        "stage": stage,
        "share": step.share if step else 0.0,
        "summary": remark or summary(results),
        "results": [
            {
                "outcome": result.outcome,
                "said": texts.OUTCOMES[result.outcome],
                "name": plain(result.article.title if result.article else result.source),
                "reason": plain(result.reason or ""),
                "paste": result.outcome == "refused" and is_address(result.source),
            }
            for result in results
        ],
    }
