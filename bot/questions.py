"""Questions made from single sentences with templates: a few forms of news and of encyclopaedias that give good English.

A template is shown a sentence and gives a question and the words that its answer must share, or None for a sentence of
another form. It would rather give none than one that is clumsy, vague, or about something that only the sentence before names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from bot.attribution import BODY, PEOPLE, speaker
from bot.mentions import AUXILIARIES, DETERMINERS, PERSONAL, PREPOSITIONS, QUESTION_WORDS, Sort, full_name, names
from index.units import Unit

Made = tuple[str, str] | None  # a question, and words of the sentence that a right answer shares ("" if open)
Template = Callable[[str, Sequence[Unit], int], Made]  # of an article's text, its sentences, and the number of one

LONG = 100  # sentences of an article, above which it tells of more than one event
HEAD = 8  # words of a definition, with which an answer to it begins
KNOWN = 3  # times that an article names a thing, from which on it is known without a name of its own
OLD = 1990  # a person told of in years before it is asked for with "was"



def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _pairs(text: str) -> dict[str, str]:
    return dict(re.findall(r"(\w+):(\w+)", text))


def _any(text: str) -> str:
    """A pattern for any of these words."""
    return f"(?:{'|'.join(text.split())})"


_BIG = r"(?:\d{1,3}(?:,\d{3})+|\d+|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens|hundreds of|thousands of)"
_HEDGE = r"(?:up to|at least|at most|more than|over|about|around|nearly|almost|some|just|only|roughly|approximately|as many as)"
_NOUN = (
    r"(?!were\b|have\b|other\b)(?:[A-Za-z][a-z]+\s+)?(?!(?:series|news|was|has|his|its|years)\b)[a-z]{3,}s"
    r"|people|children|men|women|staff"
)
_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_YEAR = r"(?:1\d|20)\d\d(?!\s(?:BCE?|AD|CE)\b)"
_DATE = (
    rf"(?:on\s+\d{{1,2}}\s+{_MONTH}(?:,?\s+\d{{4}})?|on\s+{_MONTH}\s+\d{{1,2}}(?:,\s+\d{{4}})?|on\s+[A-Z][a-z]+day"
    rf"|in\s+(?:early\s+|late\s+)?(?:{_MONTH}\s+)?{_YEAR}|in\s+the\s+(?:early\s+|late\s+)?(?:{_YEAR}s|\d\d?th\s+century))"
)
_OPENING_DATE = rf"(?P<date>{_DATE.replace('(?:on', '(?:[Oo]n').replace('|on', '|[Oo]n').replace('|in', '|[Ii]n')})"
_WORD = r"[\w’'-]+"
_WHAT = rf"(?P<what>{_WORD}(?:\s+{_WORD}){{0,5}}?)"
_REST = rf"(?P<rest>(?:\s+{_WORD}){{0,6}}?)"
_ASIDE = r"(?:,\s(?:an?|the|also|or|now|then|formerly|known)\s[^,;]{3,80},|\s\([^)]{2,80}\)|,\s(?:which|who)(?=\s))?"
_AFTER_DATE = r"(?=[.,;]|\s(?:by|at|as|to|and|with|after|when|under|for)\b)"
_DONE = r"(?:\w{3,}ed|held|built|born|sold|sent|written|made|given|taken|won|lost)"
_STATE = (
    r"(?!(?:governed|ruled|considered|known|based|used|called|regarded|required|expected|related|located|believed|involved"
    r"|scheduled|found)\b)"
)
# Past tenses that a question turns round, each with its base.
_BASE = _pairs(
    """
    held:hold gave:give took:take led:lead met:meet lost:lose fought:fight sold:sell rose:rise fell:fall
    issued:issue announced:announce declared:declare ordered:order appointed:appoint attended:attend
    developed:develop designed:design produced:produce landed:land conquered:conquer destroyed:destroy
    reached:reach expanded:expand granted:grant elected:elect formed:form hosted:host merged:merge
    refused:refuse sent:send dissolved:dissolve settled:settle opened:open closed:close died:die began:begin
    ended:end became:become won:win received:receive moved:move published:publish founded:found
    established:establish built:build wrote:write introduced:introduce invented:invent discovered:discover
    launched:launch signed:sign created:create bought:buy acquired:acquire adopted:adopt passed:pass joined:join
    left:leave married:marry visited:visit started:start defeated:defeat captured:capture invaded:invade
    released:release completed:complete proposed:propose gained:gain returned:return arrived:arrive
    surrendered:surrender resigned:resign retired:retire graduated:graduate abolished:abolish approved:approve
    banned:ban annexed:annex entered:enter withdrew:withdraw rejected:reject replaced:replace
    translated:translate ratified:ratify
    """
)
_DID = rf"(?P<did>{'|'.join(_BASE)})"
_GOT = _any(
    """
    won received published founded established built wrote invented discovered acquired bought signed launched issued
    designed opened introduced created announced
    """
)
_ALONE = re.compile(r"opened|closed|died|began|ended|started|merged|resigned|retired|surrendered|graduated|arrived|dissolved")
# Participles of making, each with the past tense that asks for the maker.
_MADE_PAST = _any(
    """
    designed built wrote founded established invented discovered composed created painted directed proposed developed
    coined introduced translated published defeated conquered captured signed led proved won married commanded
    commissioned edited
    """
)
_MAKING = _pairs(
    """designed:designed built:built written:wrote founded:founded established:established invented:invented discovered:discovered
    composed:composed commissioned:commissioned painted:painted directed:directed proposed:proposed developed:developed
    coined:coined introduced:introduced translated:translated published:published led:led sculpted:sculpted restored:restored"""
)
_ROLE = _any(
    r"""
    president minister governor mayor secretary chief director editor adviser advisor spokes\w+ commander leader founder
    chair\w* head ambassador author professor captain colonel general chancellor king queen prince monarch historian owner
    executive manager coach
    """
)
_SOMEBODY_ELSE = _any(
    """
    man woman son daughter brother sister emperor pope bishop monk priest player scholar inventor engineer poet writer
    singer actor actress architect painter soldier composer lawyer ruler philosopher politician artist novelist journalist
    theologian economist activist musician physician mathematician statesman (?:scient|phys|chem|biolog)i?c?ist
    """
)
_PERSON = re.compile(rf"\b(?:{_ROLE}|{_SOMEBODY_ELSE})\b", re.IGNORECASE)
_THINGS = _any(
    """
    country nation city town village state province region territory island republic kingdom colony district capital river
    lake sea mountain university college school museum library company corporation organi[sz]ation network channel
    language dialect religion system standard protocol code programme program project series game film album book
    newspaper magazine airport building club team league festival war battle treaty law theory movement style genre species
    genus disease element mixture device
    """
)
_CLASS = re.compile(rf"\b{_THINGS}\b")
_NAMED = r"[A-Z][\w’-]+(?:\s+(?:[A-Z]\.|de|van|von|bin|al))*(?:\s+[A-Z][\w’-]+)+"
_JOINING = QUESTION_WORDS | _words("and or but that if because although though while not then also both")
_VAGUE = (
    _JOINING | AUXILIARIES | PERSONAL | (PREPOSITIONS - {"of"}) | (DETERMINERS - {"the"})
    | _words(
    """
    many most several more other another such first second third next last former latter same own two three four
    five six seven eight nine ten eleven twelve result following here now today however thus therefore early
    late later modern new old half part only even alone few instead years year none much again further still
    fewer less important common extensive popular typical notable portion section examples items main different term name
    """
    )
)
_IN_A_PLACE = re.compile(r"(?<=[a-z])\s(?:in|at)\s(?:the\s)?[A-Z][\w’-]+(?:\s[A-Z][\w’-]+)*\Z")


def thing(phrase: str, text: str) -> str | None:
    """What begins a sentence of `text` as it stands within one, None if it may be vague: no name, and not known there."""
    placed = _IN_A_PLACE.search(phrase)
    phrase, place = (phrase[: placed.start()], placed[0]) if placed else (phrase, "")
    words = phrase.split()
    the = words[0] in ("The", "the")
    words = words[the:]
    if not words or {word.lower() for word in words if word not in ("New", "Old")} & _VAGUE:
        return None
    if words[-1] == "of" or ("the" in words and "of" not in words):
        return None
    alone = len(words) == 1 or len(words[1]) == 1 or words[1][0].islower()
    if not the and alone and words[0][0].isupper() and words[0][1:].islower():
        small, capital = (len(re.findall(rf"(?<=[\w,’] ){word}(?![\w’-])", text)) for word in (words[0].lower(), words[0]))
        if small == capital == 0:
            return None  # nothing tells whether it is a name, or a noun that opens its sentence
        if small >= capital:
            words[0] = words[0].lower()
    plain = [word for word in words if word == word.lower() and not word[0].isdigit() and word not in ("of", "the")]
    if any(re.search(r"(?:ed|(?<!fami)(?<!assemb)ly|ing)$", word) for word in plain[-1:]):
        return None
    inner = " ".join(words)
    named = bool(place) or (any(word != word.lower() for word in words) and len(plain) <= 1)
    if not named and ((len(words) == 1 and the) or not _often(inner, text)):
        return None
    return f"{'the ' if the else ''}{inner}{place}"


def _often(phrase: str, text: str) -> bool:
    return len(re.findall(rf"\b{re.escape(phrase.lower())}\b", text.lower())) >= KNOWN


_ADVERBS = _any(
    r"""
    However Today Currently Initially Originally Historically Traditionally Typically Generally Finally Eventually Also
    Furthermore Moreover Meanwhile Nevertheless Additionally In\saddition In\scontrast In\sgeneral For\sexample
    For\sinstance As\sa\sresult (?:During|After|Following|Before|Despite)\s[^,]{3,50}
    """
)
_OPENING = re.compile(rf"{_ADVERBS},\s+")


def _clauses(sentence: str) -> list[str]:
    """What a template is tried on: the sentence without an adverb that opens it, and clauses that follow with a joint."""
    whole = _OPENING.sub("", sentence, count=1) if _OPENING.match(sentence) else sentence
    whole = whole[0].upper() + whole[1:]
    return [whole, *(part[0].upper() + part[1:] for part in re.split(r";\s+|,\s+(?:but|while|whereas)\s+", whole)[1:] if part)]


def _match(sentence: str, *patterns: re.Pattern[str]) -> re.Match[str] | None:
    return next((found for part in _clauses(sentence) for pattern in patterns if (found := pattern.match(part))), None)


def _definite(question: str, what: str) -> bool:
    """Whether a question of an event names something, so that it cannot be asked of any other."""
    return re.search(r"\s[A-Z]", question) is not None or len(what.split()) > 2 or len(question.split()) > 6


def _whole(rest: str) -> bool:
    """Whether what follows a verb is one short phrase, that leans on nothing and breaks off nowhere."""
    words = rest.lower().split()
    if not words:
        return True
    leaning = _JOINING | PERSONAL | AUXILIARIES | {"during", "before", "after", "his", "her", "its", "their"}
    if set(words) & leaning or re.search(rf"\d{{4}}|\b{_MONTH}\b", rest):
        return False
    if re.search(r"\ba new\b|\bthe (?:area|site|city|band|group|country|final|company|region|building|same|former"
    r"|latter|following|other)\b", rest):
        return False
    broken = PREPOSITIONS | DETERMINERS | {"first", "more", "later", "earlier", "again"}
    return words[-1] not in broken and not words[-1].endswith(("ly", "ing"))


# News: figures, sums, dates, and who said what.

_SUFFERED = _any(
    """
    killed injured wounded hurt damaged destroyed deported arrested evacuated involved captured displaced detained rescued
    trapped affected deployed sunk
    """
)
_COUNTED = re.compile(
    rf"(?:^|[\s“])(?:{_HEDGE}\s+)?(?P<n>{_BIG})\s+(?:of\s+)?(?P<noun>{_NOUN})\s+(?P<aux>were|are)\s+(?P<did>{_SUFFERED})\b"
    r"(?!\s+(?:to|as|of)\b)"
)
_OBJECTS = re.compile(
    r"^(?P<who>(?:The\s+)?(?:[A-Z][\w’-]+)(?:\s+(?:[A-Z][\w’-]+|[a-z]{4,}s?)){0,2})\s+(?P<aux>has|have|had)\s+"
    rf"(?P<did>\w{{3,}}(?:ed|ught|ken|ven|ade|ost))\s+(?:{_HEDGE}\s+)?(?P<n>{_BIG})\s+(?P<noun>{_NOUN})\b"
)
_WORTH = re.compile(
    r"\b[Aa]n?\s+(?P<n>[$€£]\d[\d.,]*\s?(?:bn|m|k|tn|billion|million|trillion)?)\s+(?P<what>(?:[a-z]+\s+)?(?:package|deal|loan"
    r"|fund|contract|bailout|project|budget|investment|grant|plan|programme|program|bid|takeover|merger))\b"
)
_BODIES = _any(
    """
    Research Institute Foundation Fund Cent(?:er|re) School College Museum Society Association Church Federation Network
    Act Economics Board Court Authority Organi[sz]ation Group Corporation Press Bible Law Review Magazine
    """
)
_ORGANISED = re.compile(rf"\b{_BODIES}\b")
_IS = (
    re.compile(rf"(?P<name>{_NAMED}),\s+(?:the|a|an|[A-Z][\w’-]+’s)\s+(?:[\w’'-]+\s+){{0,4}}?{_ROLE}\b", re.UNICODE),
    re.compile(rf"\b{_ROLE}(?:\s+[A-Z]{{2,}})?,?\s+(?:General\s+|Gen\s+|Mr\s+)?(?P<name>{_NAMED})"),
)
_LEANING = re.compile(r"(?:\s+of)?\s+(?:the|his|her|its|their)\s+[a-z\s]+(?:[.,;]|$)")  # an office in what was named before
_SAID = re.compile(r"\b(?:sa(?:id|ys?)|told|tells?|added|adds)\b")  # what is argued, claimed or written is not "said"


def how_many_were(text: str, sentences: Sequence[Unit], i: int) -> Made:
    """ "30,000 Russian troops were involved": how many Russian troops were involved?"""
    found = _COUNTED.search(sentences[i].text)
    if not found or len(sentences) > LONG or len(re.findall(rf"\b(?:was|were)\s+{found['did']}\b", text)) > 2:
        return None  # it would not be clear which of them
    return f"How many {found['noun']} {found['aux']} {found['did']}?", found["n"]


def how_many_done(text: str, sentences: Sequence[Unit], i: int) -> Made:
    """ "Russian troops have captured six villages": how many villages have Russian troops captured?"""
    found = _OBJECTS.search(sentences[i].text)
    if not found or found["who"].split()[0].lower() in PERSONAL | {"but", "its", "his", "their"}:
        return None
    who = re.sub(r"^The\b", "the", found["who"])
    return f"How many {found['noun']} {found['aux']} {who} {found['did']}?", found["n"]


def how_much(text: str, sentences: Sequence[Unit], i: int) -> Made:
    """ "a $60bn aid package": how much is the aid package worth?"""
    found = _WORTH.search(sentences[i].text) if len(sentences) <= LONG else None
    if found and any(other["what"] == found["what"] and other["n"] != found["n"] for other in _WORTH.finditer(text)):
        return None
    return (f"How much is the {found['what']} worth?", found["n"]) if found else None


def who_is(text: str, sentences: Sequence[Unit], i: int) -> Made:
    """A person whose office the sentence tells."""
    if sentences[i].text.count(",") > 4:
        return None  # a list of people
    for pattern in _IS:
        for found in pattern.finditer(sentences[i].text):
            name = re.sub(r"['’]s$", "", found["name"])
            if _LEANING.match(sentences[i].text[found.end() :]):
                continue
            if not BODY.search(name) and not re.match(rf"(?:The|A|An|In|On|At|{_ROLE})\b", name, re.IGNORECASE):
                years = re.findall(rf"\b{_YEAR}\b", text[: sentences[i].end])
                be = "was" if years and int(years[-1]) < OLD else "is"
                return f"Who {be} {name}?", found[0].replace(found["name"], "")
    return None


def what_said(text: str, sentences: Sequence[Unit], i: int) -> Made:
    """Someone with a name whom the sentence lets speak."""
    said_by = speaker(text, sentences, i)
    named = [m for m in names(text[slice(*said_by)]) if m.sort is Sort.PERSON] if said_by else []
    if len(named) != 1 or _ORGANISED.search(named[0].text) or not _SAID.search(sentences[i].text):
        return None
    name = full_name(named[-1].text, [text[: sentences[i].end]])
    office = re.search(rf"\b(?:{_ROLE}|{PEOPLE.pattern})\b", name, re.IGNORECASE | re.VERBOSE)
    return (f"What did {name} say?", "") if " " in name and not office else None


# Dates, causes and makers.

_WHEN_WAS = (
    re.compile(rf"^{_WHAT}{_ASIDE}\s+(?P<aux>was|were)\s+"
        rf"(?:(?!family\b)\w+ly\s+)?(?P<did>{_STATE}{_DONE}){_REST},?\s+(?P<date>{_DATE}){_AFTER_DATE}"),
    re.compile(rf"^{_OPENING_DATE},?\s+{_WHAT}\s+(?P<aux>was|were)\s+"
        rf"(?:(?!family\b)\w+ly\s+)?(?P<did>{_STATE}{_DONE}){_REST}(?=[.,;](?:\s|$))"),
)
_LIFE = re.compile(
    rf"^(?P<name>{_NAMED})[^().]{{0,30}}\((?:[^()]*;\s*)?(?:born\s+)?(?P<date>(?:\d{{1,2}}\s+{_MONTH}"
    rf"|{_MONTH}\s+\d{{1,2}},)\s+\d{{4}})\s?(?:[–-]|\))"
)
_WHEN_DID = (
    re.compile(rf"^{_WHAT}{_ASIDE}\s+(?:(?!family\b)\w+ly\s+)?{_DID}{_REST},?\s+(?P<date>{_DATE}){_AFTER_DATE}"),
    re.compile(rf"^{_OPENING_DATE},?\s+{_WHAT}\s+(?:(?!family\b)\w+ly\s+)?{_DID}{_REST}(?=[.,;](?:\s|$))"),
)
_WHAT_DID = (
    re.compile(rf"^{_OPENING_DATE},?\s+{_WHAT}\s+(?P<did>{_GOT})\s+(?P<object>(?:the|an?|[A-Z]{_WORD})\s[^.,;]+)"),
    re.compile(rf"^{_WHAT}\s+(?P<did>{_GOT})\s+(?P<object>(?:the|an?|[A-Z]{_WORD})\s[^.,;]+?)\s+(?P<date>{_DATE})(?=[.,;])"),
)
_BECAUSE = r"\s+(?:because(?:\s+of)?|due\s+to)\s+(?P<cause>.+)"
_WHY_WAS = re.compile(rf"^{_WHAT}{_ASIDE}\s+(?P<aux>is|are|was|were)\s+(?P<did>{_DONE}|important|difficult){_REST},?{_BECAUSE}")
_WHY_DID = re.compile(rf"^{_WHAT}\s+{_DID}{_REST},?{_BECAUSE}")
_MADE_BY = re.compile(
    rf"^{_WHAT}{_ASIDE}\s+(?:is|are|was|were)\s+(?:(?!family\b)\w+ly\s+)?(?P<did>{'|'.join(_MAKING)})(?:\s+{_DATE})?\s+by\s+"
    r"(?P<who>(?:the\s+)?(?:[a-z]+\s+){0,3}[A-Z][\w’-]+(?:\s+(?:(?:of|the|de|van|von)\s+)*[A-Z][\w’.-]*)*)"
)
_MADE = re.compile(
    rf"^(?P<who>{_NAMED}|[A-Z][a-z]+)(?:,[^,]{{3,60}},)?\s+(?P<did>{_MADE_PAST})\s+"
    rf"(?P<what>(?:the|[A-Z]{_WORD})(?:\s+{_WORD}){{1,6}}?)(?=[.,;]|\s(?:and|{_DATE})\b)"
)


def _dated(date: str) -> str:
    return re.sub(r"^(?:in|on)\s+", "", date, flags=re.IGNORECASE)


def when_was(text: str, sentences: Sequence[Unit], i: int) -> Made:
    """ "An iPad edition was launched in December 2010": when was the iPad edition launched?"""
    if (life := _LIFE.match(sentences[i].text)) and not BODY.search(life["name"]):
        return f"When was {life['name']} born?", life["date"]
    found = _match(sentences[i].text, *_WHEN_WAS)
    if not found or not _whole(found["rest"]):
        return None
    what = thing(re.sub(r"^An?\b", "The", found["what"]), text)
    if not what or not _definite(question := f"When {found['aux']} {what} {found['did']}{found['rest']}?", what):
        return None
    return question, _dated(found["date"])


def when_did(text: str, sentences: Sequence[Unit], i: int) -> Made:
    """ "In 1889, Nintendo opened a shop in Kyoto": when did Nintendo open a shop in Kyoto?"""
    found = _match(sentences[i].text, *_WHEN_DID)
    what = thing(found["what"], text) if found and _whole(found["rest"]) else None
    if found and not (_ALONE.match(found["did"]) or re.match(r"\s(?:the|an?|to|[A-Z])", found["rest"])):
        return None
    if not found or not what or not _definite(question := f"When did {what} {_BASE[found['did']]}{found['rest']}?", what):
        return None
    return question, _dated(found["date"])


def what_did(text: str, sentences: Sequence[Unit], i: int) -> Made:
    """ "In 1921, Einstein won the Nobel Prize": what did Einstein win in 1921?"""
    found = _match(sentences[i].text, *_WHAT_DID)
    what = thing(found["what"], text) if found else None
    if not found or not what or re.match(r"an?\s(?:new|number|lot|series)\b", found["object"]):
        return None
    date = found["date"][0].lower() + found["date"][1:]
    return f"What did {what} {_BASE[found['did']]} {date}?", found["object"]


def why(text: str, sentences: Sequence[Unit], i: int) -> Made:
    """ "The Erie Canal was closed because of floods": why was the Erie Canal closed?"""
    for pattern in (_WHY_WAS, _WHY_DID):
        found = _match(sentences[i].text, pattern)
        what = thing(found["what"], text) if found and _whole(found["rest"]) else None
        if found and what and pattern is _WHY_WAS:
            return f"Why {found['aux']} {what} {found['did']}{found['rest']}?", found["cause"]
        if found and what:
            return f"Why did {what} {_BASE[found['did']]}{found['rest']}?", found["cause"]
    return None


def who_made(text: str, sentences: Sequence[Unit], i: int) -> Made:
    """ "The Eiffel Tower was designed by Stephen Sauvestre": who designed the Eiffel Tower?"""
    if found := _match(sentences[i].text, _MADE_BY):
        what, did = thing(found["what"], text), _MAKING[found["did"]]
        if found["who"].startswith("the ") and not (_PERSON.search(found["who"]) or BODY.search(found["who"])):
            return None
    elif found := _match(sentences[i].text, _MADE):
        what, did = (found["what"] if _whole(found["what"]) else None), found["did"]
        known = thing(found["who"], text) == found["who"] and not BODY.search(found["who"])
        if not known or found["did"] == "led" or not re.search(r"[A-Z]", found["what"]):
            return None
    return (f"Who {did} {what}?", found["who"]) if found and what else None


# What things are, where they are, how many they have.

_PLACE = r"(?P<place>(?:the\s+)?(?:[a-z]+\s+){0,3}[A-Z][\w’-]+(?:\s+(?:(?:of|the)\s+)*[A-Z][\w’-]+)*)"
_WHERE = re.compile(
    rf"^{_WHAT}{_ASIDE}\s+(?P<aux>is|are|was|were)\s+(?:(?!family\b)\w+ly\s+)?(?P<did>located|situated|based|headquartered|buried"
    rf"|born|held|raised|educated)"
    rf"\s+(?:in|at|on|near|between|within)\s+(?!{_MONTH}){_PLACE}"
)
_MOST = re.compile(
    rf"^{_WHAT}{_ASIDE}\s+(?P<aux>is|was)\s+(?P<most>the\s+(?:(?:second|third|world’s|world's)[ -])?"
    r"(?:capital|(?:larg|old|tall|high|long|small|great|young|clos|earli|fast|rich)est(?!\s+(?:in|of|on)\b)|first"
    r"|most\s+(?!of\b)\w+)\s+[^.,;()–]{3,50}?)"
    rf"(?=[.,;]|\s(?:and|with|by|which|who|that|when|after|having|being|because|since|while|until)\b)"
)
_MEMBER = re.compile(
    rf"^(?P<a>An?\s+)?{_WHAT}{_ASIDE}\s+(?P<aux>is|are|was|were)\s+(?P<kind>(?:an?|the|one\s+of)\s+[^.;]{{12,}})"
)
_EVALUATIONS = _any(
    """
    same reason result case factor way matter problem key major important good bit lot little few number part prolific
    significant fact sign cause consequence example source founding fair home leading formative member period small strong
    first best better necessary common
    """
)
_SAID_OF = re.compile(rf"(?:an?|the|one of the)\s+(?:\w+\s+)?{_EVALUATIONS}\b")
_SOMEBODY = re.compile(rf"(?:an?|the)\s+(?:[\w’-]+,?\s+){{0,5}}?{_PERSON.pattern}(?=[,.;]|\s(?:of|who|and|in|from|for"
    rf"|at|to|whose|that)\b|$)")
_DEFINED = re.compile(r"an?\s+(?:[\w-]+\s+){1,3}(?:that|which|who|of|used)\b")
_COUNT = (
    rf"(?:{_HEDGE}\s+)?(?P<n>{_BIG})\s+(?P<noun>(?:(?!of\b|and\b|or\b|to\b|in\b|million\b|billion\b)[\w-]+\s+){{0,2}}?"
    r"(?!percent|times|years|series)(?:[a-z]{3,}s|people|children|men|women|staff))"
    r"(?=[.,;:]|\s(?:in|on|with|and|who|that|which|for|at|across|by|from|of|to)\b)"
)
_HAS = re.compile(
    rf"^{_WHAT}{_ASIDE}\s+(?:(?P<has>has|have)|(?P<base>contain|include|operate|comprise|own|house|offer|host|employ"
    rf"|cover)(?P<s>s)?"
    rf"|(?P<of>consist)(?P<ofs>s)?\s+of)\s+{_COUNT}"
)
_DIVIDED = re.compile(rf"^{_WHAT}{_ASIDE}\s+(?P<aux>is|are|was|were)\s+(?:(?!family\b)\w+ly\s+)?(?P<did>divided|split"
    rf"|organi[sz]ed)\s+into\s+{_COUNT}")
_SHARE = re.compile(
    rf"^(?:{_OPENING_DATE},\s+)?(?:{_HEDGE}\s+)?(?P<n>\d[\d.]*\s?(?:%|percent|per\s+cent))\s+of\s+(?P<whole>"
    rf"(?:the\s+)?{_WORD}(?:\s+{_WORD}){{0,4}}?)\s+"
    rf"(?P<aux>is|are|was|were|live|lived|have|had|voted|speak|belong|use|work)(?P<rest>"
    rf"(?:\s+{_WORD}){{1,5}}?)(?P<year>\s+in\s+{_YEAR})?(?=[.,;](?:\s|$))", re.IGNORECASE
)
_THERE = re.compile(
    rf"^(?:{_OPENING_DATE},\s+)?[Tt]here\s+(?P<aux>are|were)\s+(?:{_HEDGE}\s+)?(?P<n>{_BIG})\s+(?P<noun>"
    rf"(?!\w+er\s|other\b|more\b|additional\b)(?:[\w-]+\s+){{0,2}}?[a-z]{{3,}}s)"
    r"\s+(?P<where>(?:in|on|at)\s+[^.,;]+)(?=[.,;])"
)
_POPULATION = re.compile(rf"^{_WHAT}{_ASIDE}\s+(?P<aux>has|had)\s+(?:an?\s+)?"
    rf"(?:\w+\s+)?population\s+of\s+(?P<n>[^.;]*\d[\d,.]*)")
_AREA = re.compile(rf"^{_WHAT}\s+(?:covers|occupies)\s+(?:an\s+area\s+of\s+)?(?:{_HEDGE}\s+)?(?P<n>\d[\d,.]*\s(?:km"
    rf"|sq|hectares|acres|mi))")


def where(text: str, sentences: Sequence[Unit], i: int) -> Made:
    """ "The Louvre is located in Paris": where is the Louvre located?"""
    found = _match(sentences[i].text, _WHERE)
    what = thing(found["what"], text) if found else None
    return (f"Where {found['aux']} {what} {found['did']}?", found["place"]) if found and what else None


def what_is_most(text: str, sentences: Sequence[Unit], i: int) -> Made:
    """ "Nairobi is the largest city of Kenya": what is the largest city of Kenya?"""
    found = _match(sentences[i].text, _MOST)
    if not found or not thing(found["what"], text) or not re.search(r"\s(?:of|in|on|to)\s", found["most"]):
        return None
    if set(found["most"].lower().split()) & (PERSONAL | {"and", "or", "not"}) or not re.search(r"[A-Z]|world", found["most"]):
        return None
    most = found["most"].split()
    whom = "Who" if _PERSON.search(found["most"]) else "What"
    return f"{whom} {found['aux']} {' '.join(most)}?", found["what"]


def what_is(text: str, sentences: Sequence[Unit], i: int) -> Made:
    """ "Chloroplasts are organelles": what are chloroplasts? Only of what the article often speaks of."""
    found = _match(sentences[i].text, _MEMBER)
    if not found or _SAID_OF.match(found["kind"]):
        return None
    if i and sentences[i].paragraph == sentences[i - 1].paragraph and not _DEFINED.match(found["kind"]):
        return None  # further on in a paragraph something is said of a thing, rather than what it is
    what = thing(found["what"], text)
    if not what or not _often(re.sub(r"^the\s", "", what), text):
        return None
    if what == what.lower() and found["kind"].startswith("the "):
        return None  # "the ice is the main habitat" tells a part that it has, and not what it is
    person = _SOMEBODY.match(found["kind"])
    if not person and what[0].isupper() and not _CLASS.search(" ".join(found["kind"].split()[:8])):
        return None  # a name that may be somebody's
    what = ("an " if what[0] in "aeiou" else "a ") + what if found["a"] else what
    return f"{'Who' if person else 'What'} {found['aux']} {what}?", " ".join(found["kind"].split()[:HEAD])


def how_many_has(text: str, sentences: Sequence[Unit], i: int) -> Made:
    """ "Harvard has 12 houses": how many houses does Harvard have? "There are 47 counties in Kenya": how many are there?"""
    if found := _match(sentences[i].text, _HAS):
        what = thing(found["what"], text)
        aux = "does" if found["has"] == "has" or found["s"] or found["ofs"] else "do"
        if what and aux == "does" and re.search(r"[^s]s\Z", what) and not what.endswith("States"):
            return None  # one thing with the name of many
        verb = found["base"] or ("consist of" if found["of"] else "have")
        return (f"How many {found['noun']} {aux} {what} {verb}?", found["n"]) if what else None
    if found := _match(sentences[i].text, _DIVIDED):
        what = thing(found["what"], text)
        return (f"How many {found['noun']} {found['aux']} {what} {found['did']} into?", found["n"]) if what else None
    found = _match(sentences[i].text, _THERE)
    if not found or not _whole(found["where"]) or not re.search(r"[A-Z]", found["where"]):
        return None
    return f"How many {found['noun']} {found['aux']} there {found['where']}?", found["n"]


def what_share(text: str, sentences: Sequence[Unit], i: int) -> Made:
    """ "About 83% of Kenyans are Christian": what percentage of Kenyans are Christian?"""
    found = _match(sentences[i].text, _SHARE)
    if not found or not _whole(found["rest"]) or not _whole(found["whole"]) or not re.search(r"\s[A-Z]", found[0]):
        return None
    whole = found["whole"]
    return f"What percentage of {whole} {found['aux']}{found['rest']}{found['year'] or ''}?", found["n"]


def how_large(text: str, sentences: Sequence[Unit], i: int) -> Made:
    """ "Kigali has a population of 1,132,686": what is the population of Kigali?"""
    if found := _match(sentences[i].text, _POPULATION):
        what = thing(found["what"], text)
        return (f"What {'is' if found['aux'] == 'has' else 'was'} the population of {what}?", found["n"]) if what else None
    found = _match(sentences[i].text, _AREA)
    what = thing(found["what"], text) if found else None
    return (f"How large an area does {what} cover?", found["n"]) if found and what else None


TEMPLATES: tuple[Template, ...] = (
    how_many_done, who_is, how_much, how_many_were, when_was, who_made, what_is, how_many_has, what_share,
    when_did, why, what_is_most, where, how_large, what_did, what_said,
)
