"""The reader's network: question and passages in, scored spans of the passages out."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from tokenizers import Encoding, Tokenizer

from index.embedder import default_weights
from index.errors import ModelMissing

WEIGHTS = Path(__file__).parent / "weights" / "reader.int8.onnx"
# What the reader was trained with: windows of this many tokens, question included, every STRIDE tokens of a long passage.
WINDOW = 232
STRIDE = 90
LONGEST_QUESTION = 48  # tokens; the rest of a longer question is not read
LONGEST_ANSWER = 30  # tokens
KEPT = 4  # spans a passage
ACROSS = 4.0  # logits that a span loses when it runs over the end of a sentence
BATCH = 4  # passages of similar length run together: more would be mostly padding


@dataclass(frozen=True, slots=True)
class Span:
    """`passages[passage][start:end]` with its margin: logits by which it beats "no answer here"."""

    passage: int
    start: int
    end: int
    margin: float


class Network(Protocol):
    """Start and end logits, float32 (batch, length) each, of int64 token ids, mask and types of that shape."""

    def __call__(self, ids: np.ndarray, mask: np.ndarray, types: np.ndarray) -> tuple[np.ndarray, np.ndarray]: ...


class SpanScorer:
    """An extractive question-answering network (Devlin et al. 2019, section 4.2-4.3) and its tokenizer."""

    def __init__(self, network: Network, tokenizer: Tokenizer) -> None:
        self._network = network
        self._tokenizer = tokenizer
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._windows = Tokenizer.from_str(tokenizer.to_str())
        self._windows.enable_truncation(WINDOW, stride=STRIDE, strategy="only_second")

    @classmethod
    def load(cls, weights: Path = WEIGHTS) -> SpanScorer:
        """Load the shipped int8 network. Raises ModelMissing if it is absent, altered or cannot be run."""
        card = weights.with_suffix(".json")
        try:
            data = weights.read_bytes()
            digest = json.loads(card.read_text(encoding="utf-8"))["sha256"]
        except (OSError, ValueError, KeyError) as error:
            raise ModelMissing(
                f"The reader's weights are missing ({weights.name}). Get them again with the project's files."
            ) from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise ModelMissing(
                f"The reader's weights are damaged ({weights.name}). Get them again with the project's files."
            )
        return cls(onnx_network(data), Tokenizer.from_file(str(default_weights() / "tokenizer.json")))

    @classmethod
    def from_hub(cls, name: str) -> SpanScorer:
        """Load any extractive model of the Hugging Face hub, or a folder with one; downloaded if it is not there yet.

        Raises ModelMissing if it can't be had, or has no fast tokenizer.
        """
        from transformers import AutoModelForQuestionAnswering, AutoTokenizer

        try:
            tokenizer = AutoTokenizer.from_pretrained(name)
            model = AutoModelForQuestionAnswering.from_pretrained(name).eval()
            return cls(_torch(model), tokenizer.backend_tokenizer)
        except (OSError, ValueError, AttributeError) as error:
            raise ModelMissing(f"The reader {name!r} could not be loaded: {str(error).splitlines()[0]}") from error

    def spans(self, question: str, passages: Sequence[str], ends: Sequence[Sequence[int]] | None = None) -> list[Span]:
        """The best spans of each passage that do not overlap, up to KEPT a passage, best first over all passages.

        `ends[i]` are the offsets in `passages[i]` at which its sentences end; spans that run over one are held back.
        Spans begin and end at word boundaries.
        """
        question = self._cut(question)
        rows = [
            (passage, window)
            for passage, encoding in enumerate(self._windows.encode_batch([(question, text) for text in passages]))
            for window in (encoding, *encoding.overflowing)
        ]
        rows.sort(key=lambda row: len(row[1].ids))
        found: dict[int, list[Span]] = {}
        for at in range(0, len(rows), BATCH):
            batch = rows[at : at + BATCH]
            starts, ends_ = self._run([window for _, window in batch])
            for (passage, window), start, end in zip(batch, starts, ends_, strict=True):
                stops = ends[passage] if ends else ()
                found.setdefault(passage, []).extend(
                    Span(passage, *snapped(passages[passage], first, last), margin)
                    for first, last, margin in _best(window, start, end, stops)
                )
        kept = [span for spans in found.values() for span in _apart(spans)[:KEPT]]
        return sorted(kept, key=lambda span: -span.margin)

    def _cut(self, question: str) -> str:
        encoding = self._tokenizer.encode(question, add_special_tokens=False)
        return (
            question[: encoding.offsets[LONGEST_QUESTION - 1][1]] if len(encoding.ids) > LONGEST_QUESTION else question
        )

    def _run(self, windows: Sequence[Encoding]) -> tuple[np.ndarray, np.ndarray]:
        shape = (len(windows), max(len(window.ids) for window in windows))
        ids, mask, types = (np.zeros(shape, np.int64) for _ in range(3))
        for row, window in enumerate(windows):
            n = len(window.ids)
            ids[row, :n], mask[row, :n], types[row, :n] = window.ids, 1, window.type_ids
        return self._network(ids, mask, types)


def _best(
    window: Encoding, start: np.ndarray, end: np.ndarray, stops: Sequence[int]
) -> Iterator[tuple[int, int, float]]:
    """The best few spans of one window as (first character, last + 1, margin)."""
    words = window.word_ids
    inside = [i for i, sequence in enumerate(window.sequence_ids) if sequence == 1 and words[i] is not None]
    if not inside:
        return
    low, n = inside[0], inside[-1] + 1 - inside[0]
    s, e = start[low : low + n].astype(np.float64), end[low : low + n].astype(np.float64)
    at = np.array(window.offsets[low : low + n])
    word = np.array(words[low : low + n])
    s = np.where(np.r_[True, word[1:] != word[:-1]], s, -np.inf)  # a span begins with a word …
    e = np.where(np.r_[word[1:] != word[:-1], True], e, -np.inf)  # … and ends with one
    length = np.arange(n)[None, :] - np.arange(n)[:, None]
    scores = np.where((length >= 0) & (length < LONGEST_ANSWER), s[:, None] + e[None, :], -np.inf)
    sentence = np.searchsorted(np.asarray(stops), at[:, 0], side="right")
    scores -= ACROSS * (sentence[None, :] != sentence[:, None])
    null = float(start[0]) + float(end[0])
    for _ in range(KEPT):
        first, last = np.unravel_index(int(np.argmax(scores)), scores.shape)
        if not np.isfinite(scores[first, last]):
            return
        yield int(at[first, 0]), int(at[last, 1]), float(scores[first, last]) - null
        scores[: last + 1, first:] = -np.inf  # what overlaps it


def _apart(spans: Sequence[Span]) -> list[Span]:
    """Spans of one passage without those that overlap a better one, best first."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda s: -s.margin):
        if all(span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
    return kept


# A word as people read it: "30,000", "3.5", "10:30", "Kyiv's", "U.S.", "grey-zone" are one each.
_WORD = re.compile(r"\d+(?:[.,:]\d+)+\w*|(?:\w\.){2,}|\w+(?:['’]\w+|-(?=[^\W\d])\w+)*")
_SIGNS_BEFORE, _SIGNS_AFTER = "$€£¥#@", "%°"
_PAIRS = {"(": ")", "[": "]", "“": "”", "‘": "’", "«": "»"}


def snapped(text: str, start: int, end: int) -> tuple[int, int]:
    """`start`, `end` set to whole words, without the punctuation around them.

    A currency sign before, a per cent sign behind, and a bracket or quotation mark whose partner is inside are kept.
    """
    near = max(0, start - 40)
    for word in _WORD.finditer(text, near, min(len(text), end + 40)):
        if word.start() < start < word.end() and word.start() > near:
            start = word.start()
        if word.start() < end < word.end():
            end = word.end()
    first, last = start, end
    while start < end and not text[start].isalnum() and text[start] not in _SIGNS_BEFORE:
        if _PAIRS.get(text[start], "\0") in text[start + 1 : end]:
            break
        start += 1
    while end > start and not text[end - 1].isalnum() and text[end - 1] not in _SIGNS_AFTER:
        if any(text[end - 1] == close and opening in text[start : end - 1] for opening, close in _PAIRS.items()):
            break
        if text[end - 1] == "." and re.search(r"(?:\w\.){2,}$", text[start:end]):
            break
        end -= 1
    if start == end:  # nothing but punctuation: leave it as it was
        start, end = first, last
    if start and text[start - 1] in _SIGNS_BEFORE and text[start].isdigit():
        start -= 1
    if end < len(text) and text[end] in _SIGNS_AFTER and text[end - 1].isdigit():
        end += 1
    return start, end


def onnx_network(data: bytes) -> Network:
    """An ONNX model as a network. Raises ModelMissing if onnxruntime cannot run it."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = min(4, os.cpu_count() or 1)
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # several sessions share the cores
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own exceptions share no public base class
        raise ModelMissing("The reader's weights cannot be run by the installed onnxruntime.") from error

    def run(ids: np.ndarray, mask: np.ndarray, types: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        start, end = session.run(["start", "end"], {"input_ids": ids, "attention_mask": mask, "token_type_ids": types})
        return start, end

    return run


def _torch(model: Any) -> Network:
    import torch

    typed = getattr(model.config, "type_vocab_size", 0) > 1

    def run(ids: np.ndarray, mask: np.ndarray, types: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        inputs = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
        if typed:
            inputs["token_type_ids"] = torch.from_numpy(types)
        with torch.inference_mode():
            out = model(**inputs)
        return out.start_logits.float().numpy(), out.end_logits.float().numpy()

    return run
