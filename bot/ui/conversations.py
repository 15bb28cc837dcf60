"""The conversations kept so far: find, continue, rename, delete, write out; begin a new one."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import gradio as gr

from bot.export import export
from bot.history import ConversationMissing, Deleted, Header, History
from bot.plain import day, plain
from bot.ui import texts
from bot.ui.assets import static
from bot.ui.choice import Choice
from bot.ui.desk import IN_TURN, Conversation, Desk, Updates
from index.errors import UserError

LISTED = 200  # rows shown at a time; a search finds the others
TYPES = {"md": "text/markdown", "html": "text/html", "json": "application/json"}


class Conversations:
    """The panel with the list of conversations, as components of the page that is being built."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.history: History = desk.history
        self.deleted: gr.State = gr.State(None)  # the conversation that can be put back

    def lay(self) -> None:
        """The panel, in the order in which it is read."""
        with gr.Column(elem_id="talks", elem_classes="drawer"):
            gr.HTML(
                html_template=static("talks-bar.html"), apply_default_css=False, elem_classes="panel-bar",
                title=texts.TALKS, begin=texts.NEW_TALK, close=texts.CLOSE_TALKS,
            )
            with gr.Row(elem_classes="finding"):
                self.search = gr.Textbox(
                    elem_id="talks-search", label=texts.SEARCH_TALKS, placeholder=texts.SEARCH_TALKS, show_label=False,
                    container=False, max_lines=1,
                )
            self.list = gr.HTML(
                value=None, open=None, document=None, panel="talks", labels=texts.TALKS_LABELS,
                html_template=static("talks.html") + static("listing.html"),
                js_on_load=static("listing.js") + static("talks.js"), apply_default_css=False, elem_id="talks-list",
                elem_classes="listing",
            )

    def wire(self) -> None:
        """Let the components act."""
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        state = [self.search, self.deleted, self.desk.conversation, self.desk.choice]
        outputs = [*self.desk.outputs, self.list, self.deleted]
        self.list.select(self._act, state, outputs, api_name="talks_in_page", **IN_TURN, **quiet)
        self.search.change(
            self._find, [self.search, self.desk.conversation], self.list, trigger_mode="always_last",
            api_name="find_talks_in_page", **quiet,
        )

    def listed(self, search: str, conversation: Conversation, notice: dict[str, Any] | None = None) -> gr.HTML:
        """The list, as its script takes it."""
        found = self.history.conversations(search or "")
        empty = texts.TALKS_NOTHING_FOUND if (search or "").strip() else texts.TALKS_EMPTY
        value = {
            "rows": [row(header) for header in found[:LISTED]],
            "remark": empty if not found else texts.TALKS_MORE.format(count=len(found) - LISTED) if found[LISTED:] else "",
            "notice": notice,
        }
        return gr.HTML(value=value, open=conversation.id)

    def _find(self, search: str, conversation: Conversation) -> gr.HTML:
        return self.listed(search, conversation)

    def _act(
        self,
        request: gr.Request,
        search: str,
        deleted: Deleted | None,
        conversation: Conversation,
        choice: Choice,
        event: gr.EventData,
    ) -> Updates:
        """What a button of the panel asks for: `action`, mostly on the conversation `id`."""
        action, key = str(event.action), str(event.id)
        if action in ("open", "new", "remove") and self.desk.is_answering(request):
            gr.Warning(texts.ANSWERING, title="")
            return gr.skip()
        updates: Updates = {}
        notice: dict[str, Any] | None = None
        try:
            if action == "open":
                conversation = Conversation.of(key, self.history.turns(key))
                updates = self._shown(conversation, choice, conversation.choice(choice))
            elif action == "new":
                conversation = Conversation()
                updates = self._shown(conversation, choice, choice)
            elif action == "rename":
                self.history.rename(key, plain(str(event.title)))
            elif action == "remove":
                title = self.history.header(key).title
                deleted = self.history.delete(key)
                notice = {"text": texts.DELETED_TALK.format(title=plain(title)), "undo": True}
                if key == conversation.id:
                    conversation = Conversation()
                    updates = self._shown(conversation, choice, choice)
            elif action == "undo" and deleted:
                header, deleted = self.history.restore(deleted), None
                notice = {"text": texts.RESTORED_TALK.format(title=plain(header.title)), "undo": False}
            elif action == "forget":
                deleted = None
            elif action == "export" and conversation.id and event.form in TYPES:
                document = export(self.history, conversation.id, event.form)
                # The time, so that the same document is news a second time.
                written = {"name": document.name, "text": document.text, "type": TYPES[event.form], "at": time.time()}
                return {self.list: gr.HTML(document=written)}
        except ConversationMissing as error:
            if key == conversation.id:
                conversation = Conversation()
            notice = {"text": str(error), "undo": False}
        except UserError as error:
            notice = {"text": str(error), "undo": False}
        return updates | {self.list: self.listed(search, conversation, notice), self.deleted: deleted}

    def _shown(self, conversation: Conversation, before: Choice, choice: Choice) -> Updates:
        return self.desk.show(conversation, choice, before) | {self.desk.strip: None}


def row(header: Header) -> dict[str, Any]:
    """A conversation as a row of the list."""
    count = texts.ONE_QUESTION if header.turns == 1 else texts.QUESTIONS.format(count=header.turns)
    return {"id": header.id, "title": plain(header.title), "about": [when(header.changed), count]}


def when(seconds: float, now: datetime | None = None) -> str:
    """A moment as a reader says it, in this machine's time zone: the day, and today the time."""
    moment, today = datetime.fromtimestamp(seconds), (now or datetime.now()).date()
    if moment.date() == today:
        return texts.TODAY.format(time=f"{moment:%H:%M}")
    return day(moment.date().isoformat())
