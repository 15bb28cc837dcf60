"""Who says it: news is claims, and a citation shows whose.

Small patterns, no parser: a reporting verb, the noun phrase that is its subject, and the part of the sentence that it
reports. What they do not settle is left unattributed, because a wrong attribution is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

Span = tuple[int, int]
LONGEST_SENTENCE = 2000  # characters; beyond it there is no sentence, only text without full stops
LOOK_BACK = 3  # sentences between a pronoun and the speaker it stands for


class Placed(Protocol):
    """A sentence of the article: offsets, and the running number of its paragraph."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def paragraph(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Claim:
    """A speaker (or the pronoun for one) and the parts of the sentence that are theirs."""

    speaker: Span
    scopes: tuple[Span, ...]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Verbs of saying whose subject is a speaker whatever follows, and those that need a clause, a quotation or "that".
SAYING = _words("said says say told tells tell tweeted")
CLAIMING = _words(
    """added adds claimed claims claim warned warns warn announced announces reported reports believed believes
    believe admitted admits admit confirmed confirms confirm denied denies deny argued argues argue insisted
    insists insist stated wrote writes explained explains suggested suggests suggest estimated estimates
    estimate alleged alleges allege acknowledged acknowledges noted notes declared stressed concluded predicted
    revealed recalled replied promised"""
)
# With these a bare object is reported too: "the ministry confirmed two deaths".
WITH_OBJECT = _words("announced announces confirmed confirms denied denies acknowledged acknowledges admitted alleged")
NOUNS_TOO = _words("claims claim reports notes estimates estimate")  # "insurance claims adjusters were busy"
DEMANDING = (
    r"call(?:s|ed)\sfor|urge[sd](?!\sto)|warn(?:s|ed)\s(?:of|against)|(?:vowed|pledged)\sto|accuse[sd](?!\sof)"
    r"|made\s(?:it\s)?clear|claim(?:s|ed)\s(?:to|responsibility)"
)
VERB = re.compile(
    rf"(?<![\w’'-])(?:{DEMANDING}|{'|'.join(sorted(SAYING | CLAIMING, key=len, reverse=True))})(?![\w’'-])"
)
ACCORDING = re.compile(r"(?<!\w)[Aa]ccording to\s+")
ADDING = re.compile(r",\s+(?:and\s+)?(?:adding|saying|claiming|warning|noting|insisting|arguing|stressing)\b")

PRONOUNS = _words("he she they it")
AUXILIARY = r"(?:is|are|was|were|has|have|had|will|would|can|could|may|might|must|should|did|does|do)\b"
FINITE = re.compile(rf"\b(?:{AUXILIARY}|\w+n[’']t\b)")
BEFORE_VERB = re.compile(
    r"(?<!\S)(?:has|have|had|also|later|then|earlier|since|now|already|still|again|once|first|\w{2,}ly)\s*\Z",
    re.IGNORECASE,
)
LEAD = re.compile(
    r"""(?: (?<=,\s)(?:while|although|though|whereas)\s+ )?
    (?: (?:but|and|yet|so|now|still|meanwhile|instead|however|later|earlier|then|yesterday|today)\s+
      | (?:(?:late|early)\s+)? (?:on\s+)?
        (?:mon|tues|wednes|thurs|fri|satur|sun)day\s+ (?:(?:morning|afternoon|evening|night)\s+)?
      | (?:last|this)\s+(?:week|month|year|night)\s+
      | in\s+an?\s+(?:statement|interview|tweet|post|report)\s+ )*""",
    re.IGNORECASE | re.VERBOSE,
)
DETERMINERS = _words("the a an his her its their our my one two three four five six several both another")
PREPOSITIONS = _words("of in for at from with on near to by under")
# Words that no speaker's name or description has, or that make a clause of it.
NOT_A_NAME = _words(
    """is are was were be been being has have had will would can could may might must should did does do not
    never no fell rose hit went came took made left lost won began struck broke sent got gave saw fled ran shot
    met grew said says i we you he she they it this that these those there here who whom whose which what when
    where why how whether if because although though while as after before since until than nothing nobody
    everyone everybody neither nor him them us me let"""
)
NOT_FIRST = _words(
    """such some many few most others all each any every either both enough much more less having being asked
    easier well once however meanwhile instead moreover still later earlier yesterday today of in for at from
    with on near to by under during despite about according speaking addressing following reported reportedly or
    and but so yet even just only monday tuesday wednesday thursday friday saturday sunday"""
)
PEOPLE = re.compile(
    r"""\b(?: officials? | minist\w+ | police | spokes\w+ | presidents? | governors? | mayors? | army | military
    | navy | governments? | leaders? | researchers? | scientists? | experts? | analysts? | witness(?:es)? |
    sources? | agenc\w+ | compan\w+ | courts? | judges? | lawyers? | office | doctors? | medics | residents? |
    authors? | prosecutors? | generals? | colonel | major | captain | commanders? | soldiers? | troops | man |
    men | woman | women | people | diplomats? | ambassadors? | advis[eo]rs? | secretary | chief | head |
    director | chairman | chair | critics? | activists? | authorit\w+ | investigators? | rescuers? | workers? |
    union | council | committee | commission | party | bank | firm | charity | group | editors? | columnists? |
    reporters? | reports? | stud(?:y | ies) | survey | poll | statement | newspaper | paper | website |
    historians? | professors? | teachers? | students? | farmers? | fighters? | survivors? | relatives |
    neighbou?rs | mother | father | daughter | son | wife | husband | brother | sister | lawmakers? | senators?
    | mps? | executives? | managers? | owners? | drivers? | pilots? | coach | players? | volunteers? |
    economists? | campaigners? | insiders? | aides?)\b""",
    re.VERBOSE | re.IGNORECASE,
)
WRITTEN = re.compile(r"\b(?:figures|data|documents?|estimates?|records)\b")
BARE_PLURALS = _words("police people men women staff media troops")
TITLE = re.compile(
    r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Sir|Lord|Lady|Gen|General|Col|Colonel|Capt|Captain|Prof|Professor|President|Senator)\b\.?"
)
NAME = re.compile(rf"(?:{TITLE.pattern}\s+)(?:[^\W\d_a-z][\w’'-]+)|[^\W\d_a-z][\w-]+\s+[^\W\d_a-z][\w-]+")
ADVERB = re.compile(r"(?!famil|elder|dai|ear|week|month|friend|al|assemb|supp)[a-z]+ly")
NAME_ENDS = re.compile(r"[,;:()]|\.?\Z|\s(?:who|which|that|as|after|when|while|and\sthe)\s")
FOLLOWING_NAME = re.compile(
    r"""\s+(?P<name> (?: (?!(?:who|which|that|on|in|as|after|when|while|during|speaking|adding|told)\b) [^\s,;:.()]+
        \.? (?: \s+ | (?=[.,;:()]) | \Z ) ){1,12} )""",
    re.VERBOSE,
)
CAPITALISED = re.compile(r"[^\W\d_a-z][\w.’'-]*(?:\s+[^\W\d_a-z][\w.’'-]*){0,5}")
# Plans and proofs "call for" and "suggest" without saying anything.
THINGS = _words("design plan plans bill law laws treaty proposal rules deal agreement evidence signs history")
# Bodies, places and papers: never "he" or "she", and the first of them may be "it".
BODY = re.compile(
    r"""\b(?: minist(?:ry | ries) | government | company | agency | office | court | army | military | navy |
    report | study | union | council | committee | commission | party | bank | firm | charity | group |
    newspaper | paper | website | police | statement | department | university | House | Street | Nations |
    International | Watch | Times | Post | News | Telegraph | Journal | Kremlin | Pentagon | Office | Council |
    Bank | Union | Ministry | Department | Agency | Government | Party | Commission | University | States |
    Kingdom | South | North | New | Saudi | Hong)\b""",
    re.VERBOSE,
)

# In a masked sentence a quotation is one long word, and a closing mark after punctuation is a comma.
CUT = re.compile(r"[;()]|,(?!\d)|:(?!\d)|\s[–—-]\s|—")
AFTERTHOUGHT = re.compile(
    r"(?:,|\s[–—-])\s+(?:but|while|although|though|whereas|after|following|despite|even|days|hours|referring|which|who|whose"
    r"|where|as)\b(?!\s+well)|(?<=q),\s+with\b|;"
)
CONTRAST = re.compile(r",\s+(?:but|while|although|though|whereas|yet)\b|;")
TURNS_BACK = re.compile(
    r"\s*(?:\Z|[.,!?…)]|(?:on|in|at|to|during|by|after|from|via|late|earlier|yesterday|today|this|last)\b)"
)
QUOTATION = re.compile(r"“[^“”]*”?|\"[^\"]*\"?|«[^«»]*»?|(?<![\w’])‘(?:[^‘’]|’(?=\w))*’?")


def speaker(text: str, sentences: Sequence[Placed], i: int, span: Span | None = None) -> Span | None:
    """Where in `text` it stands who says sentence `i`, or the part of it that holds `span` (offsets in the text).

    None when nobody is named, when the patterns cannot tell, and when `span` is itself the speaker. A pronoun gives the
    name it stands for, from one of the sentences before.
    """
    found = _speaker(text, sentences, i, span, LOOK_BACK)
    if found and span and found[0] < span[1] and span[0] < found[1]:
        return None
    return found


def _speaker(text: str, sentences: Sequence[Placed], i: int, span: Span | None, depth: int) -> Span | None:
    sentence = sentences[i]
    if sentence.end - sentence.start > LONGEST_SENTENCE or depth < 0:
        return None
    quotations = _quotations(text, sentences, i)
    claims = _claims(text, sentence, quotations)
    if span:
        claims = [claim for claim in claims if any(a <= span[0] and span[1] <= b for a, b in claim.scopes)]
    if claims:
        # The narrowest, where one statement reports another; without a span there must be only one speaker.
        claim = min(claims, key=lambda c: min(b - a for a, b in c.scopes))
        if not span and len({text[a:b] for a, b in (c.speaker for c in claims)}) > 1:
            return None
        return _named(text, sentences, i, claim.speaker, depth)
    inside = span or (sentence.start, sentence.end)
    for quotation in quotations:
        if quotation[0] <= _skip(text, inside[0]) and inside[1] <= quotation[1]:
            return _quoted(text, sentences, i, quotation, depth)
    return None


def _quoted(text: str, sentences: Sequence[Placed], i: int, quotation: Span, depth: int) -> Span | None:
    """Who speaks the quotation that sentence `i` lies in: told where it closes, where it opens, or just before it."""
    first = last = i
    while first > 0 and sentences[first].start > quotation[0]:
        first -= 1
    while last + 1 < len(sentences) and sentences[last].end < quotation[1]:
        last += 1
    for j in (last, first):
        for claim in _claims(text, sentences[j], _quotations(text, sentences, j)) if j != i else ():
            if any(a < quotation[1] and quotation[0] < b for a, b in claim.scopes):
                return _named(text, sentences, j, claim.speaker, depth)
    # Otherwise a quotation goes on that the sentence before belongs to, when nothing else stands beside it.
    alone = quotation[0] == sentences[first].start and quotation[1] >= sentences[last].end
    if not alone or first == 0:
        return None
    return _speaker(text, sentences, first - 1, None, depth - 1)


def _named(text: str, sentences: Sequence[Placed], i: int, found: Span, depth: int) -> Span | None:
    """The name that a pronoun stands for: the nearest speaker before it who can be meant. A name stands for itself."""
    pronoun = text[found[0] : found[1]].lower()
    if pronoun not in PRONOUNS:
        return found
    if NAME.search(text, sentences[i].start, found[0]) and not _quotations(text, sentences, i):
        return None  # "When Mr Smith arrived, he said": whoever that is, it may not be the last speaker
    for j in range(i - 1, max(-1, i - 1 - LOOK_BACK), -1):
        named = _speaker(text, sentences, j, None, depth - 1)
        if named:
            return named if _can_be(text, named, pronoun) else None
        other = NAME.match(text, sentences[j].start, sentences[j].end)
        if other:
            return None  # somebody else has come in between
    return None


def _can_be(text: str, named: Span, pronoun: str) -> bool:
    """Can this speaker be meant with this pronoun? Number, and whether it is a person, as far as the words tell."""
    words = text[named[0] : named[1]]
    body = BODY.search(words) is not None
    head = re.split(r",| (?:of|in|for|at|from|with|on) ", words)[0]
    plural = " and " in words or (not NAME.search(head) and (head.endswith("s") or head.split()[-1] in BARE_PLURALS))
    if pronoun == "they":
        return plural
    if pronoun == "it":
        return body and not plural and not TITLE.match(words)
    wrong_title = r"(?:Mrs|Ms|Miss|Lady)\b" if pronoun == "he" else r"(?:Mr|Sir|Lord)\b"
    if body or plural or re.match(wrong_title, words) or re.match(r"The\s+[^\W\d_a-z]", words):
        return False
    surname = re.escape(words)
    alone = " " not in words and not re.search(rf"[^\W\d_a-z]\w+\.?\s+{surname}\b", text)
    return not alone  # "Ukraine" is nobody; "Budanov" is, once "Kyrylo Budanov" is mentioned


def _quotations(text: str, sentences: Sequence[Placed], i: int) -> list[Span]:
    """The quotations of the paragraph of sentence `i`; one that its paragraph does not close ends with it."""
    first = last = i
    while first > 0 and sentences[first - 1].paragraph == sentences[i].paragraph:
        first -= 1
    while last + 1 < len(sentences) and sentences[last + 1].paragraph == sentences[i].paragraph:
        last += 1
    return [found.span() for found in QUOTATION.finditer(text, sentences[first].start, sentences[last].end)]


def _claims(text: str, sentence: Placed, quotations: Sequence[Span]) -> list[Claim]:
    """The statements that a sentence reports, in order."""
    if sentence.end - sentence.start > LONGEST_SENTENCE:
        return []
    size = sentence.end - sentence.start
    shifted = [(a - sentence.start, b - sentence.start) for a, b in quotations]
    masked = _mask(text[sentence.start : sentence.end], shifted)
    quoted = [(max(0, a), min(size, b)) for a, b in shifted if a < size and b > 0]
    claims: list[Claim] = []
    for verb in VERB.finditer(masked):
        claim = _claim(masked, verb, quoted, claims[-1] if claims else None)
        if claim:
            if claims and re.search(r",(?:\s+(?:while|whereas|but|and))?\s*\Z", masked[: claim.speaker[0]]):
                claims[-1] = _until(claims[-1], claim.speaker[0])
            claims.append(claim)
    claims += _according(masked)

    def placed(span: Span) -> Span:
        return span[0] + sentence.start, span[1] + sentence.start

    return [Claim(placed(c.speaker), tuple(placed(s) for s in c.scopes)) for c in claims]


def _until(claim: Claim, at: int) -> Claim:
    """The same statement, ended where a clause with another speaker begins."""
    return Claim(claim.speaker, tuple((a, min(b, max(a, at))) for a, b in claim.scopes))


def _mask(sentence: str, quotations: Sequence[Span]) -> str:
    """The sentence with what it holds of quotations made one word of `q`, and asides blank; as long as before."""
    masked = list(re.sub(r"\([^()]{0,120}\)", lambda aside: " " * len(aside.group()), sentence))
    for start, end in quotations:
        for at in range(max(0, start), min(len(sentence), end)):
            masked[at] = "q"
        if 1 < end <= len(sentence) and sentence[end - 2] in ",.!?…—–":
            masked[end - 1] = ","
    return "".join(masked)


def _claim(masked: str, verb: re.Match[str], quoted: Sequence[Span], previous: Claim | None) -> Claim | None:
    """The statement made with this reporting verb, or None if it is none."""
    after = masked[verb.end() :]
    if re.match(r"\s+(?:by|than|to\s+(?:be|have)|and\s+done|missing|dead|killed|injured|wounded|stolen)\b", after):
        return None  # "is said to be", "the plan suggested by", "easier said than done", "a man reported missing"
    subject = _subject(masked, verb.start(), previous)
    inverted = False
    if subject is None:
        subject = _inverted(masked, verb)
        inverted = subject is not None
    if subject is None or (inverted and previous and subject == previous.speaker):
        return None
    before = masked[: verb.start() if inverted else subject[0]].rstrip()
    follows_quotation = any(a < len(before) <= b + 1 for a, b in quoted)
    # "..., officials said on Telegram." looks back; "On Monday, officials said the bridge was gone." looks forward.
    clause = re.split(r"[,;.]", after, maxsplit=1)[0]
    told = verb.group() in ("told", "tells", "tell")
    looks_back = inverted or (
        before.endswith(",")
        and not verb.group().startswith(("call", "urge", "vow", "pledge", "accuse"))
        and (follows_quotation or not _introduces(before))
        and (bool(TURNS_BACK.match(after)) or (told and follows_quotation))
        and not re.search(rf"\bthat\b|:|{AUXILIARY}", clause)
    )
    if not (looks_back or _reports(masked, verb, subject, told)):
        return None
    scopes: list[Span] = []
    if looks_back:
        start = max((found.end() for found in CONTRAST.finditer(before)), default=0)
        scopes.append((0 if follows_quotation and not start else start, len(before)))
        adding = ADDING.search(masked, verb.end())
        if adding:
            scopes += _reported(masked, adding.end())
        elif re.match(r",\s+(?!(?:and|\w+ing)\b)\w", after):  # "Prices, the bank said, rose"
            scopes += _reported(masked, verb.end())
        scopes += [(a, b) for a, b in quoted if a >= verb.end()]
    elif not verb.group().startswith("den"):  # what is denied is not what the speaker says
        scopes += _reported(masked, verb.end())
    else:
        scopes.append((verb.end(), verb.end()))
    return Claim(subject, tuple(scopes))


def _reports(masked: str, verb: re.Match[str], subject: Span, told: bool) -> bool:
    """Is what follows the verb something said?"""
    after = masked[verb.end() :]
    who = masked[subject[0] : subject[1]]
    named = who.lower() in PRONOUNS or _can_speak(who, subject[0] == 0)
    if told:  # a headline's "residents told to leave" tells who is told
        return not re.match(r"\s*(?:[.,;]|\Z)|\s+(?:to|that|they|of|it|how|why|what|not)\b", after)
    if verb.group() in SAYING:
        return not re.match(r"\s+(?:to|nothing|little|no\s+more)\b", after)
    if verb.group() not in CLAIMING:
        return named
    if not named:
        return False
    if re.match(r"\s*[:,]\s*q|\s*:", after) or (re.match(r"\s*qqq", after) and not verb.group().startswith("w")):
        return True  # but "wrote “Hamlet”"
    if re.match(rf"(?:\s+(?:in|on|at|to)\s[^,;.]{{1,60}}?)?\s+that\s+(?!{AUXILIARY})", after):
        return True
    opens_clause = re.match(r"\s+(?:the|a|an|it|he|she|they|there|its|their|\d+|[A-Z]\w*)\b", after)
    if verb.group() in NOUNS_TOO and not opens_clause:
        return False
    clause = re.split(r"[,;.]\s|\b(?:that|which|who)\b", after, maxsplit=1)[0]
    if FINITE.search(clause):
        return True
    if verb.group() in ("reported", "reports"):
        return opens_clause is not None
    return verb.group() in WITH_OBJECT and re.match(r"\s+(?!to\b|in\b|on\b|at\b|as\b|\Z)\w", after) is not None


def _reported(masked: str, start: int) -> list[Span]:
    """The reported parts from `start` on: without clauses that may be the writer's own, and ending before an afterthought."""
    spans = []
    while found := AFTERTHOUGHT.search(masked, start):
        spans.append((start, found.start()))
        resumes = masked.find(",", found.end())
        if not found.group().endswith(("which", "who", "whose", "where")) or resumes < 0:
            return spans
        start = resumes
    return [*spans, (start, len(masked))]


def _introduces(before: str) -> bool:
    """Is this all only an opening such as "In his address on Monday," that says nothing yet?"""
    opening = re.match(r"(?:[A-Z]\w+ing|In|On|At|For|By|From|During|Despite|However|Meanwhile|Instead|But)\b", before)
    return opening is not None and "," not in before[:-1] and not FINITE.search(before)


def _subject(masked: str, verb: int, previous: Claim | None) -> Span | None:
    """The noun phrase before a verb: "Mr X", "Mr X, the mayor,", "local officials"; also a pronoun."""
    parts = list(_parts(masked, verb))
    start, end = parts.pop()
    words = BEFORE_VERB.sub("", masked[start:end])
    while words != masked[start:end]:
        end = start + len(words.rstrip())
        words = BEFORE_VERB.sub("", masked[start:end])
    if not words.strip():
        return _with_apposition(masked, parts) if parts else None
    if previous and re.search(r"(?:^|\s)(?:and|but|then)\Z", words):
        return previous.speaker  # "denied it and said that": the subject goes on
    if re.match(r"and\s", masked[start:end]) and parts and CAPITALISED.fullmatch(masked, *parts[-1]):
        while len(parts) > 1 and CAPITALISED.fullmatch(masked, *parts[-2]):
            parts.pop()
        return parts[-1][0], end  # "A, B, and C"
    start = _after_lead(masked, start, end)
    if _is_name(masked[start:end], start == 0):
        listed = " and " in masked[start:end] and parts and _is_name(masked[slice(*parts[-1])], parts[-1][0] == 0)
        if listed and len(masked[slice(*parts[-1])].split()) <= 3 and len(parts) == 1:
            return parts[-1][0], end  # "Moscow, Kyiv and Washington"
        return start, end
    # "The bridge fell and officials said": a clause, then the subject of the next one
    joined = re.search(r"\s(?:and|but)\s+((?:(?!\s(?:and|but)\s).)+)\Z", masked[start:end])
    if joined and _is_name(joined.group(1), False) and not _is_name(masked[start : start + joined.start()], start == 0):
        return start + joined.start(1), end
    return None


def _with_apposition(masked: str, parts: list[Span]) -> Span | None:
    """The subject before "..., the mayor, said": name and description, or the name alone before an age or a clause."""
    last = parts[-1]
    for k in range(len(parts) - 2, max(-1, len(parts) - 5), -1):
        start = _after_lead(masked, *parts[k])
        if not _is_name(masked[start : parts[k][1]], start == 0):
            continue
        described = k == len(parts) - 2 and _is_name(masked[slice(*last)], False)
        with_commas = "," in masked[parts[k][1] : last[0]] and "(" not in masked[parts[k][1] : last[0]]
        return start, last[1] if described and with_commas else parts[k][1]
    return None


def _inverted(masked: str, verb: re.Match[str]) -> Span | None:
    """The subject after a verb: ",” said a US official who ...". Without a quotation only "said" turns round so."""
    comma = re.search(r"([q\"]?),\s*\Z", masked[: verb.start()])
    if not comma:
        return None
    found = FOLLOWING_NAME.match(masked, verb.end())
    if not found:
        return None
    start = found.start("name")
    end = start + len(found["name"].rstrip(" .\n"))
    name = masked[start:end]
    if name in PRONOUNS and comma.group(1):
        return start, end
    if FINITE.search(name) or not _is_name(name, False):
        return None
    if not comma.group(1) and not (verb.group() in ("said", "says") and _can_speak(name, False)):
        return None
    described = re.match(
        r",\s+((?!(?:who|which|whose|where|as|after|while|but|and|\w+ing)\b)[^,;:.()]*[^\s,;:.()])(?=[,.;]|\Z)",
        masked[end:],
    )
    if described and _is_name(described.group(1), False):
        end += described.end(1)
    return start, end


def _according(masked: str) -> Iterator[Claim]:
    """ "according to NP", before, after or amid what it reports."""
    for found in ACCORDING.finditer(masked):
        end = next(m.start() for m in NAME_ENDS.finditer(masked, found.end()))
        name = masked[found.end() : end]
        described = re.match(r",\s+((?:the|an?|its|his|her)\s[^,;:.]*)(?=[,.]|\Z)", masked[end:])
        if name.lower() not in ("him", "her", "them") and _is_name(name, False):
            if not (_can_speak(name, False) or WRITTEN.search(name)):
                continue
            listed = re.match(rf"(?:,\s+{CAPITALISED.pattern})*,\s+and\s+{CAPITALISED.pattern}(?=[,.])", masked[end:])
            if listed:
                end += listed.end()
            elif described and found.start() > 0 and not FINITE.search(described.group(1)):
                end += described.end(1)
            if found.group()[0] == "A" and not masked[: found.start()].strip():
                scopes = [(end, _contrast(masked, end))]
            else:
                start = max((c.end() for c in CONTRAST.finditer(masked, 0, found.start())), default=0)
                scopes = [(start, found.start())]
                if masked[end : end + 1] == ",":
                    scopes.append((end, _contrast(masked, end)))
            yield Claim((found.end(), end), tuple(scopes))


def _contrast(masked: str, start: int) -> int:
    found = CONTRAST.search(masked, start)
    return found.start() if found else len(masked)


def _parts(masked: str, end: int) -> Iterator[Span]:
    """The pieces between commas and the like before `end`, without surrounding white space."""
    start = 0
    for cut in [*((m.start(), m.end()) for m in CUT.finditer(masked, 0, end)), (end, end)]:
        piece = masked[start : cut[0]]
        at = start + len(piece) - len(piece.lstrip())
        yield at, max(at, start + len(piece.rstrip()))
        start = cut[1]


def _after_lead(masked: str, start: int, end: int) -> int:
    """Past an opening conjunction, adverb or day: "But Mr X", "On Tuesday France"."""
    lead = LEAD.match(masked, start, end)
    return lead.end() if lead else start


def _skip(text: str, at: int) -> int:
    return at + len(text[at:]) - len(text[at:].lstrip()) if text[at : at + 1].isspace() else at


def _is_name(phrase: str, opens: bool) -> bool:
    """Can this be a speaker's name or description? `opens`: it opens the sentence, so that its capital says nothing."""
    words = phrase.split()
    if not 1 <= len(words) <= 18 or re.search(r"[.:\]]\d", phrase):  # a note number ends a sentence
        return False
    # "us" is no speaker; "US officials" and "WHO" are.
    lower = [word if word.isupper() and len(word) > 1 else word.lower().strip("“”\"'’.") for word in words]
    if phrase.lower() in PRONOUNS:
        return True
    if lower[0] in NOT_FIRST and not (lower[0] in ("some", "many", "most", "all", "both") and len(words) > 1):
        return False
    if any(word in NOT_A_NAME for word in lower) or lower[-1] in DETERMINERS | PREPOSITIONS | {"and", "or"}:
        return False
    if "qqq" in phrase or any(ADVERB.fullmatch(word) for word in words if len(words) == 1 or word is not words[-1]):
        return False
    for word, following in zip(lower, [*lower[1:], ""], strict=True):
        if word.endswith("ed") and len(word) > 4 and (following in DETERMINERS | PREPOSITIONS | {"and", ""}):
            return False  # "the bridge collapsed in": a clause
    if words[0][0].isupper():
        return opens or len(words) > 1 or not lower[0].endswith("ing")
    if lower[0] in DETERMINERS:
        return len(words) > 1
    head = next((k for k, word in enumerate(lower) if word in PREPOSITIONS), len(lower))
    if head == 0:
        return False
    noun = lower[head - 1]
    return noun.endswith("s") or noun in BARE_PLURALS or any(word[0].isupper() for word in words[1:])


def _can_speak(phrase: str, opens: bool) -> bool:
    """Is it a person or a body that makes statements: by its name, or by its noun?"""
    words = phrase.split()
    if re.split(r"\s(?:of|in|for|on|to|by)\s", phrase)[0].split()[-1].lower() in THINGS:
        return False
    named = any(word[0].isupper() for word in words[1:])
    if not opens or len(words) == 1:  # the capital of a longer phrase that opens the sentence tells nothing
        named = named or (words[0][0].isupper() and words[0].lower() not in DETERMINERS)
    return named or PEOPLE.search(phrase) is not None
