"""Does this question stand alone? If not, the question that it stands for, written from the turns before it.

Most questions stand alone and are left as they are. A pronoun is replaced by who or what was spoken of, a question of
one word ("When?") asks the last question anew, "Who said that?" names what was said. Without a language model: patterns
propose, best first, and the reader may judge between the proposals.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice

from bot.answer import Answer, Kind, Turn
from bot.attribution import BODY, SAYING
from bot.mentions import (
    AUXILIARIES,
    PREPOSITIONS,
    QUESTION_WORDS,
    Mention,
    Sort,
    cased,
    coordinated,
    full_name,
    is_plural,
    mentions,
    names,
)
from index.embedder import default_weights

TURNS = 6  # so far back a follow-up may reach
READINGS = 2
SURE = 0.6  # confidence of an answer that ends the search for another reading
SECOND = 0.8  # what the confidence of a less likely reading is worth
LONGEST_INSERT = 9  # words of an earlier answer that a question can carry

# Words a question that does not stand alone, given the turns before it; None if it cannot.
Reword = Callable[[str, Sequence[Turn]], str | None]

_AUX = "|".join(sorted(AUXILIARIES, key=len, reverse=True))
_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_NUMBER = r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|several|dozens?)\b"
# The noun of "how many settlers did …", up to two words.
_NOUN = rf"(?!(?:{_AUX})\b)[\w’'-]+(?:\s+(?!(?:{_AUX})\b)[\w’'-]+)?"
_LEAD = re.compile(r"(?:(?:and|but|so|ok(?:ay)?|then|well|also|now)\b[\s,]*)+", re.IGNORECASE)
_WH = (
    r"(?:(?:for|since|until|till|by|from|with|to|in|on|at|about|of)\s+)?"
    r"(?:how\s+(?:long|often|much|many|far|old|come|so|soon|exactly)|when|where|why|how|whom"
    r"|what\s+(?:time|year|day|date|for)|which\s+(?:year|day))(?:\s+(?:exactly|not|else|from|to|then))?"
)
_BARE = re.compile(
    rf"(?P<wh>{_WH}|who(?:\s+(?:else|with|by))?|what(?:\s+else)?|which(?:\s+ones?)?|anything else)\W*", re.IGNORECASE
)
# "When did that happen?", "Why is that?", "Where was this?": the last question, asked for another thing.
_EVENT = re.compile(
    rf"(?P<wh>{_WH})\s+(?:(?:did|does|do|will|would)\s+(?:all\s+)?(?:this|that|it)\s+(?:all\s+)?(?:happen|occur|take place)"
    r"|(?:is|was)\s+(?:this|that)(?:\s+(?:so|the case))?)\W*",
    re.IGNORECASE,
)
_WHO_SAID = re.compile(
    r"(?:who|which \w+)\s+(?:has\s+|have\s+|was it (?:that|who)\s+|is\s+)?"
    r"(?:said|says|say|saying|claims?|claimed|told|stated|reported|reports|announced|confirmed|made|thinks|believes)\s*"
    r"(?:(?:them|us|him|her|reporters)\s+)?"
    r"(?:(?:this|that|the|these)\s+(?:claim|statement|estimate|figures?|numbers?|announcement|quotes?|words?)"
    r"|that|this|so|it|these things)?\W*"
    r"|(?:who (?:is|was) (?:the\s+)?(?:source|saying (?:this|that|so))(?:\s+(?:of|for) (?:that|this|it))?|says who"
    r"|according to whom?|who (?:is|was) (?:quoted|that from|it from)"
    r"|whose (?:words|claim|figures?|numbers?|estimate) (?:is|are|were|was) (?:that|this|these|those|it))\W*",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"(?:what|how)\s+about\s+(?P<what>[^?]+?)\s*\??", re.IGNORECASE)
_COUNT = re.compile(
    rf"(?P<wh>how many|which|whose)(?:\s+of\s+(?:them|those|these))?"
    rf"(?=\s+(?:(?:{_AUX}|{'|'.join(PREPOSITIONS)}|more|fewer)\b"
    r"|(?:\w{2,}ed|died|fell|fled|left|came|went|took|got|lost|won)\b)|\W*$)",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"(?<![\w’'-])(?P<word>he|him|his|she|her|hers|himself|herself|it|its|itself|they|them|their|theirs|themselves|there"
    r"|this|that|these|those)(?![\w-])(?P<is>['’]s\b)?",
    re.IGNORECASE,
)
_KNOWN = r"(?:true|likely|unlikely|possible|impossible|clear|unclear|known|important|necessary|easy|hard|difficult|said|reported)"
# An "it" that stands for nothing: "Is it true that …", "How long does it take to …".
_EXPLETIVE = re.compile(
    rf"\b(?:is|was|isn't|wasn't|be|been|seems?|makes?|made|finds?|found)\s+it\s+(?:\w+\s+)?{_KNOWN}\b"
    r".*\b(?:that|to|if|whether|who|what|how|when|where|why)\b"
    rf"|\bit\s+(?:is|was)\s+(?:\w+\s+)?{_KNOWN}\b|\b(?:it|that)\s+(?:is|was)\s+(?:that|who)\b"
    r"|\b(?:takes?|costs?)\s+(?:\w+\s+)*?to\b|\bwhat\s+time\s+is\s+it\b",
    re.IGNORECASE,
)
_EXISTS = re.compile(rf"\b(?:{_AUX})\s+there\b|\bthere\s*(?:['’]s|{_AUX})\b", re.IGNORECASE)
_BEFORE_THAT = re.compile(
    rf"\b(?:{_AUX}|{'|'.join(PREPOSITIONS - {'than'})}|do|say|mean|think|know|cause|explain)\s*\Z", re.IGNORECASE
)

_SUBJECTS = {
    **dict.fromkeys(("he", "him", "his", "himself"), "he"),
    **dict.fromkeys(("she", "her", "hers", "herself"), "she"),
    **dict.fromkeys(("it", "its", "itself", "this", "that"), "it"),
    **dict.fromkeys(("they", "them", "their", "theirs", "themselves", "these", "those"), "they"),
    "there": "there",
}
_POSSESSIVE = {"his", "hers", "its", "their", "theirs"}
_MALE, _FEMALE = re.compile(r"(?:Mr|Sir|Lord)\b"), re.compile(r"(?:Mrs|Ms|Miss|Lady|Dame)\b")
_WOMEN = re.compile(
    r"\b(?:woman|girl|queen|princess|actress|daughter|mother|wife|sister|spokeswoman|chairwoman)\b", re.IGNORECASE
)
_MEN = re.compile(r"\b(?:man|boy|king|prince|actor|son|father|husband|brother|spokesman|chairman)\b", re.IGNORECASE)

_QUESTION = re.compile(
    r"(?P<wh>(?:(?:in|on|at|for|with|from|by|to)\s+)?(?:who|whom|whose\s+\w+|what|which|when|where|why|how)\b"
    rf"(?:\s+(?!(?:{_AUX})\b)[^\s?]+)*?)"
    rf"\s+(?P<aux>{_AUX})\s+(?P<rest>[^?]+?)\s*\??",
    re.IGNORECASE,
)
_YES_NO = re.compile(rf"(?P<aux>{_AUX})\s+(?P<rest>[^?]+?)\s*\??", re.IGNORECASE)
_SUBJECT = re.compile(
    r"(?P<wh>(?:who|what|(?:which|whose|how many|how much)(?:\s+[^\s?]+){1,3}?))\s+(?P<verb>[a-z]+)(?P<rest>\s+[^?]*?)?\s*\??",
    re.IGNORECASE,
)
_PAST = re.compile(r"(\w+):(\w+)")
IRREGULAR = dict(
    _PAST.findall(
        """became:become began:begin blew:blow broke:break brought:bring built:build bought:buy came:come
    caught:catch chose:choose cut:cut dealt:deal did:do drew:draw drove:drive ate:eat fell:fall felt:feel
    fought:fight fled:flee flew:fly found:find gave:give got:get went:go grew:grow had:have heard:hear
    held:hold hit:hit kept:keep knew:know led:lead left:leave lent:lend let:let lost:lose made:make meant:mean
    met:meet paid:pay put:put ran:run read:read rose:rise said:say saw:see sent:send set:set shot:shoot
    shut:shut sold:sell spent:spend spoke:speak spread:spread stole:steal stood:stand struck:strike
    swore:swear taught:teach thought:think threw:throw told:tell took:take tore:tear understood:understand
    withdrew:withdraw won:win wore:wear wrote:write"""
    )
)


def stands_alone(question: str) -> bool:
    """Whether the question can be understood without what was asked before."""
    core = _core(question)
    if any(pattern.fullmatch(core) for pattern in (_BARE, _EVENT, _WHO_SAID, _ABOUT)) or _fragment(question):
        return False
    return not _COUNT.match(core) and not _open_pronouns(core)


def rewrite(question: str, history: Sequence[Turn]) -> str:
    """The question that `question` stands for after these turns; itself if it stands alone or nothing fits."""
    return readings(question, history)[0]


def understood(
    question: str, history: Sequence[Turn], ask: Callable[[str], Answer], reword: Reword | None = None
) -> Answer:
    """The answer to what `question` stands for after these turns; `ask` answers a question that stands alone.

    One that does not is read in the words of `reword` first, if it has any. A further reading is only tried while the
    answer is not sure, and preferred only if it is surer. `searched_for` tells the reading that was answered.
    """
    found, turns = readings(question, history), history[-TURNS:]
    if reword and turns and not stands_alone(question) and (wording := reword(question, turns)):
        found = tuple(dict.fromkeys((wording, *found)))[:READINGS]
    best: Answer | None = None
    for reading in found:
        answer = ask(reading)
        if reading != question:
            answer = replace(answer, question=question, searched_for=answer.searched_for or reading)
        surer = best is not None and (not best.answered or SECOND * answer.confidence > best.confidence)
        if best is None or (answer.answered and surer):
            best = answer
        if best.answered and best.confidence >= SURE:
            break
    assert best is not None  # there is always a reading
    return best


def readings(question: str, history: Sequence[Turn], most: int = READINGS) -> tuple[str, ...]:
    """What the question may stand for, likeliest first, at most `most`; itself alone if it stands alone or nothing fits."""
    turns = list(history[-TURNS:])
    if not turns or stands_alone(question):
        return (question,)
    found = dict.fromkeys(reading for reading in _proposals(_core(question), question, _Past(turns)) if reading)
    return tuple(found)[:most] or (question,)


class _Past:
    """The turns before, latest last, and the sentences that they cited."""

    def __init__(self, turns: Sequence[Turn]) -> None:
        self.turns = turns
        self.texts = [text for turn in reversed(turns) for text in _said(turn)]
        self.last = self.question(turns[-1])

    def question(self, turn: Turn) -> str:
        """The question of a turn as it was understood, names with their capitals."""
        return cased((turn.answer.searched_for or turn.question).strip(), self.texts)

    def answer(self, turn: Turn) -> str | None:
        """The short answer of a turn, None if there was none."""
        return turn.answer.text if turn.answer.answered and turn.answer.kind is Kind.SPAN else None


def _said(turn: Turn) -> list[str]:
    answered = turn.answer.answered and turn.answer.kind is not Kind.SUMMARY
    return [citation.text for citation in turn.answer.citations[:1]] if answered else []


def _core(question: str) -> str:
    """Without "And", "But", "So" at its beginning."""
    question = " ".join(question.split())
    lead = _LEAD.match(question)
    return question[lead.end() :] if lead and lead.end() < len(question.rstrip("?!. ")) else question


def _fragment(question: str) -> str | None:
    """What "And Russia?", "And in 2020?" ask about: no verb, no question word."""
    core = _core(question).rstrip("?!. ")
    words = core.lower().split()
    if not (core != question.strip().rstrip("?!. ") and 1 <= len(words) <= 5):
        return None
    return None if any(word in AUXILIARIES | QUESTION_WORDS for word in words) else core


def _proposals(core: str, question: str, past: _Past) -> Iterator[str | None]:
    if _WHO_SAID.fullmatch(core):
        claim = _claim(past)
        yield f"Who said {claim}?" if claim else None
    elif asked := _EVENT.fullmatch(core) or _BARE.fullmatch(core):
        yield from _asked_anew(asked["wh"].lower(), past)
    elif about := _ABOUT.fullmatch(core):
        yield from _about(about["what"], past)
    elif fragment := _fragment(question):
        yield from _about(fragment, past)
    elif counted := _COUNT.match(core):
        yield _counted(core, counted, past)
    else:
        yield from _resolved(core, past)


# Pronouns.


def _open_pronouns(question: str) -> list[re.Match[str]]:
    """The pronouns that nothing in the question itself explains."""
    if _EXPLETIVE.search(question):
        return []
    found: list[re.Match[str]] = []
    for match in _PRONOUN.finditer(question):
        word, before, after = match["word"].lower(), question[: match.start()], question[match.end() :]
        follows = re.match(r"\s+([\w’'-]+)", after)
        following = follows[1].lower() if follows else ""
        if word == "there" and (_EXISTS.search(question) or following in AUXILIARIES):
            continue
        if word in ("this", "that", "these", "those"):
            # "that war", "the man that led", "said that …": only a demonstrative standing by itself refers
            alone = not following or following in AUXILIARIES | PREPOSITIONS | {"and", "or", "happen", "mean", "too"}
            if not alone or (following and not _BEFORE_THAT.search(before)):
                continue
            if following in AUXILIARIES and not re.search(rf"\b(?:{_AUX}|after|before|since)\s*\Z", before, re.I):
                continue
        if not _explained(word, before):
            found.append(match)
    return found


def _explained(word: str, before: str) -> bool:
    """Whether a pronoun can mean something named before it in the same question."""
    inverted = re.search(rf"(?:\A|[^,]\s)(?:{_AUX})\s*\Z", before, re.IGNORECASE)
    if inverted and "," not in before:
        return False  # "How far from Kharkiv is it": the subject of the question
    earlier = mentions(before)
    wanted = _SUBJECTS[word]
    if wanted == "there":
        return any(m.sort is Sort.PLACE for m in earlier)
    if wanted == "they" and re.match(r"(?:how many|which|what)\s+\w+s\b", before, re.IGNORECASE):
        return True
    if word in ("his", "her", "its", "their") and re.match(r"who\b", before, re.IGNORECASE):
        return True  # "Who lost his job?"
    return any(_fits(m, wanted) for m in [*earlier, *coordinated(earlier, before)])


def _fits(mention: Mention, pronoun: str) -> bool:
    """Whether a pronoun ("he", "she", "it", "they", "there") can stand for the mention."""
    person = mention.sort in (Sort.PERSON, Sort.NAMED) and not mention.plural and not _nobody(mention)
    match pronoun:
        case "he":
            return person and not _FEMALE.match(mention.text) and not _WOMEN.search(mention.text)
        case "she":
            return person and not _MALE.match(mention.text) and not _MEN.search(mention.text)
        case "it":
            return mention.sort is not Sort.PERSON and not mention.plural
        case "they":
            return mention.plural or mention.sort in (Sort.NAMED, Sort.PLACE) or BODY.search(mention.text) is not None
        case _:
            return mention.sort is Sort.PLACE


def _nobody(mention: Mention) -> bool:
    return mention.sort is Sort.NAMED and (mention.text.lower().startswith("the ") or BODY.search(mention.text) is not None)


def _resolved(core: str, past: _Past) -> Iterator[str]:
    """The question with its pronouns replaced, for the likeliest antecedents of the first one."""
    pronouns = _open_pronouns(core)
    for choice in islice(dict.fromkeys(_meant(pronouns[0], past, core)), READINGS):
        chosen = {_SUBJECTS[pronouns[0]["word"].lower()]: choice}
        pieces, at, written = [], 0, set()
        for match in pronouns:
            kind = _SUBJECTS[match["word"].lower()]
            if kind not in chosen and (other := next((m for m in _meant(match, past, core) if m not in chosen.values()), None)):
                chosen[kind] = other
            if kind in chosen and kind not in written:  # later ones mean the same, and can stay
                written.add(kind)
                pieces += [core[at : match.start()], _in_place_of(match, chosen[kind], core)]
                at = match.end()
        yield _sentence_case(_agreeing("".join([*pieces, core[at:]]), chosen))


def _meant(match: re.Match[str], past: _Past, core: str) -> Iterator[str]:
    word = match["word"].lower()
    return _antecedents(_SUBJECTS[word], past, core, word in ("this", "that", "these", "those"))


def _in_place_of(match: re.Match[str], name: str, question: str) -> str:
    word = match["word"].lower()
    following = re.match(r"\s+([\w’'-]+)", question[match.end() :])
    ends = PREPOSITIONS | AUXILIARIES | QUESTION_WORDS | {"and", "or"}
    owns = word in _POSSESSIVE or (word == "her" and following and following[1].lower() not in ends)
    if owns:
        return name + ("'" if name.endswith("s") and is_plural(name) else "'s")
    if word == "there":
        going = r"(?:go|goes|went|going|come|came|travel\w*|fly|flew|return\w*|sent|send|moved?)"
        goes = re.search(rf"\b{going}\s*\Z", question[: match.start()])
        return f"{'to' if goes else 'in'} {name}"
    return name + (" is" if match["is"] else "")


def _agreeing(question: str, chosen: dict[str, str]) -> str:
    """"What do the ministry want?" with "does", where "they" stood for one."""
    name = chosen.get("they")
    if name and not is_plural(name) and not re.match(r"the\s+\w+(?:ans|ish|ese|ench|s)$", name):
        for several, one in (("do", "does"), ("are", "is"), ("were", "was"), ("have", "has")):
            question = re.sub(rf"\b{several}(?=\s+{re.escape(name)}(?!['’]))", one, question, flags=re.IGNORECASE)
    return question


def _antecedents(pronoun: str, past: _Past, core: str, demonstrative: bool = False) -> Iterator[str]:
    """What the pronoun may stand for, likeliest first: the latest turn's question and answer, then the turns before."""
    own = {m.text for m in mentions(core, past.texts)}
    found = False
    for turn in reversed(past.turns):
        for mention, text in _topics(turn, past, pronoun, demonstrative):
            if _fits(mention, pronoun) and mention.text not in own and not own & {w for w in text.split() if w[0].isupper()}:
                found = True
                yield text
        if found:
            return  # an older topic does not come back while a newer one fits
    if demonstrative:
        return  # "Who ordered that?" means what happened, for which there may be no noun
    for turn in reversed(past.turns):  # what was only cited comes last
        for sentence in _said(turn):
            said_by = turn.answer.citations[0].speaker
            cited = mentions(sentence, past.texts)
            for mention in sorted(cited, key=lambda m: not (said_by and m.text in said_by)):
                if mention.sort is not Sort.THING and mention.text not in own and _fits(mention, pronoun):
                    yield _written(mention, past)


def _topics(turn: Turn, past: _Past, pronoun: str, demonstrative: bool) -> Iterator[tuple[Mention, str]]:
    """What a turn is about, the likeliest first, each with the words to name it by."""
    question, answer = past.question(turn), past.answer(turn)
    asked = _phrase_asked(question, answer)
    in_question = mentions(question, past.texts)
    if re.match(r"(?:who|whom|what)\s+(?:is|was|are|were)\b", question, re.I) and len(in_question) == 1:
        is_person, named = question[:3].lower() == "who", in_question[0].text in {m.text for m in names(question)}
        in_question = [_of_sort(in_question[0], Sort.PERSON if is_person else Sort.NAMED) if named else in_question[0]]
        if named and answer:
            answer = None  # it describes the one asked about, and is no topic of its own
    in_answer = _in_answer(answer, question, turn, past, demonstrative) if answer else []
    # "Who signed it?", "Which fort fell?": the answer is what comes next
    focus = re.match(rf"(?:who|(?:which|what)\s+(?!(?:{_AUX})\b)\w+)\s+(?!(?:{_AUX})\b)\w+", question, re.I)
    pairs = [*coordinated(in_question, question)]
    if pronoun == "they":
        several = [(m, m.text) for m in pairs]
        people = [m for m in in_question if m.sort is Sort.PERSON]
        several += [(Mention(t, 0, 0, Sort.THING, True), t) for t in asked]
        if len(people) == 2 and not pairs:
            both = f"{people[0].text} and {people[1].text}"
            several.append((Mention(both, 0, 0, Sort.PERSON, True), both))
        met = in_answer and in_answer[0].sort is Sort.PERSON and not re.match(r"who (?:is|was)\b", question, re.I)
        if len(people) == 1 and met:
            both = f"{people[0].text} and {in_answer[0].text}"
            several.append((Mention(both, 0, 0, Sort.PERSON, True), both))
        yield from several
        yield from ((m, _written(m, past)) for m in in_question if m.plural)
        yield from ((m, _written(m, past)) for m in in_answer if m.plural)
    if pronoun == "there":
        if re.match(r"where\b|what (?:city|town|place|country)|which (?:city|town|country|place)", question, re.I) and answer:
            place = next((m for m in in_answer if m.sort is not Sort.PERSON), None)
            if place:
                yield _of_sort(place, Sort.PLACE), re.sub(r"^(?:in|at|to|near)\s+", "", place.text)
        yield from ((m, _written(m, past)) for m in reversed(in_question) if m.sort is Sort.PLACE)
        yield from ((_of_sort(m, Sort.PLACE), _written(m, past)) for m in [*in_answer, *in_question] if m.sort is Sort.NAMED)
        return
    role = re.match(r"who\s+(?:is|was)\s+(the\s+[^?]+?)\s*\??\Z", question, re.I)
    if role and in_answer:
        title = in_answer[0].text
        yield in_answer[0], f"{title}, {role[1]}," if in_answer[0].sort is Sort.PERSON else title
    if focus or (asked and not in_question):
        yield from ((m, _written(m, past)) for m in in_answer)
    yield from ((m, _written(m, past)) for m in in_question if m.text[:4].lower() not in ("his ", "her ", "its "))
    if not focus:
        yield from ((m, _written(m, past)) for m in in_answer)


def _phrase_asked(question: str, answer: str | None) -> list[str]:
    """The things counted: "How many people were injured in the strike?" gives "the people injured in the strike"."""
    found = re.match(
        rf"(?:how many|which|what)\s+(?P<noun>(?:[\w’'-]+\s+){{1,3}}?)(?P<aux>{_AUX})\s+(?P<rest>[^?]*)", question, re.IGNORECASE
    )
    if not found or not is_plural(noun := found["noun"].strip()):
        did = re.match(r"(?:how many|which)\s+(people|men|women|children)\s+(\w+\s+[^?]+?)\s*\??\Z", question, re.I)
        return [f"the {did[1]} who {did[2]}"] if did and len(did[2].split()) <= 6 else []
    done = re.match(r"(\w+ed|hurt|killed|hit|built|sent|taken|born|held)\b", found["rest"])
    full = [f"the {noun} {found['rest'].strip()}"] if done and len(found["rest"].split()) <= 6 else []
    return [*full, f"the {noun}"]


def _in_answer(answer: str, question: str, turn: Turn, past: _Past, demonstrative: bool) -> list[Mention]:
    for sentence in _said(turn):  # "Fort" of "Fort Beauséjour"
        whole = [m.text for m in names(sentence, past.texts) if answer[:1].isupper() and f" {answer} " in f" {m.text} "]
        answer = whole[0] if whole and len(whole[0].split()) <= 4 else answer
    found = mentions(answer, past.texts)
    person = re.match(r"whom?\b", _core(question), re.I) is not None
    if person:
        found = [_of_sort(m, Sort.PERSON) if m.sort is Sort.NAMED and not BODY.search(m.text) else m for m in found]
    elif re.match(r"(?:which|what)\b", question, re.I):  # "Which fort …?": by its look a name of two words is a person's
        found = [_of_sort(m, Sort.NAMED) if m.sort is Sort.PERSON and m.text[0].isupper() else m for m in found]
    words = answer.lower().split()
    if not found and not demonstrative and 1 <= len(words) <= 4 and not AUXILIARIES & set(words) and words[0][0].isalpha():
        found = [Mention(answer, 0, len(answer), Sort.PERSON if person else Sort.THING, is_plural(answer))]
    return found


def _of_sort(mention: Mention, sort: Sort) -> Mention:
    return Mention(mention.text, mention.start, mention.end, sort, mention.plural)


def _written(mention: Mention, past: _Past) -> str:
    """The words to name it by: a person in full, "a" strike as "the" strike."""
    if mention.sort in (Sort.PERSON, Sort.NAMED) and mention.text[:1].isupper():
        return full_name(mention.text, past.texts)
    return re.sub(r"^(?:an?|this|that|The|A|An|This|That)\s+", "the ", mention.text) if " " in mention.text else mention.text


# Questions that leave out what the last one said.


def _asked_anew(wh: str, past: _Past) -> Iterator[str | None]:
    """The last question with another question word."""
    last, answer = past.last, past.answer(past.turns[-1])
    last = _core(last)
    told = answer if answer and len(answer.split()) <= LONGEST_INSERT else None
    if re.fullmatch(r"which(?: ones?)?|(?:who|what|anything) else|who(?: with| by)?|what|whom", wh):
        yield _other_thing(wh, last)
        return
    wh = {"how come": "why", "how so": "how", "what for": "why"}.get(wh, wh)
    if wh in ("how many", "how much"):
        yield f"{last.rstrip('?! ')}, and {wh}?"
    elif asked := _QUESTION.fullmatch(last):
        noun = _counted_noun(asked["wh"])
        measure = r"how (?:many|much|old|tall|large|big|far|long)\b"
        adverb = re.match(rf"(?:in |since |for )?(?!{measure})(?:when|where|why|how)\b", asked["wh"], re.I)
        if re.match(r"(?:who|what|which|how many|how much)\b", asked["wh"], re.I) and _is_subject(asked):
            yield _question(wh, asked["aux"], _thing(told, noun), asked["rest"])
        elif adverb:
            yield _question(wh, asked["aux"], asked["rest"])
        elif re.search(r"\bdo\b|\bhappen", asked["rest"]):
            yield f"{last.rstrip('?! ')}, and {wh}?"
        else:
            yield _question(wh, asked["aux"], asked["rest"], _thing(told, noun))
    elif asked := _YES_NO.fullmatch(last):
        yield _question(wh, asked["aux"], asked["rest"])
    elif (asked := _SUBJECT.fullmatch(last)) and (verb := _base(asked["verb"].lower())) and (told or _counted_noun(asked["wh"])):
        noun = _counted_noun(asked["wh"])
        yield _question(wh, verb[0], _thing(told, noun), verb[1], asked["rest"])
    else:
        yield f"{last.rstrip('?! ')}, and {wh}?"


_SAID_OF_SUBJECT = re.compile(
    r"\w+(?:ed|ing|ly)|been|be|held|hit|hurt|shot|built|sent|taken|born|lost|made|found|in|on|at|under|to|not", re.IGNORECASE
)


def _is_subject(asked: re.Match[str]) -> bool:
    """ "How many troops are involved", "Who was injured": nothing stands between the auxiliary and the verb."""
    if asked["aux"].lower() in ("did", "does", "do"):
        return False
    return _SAID_OF_SUBJECT.fullmatch(asked["rest"].split()[0]) is not None


def _question(wh: str, aux: str, *parts: str | None) -> str | None:
    if any(part is None for part in parts[:1]):
        return None
    return _sentence_case(" ".join([wh, aux.lower(), *(part.strip() for part in parts if part)]) + "?")


def _counted_noun(wh: str) -> str | None:
    found = re.fullmatch(
        r"(?:how many|how much|which|what|whose)\s+((?!of\b)[\w’'-]+(?:\s+[\w’'-]+){0,2})", wh.strip(), re.IGNORECASE
    )
    return found[1] if found else None


def _thing(told: str | None, noun: str | None) -> str | None:
    """The answer as part of a question, with what it counts: "at least 15 people"; without one, "the people"."""
    if not told:
        return f"the {noun}" if noun else None
    counts = re.search(_NUMBER, told) and not re.search(r"[$€£%]", told)
    return f"{told} {noun}" if noun and counts and noun.split()[-1] not in told else told


def _other_thing(wh: str, last: str) -> str | None:
    asked = _QUESTION.fullmatch(last) or _SUBJECT.fullmatch(last)
    plain = last.rstrip("?! ")
    if wh in ("who else", "what else", "anything else") and asked:
        word = asked["wh"].split()[0].lower()
        noun = _counted_noun(asked["wh"])
        opening = f"what other {noun}" if noun else f"{'what' if word == 'how' else word} else"
        return _sentence_case(opening + plain[len(asked["wh"]) :] + "?")
    noun = _counted_noun(asked["wh"]) if asked else None
    if wh.startswith("which") and noun:
        return _sentence_case(f"which {noun}" + plain[len(asked["wh"]) :] + "?") if asked else None
    yes_no = _YES_NO.fullmatch(last)
    if wh in ("who with", "who by"):
        return f"{plain}, and {wh.split()[1]} whom?"
    return f"{plain}, and {wh}?" if yes_no or asked else None


def _base(verb: str) -> tuple[str, str] | None:
    """ "did" or "does" and the verb without its ending; None for what has no ending that is known."""
    if verb in IRREGULAR:
        return "did", IRREGULAR[verb]
    if verb.endswith("ed"):
        stem, aux = verb[:-2], "did"
    elif verb.endswith("s") and not verb.endswith("ss"):
        stem, aux = verb[:-1].removesuffix("e") if verb.endswith("es") else verb[:-1], "does"
    else:
        return None
    forms = [stem[:-1] + "y"] if stem.endswith("i") else []
    if len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in "sl":
        forms.append(stem[:-1])
    base = next((form for form in (*forms, stem, stem + "e") if form in _vocabulary()), None)
    return (aux, base) if base else None


def _noun_of(question: str, past: _Past) -> str | None:
    """What a question counts or chooses from, or else the things that it names."""
    asked = re.match(rf"(?:how (?:many|much)|which|what|whose)\s+({_NOUN})\s+(?:{_AUX})\b", _core(question), re.IGNORECASE)
    if asked:
        return asked[1]
    several = (m.text for m in mentions(question, past.texts) if m.plural and m.sort is Sort.THING)
    return next((re.sub(r"^(?:the|his|her|their|its)\s+", "", text) for text in several), None)


def _counted(core: str, counted: re.Match[str], past: _Past) -> str | None:
    """ "How many on the border?" with the noun of the question before."""
    last = _core(past.last)
    noun = next((noun for turn in reversed(past.turns) if (noun := _noun_of(past.question(turn), past))), None)
    rest = core[counted.end() :].strip()
    if not noun or noun.lower() in rest.lower():
        return None
    first = rest.split()[0].lower().rstrip("?") if rest.split() else ""
    if not first:
        asked_last = _QUESTION.fullmatch(last) or _YES_NO.fullmatch(last)
        return f"{last.rstrip('?! ')}, and {core.rstrip('?! ').lower()}?" if asked_last else None
    more = ""
    if first in PREPOSITIONS and not re.search(rf"\b(?:{_AUX})\b", rest):
        aux = re.search(r"\b(is|are|was|were)\b", last)
        more = f" {aux[1]}" if aux else " are" if is_plural(noun) else " is"
    return _sentence_case(f"{counted['wh']} {noun}{more} {rest}")


def _about(what: str, past: _Past) -> Iterator[str | None]:
    """The last question about something else: "What about Russia?", "And in 2020?"."""
    last = _core(past.last)
    plain = last.rstrip("?! ")
    what = cased(what.strip().rstrip("?!. "), past.texts)
    first = what.split()[0].lower()
    time = re.fullmatch(rf"(?:last\s+|this\s+)?(?:\d{{4}}s?|{_DAY}|year|month|week|\w+ \d{{4}}|yesterday|today)", what, re.I)
    if first in PREPOSITIONS and first != "of":
        same = re.search(rf"\b{first}\s+(?:the\s+)?[\w’'-]+(?:\s+[^\W\d_a-z][\w’'-]*)*\Z", plain)
        yield f"{plain[: same.start()] if same else plain + ' '}{what}?"
        return
    if time:
        old = re.search(rf"(?:\b(?:in|on)\s+)?\b(?:\d{{4}}s?|{_DAY}|last (?:year|month|week))\b", plain, re.I)
        plainly = re.match(r"(?:last|this|yesterday|today)\b", what, re.I)
        when = what if plainly else f"on {what}" if re.match(_DAY, what, re.I) else f"in {what}"
        yield f"{plain[: old.start()]}{when}{plain[old.end() :]}?" if old else f"{plain} {when}?"
        return
    kindred = next((m for m in mentions(last, past.texts) if m.head == what.split()[-1].lower() and m.text != what), None)
    if kindred:
        yield _sentence_case(f"{last[: kindred.start]}{what}{last[kindred.end :].rstrip('?! ')}?")
        return
    named = names(what, past.texts)
    if named and named[0].text == what:
        in_last = [m for m in names(last, past.texts) if m.text != what]
        kin = [m for m in in_last if (m.sort is Sort.PERSON) == (named[0].sort is Sort.PERSON)] or in_last
        for old_name in kin[:READINGS]:
            yield _sentence_case(f"{last[: old_name.start]}{what}{last[old_name.end :].rstrip('?! ')}?")
        if kin:
            return
    counted = re.match(rf"(how many|which|what)\s+{_NOUN}\s+(?={_AUX})", plain, re.I)
    if counted and is_plural(what):
        noun = re.sub(r"^the\s+", "", what)
        yield _sentence_case(f"{counted[1]} {noun} {plain[counted.end() :]}?")
        return
    things = [m for m in mentions(last, past.texts) if m.text != what]
    if things:
        yield _sentence_case(f"{last[: things[-1].start]}{what}{last[things[-1].end :].rstrip('?! ')}?")


# Who said it.


_BREAK = re.compile(r"(?:,\s+(?:with|but|while|although|after|and)|;|\s[–—])\s")


def _claim(past: _Past) -> str | None:
    """What the last answer's sentence reports, without who reports it."""
    turn = past.turns[-1]
    if not turn.answer.answered or not turn.answer.citations:
        return None
    citation = turn.answer.citations[0]
    sentence = citation.text.strip()
    if citation.speaker and citation.speaker in sentence:
        verb = rf"(?:\s+(?:{'|'.join(SAYING)}|\w+ed|\w+s|has made clear|has said|have said))"
        who = re.escape(citation.speaker)
        lead = r"(?:[\w\s]{0,25},\s+)?"
        cut = re.sub(rf"^{lead}(?:\w+\s+){{0,2}}?{who}{verb}(?:\s+[^,“”]{{0,40}}?)?\s+that\s+", "", sentence)
        cut = re.sub(rf"^{lead}{who}{verb}[,:]?\s+", "", cut)
        cut = re.sub(rf",[”\"]?\s+(?:{who}{verb}|(?:said|says)\s+{who}).*$", "", cut)
        sentence = cut or sentence
    # The clause that holds the answer.
    breaks = list(_BREAK.finditer(sentence))
    at = max(0, sentence.find(turn.answer.text)) if turn.answer.kind is Kind.SPAN else 0
    low = max((b.end() for b in breaks if b.end() <= at), default=0)
    high = next((b.start() for b in breaks if b.start() > max(low, at) + 20), len(sentence))
    words = sentence[low:high].strip(" .,;“”\"").split()
    claim = " ".join(words[:25])
    if not claim:
        return None
    first = claim.split()[0]
    known = any(m.start == 0 for m in names(claim, past.texts))
    return "that " + (claim if known or first.isupper() else claim[0].lower() + claim[1:])


def _sentence_case(text: str) -> str:
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r",\s*([?’'])", r"\1", text)
    return text[:1].upper() + text[1:]


@lru_cache(maxsize=1)
def _vocabulary() -> frozenset[str]:
    """English words, as the embedder knows them."""
    return frozenset((default_weights() / "vocab.txt").read_text(encoding="utf-8").split())
