"""What stands in for slow parts in several test files."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from index.sources import Article


class HashEmbedder:
    """A deterministic vector for a text, the same in every process; counts the texts it is given."""

    def __init__(self, name: str = "hash", dim: int = 16) -> None:
        self.name, self.dim, self.encoded = name, dim, 0

    def encode(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> np.ndarray:
        self.encoded += len(texts)
        rows = [np.random.default_rng(list(f"{self.name} {text}".encode())).normal(size=self.dim) for text in texts]
        if progress:
            progress(len(texts), len(texts))
        matrix = np.asarray(rows, np.float32).reshape(len(texts), self.dim)
        return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def article(text: str) -> Article:
    return Article(text, title=text[:20], origin="a test")
