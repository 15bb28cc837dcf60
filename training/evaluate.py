"""EM and F1 of a torch reader on a SQuAD-format file, as training watches them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from tokenizers import Tokenizer

from bench.scores import exact_match, f1
from training.data import Paragraph
from training.model import SpanReader

WINDOW, STRIDE, LONGEST_ANSWER = 180, 90, 30


@dataclass(frozen=True)
class Outcome:
    answer: str
    odds: float  # best span score less the lowest "no answer" score, in logits
    em: float
    f1: float
    answerable: bool


def sample(paragraphs: Sequence[Paragraph], count: int, seed: int = 0) -> list[Paragraph]:
    """Whole paragraphs until `count` questions are reached."""
    order = list(paragraphs)
    random.Random(seed).shuffle(order)
    taken, questions = [], 0
    for paragraph in order:
        if questions >= count:
            break
        taken.append(paragraph)
        questions += len(paragraph.questions)
    return taken


@torch.inference_mode()
def outcomes(
    model: SpanReader, tokenizer: Tokenizer, paragraphs: Sequence[Paragraph], batch: int = 32
) -> list[Outcome]:
    """Read every question of the paragraphs in stride windows and score the best span of each."""
    cls, sep = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    rows: list[tuple[int, list[int], int, int]] = []
    asked = []
    for paragraph in paragraphs:
        context = tokenizer.encode(paragraph.context, add_special_tokens=False)
        for question in paragraph.questions:
            q = tokenizer.encode(question.text, add_special_tokens=False).ids[:48]
            for at in range(0, max(1, len(context.ids) - (WINDOW - STRIDE)), STRIDE):
                rows.append((len(asked), [cls, *q, sep, *context.ids[at : at + WINDOW], sep], len(q) + 2, at))
            asked.append((paragraph, context, question))
    best: list[tuple[float, str]] = [(-1e9, "")] * len(asked)
    none = [1e9] * len(asked)
    rows.sort(key=lambda row: len(row[1]))
    for i in range(0, len(rows), batch):
        chunk = rows[i : i + batch]
        length = max(len(ids) for _, ids, _, _ in chunk)
        ids, mask, types = (torch.zeros(len(chunk), length, dtype=torch.long) for _ in range(3))
        for r, (_, tokens, offset, _) in enumerate(chunk):
            ids[r, : len(tokens)] = torch.tensor(tokens)
            mask[r, : len(tokens)] = 1
            types[r, offset : len(tokens)] = 1
        starts, ends = (x.float().numpy() for x in model(ids, mask, types))
        for r, (asked_at, tokens, offset, at) in enumerate(chunk):
            s, e = starts[r, offset : len(tokens) - 1], ends[r, offset : len(tokens) - 1]
            pairs = np.triu(s[:, None] + e[None, :]) + np.where(
                np.triu(np.ones((len(s), len(s)))) - np.triu(np.ones((len(s), len(s))), LONGEST_ANSWER) > 0, 0, -1e9
            )
            first, last = np.unravel_index(int(pairs.argmax()), pairs.shape)
            paragraph, context, _ = asked[asked_at]
            none[asked_at] = min(none[asked_at], float(starts[r, 0] + ends[r, 0]))
            if pairs[first, last] > best[asked_at][0]:
                text = paragraph.context[context.offsets[at + first][0] : context.offsets[at + last][1]]
                best[asked_at] = (float(pairs[first, last]), text)
    result = []
    for (_, _, question), (score, text), no in zip(asked, best, none, strict=True):
        golds = [answer for _, answer in question.answers]
        result.append(Outcome(text, score - no, exact_match(text, golds), f1(text, golds), bool(golds)))
    return result
