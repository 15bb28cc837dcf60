"""Does a model of natural language inference find a claim in the sentences cited? Asked only if the user names one.

The sentences cited are the premise, the claim the hypothesis (Honovich et al. 2022, "TRUE").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from bot.answer import Citation, Flag, Problem
from bot.grounding.words import Parsed
from index.errors import ModelMissing

ENOUGH = 0.5  # probability that the premise says it

Predict = Callable[[list[tuple[str, str]]], np.ndarray]  # (premise, hypothesis) pairs -> float32 (n, labels), rows sum to 1


class Entailment:
    """A cross-encoder with a label for "entailment" and one for "contradiction", at these columns of its predictions."""

    def __init__(self, predict: Predict, says: int, denies: int) -> None:
        self._predict, self._says, self._denies = predict, says, denies

    @classmethod
    def load(cls, name: str) -> Entailment:
        """A model of the Hugging Face hub, or a folder with one; downloaded if it is not there yet. Raises ModelMissing."""
        from sentence_transformers import CrossEncoder

        try:
            model = CrossEncoder(name)
        except (OSError, ValueError, AttributeError) as error:
            raise ModelMissing(f"The model {name!r} could not be loaded: {str(error).splitlines()[0]}") from error
        labels = {str(label).lower(): int(at) for at, label in model.config.id2label.items()}
        says, denies = (next((at for label, at in labels.items() if part in label), None) for part in ("entail", "contra"))
        if says is None or denies is None:
            raise ModelMissing(f"The model {name!r} does not tell entailment from contradiction. Name another one.")
        return cls(lambda pairs: model.predict(pairs, apply_softmax=True, show_progress_bar=False), says, denies)

    def odds(self, premise: str, claim: str) -> tuple[float, float]:
        """The probabilities, 0..1, that the premise says what the claim says, and that it denies it."""
        (row,) = self._predict([(premise, claim)])
        return float(row[self._says]), float(row[self._denies])


def entailed(claim: Parsed, cited: Sequence[Citation], model: Entailment) -> Iterator[Flag]:
    """A flag if the model does not find that the sentences cited say the claim."""
    premise = " ".join(
        f"{source.speaker}: {source.text}" if source.speaker and source.speaker not in source.text else source.text
        for source in cited
    )
    says, denies = model.odds(premise, claim.text)
    if says < ENOUGH:
        note = "The sentences cited deny this." if denies >= ENOUGH else "The sentences cited do not say this."
        yield Flag(Problem.UNSUPPORTED, 0, len(claim.text), note)
