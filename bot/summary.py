"""Broad requests ("what is this about?", "summarise the article"): the most central sentences, in article order."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from index.lexical import tokens
from index.library import Unit

SENTENCES = 3
FEWEST_WORDS = 8  # headlines, captions' credits and broken-off fragments are no summary
MOST_WORDS = 60
LEAD = 0.15  # added to the first sentence's centrality, falling to zero: news puts what matters first
OVERLAP = 0.72  # cosine above which two sentences say the same

_THIS = r"(?:(?:this|the)(?: (?:article|text|story|piece|news|report|page|document|whole thing))?|it|all this)"
_BROAD = [
    rf"what(?:'s|s| is| was)? {_THIS}(?: all| mostly| mainly)? about",
    r"(?:what(?:'s|s| is| are) )?(?:the )?(?:main|key|central|most important)"
    r" (?:points?|ideas?|facts?|message|topic|subject|takeaways?|news)(?: (?:of|in|from|here).*)?",
    r"(?:can you |could you |please |give me (?:a |the )?|write (?:a |the )?|i want a )*(?:short |brief |quick )?"
    r"(?:summari[sz]e|summary|overview|gist|synopsis|recap|tl;? ?dr|sum up|outline)"
    rf"(?: (?:of |for )?(?:me )?{_THIS}| it)?(?: .{{0,30}})?",
    r"what(?:'s|s| is| has) (?:happened|happening|going on)(?: here| in (?:this|the) .*)?",
    r"what happened(?: here| in (?:this|the) (?:article|text|story))?",
    rf"what does {_THIS} (?:say|tell|report|describe|cover)(?: us)?",
    rf"tell me about {_THIS}",
]
_BROAD_PATTERN = re.compile(rf"(?:please |so |ok(?:ay)?,? )?(?:{'|'.join(_BROAD)})(?: please)?", re.IGNORECASE)


def is_broad(question: str) -> bool:
    """Whether the question asks for the article as a whole rather than for something in it."""
    plain = re.sub(r"\s+", " ", question.replace("’", "'")).strip(" ?!.")
    return _BROAD_PATTERN.fullmatch(plain) is not None


def central(sentences: Sequence[Unit], vectors: np.ndarray, count: int = SENTENCES) -> list[tuple[Unit, float]]:
    """The `count` most central sentences of one article with their centrality (0..1), in article order.

    Centrality is the mean similarity to all other sentences (Radev et al. 2004, centroid summarisation), with a bonus for
    the lead; a sentence close to one already taken is passed over. `vectors` is float32 (len(sentences), dim), normalised.
    """
    lengths = [len(s.text.split()) for s in sentences]
    usable = [i for i, n in enumerate(lengths) if FEWEST_WORDS <= n <= MOST_WORDS and tokens(sentences[i].text)]
    usable = usable or list(range(len(sentences)))
    if not usable:
        return []
    whole = vectors[usable].mean(axis=0)
    scores = vectors @ (whole / (np.linalg.norm(whole) or 1.0))
    place = np.linspace(1, 0, len(sentences)) ** 3
    taken: list[int] = []
    for i in sorted(usable, key=lambda i: -(scores[i] + LEAD * place[i])):
        if all(vectors[i] @ vectors[j] < OVERLAP for j in taken):
            taken.append(i)
        if len(taken) == count:
            break
    return [(sentences[i], float(np.clip(scores[i], 0, 1))) for i in sorted(taken)]
