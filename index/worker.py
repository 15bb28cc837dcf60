"""A process apart for reading what strangers wrote: a file that hangs, crashes or swells a parser harms only that process.

It is started when it is first needed, kept for the next file, and let go when there was none for a while.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock, Thread, Timer
from typing import IO, Any

from index.errors import SourceUnreadable

SECONDS = 60  # for one file; a novel as PDF takes three, a thousand pages of tables twenty
MEMORY = 3 * 2**30  # bytes of address space, where the system can limit it; a 50 MB PDF needs a fifth of it
BEAT = 0.2  # seconds between two looks at whether the call is still wanted
IDLE = 60  # seconds without work after which the process, and its 200 MB, are let go


class Worker:
    """Runs functions of `index.formats` in another process, one call at a time; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._farewell: Timer | None = None

    def call(self, function: str, *arguments: Any, name: str, beat: Callable[[], None] | None = None) -> Any:
        """What the function returns, as JSON values. `beat` is called several times a second; what it raises ends the call.

        Raises SourceUnreadable: the function's own, or that it took too long or died.
        """
        with self._lock:
            if self._farewell:
                self._farewell.cancel()
            process = self._running()
            answers: SimpleQueue[bytes | None] = SimpleQueue()

            def exchange() -> None:
                try:
                    _send(process.stdin, pickle.dumps((function, arguments)))
                    answers.put(_receive(process.stdout))
                except (OSError, EOFError):
                    answers.put(None)

            exchanging = Thread(target=exchange, daemon=True)
            exchanging.start()
            try:
                answer = _await(answers, name, beat)
            except BaseException:
                self._stop(exchanging)
                raise
            self._farewell = Timer(IDLE, self._let_go)
            self._farewell.daemon = True
            self._farewell.start()
        result = json.loads(answer)
        if "bug" in result:
            raise RuntimeError(result["bug"])
        if "refused" in result:
            error = SourceUnreadable(result["refused"])
            error.add_note(result["trace"])
            raise error
        return result["value"]

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "index.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=Path(__file__).parent.parent,
                env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            )
        return self._process

    def _let_go(self) -> None:
        with self._lock:
            self._stop()

    def _stop(self, exchanging: Thread | None = None) -> None:
        if self._process is not None:
            self._process.kill()
            if exchanging:
                exchanging.join()  # its pipes are at an end now
            self._process.communicate()
            self._process = None


def _await(answers: SimpleQueue[bytes | None], name: str, beat: Callable[[], None] | None) -> bytes:
    """The answer. Raises SourceUnreadable if the process died or takes too long, and what `beat` raises."""
    until = time.monotonic() + SECONDS
    while (left := until - time.monotonic()) > 0:
        try:
            answer = answers.get(timeout=min(BEAT, left))
        except Empty:
            if beat:
                beat()
            continue
        if answer is not None:
            return answer
        raise SourceUnreadable(f"{name} is damaged and cannot be read. Open it yourself and paste its text instead.")
    raise SourceUnreadable(f"{name} takes longer than {SECONDS:g} seconds to read. Open it yourself and paste its text instead.")


def _send(pipe: IO[bytes] | None, data: bytes) -> None:
    assert pipe is not None
    pipe.write(len(data).to_bytes(8, "big") + data)
    pipe.flush()


def _receive(pipe: IO[bytes] | None) -> bytes:
    """One message. Raises EOFError if the other side is gone."""
    assert pipe is not None
    header = pipe.read(8)
    size = int.from_bytes(header, "big")
    data = pipe.read(size)
    if len(header) < 8 or len(data) < size:
        raise EOFError
    return data


def serve() -> None:
    """Answer calls until standard input ends, that is until Footnote does."""
    from index import formats

    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    _limit_memory()
    while True:
        try:
            function, arguments = pickle.loads(_receive(sys.stdin.buffer))  # noqa: S301 - from our own process
        except EOFError:
            return
        try:
            result = {"value": getattr(formats, function)(*arguments)}
        except SourceUnreadable as error:
            result = {"refused": str(error), "trace": traceback.format_exc()}
        except Exception:
            result = {"bug": traceback.format_exc()}
        _send(answers, json.dumps(result, default=vars).encode())


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))


if __name__ == "__main__":
    serve()
