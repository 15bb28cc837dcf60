"""The vectors of searchable units, in FAISS, under ids that their owner gives and never gives twice."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Collection, Sequence
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

_MAGIC = b"footnote vectors 1\n"
_DIGEST_BYTES = 32


class Vectors(BasePydanticVectorStore):
    """A LlamaIndex vector store with exact cosine search that can delete.

    Vectors are float32 of shape (dim,), L2-normalised, so that their inner product is the cosine. An id is an int64, in
    LlamaIndex's calls its decimal string. Ids are the caller's: after a removal the count of vectors is an id in use.
    """

    stores_text: bool = False
    dim: int
    generation: str = ""  # the name of the state of the owner's that these vectors mirror
    _index: Any = PrivateAttr()
    _documents: dict[int, str] = PrivateAttr()  # id -> the document it is a part of

    def model_post_init(self, context: Any) -> None:
        """Start empty."""
        self._index = faiss.IndexIDMap2(faiss.IndexFlatIP(self.dim))
        self._documents = {}

    def __len__(self) -> int:
        return len(self._documents)

    @property
    def client(self) -> Any:
        """The FAISS index."""
        return self._index

    @property
    def ids(self) -> np.ndarray:
        """Every id, int64 of shape (n,), in no particular order."""
        return np.fromiter(self._documents, np.int64, len(self._documents))

    def add_vectors(self, ids: Sequence[int] | np.ndarray, matrix: np.ndarray, documents: Sequence[str]) -> None:
        """Add the rows of `matrix`, (n, dim), under `ids`, as parts of `documents`, both of length n.

        Raises ValueError, and adds nothing, if an id is in use or the shape is wrong.
        """
        keys = np.asarray(ids, np.int64).reshape(-1)
        rows = np.ascontiguousarray(matrix, np.float32)
        added = dict(zip(keys.tolist(), documents, strict=True))
        if rows.shape != (len(keys), self.dim):
            raise ValueError(f"{len(keys)} ids of dimension {self.dim}, but vectors of shape {rows.shape}")
        if len(added) < len(keys) or not added.keys().isdisjoint(self._documents):
            raise ValueError("an id is in use already")
        if len(keys):
            self._index.add_with_ids(rows, keys)
            self._documents.update(added)

    def remove(self, ids: Collection[int] | np.ndarray) -> None:
        """Forget these ids; those that are not here are passed over."""
        here = [key for key in map(int, ids) if self._documents.pop(key, None) is not None]
        if here:
            self._index.remove_ids(np.asarray(here, np.int64))

    def search(
        self, vector: np.ndarray, k: int, only_ids: Collection[int] | np.ndarray | None = None
    ) -> list[tuple[int, float]]:
        """Up to `k` (id, cosine) nearest to `vector`, (dim,), best first; among `only_ids` if given."""
        allowed = None if only_ids is None else np.fromiter(only_ids, np.int64, len(only_ids))
        k = min(k, len(self) if allowed is None else len(allowed))
        if k < 1:
            return []
        chosen = None if allowed is None else faiss.SearchParameters(sel=faiss.IDSelectorBatch(allowed))  # type: ignore[call-arg]
        query = np.asarray(vector, np.float32).reshape(1, self.dim)
        similarities, ids = self._index.search(query, k, params=chosen)
        return [(int(key), float(cosine)) for key, cosine in zip(ids[0], similarities[0], strict=True) if key >= 0]

    def reconstruct(self, ids: Sequence[int] | np.ndarray) -> np.ndarray:
        """The vectors of `ids`, float32 of shape (len(ids), dim); zeros for an id that is not here."""
        out = np.zeros((len(ids), self.dim), np.float32)
        here = [row for row, key in enumerate(ids) if int(key) in self._documents]
        if here:
            out[here] = self._index.reconstruct_batch(np.asarray([ids[row] for row in here], np.int64))
        return out

    def write(self, file: BinaryIO) -> None:
        """Write everything to an open file, with a checksum. FAISS gets no path: not everywhere may it hold accents."""
        order = faiss.vector_to_array(self._index.id_map).tolist()
        names = list(dict.fromkeys(self._documents.values()))
        number = {name: i for i, name in enumerate(names)}
        header = {"generation": self.generation, "documents": names}
        owners = np.asarray([number[self._documents[key]] for key in order], "<i4")
        digest = hashlib.sha256()

        def put(data: bytes) -> None:
            digest.update(data)
            file.write(data)

        file.write(_MAGIC + bytes(_DIGEST_BYTES))
        put(json.dumps(header).encode() + b"\n")
        put(len(order).to_bytes(8, "little") + owners.tobytes())
        faiss.write_index(self._index, faiss.PyCallbackIOWriter(put))  # type: ignore[attr-defined]
        file.seek(len(_MAGIC))
        file.write(digest.digest())

    @classmethod
    def read(cls, file: BinaryIO) -> Vectors:
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
        owners = np.frombuffer(file.read(4 * count), "<i4")
        index: Any = faiss.read_index(faiss.PyCallbackIOReader(file.read))  # type: ignore[attr-defined]
        vectors = cls(dim=index.d, generation=header["generation"])
        names = header["documents"]
        vectors._index = index
        vectors._documents = dict(
            zip(faiss.vector_to_array(index.id_map).tolist(), (names[owner] for owner in owners), strict=True)
        )
        return vectors

    def add(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[str]:
        """Add nodes that carry an embedding and whose node id is the decimal string of an id. Returns their ids."""
        matrix = np.asarray([node.get_embedding() for node in nodes], np.float32).reshape(len(nodes), self.dim)
        self.add_vectors([int(node.node_id) for node in nodes], matrix, [node.ref_doc_id or "" for node in nodes])
        return [node.node_id for node in nodes]

    def delete(self, ref_doc_id: str, **delete_kwargs: Any) -> None:
        """Forget every vector of one document."""
        self.remove([key for key, document in self._documents.items() if document == ref_doc_id])

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
        only: set[int] | None = None
        if query.node_ids is not None:
            only = {int(node_id) for node_id in query.node_ids}
        if query.doc_ids is not None:
            wanted = set(query.doc_ids)
            parts = {key for key, document in self._documents.items() if document in wanted}
            only = parts if only is None else only & parts
        found = self.search(np.asarray(query.query_embedding), query.similarity_top_k, only)
        return VectorStoreQueryResult(ids=[str(key) for key, _ in found], similarities=[cosine for _, cosine in found])
