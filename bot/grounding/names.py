"""Every name of a claim must stand in the sentences it cites, in whatever form names take."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from bot.answer import Citation, Flag, Problem
from bot.grounding.words import Name, Parsed, parsed

# Countries whose people have another name than the country plus an ending, and the ways to write some of them.
_PLACES = [
    frozenset(group.split("|"))
    for group in (
        "us|u.s|usa|united states|united states of america|america|american|americans|washington",
        "uk|u.k|united kingdom|britain|british|briton|britons|great britain",
        "eu|european union|e.u", "un|united nations|u.n", "france|french", "netherlands|dutch|holland", "spain|spanish",
        "poland|polish|poles", "denmark|danish|danes", "sweden|swedish|swedes", "finland|finnish|finns", "turkey|turkish|turks",
        "greece|greek|greeks", "switzerland|swiss", "wales|welsh", "ireland|irish", "scotland|scottish|scots",
        "england|english", "norway|norwegian|norwegians", "philippines|filipino", "kyiv|kiev", "volodymyr|vladimir zelensky",
        "portugal|portuguese", "peru|peruvian", "jews|jewish|jew",
    )
]  # fmt: skip
_ENDINGS = frozenset(["", *re.findall(r"\w+", "a ia ea e o y s i is an ans ian ians ean eans n ns ese ish ic ine ines ite land")])


def names(claim: Parsed, cited: Sequence[Citation], others: Sequence[Citation]) -> Iterator[Flag]:
    """Every name occurs in a sentence cited, or is its speaker's; a word that only opens the sentence counts as a name if
    any source of the answer (`others`) knows it as one, or if it does what names do.
    """
    before = [other for source in cited if _resolved(claim.text, source.text) for other in others if _leads_to(other, source)]
    texts = [text for source in (*cited, *before) for text in (source.text, source.speaker or "")]
    there = [parsed(text) for text in texts if text]
    known = {word for source in others for name in parsed(source.text).names if name.certain for word in name.words}
    known |= {word for source in others for word in parsed(source.speaker or "").lower}
    for name in claim.names:
        if not name.certain and not _acts(claim.text, name) and not same_name(name.words, known):
            continue
        missing = [word for word in name.words if not any(_named(word, name, each) for each in there)]
        if missing or any(_mixed(pair, there) for pair in zip(name.words, name.words[1:], strict=False)):
            said = claim.text[name.start : name.end]
            note = f"“{said}” is not in the sentences cited." if missing else f"The sentences cited do not name “{said}” so."
            yield Flag(Problem.NAME, name.start, name.end, note)


# What stands for somebody or something that a sentence before names.
_ANAPHOR = re.compile(
    r"""\b(?:he|she|it|its|they|his|her|him|their|them|the\s(?:city|town|country|company|war|group|region|state
    |province|island|team|club|university|school|party))\b""",
    re.IGNORECASE | re.VERBOSE
)


def _resolved(claim: str, source: str) -> bool:
    """Has the source a "he" or "the city" for which the claim may have put the name?"""
    return bool(Counter(map(str.lower, _ANAPHOR.findall(source))) - Counter(map(str.lower, _ANAPHOR.findall(claim))))


def _leads_to(before: Citation, source: Citation) -> bool:
    """Is it the sentence just before, in the same passage, which says whom "he" stands for?"""
    same = before.article == source.article and before.passage_start == source.passage_start
    return same and 0 <= source.start - before.end <= 3


def same_name(one: Collection[str], other: Collection[str]) -> bool:
    """Can the words of two names be of the same person or place, in whatever form?"""
    return any(a == b or _same_place(a, b) or any({a, b} <= group for group in _PLACES) for a in one for b in other)


def _acts(text: str, name: Name) -> bool:
    """Does a capitalised word that opens the sentence own or say something, as "Zelensky’s plan", "Zelensky said"?"""
    does = r"['’]s\s|\s(?:said|says|told|was\sborn|announced|claimed|denied)\b"
    return re.match(does, text[name.end : name.end + 12]) is not None


def _named(word: str, name: Name, there: Parsed) -> bool:
    """Does the text there have this word of a name, as it stands or in another form of it?"""
    if word in there.lower or (re.search(r"[.&]", word) and word in there.text.casefold()):
        return True
    if any(_same_place(word, other) for other in there.lower):
        return True
    if "-" in word and all(part in there.lower for part in word.split("-")):
        return True
    if any(word in group and any(_holds(there, other) for other in group) for group in _PLACES):
        return True
    if any(" ".join(name.words) in group and any(_holds(there, other) for other in group) for group in _PLACES):
        return True
    letters = word.replace(".", "")
    if 2 <= len(letters) <= 6 and any(letters == "".join(w[0] for w in run) for run in _runs(there)):
        return True  # "ISW" for "Institute for the Study of War", whose small words do not count
    initials = "".join(other[0] for other in name.words)
    return len(name.words) > 1 and initials in {other.replace(".", "") for other in there.lower}


def _runs(there: Parsed) -> list[tuple[str, ...]]:
    """The names of a text, with those joined that "of", "for" and the like hold together."""
    joined = re.findall(r"[^\W\d_a-z]\w*(?:\s+(?:(?:of|for|the|and|on|de|la)\s+){0,2}[^\W\d_a-z]\w*)+", there.text)
    small = {"of", "for", "the", "and", "on", "de", "la"}
    return [tuple(w.lower() for w in run.split() if w.lower() not in small) for run in joined]


def _holds(there: Parsed, phrase: str) -> bool:
    return phrase in there.lower or (" " in phrase and phrase in there.text.casefold())


def _same_place(word: str, other: str) -> bool:
    """ "Russia" and "Russians", "China" and "Chinese": one stem of four letters or more, endings of places and peoples."""
    root = len(word.rstrip("aeioy")), len(other.rstrip("aeioy"))
    shared = min(root)
    if min(len(word), len(other)) >= 4 and (f"{word}n" in (other, other[:-1]) or f"{other}n" in (word, word[:-1])):
        return True  # "India" and "Indians", whose stem is short
    return (
        shared >= 4
        and word[:shared] == other[:shared]
        and word[shared:] in _ENDINGS
        and other[shared:] in _ENDINGS
    )


def _mixed(pair: tuple[str, str], there: Sequence[Parsed]) -> bool:
    """Is this first name of one person put before the last name of another?"""
    follows = {(a, b) for each in there for name in each.names for a, b in zip(name.words, name.words[1:], strict=False)}
    if pair in follows:
        return False
    return any(a == pair[0] for a, _ in follows) and any(b == pair[1] for _, b in follows)
