"""A slip of the finger in a question is mended from the article's own words, and the mended question is shown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from rapidfuzz.distance import OSA

from index.embedder import default_weights
from index.lexical import tokens

SHORTEST = 4  # letters: shorter words have too many neighbours
QUESTION_WORDS = (
    *("how", "many", "much", "who", "whom", "whose", "what", "when", "where", "which", "why", "does", "did", "were"),
    *("was", "has", "have", "long", "old", "far", "often"),
)
_WORD = re.compile(r"[^\W\d_]+")


def mended(question: str, texts: Iterable[str]) -> str:
    """`question` with each unknown word that is one slip from a word of `texts`, or from a question word, replaced by it.

    A word is known if it, or another form of it, stands in `texts`, or if it is in the vocabulary of the embedder, some 20,000
    English words. One slip is a
    letter too many, too few, or wrong, or two neighbours swapped (optimal string alignment, Damerau 1964).
    """
    written: dict[str, str] = {}
    stems: set[str] = set()
    for text in texts:
        words, forms = _vocabulary(text)
        written |= words
        stems |= forms
    near = dict.fromkeys([*written, *QUESTION_WORDS])

    def mend(match: re.Match[str]) -> str:
        word = match[0].casefold()
        if len(word) < SHORTEST or word in written or word in english() or stems.issuperset(tokens(word)):
            return match[0]
        found = [
            other
            for other in near
            if abs(len(other) - len(word)) <= 1 and OSA.distance(word, other, score_cutoff=1) == 1
        ]
        # Two different readings are a guess; the same letters in another order, or one reading, are not.
        best = found[:1] if len(found) == 1 else [other for other in found if sorted(other) == sorted(word)]
        return written.get(best[0], best[0]) if len(best) == 1 else match[0]

    return _WORD.sub(mend, question)


@lru_cache(maxsize=64)
def _vocabulary(text: str) -> tuple[dict[str, str], frozenset[str]]:
    """The words of a text, as it writes each, and the forms of them that the lexical index knows."""
    words = {word.casefold(): word for word in _WORD.findall(text)}
    return words, frozenset(tokens(" ".join(words)))


@lru_cache(maxsize=1)
def english() -> frozenset[str]:
    """Some 20,000 English words: those that the embedder knows whole, and their forms in the lexical index."""
    lines = (default_weights() / "vocab.txt").read_text(encoding="utf-8").splitlines()
    words = [line for line in lines if line.isalpha()]
    return frozenset([*words, *tokens(" ".join(words))])
