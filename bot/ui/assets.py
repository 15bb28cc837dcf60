"""The files of static/: templates, scripts and style sheets."""

from __future__ import annotations

from pathlib import Path

STATIC = Path(__file__).parent / "static"


def static(name: str) -> str:
    """The text of one of them."""
    return (STATIC / name).read_text(encoding="utf-8")
