"""Nothing leaves the machine: with every socket but loopback's forbidden, articles are added and questions answered."""

import os
import subprocess
import sys

from tests.conftest import ROOT

PROGRAM = """
import socket, sys

tried = []
real = socket.socket.connect

def guarded(self, address):
    if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
        tried.append(address)
        raise OSError(f"network forbidden: {address}")
    return real(self, address)

def look_up(host, *rest, **named):
    if host not in ("127.0.0.1", "::1", "localhost", None, ""):
        tried.append(host)
        raise OSError(f"network forbidden: {host}")
    return known(host, *rest, **named)

known = socket.getaddrinfo
socket.socket.connect = guarded
socket.socket.connect_ex = guarded
socket.getaddrinfo = look_up

import app

assert app.main(["ask", "How many troops are involved?"]) == 0

import gradio as gr
from bot.engine import Engine
from bot.history import History
from bot.ui.app import build
from index.embedder import Embedder
from index.library import Library
from index.sources import sample

with Library.temporary(Embedder.load()) as library, History.open(library.folder, library) as history:
    library.add(sample())
    page = build(Engine(library), history)
    page.launch(server_name="127.0.0.1", prevent_thread_lock=True, quiet=True, inbrowser=False)
    page.close()
assert not tried, tried
print("nothing left the machine")
"""


def test_the_whole_path_works_with_the_network_forbidden():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, timeout=300, env=os.environ
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "30,000" in done.stdout
    assert "nothing left the machine" in done.stdout
