"""Zip archives, and the formats that are zip archives inside, unpacked only as far as is safe.

Members are read into memory and never written to disk, so a name such as `../../x` is only something to show.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO
from zipfile import ZipFile, ZipInfo

from index.errors import SourceUnreadable

LARGEST_MEMBER = 50 * 2**20  # bytes unpacked; as much as a document that is not packed may have
LARGEST_TOTAL = 200 * 2**20  # bytes unpacked; four of the largest members, or some thousand articles
MOST_MEMBERS = 2000
STEEPEST = 200  # unpacked over packed bytes; text packs to a fifth, XML to a fiftieth, a bomb to a thousandth
SMALL = 2**20  # bytes unpacked that harm nobody, however well they were packed
LARGEST_DIRECTORY = MOST_MEMBERS * 1024  # bytes of the table of contents, looked at before it is parsed
END, END_64 = b"PK\x05\x06", b"PK\x06\x07"


def open_archive(source: Path | BinaryIO, name: str) -> ZipFile:
    """Open a zip whose table of contents promises no more than the limits. Raises SourceUnreadable."""
    try:
        _check_directory(source, name)
        archive = ZipFile(source)
    except SourceUnreadable:
        raise
    except Exception as error:  # zipfile raises much more than BadZipFile on damaged tables
        raise SourceUnreadable(f"{name} is a damaged archive and cannot be opened. Try to get it again.") from error
    members = archive.infolist()
    total = sum(member.file_size for member in members)
    if len(members) > MOST_MEMBERS:
        raise SourceUnreadable(_too_many(name))
    if total > LARGEST_TOTAL or any(map(_steep, members)):
        raise SourceUnreadable(
            f"{name} would unpack to {max(total / 2**20, 1):,.0f} MB, far more than articles need. Unpack it yourself first."
        )
    return archive


def read_member(archive: ZipFile, member: ZipInfo, name: str) -> bytes:
    """The bytes of one member. Raises SourceUnreadable if it is protected, too large, damaged or packed unusually."""
    if member.flag_bits & 1:
        raise SourceUnreadable(f"{name} is protected with a password. Unpack it first, then add what was in it.")
    if member.file_size > LARGEST_MEMBER:
        raise SourceUnreadable(f"{name} unpacks to more than {LARGEST_MEMBER // 2**20} MB. Split it first.")
    try:
        with archive.open(member) as file:
            data = file.read(LARGEST_MEMBER + 1)  # never more than the table of contents promised
    except NotImplementedError as error:
        raise SourceUnreadable(f"{name} is packed in an unusual way. Unpack it first, then add what was in it.") from error
    except Exception as error:  # each way of packing has errors of its own
        raise SourceUnreadable(f"{name} is damaged inside its archive. Try to get the archive again.") from error
    return data


def _steep(member: ZipInfo) -> bool:
    return member.file_size > SMALL and member.file_size > member.compress_size * STEEPEST


def _check_directory(source: Path | BinaryIO, name: str) -> None:
    """Refuse a table of contents that would take minutes and gigabytes to parse, before anything parses it."""
    with ExitStack() as stack:
        file = stack.enter_context(source.open("rb")) if isinstance(source, Path) else source
        file.seek(max(0, file.seek(0, 2) - 2**16 - 64))
        tail = file.read()
    at = tail.rfind(END)
    if at < 0:
        raise SourceUnreadable(f"{name} is a damaged archive and cannot be opened. Try to get it again.")
    if END_64 in tail[max(0, at - 20) : at] or int.from_bytes(tail[at + 12 : at + 16], "little") > LARGEST_DIRECTORY:
        raise SourceUnreadable(_too_many(name))


def _too_many(name: str) -> str:
    return f"{name} holds too many files: up to {MOST_MEMBERS:,} are read from one archive. Split it first."
