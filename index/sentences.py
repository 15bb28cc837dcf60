"""Text becomes sentences with exact character offsets.

Lines are first gathered into paragraphs; within one, every stop mark is a candidate end, and small rules accept or
refuse it from the words around it. The abbreviations are a closed list: models that learnt theirs from text also learnt
"dusk.", "Park." and "bombed.", and then glue two sentences of a news article together.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from operator import and_

VERSION = 1  # raise it whenever the same text would be cut differently: stored articles are then cut again


@dataclass(frozen=True, slots=True)
class Sentence:
    """`text[start:end]`, without surrounding white space; `paragraph` is a running number from 0."""

    start: int
    end: int
    paragraph: int


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Abbreviations that lean on the next word and so never end a sentence.
LEANING = _words(
    """mr mrs ms mx dr drs prof gen lt col maj capt cpt sgt cpl pte pvt adm cmdr cdr brig sen sens rep reps gov govs
    pres hon rev fr supt insp det cllr amb atty messrs mme mlle sra srta dña ud uds ee vs v cf e.g i.e eg viz lit
    approx ca ss ул просп им св акад проф ген тов т.е т.к т.н напр вул обл ім κα π.χ δρ"""
)
NUMBERED = _words("no nos art arts sec fig figs vol vols ch pp op flt rte est стр № αρ")  # lean on a digit
YEARS = _words("г гг р рр")  # "в 2024 г. Президент" may end a sentence, "г. Москва" does not
# Abbreviations that end a sentence only where the next word says so.
ABBREVIATIONS = _words(
    """Inc Co Cos Corp Ltd Bros Assn Assoc Dept Univ Govt Intl Natl Jr Sr Esq St Sts Ste Ft Mt Mts Pt Ave Blvd Rd Hwy
    Jan Feb Mar Apr Jun Jul Aug Sept Sep Oct Nov Dec Ala Ariz Ark Calif Colo Conn Del Fla Ga Ill Ind Kan Ky Mass Md
    Mich Minn Miss Mo Mont Neb Nev Okla Ont Ore Pa Que Tenn Tex Va Vt Wash Wis Wyo excl incl
    al inc co corp ltd bros dept govt"""
)
BRANDS = _words("yahoo jeopardy")  # names that are written with an exclamation mark
DOMAINS = _words("com net org")  # "Amazon.Com" has no missing space
# Capitalised words that hardly ever stand inside a sentence: after "the U.S." or "Acme Inc." they start a new one.
STARTERS = _words(
    """the a an this that these those there here he she it they we you i his her its their our my your but and or so yet
    if when while as after before since because although though however meanwhile still also then now what who why how
    where which in on at by for from with to of under over during despite according no not some many most all both each
    several another among between later earlier today yesterday recently nearby until once any every one two only even
    el los las он она они это но в на"""
)

STOP = re.compile(
    r"""(?: \.(?:[ \u00a0\u202f]\.)+ | [.!?…‼⁇⁈⁉]+ | \u037e | (?<=[\u0370-\u03ff\u1f00-\u1fff]);  # Greek ;
        | (?P<script> [。｡！？؟۔।॥։።။។][。！？!?]* ) )
    (?P<tail> (?: \ufe0f | [”"’'»›)\]}」』】）〉》*] | [“«](?!\w) | \s[”»](?!\w) | \[[^\[\]]{1,30}\] )*
        (?: \s{1,2} \( [^()]{0,119} [^().!?…] \) (?= \Z | \s{1,2}[^\W\d_a-z] ) )? )  # a credit "(AFP via Getty)"
    """,
    re.VERBOSE,
)
SPACE = re.compile(r"\s+")
OPENERS = re.compile(r"[\s“”\"‘'«»‹›„‚(\[{「『【（〈《¿¡*•–—-]+")
DASH = re.compile(r"\s*[–—-]")
NEVER_FIRST = frozenset(",;:.!?…)]}%/&’、，；：。！？」』）】》")
QUOTES = frozenset("”\"’'»›“«」』")
PUNCTUATION = "“”\"‘’'«»‹›„‚()[]{}*,;:.!?…¿¡"
ATTRIBUTION = re.compile(
    r"(?:[^\W\d_][\w.’'-]*\s){1,5}(?:said|says|asked|asks|added|shouted|cried|wrote|replied|told|wondered|tweeted)\b"
)
SCRIPT_ATTRIBUTION = re.compile(r"と|って|\w{0,10}?(?:说|說|表示|称|稱|问|問|喊|道)")
CLOCK_WORD = re.compile(
    r"(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|June|July|August|September|October"
    r"|November|December|Eastern|Central|Pacific|[A-Z]{1,3}T|UTC|\w+\s[Tt]ime)\b"
)
ENUMERATOR = re.compile(r"\W{0,3}(?:\d{1,3}|[^\W\d_]|[ivx]{1,4})\)?", re.IGNORECASE)
DOTTED = re.compile(r"[^\W\d_]{1,2}(?:\.[^\W\d_]{1,2})+")  # U.S, Ph.D, a.m
LETTERS = re.compile(r"[^\W\d_]+(?![\w.])")
BULLET = re.compile(r"(?:[-*•‣◦▪·]|\(?\d{1,3}[.)])\s")
NEARBY = 40  # characters looked at on either side of a stop: longer than any word that matters


def split(text: str) -> list[Sentence]:
    """The sentences of `text` in order: every non-space character is in exactly one, and none crosses a paragraph."""
    return [
        Sentence(start, end, number)
        for number, paragraph in enumerate(_paragraphs(text))
        for start, end in _sentences(text, *paragraph)
    ]


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """A blank line, a form feed or U+2029 ends a paragraph, and so does any line end that is not a hard wrap."""
    block: list[tuple[int, int]] = []
    position = 0
    for line in text.splitlines(keepends=True):
        body = line.strip()
        if body:
            start = position + len(line) - len(line.lstrip())
            block.append((start, start + len(body)))
        if not body or line[-1] in "\f\u2029":
            yield from _unwrap(text, block)
            block = []
        position += len(line)
    yield from _unwrap(text, block)


def _unwrap(text: str, lines: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Join lines broken at a fixed width, where the next line's first word would not have fitted on the line before."""
    if not lines:
        return
    pairs = list(pairwise(lines))
    width = max(end - start for start, end in lines)
    full = [end - start + len(text[a:b].split(None, 1)[0]) >= width - 5 for (start, end), (a, b) in pairs]
    goes_on = [text[start].islower() for _, (start, _) in pairs]
    hard = 40 <= width <= 120 and any(map(and_, full, goes_on))
    start = lines[0][0]
    for i, (line, following) in enumerate(pairs):
        if not (hard and (full[i] or goes_on[i])) or BULLET.match(text, *following):
            yield start, line[1]
            start = following[0]
    yield start, lines[-1][1]


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    paragraph = text[start:end]
    cased = paragraph != paragraph.lower()  # where nothing is capitalised, a small letter is no evidence
    begin = 0
    for stop in STOP.finditer(paragraph):
        if stop.end() < len(paragraph) and _ends(paragraph, begin, stop, cased):
            yield start + begin, start + stop.end()
            begin = _skip(SPACE, paragraph, stop.end())
    yield start + begin, end


def _skip(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position


def _ends(paragraph: str, begin: int, stop: re.Match[str], cased: bool) -> bool:
    """Does the sentence that began at `begin` end with this stop and the quotes and brackets after it?"""
    head = _skip(OPENERS, paragraph, stop.end())
    after = paragraph[head : head + NEARBY]
    if stop.start() == begin or not after or after[0] in NEVER_FIRST:
        return False
    if paragraph[stop.start() - 1] in "([" and stop["tail"]:  # "[…]" and "(!)" stand inside a sentence
        return False
    quoted = not QUOTES.isdisjoint(stop["tail"])
    if stop["script"]:
        return not (quoted and SCRIPT_ATTRIBUTION.match(after))
    if quoted and DASH.match(paragraph, stop.end()):  # «Мы уходим!» — сказал он
        return False
    mark = paragraph[stop.start() : stop.start("tail")]
    before = paragraph[max(begin, stop.start() - NEARBY) : stop.start()]
    words = [word.strip(PUNCTUATION) for word in before.split()] or [""]
    if not paragraph[stop.end()].isspace() and not _space_is_missing(words[-1], after):
        return False
    if after[0].islower() and not after[1:2].isupper():  # "iPhone" may start a sentence
        return not cased and not quoted and _full_stop_ends(words, after)
    if "!" in mark or "?" in mark:
        if words[-1].lower() in BRANDS:
            return _starts_a_sentence(after)
        return not (quoted and ATTRIBUTION.match(paragraph, head))
    if mark != ".":  # after an ellipsis, "Well… I think" goes on
        return not after.startswith(("I ", "I’", "I'"))
    if ENUMERATOR.fullmatch(paragraph, begin, stop.start()):
        return False
    if paragraph[stop.start() - 1] in ")]" or paragraph[stop.start() - 1] in QUOTES:  # "(guns, tanks, etc.). Next"
        return True
    return _full_stop_ends(words, after)


def _space_is_missing(before: str, after: str) -> bool:
    """`The end.The next` lacks a space; `example.com`, `U.S.Army`, `Node.js` and `README.Md` do not."""
    following = after.split(None, 1)[0].rstrip(PUNCTUATION)
    first = LETTERS.match(after)
    return (
        (before[-1:].islower() or before[-1:].isdigit())
        and first is not None
        and after[0].isupper()
        and (after[1:2].islower() or after[1:2].isspace())
        and first[0].lower() not in DOMAINS
        and not any(character in before + following for character in "._@/\\:#=")
    )


def _full_stop_ends(words: list[str], after: str) -> bool:
    """Does a full stop between the last of these words and `after` end a sentence, or only an abbreviation?"""
    word = re.split("[-–—/]", words[-1])[-1]
    key = word.lower()
    if key in LEANING or (key in NUMBERED and after[0].isdigit()):
        return False
    if _starts_a_sentence(after):
        return True
    if key in ("a.m", "p.m"):
        return not CLOCK_WORD.match(after)
    if key in YEARS:
        return words[-2:-1] != [] and words[-2].isdigit()
    written = word.capitalize() if word.isupper() else word  # "Miss." and "MISS." are the state, "miss." is not
    return not (written in ABBREVIATIONS or DOTTED.fullmatch(word) or (len(word) == 1 and word.isalpha()))


def _starts_a_sentence(after: str) -> bool:
    first = LETTERS.match(after)
    return first is not None and first[0][0].isupper() and first[0].lower() in STARTERS
