"""What the user has set up, kept in the data directory as `settings.json`: which language model writes, and how it is shown.

Keys are no settings: they come from the environment and are written nowhere.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from bot.llms import ModelUnusable, parse
from index.errors import UserError

FILE = "settings.json"


class SettingsNotKept(UserError):
    """The settings could not be written."""


@dataclass(frozen=True, slots=True)
class Settings:
    """`llm` names the language model as bot.llms.parse reads it; `strict` leaves out what is not found in the article.

    `reword` lets the model word follow-up questions too.
    """

    llm: str = "none"
    strict: bool = False
    reword: bool = False


def load(folder: Path) -> Settings:
    """The settings kept in `folder`; what is missing there or makes no sense is as it is at first."""
    kept = None
    with suppress(OSError, ValueError, RecursionError):
        kept = json.loads((folder / FILE).read_text(encoding="utf-8"))
    if not isinstance(kept, dict):
        return Settings()
    llm = "none"
    with suppress(ModelUnusable):
        llm = str(parse(str(kept.get("llm", "none"))))
    return Settings(llm, kept.get("strict") is True, kept.get("reword") is True)


def save(folder: Path, settings: Settings) -> None:
    """Keep the settings; a crash leaves the old ones or the new. Raises SettingsNotKept."""
    new = folder / f"{FILE}.new"
    try:
        with new.open("w", encoding="utf-8") as file:
            json.dump(asdict(settings), file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, folder / FILE)
    except OSError as error:
        raise SettingsNotKept(f"The settings cannot be kept in {folder} ({error.strerror}). Make room there.") from error
