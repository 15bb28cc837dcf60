"""The vectors of searchable units, in FAISS, under ids that their owner gives and never gives twice."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

import faiss
import numpy as np
from llama_index.core.schema import BaseNode
from llama_index.core.vector_stores.types import (
    BasePydanticVectorStore,
    MetadataFilters,
    VectorStoreQuery,
    VectorStoreQueryMode,
    VectorStoreQueryResult,
)
from pydantic import PrivateAttr

if sys.platform == "darwin":
    faiss.omp_set_num_threads(1)  # torch brings an OpenMP runtime of its own, and the two crash when both run threads

# Up to this many vectors FAISS keeps them as they are and compares them all: 150 MB and some 15 ms a search. With more
# it keeps each component in a byte, a quarter of the memory and of the time, and a quarter more hits than were asked
# for are ranked by the vectors themselves: measured, none of those that exact search finds is then missing. Unlike
# cells (IVF) or a graph (HNSW) that holds whatever the vectors are like, needs no training that an addition would have
# to wait for, and removes as easily as it adds.
EXACT = 100_000
FEW = 1000  # a search among so few is always exact

_MAGIC = b"footnote vectors 2\n"
_DIGEST_BYTES = 32

Kept = Callable[[np.ndarray], np.ndarray]


class Vectors(BasePydanticVectorStore):
    """A LlamaIndex vector store with cosine search that can delete; exact, or beyond EXACT vectors all but exact.

    Vectors are float32 of shape (dim,), L2-normalised, so that their inner product is the cosine. An id is an int64, in
    LlamaIndex's calls its decimal string. Ids are the caller's: after a removal the count of vectors is an id in use.
    Search is exact for ever without `kept`, which gives the vectors of ids, int64 of shape (n,), as float32 of (n, dim).
    """

    stores_text: bool = False
    dim: int
    kept: Kept | None = None
    generation: str = ""  # the name of the state of the owner's that these vectors mirror
    _index: Any = PrivateAttr()  # its rows are those of the two arrays
    _ids: np.ndarray = PrivateAttr()  # int64 of shape (n,)
    _owners: np.ndarray = PrivateAttr()  # int32 of shape (n,): the number of the document that each is a part of
    _documents: dict[str, int] = PrivateAttr()  # their numbers, in order from 0; some may have no part left
    _sorter: np.ndarray | None = PrivateAttr(default=None)  # the rows in the order of their ids, once it was asked for

    def model_post_init(self, context: Any) -> None:
        """Start empty."""
        self._index = faiss.IndexFlatIP(self.dim)
        self._ids = np.empty(0, np.int64)
        self._owners = np.empty(0, np.int32)
        self._documents = {}

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def client(self) -> Any:
        """The FAISS index, whose ids are rows."""
        return self._index

    @property
    def exact(self) -> bool:
        """Does FAISS hold the vectors themselves, not a byte for each component?"""
        return isinstance(self._index, faiss.IndexFlatIP)

    @property
    def ids(self) -> np.ndarray:
        """Every id, int64 of shape (n,), in no particular order."""
        return self._ids.copy()

    def add_vectors(self, ids: Sequence[int] | np.ndarray, matrix: np.ndarray, documents: Sequence[str]) -> None:
        """Add the rows of `matrix`, (n, dim), under `ids`, as parts of `documents`, both of length n.

        Raises ValueError, and adds nothing, if an id is in use or the shape is wrong.
        """
        keys = np.asarray(ids, np.int64).reshape(-1)
        rows = np.ascontiguousarray(matrix, np.float32)
        if rows.shape != (len(keys), self.dim) or len(documents) != len(keys):
            raise ValueError(f"{len(keys)} ids of dimension {self.dim}, but vectors of shape {rows.shape}")
        if len(np.unique(keys)) < len(keys) or (self._rows(keys) >= 0).any():
            raise ValueError("an id is in use already")
        known = self._documents
        owners = np.fromiter((known.setdefault(name, len(known)) for name in documents), np.int32, len(keys))
        self._index.add(rows)
        self._ids, self._owners = np.concatenate([self._ids, keys]), np.concatenate([self._owners, owners])
        self._sorter = None
        if self.exact and self.kept and len(self) > EXACT:
            self._shrink()

    def remove(self, ids: Collection[int] | np.ndarray) -> None:
        """Forget these ids; those that are not here are passed over."""
        rows = self._here(ids)
        if len(rows):
            self._index.remove_ids(rows)  # the rows behind move up, as they do in the arrays
            self._ids, self._owners = np.delete(self._ids, rows), np.delete(self._owners, rows)
            self._sorter = None

    def search(
        self, vector: np.ndarray, k: int, only_ids: Collection[int] | np.ndarray | None = None
    ) -> list[tuple[int, float]]:
        """Up to `k` (id, cosine) nearest to `vector`, (dim,), best first; among `only_ids` if given."""
        rows = None if only_ids is None else self._here(only_ids)
        available = len(self) if rows is None else len(rows)
        k = min(k, available)
        if k < 1:
            return []
        query = np.asarray(vector, np.float32).reshape(1, self.dim)
        chosen = None if rows is None else faiss.SearchParameters(sel=self._selector(rows))  # type: ignore[call-arg]
        wanted = k
        if not self.exact:
            wanted = available if available <= FEW else min(available, k + max(20, k // 4))
        with _one_thread():
            similarities, found = self._index.search(query, wanted, params=chosen)
        hits = found[0] >= 0  # FAISS fills up with -1 what is no number
        keys, cosines = self._ids[found[0][hits]], similarities[0][hits]
        if not self.exact:
            cosines = self.reconstruct(keys) @ query[0]
            best = np.argsort(-cosines, kind="stable")[:k]
            keys, cosines = keys[best], cosines[best]
        return list(zip(keys.tolist(), cosines.tolist(), strict=True))

    def reconstruct(self, ids: Sequence[int] | np.ndarray) -> np.ndarray:
        """The vectors of `ids`, float32 of shape (len(ids), dim); zeros for an id that is not here."""
        keys = np.asarray(ids, np.int64).reshape(-1)
        rows = self._rows(keys)
        here = rows >= 0
        out = np.zeros((len(keys), self.dim), np.float32)
        if here.any():
            if self.kept and not self.exact:
                out[here] = self.kept(keys[here])
            else:
                out[here] = self._index.reconstruct_batch(rows[here])
        return out

    def mirrors(self, ids: Sequence[int] | np.ndarray, matrix: np.ndarray) -> bool:
        """Is what FAISS holds under `ids` made of the rows of `matrix`, float32 of shape (len(ids), dim)?"""
        rows = self._rows(np.asarray(ids, np.int64).reshape(-1))
        if (rows < 0).any():
            return False
        if not self.exact:
            matrix = self._index.sa_decode(self._index.sa_encode(np.ascontiguousarray(matrix, np.float32)))
        return bool(len(rows) == 0 or np.array_equal(self._index.reconstruct_batch(rows), matrix))

    def write(self, file: BinaryIO) -> None:
        """Write everything to an open file, with a checksum. FAISS gets no path: not everywhere may it hold accents."""
        used, owners = np.unique(self._owners, return_inverse=True)
        names = list(self._documents)
        header = {"generation": self.generation, "documents": [names[at] for at in used]}
        digest = hashlib.sha256()

        def put(data: bytes) -> None:
            digest.update(data)
            file.write(data)

        file.write(_MAGIC + bytes(_DIGEST_BYTES))
        put(json.dumps(header).encode() + b"\n")
        put(len(self).to_bytes(8, "little") + self._ids.astype("<i8").tobytes() + owners.astype("<i4").tobytes())
        faiss.write_index(self._index, faiss.PyCallbackIOWriter(put))  # type: ignore[attr-defined]
        file.seek(len(_MAGIC))
        file.write(digest.digest())

    @classmethod
    def read(cls, file: BinaryIO, kept: Kept | None = None) -> Vectors:
        """What `write` wrote to a seekable file. Raises ValueError if a byte of it is missing or changed."""
        start = file.read(len(_MAGIC) + _DIGEST_BYTES)
        digest = hashlib.sha256()
        while chunk := file.read(1 << 20):
            digest.update(chunk)
        if start != _MAGIC + digest.digest():
            raise ValueError("not a file of vectors, or a damaged one")
        file.seek(len(start))
        header = json.loads(file.readline())
        count = int.from_bytes(file.read(8), "little")
        ids = np.frombuffer(file.read(8 * count), "<i8")
        owners = np.frombuffer(file.read(4 * count), "<i4")
        index: Any = faiss.read_index(faiss.PyCallbackIOReader(file.read))  # type: ignore[attr-defined]
        vectors = cls(dim=index.d, kept=kept, generation=header["generation"])
        vectors._index, vectors._ids, vectors._owners = index, ids.astype(np.int64), owners.astype(np.int32)
        vectors._documents = {name: at for at, name in enumerate(header["documents"])}
        return vectors

    def _rows(self, keys: np.ndarray) -> np.ndarray:
        """The row of each key, int64 of shape (len(keys),); -1 for one that is not here."""
        if not len(self):
            return np.full(len(keys), -1)
        if self._sorter is None:
            self._sorter = np.argsort(self._ids, kind="stable")
        at = np.searchsorted(self._ids, keys, sorter=self._sorter)
        rows = self._sorter[np.minimum(at, len(self) - 1)]
        return np.where(self._ids[rows] == keys, rows, -1)

    def _here(self, ids: Collection[int] | np.ndarray) -> np.ndarray:
        """The rows of those of `ids` that are here, each once."""
        rows = self._rows(np.fromiter(ids, np.int64, len(ids)))
        here = np.zeros(len(self), bool)
        here[rows[rows >= 0]] = True
        return np.flatnonzero(here)  # np.unique takes thirty times as long

    def _selector(self, rows: np.ndarray) -> Any:
        """What has FAISS look at these rows only."""
        chosen = np.zeros(len(self), bool)
        chosen[rows] = True
        return faiss.IDSelectorBitmap(np.packbits(chosen, bitorder="little"))  # type: ignore[call-arg, arg-type]

    def _shrink(self) -> None:
        """Keep a byte for each component from now on."""
        index = faiss.IndexScalarQuantizer(self.dim, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT)
        rows = self._index.reconstruct_n(0, len(self))
        index.train(rows)  # finds the range of each component, in milliseconds
        index.add(rows)
        self._index = index

    def parts(self, documents: Collection[str]) -> np.ndarray:
        """The ids of what is part of these documents, int64 of shape (n,)."""
        numbers = [self._documents[name] for name in documents if name in self._documents]
        return self._ids[np.isin(self._owners, numbers)]

    def add(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[str]:
        """Add nodes that carry an embedding and whose node id is the decimal string of an id. Returns their ids."""
        matrix = np.asarray([node.get_embedding() for node in nodes], np.float32).reshape(len(nodes), self.dim)
        self.add_vectors([int(node.node_id) for node in nodes], matrix, [node.ref_doc_id or "" for node in nodes])
        return [node.node_id for node in nodes]

    def delete(self, ref_doc_id: str, **delete_kwargs: Any) -> None:
        """Forget every vector of one document."""
        self.remove(self.parts([ref_doc_id]))

    def delete_nodes(
        self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None, **delete_kwargs: Any
    ) -> None:
        """Forget these nodes. There is no metadata here to filter by."""
        if filters is not None:
            raise NotImplementedError("vectors have no metadata to filter by")
        self.remove([int(node_id) for node_id in node_ids or []])

    def query(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        """The nearest nodes, as ids and cosines; among `query.node_ids` and the nodes of `query.doc_ids` if given."""
        if query.query_embedding is None or query.filters is not None or query.mode != VectorStoreQueryMode.DEFAULT:
            raise NotImplementedError("only plain search by an embedding, by node ids and by document ids")
        only: np.ndarray | None = None
        if query.node_ids is not None:
            only = np.array([int(node_id) for node_id in query.node_ids], np.int64)
        if query.doc_ids is not None:
            parts = self.parts(query.doc_ids)
            only = parts if only is None else np.intersect1d(only, parts)
        found = self.search(np.asarray(query.query_embedding), query.similarity_top_k, only)
        return VectorStoreQueryResult(ids=[str(key) for key, _ in found], similarities=[cosine for _, cosine in found])


@contextmanager
def _one_thread() -> Iterator[None]:
    """A single query is nothing to share out; only to wake the threads takes 20 ms on a busy machine.

    The setting is of the calling thread, and of torch too where the two share a runtime: so it is put back.
    """
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)
