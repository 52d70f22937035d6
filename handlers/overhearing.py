"""Lines that mean something only because of what is open here, which the reader of words alone cannot know."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta

from handlers import alerts, cases, emergencies, strays, whose
from handlers.alerts.facts import says_lost
from handlers.cases.placing import place_of
from handlers.checking_on import as_check, is_check
from handlers.likeness import (
    Likeness,
    Told,
    alike,
    is_personal,
    likeness,
    of_one_house,
    stopped_here,
    tells_of_outage,
    tells_what,
)
from handlers.refs import fold, numbered, take_ref
from handlers.surroundings import Surroundings
from handlers.turn import ON_DUTY, WORKERS, Speaker, Where
from handlers.understanding import (
    OF_PERSONS,
    OTHER,
    TROUBLES,
    Act,
    Candidate,
    Context,
    Kind,
    Line,
    Reading,
    Ref,
    asks_not_to_be_named,
    asks_when,
    denies,
    displeased,
    done_again,
    drops,
    is_done,
    not_yet,
    offers,
    same_home,
    says_apart,
    says_same,
    sign,
    takes_on,
    takes_what,
    urges,
)
from handlers.understanding.additions import tells_looks
from handlers.understanding.phrases import NOT_THAT, QUESTION
from handlers.understanding.scan import Scan
from storage.matters import CASE_OPEN, CASE_SOLVED, CASE_UNTAKEN, CASE_WORKED, Case, CaseState
from storage.people import Role

JUST_TOLD = timedelta(minutes=30)
"""How long after a report 我去看看 in the group is an answer to it."""
JUST_ASKED = timedelta(minutes=10)
"""How long after a neighbour asked for a hand a volunteer's 我来 is the answer."""
JUST_MADE = timedelta(minutes=1)
"""How soon after a report 不是 is about what was made of it, though it quotes nothing."""
SHORTLY = 8
"""Characters of a finder's line that need not say who was fetched: 接走了."""
ERRANDS = "便民服务"
LATELY = timedelta(hours=3)
"""How long after the last word about a matter a line that does not quote it may still be about it."""

_WHERE_IS = re.compile(r"(?:那|我的?|我们|[这那]个)?[\u4e00-\u9fff]{1,5}?(?:的事)?呢[?？]*")
"""灯呢: how does the lamp stand; of who has such a case."""

_NOBODY_TENDS = re.compile(
    r"[^,，。?？!！]{0,6}?(?P<thing>[\u4e00-\u9fff]{2})还(?:是|一直)?没有?人来?[^,，。?？!！吗么]{1,3}[了呢啊呀]*[。!！]*"
)

MAX_NO = 12
"""Characters of a line that says of an answer that it was none."""

CALLED = "called"
"""By what a candidate was found that is one of several dangers called off: the speaker is asked which."""

HELD = "held"
"""By what a candidate was found that is one of several cases in the speaker's hands: they are asked which is meant."""

_ENDS = frozenset({Act.FIXED, Act.WITHDRAW, Act.RATE})
_OF_A_THING = frozenset({Act.ASK, *_ENDS})
"""What a line that names a thing does to a matter of that thing, if to any."""
_OF_PERSONS = frozenset({Kind.CHAT, *OF_PERSONS})
_URGED = frozenset({Kind.CHAT, Kind.QUESTION, *TROUBLES})
_UNHEEDED = frozenset({Kind.CHAT, Kind.MISSING, Kind.STRAY})
"""Kinds whose handlers do not look whether somebody sought is dead."""


class Overhearing:
    """One line beside what is open in its chat."""

    def __init__(
        self,
        text: str,
        at: datetime,
        where: Where,
        speaker: Speaker,
        around: Surroundings,
        quoted: Ref | None,
        lines: Sequence[Line] = (),
    ) -> None:
        self._text, self._at, self._me, self._quoted, self._lines = text, at, speaker.contact_id, quoted, lines
        self._around, self._chat_id, self._where, self._speaker = around, where.chat_id, where, speaker

    def meant(self, reading: Reading) -> Reading:
        """The reading, or what the line does to something open here that the reader did not see."""
        reading = self._of_that_thing(reading)
        act, called = self._called_off(reading)
        if len(called) > 1:
            which = tuple(Candidate(ref, 0.8, CALLED) for ref in called)
            return reading._replace(text=self._text, kind=Kind.CHAT, act=act, candidates=which, joined=0)
        if self._more_of_danger(reading):
            return reading._replace(text=self._text, kind=Kind.EMERGENCY, confidence=0.9, joined=0)
        act, there = self._at_the_scene(reading)
        if there:
            which = tuple(Candidate(Ref("", one.id or 0), 0.8, CALLED) for one in there)
            return reading._replace(text=self._text, kind=Kind.CHAT, act=act, act_confidence=0.8, candidates=which)
        act, hands = self._by_hands(reading)
        if hands:
            candidates = tuple(Candidate(Ref("", one.id or 0), 0.8, HELD) for one in hands)
            return reading._replace(
                text=self._text, kind=Kind.CHAT, act=act, act_confidence=0.8, candidates=candidates, joined=0
            )
        for act, ref in self._acts(reading):
            by = "quote" if ref == self._quoted else "place"
            candidates = (Candidate(ref, 0.8, by),)
            return reading._replace(
                text=self._text, kind=Kind.CHAT, act=act, act_confidence=0.8, candidates=candidates, joined=0
            )
        if reading.kind in TROUBLES and reading.act == Act.NONE and drops(self._text):
            return reading._replace(kind=Kind.CHAT)  # 电梯不用修了, where nobody reported one
        return self._of_silence(reading) or self._of_death(reading)

    def _of_silence(self, reading: Reading) -> Reading | None:
        """敲门没人应, also in several bubbles: somebody is to look after them; said again it belongs to that case."""
        if self._quoted is not None or not sign(self._text) or self._seeks():
            return None
        together = "\n".join([*(line.text for line in self._lines), self._text])
        checks = (as_check(reading, text) for text in (reading.text, together))
        found = next((one for one in checks if one != reading), None)
        for case in self._cases() if reading.act == Act.NONE else ():
            mine = case.reporter_id == self._me
            if is_check(case) and (mine or (found and same_home(found.text, case.text))):
                act, candidates = Act.MORE if mine else Act.SAME, (Candidate(Ref("", case.id or 0), 0.8, "place"),)
                return reading._replace(kind=Kind.CHAT, act=act, act_confidence=0.8, candidates=candidates)
        return found

    def _seeks(self) -> bool:
        """Whether the speaker has somebody looked for already."""
        return any(one.mine and one.ref.letter == "M" for one in self._around.matters(self._where, self._me))

    def _of_that_thing(self, reading: Reading) -> Reading:
        """路灯亮了 is of the lamp's case, not of the latest; 什么时候来电 asks after no case of water."""
        first = reading.candidates[0] if reading.candidates else None
        if reading.act not in _OF_A_THING or first is None or first.by in ("number", "quote"):
            return reading
        case = next((one for one in self._meant(reading) if tells_what(one.text)), None)
        if case is None or not tells_what(self._text) or alike(self._text, case.text):
            return reading
        here = (*self._around.over.get(self._chat_id, ()), *self._around.cases.get(self._chat_id, ()))
        named = [one for one in here if self._hears(one) and self._affected(one) and self._fits(one)]
        if named and reading.act != Act.ASK:
            ref = Ref("", max(named, key=lambda one: one.updated_at).id or 0)
            return reading._replace(candidates=(Candidate(ref, first.confidence, "writer"),))
        kind = Kind.CHAT if reading.act in _ENDS else reading.kind
        return reading._replace(kind=kind, act=Act.NONE, act_confidence=0.0, candidates=())

    def _acts(self, reading: Reading) -> Iterator[tuple[Act, Ref]]:
        if self._quoted is not None and self._quoted.letter == "Q":
            if self._text.startswith(("不是", "不对")) and len(self._text) <= MAX_NO:
                yield Act.WITHDRAW, self._quoted
            elif self._speaker.has(WORKERS):
                yield Act.MORE, self._quoted
            return
        yield from self._misread(reading)
        if reading.act == Act.NOT_FIXED or (reading.act == Act.NONE and reading.kind == Kind.CHAT):
            yield from self._going_on()
        elif reading.act == Act.NONE and reading.kind == Kind.EMERGENCY:
            place = place_of(reading.fields)
            yield from self._going_on(lambda one: one.state not in CASE_OPEN and place in one.text)
        act, called = self._called_off(reading)
        yield from ((act, ref) for ref in called)
        if reading.act in (Act.NONE, Act.CLAIM):
            yield from self._giving_back()
            yield from self._offering()
        if reading.act == Act.NONE:
            yield from self._urging(reading)
            yield from self._untended(reading)
            yield from self._dropping(reading)
            yield from self._hushing()
            yield from self._telling_apart()
        yield from self._of_ended(reading)
        yield from self._asking(reading)
        yield from self._of_stray(reading)
        yield from self._of_neighbours(reading)

    def _of_ended(self, reading: Reading) -> Iterator[tuple[Act, Ref]]:
        """又开始唱了, 我家还没电: a case that had ended lately, by who had it, or by who names what it was about."""
        if self._quoted is not None or reading.act not in (Act.NONE, Act.NOT_FIXED):
            return
        if denies(self._text) and (just := self._just_over()) is not None:
            yield Act.NOT_FIXED, Ref("", just.id or 0)
            return
        both = (*self._around.over.get(self._chat_id, ()), *self._around.cases.get(self._chat_id, ()))
        known = [one for one in both if self._hears(one)]
        if done := done_again(self._text):
            theirs = [one for one in known if one.state in CASE_SOLVED and self._affected(one)]
            last = max(theirs, key=lambda one: one.updated_at, default=None)
            if last is not None and any(word in last.text for word in done):
                yield Act.NOT_FIXED, Ref("", last.id or 0)
                return
        sure = bool(known) and (not_yet(self._text) or displeased(self._text))
        if not known or not (sure or not_yet(self._text, sure=False)):
            return
        for case in sorted(known, key=lambda one: one.updated_at, reverse=True):
            theirs, withdrawn = self._affected(case), case.state == CaseState.WITHDRAWN
            if withdrawn and (case.id, self._me) not in self._around.followers:
                continue
            fits = self._fits(case) or (withdrawn and not tells_what(self._text))
            if reading.act == Act.NOT_FIXED:  # of an open case, unless it is the ended one that the line names
                meant = fits and not any(self._fits(one) for one in self._meant(reading))
            else:
                meant = fits or (sure and theirs and self._of_nothing_else(reading, case))
            named = sure or (case.state not in CASE_OPEN and tells_what(self._text))
            if meant and (theirs or (named and self._has_it_too(reading, case))):
                yield Act.NOT_FIXED, Ref("", case.id or 0)
                return

    def _just_over(self) -> Case | None:
        """What the speaker was told a moment ago to be done."""
        known = self._around.cases.get(self._chat_id, ())
        just = [one for one in known if one.state == CaseState.DONE and self._at - one.updated_at <= JUST_TOLD]
        just = [one for one in just if self._hears(one) and self._affected(one)]
        return max(just, key=lambda one: one.updated_at, default=None)

    def _has_it_too(self, reading: Reading, case: Case) -> bool:
        """Whether a neighbour of the same grid may have what the case is about; of another building only an outage."""
        if self._where.area is None or self._where.area.id != case.area_id:
            return False
        if is_personal(self._text) or of_one_house(case.text):
            return False
        told = Told(self._text, "", place_of(reading.fields), "", self._at)
        building, other = told.house[0], cases.known(case, "").house[0]
        return building is None or other in (None, building) or tells_of_outage(self._text)

    def _meant(self, reading: Reading) -> list[Case]:
        """The open cases here that the reader took it for."""
        refs = {one.ref for one in reading.candidates[:1]}
        return [one for one in self._around.cases.get(self._chat_id, ()) if Ref("", one.id or 0) in refs]

    def _hears(self, case: Case) -> bool:
        return not case.quiet or case.reporter_id == self._me

    def _affected(self, case: Case) -> bool:
        return case.reporter_id == self._me or (case.id, self._me) in self._around.followers

    def _fits(self, case: Case) -> bool:
        """Whether the line names what the case is about, or what is wrong there."""
        return alike(self._text, case.text)

    def _of_nothing_else(self, reading: Reading, case: Case) -> bool:
        """Whether the line names no other thing, or, of what has just ended, one of the same category."""
        just = case.state not in CASE_OPEN and self._at - case.updated_at <= LATELY
        return (just and reading.category == case.category) or not tells_what(self._text)

    def _asking(self, reading: Reading) -> Iterator[tuple[Act, Ref]]:
        """几点来水, 修好了吗: of the open case of this group that it names, else of its only one."""
        plain = reading.act == Act.NONE and (reading.joined or reading.kind in (Kind.CHAT, Kind.QUESTION))
        here = [one for one in self._around.cases.get(self._chat_id, ()) if one.shown and not one.quiet]
        if not (plain and here) or self._quoted is not None or self._where.private:
            return
        if _WHERE_IS.fullmatch(self._text.strip()):
            here = [one for one in here if self._affected(one) and tells_what(self._text)]
        elif not asks_when(self._text):
            return
        if tells_what(self._text):
            about = [one for one in here if alike(self._text, one.text)]
            meant = ([one for one in about if self._affected(one)] or about)[-1:]
        else:
            meant = [one for one in here if self._affected(one)] or here
        if len(meant) == 1:
            yield Act.ASK, Ref("", meant[0].id or 0)

    def _of_neighbours(self, reading: Reading) -> Iterator[tuple[Act, Ref]]:
        """我家也停电了: the open case of the village that this is about, if there is one beyond doubt."""
        area = self._where.area
        too = says_same(self._text)
        if reading.act != Act.NONE or area is None or self._quoted is not None or reading.about_worker:
            return
        sure = reading.confidence >= self._around.rules.reading.act_threshold
        if sure and reading.kind in TROUBLES and not too:
            return  # it is compared when it is handled
        stopped = stopped_here(self._text)
        if reading.kind not in TROUBLES and not (too and reading.kind == Kind.CHAT) and not stopped:
            return
        doubtful = not sure and reading.kind in TROUBLES and tells_what(self._text)
        if (too or doubtful) and (said := self._just_said(reading)) is not None:
            yield Act.SAME, said
            return
        category, place = reading.category or OTHER, place_of(reading.fields)
        told = Told(self._text, category, place, area.path, self._at, reading.urgent and not stopped)
        for case in self._around.nearby.get(self._chat_id, ()):
            same = likeness(told, cases.known(case, case.path), too=too or stopped) is Likeness.SAME
            if same and case.reporter_id != self._me:
                yield Act.SAME, Ref("", case.id)
                return

    def _just_said(self, reading: Reading) -> Ref | None:
        """The trouble that was just told of here, and that 我家也被吵得睡不着 has too, whatever it is filed under."""
        place = place_of(reading.fields)
        if is_personal(self._text):
            return None
        for case in self._cases():
            theirs = case.reporter_id != self._me and case.kind != Kind.EMERGENCY and not case.quiet
            fits = alike(self._text, case.text) and not of_one_house(case.text) and place in case.text
            if theirs and fits and self._at - case.created_at <= JUST_TOLD:
                return Ref("", case.id or 0)
        return None

    def _called_off(self, reading: Reading) -> tuple[Act, list[Ref]]:
        """What a line does to emergencies, and to which: the quoted or latest one here; in private all it may mean."""
        act = emergencies.calls_off(self._text)
        if act == Act.NONE or not (reading.act == Act.NONE or reading.kind == Kind.EMERGENCY):
            return Act.NONE, []
        here = self._cases()
        if not here and act == Act.WITHDRAW and self._quoted is not None and not self._quoted.letter:
            return act, [self._quoted]  # quoted where it was told on: its handler looks what it is
        meant = [one for one in here if self._means(one)][:1]
        if self._quoted is None and self._where.private:
            meant = [one for one in self._dangers() if one.state in CASE_OPEN and self._means(one)]
        return act, [Ref("", one.id or 0) for one in meant if one.kind == Kind.EMERGENCY]

    def _at_the_scene(self, reading: Reading) -> tuple[Act, list[Case]]:
        """到了, 已经灭了 of who was called to a danger: it is taken on, or over; in a group the latest one."""
        if not self._speaker.has(ON_DUTY) or reading.act not in (Act.NONE, Act.CLAIM, Act.FIXED):
            return Act.NONE, []
        number, words = numbered(self._text)
        here = [one for one, path in self._around.dangers if one.state in CASE_OPEN and self._called_to(one, path)]
        if emergencies.arrived(words):
            act = Act.CLAIM
        else:
            act, here = Act.FIXED, [one for one in here if emergencies.ended(words, one.text)]
        if self._quoted is not None or number is not None:
            meant = self._quoted if self._quoted is not None else Ref("", number or 0)
            return act, [one for one in here if meant == Ref("", one.id or 0)]
        if self._where.private:
            return act, here
        return act, [one for one in here if one.chat_id == self._chat_id and not one.quiet][-1:]

    def _more_of_danger(self, reading: Reading) -> bool:
        """Whether 里面还有人 is said beside a danger that was just told of here."""
        if reading.act not in (Act.NONE, Act.MORE) or reading.kind == Kind.EMERGENCY or self._quoted is not None:
            return False
        lately = [one for one in self._dangers() if one.state in CASE_OPEN and self._at - one.updated_at <= JUST_TOLD]
        return bool(lately) and emergencies.tells_of_people(self._text)

    def _means(self, case: Case) -> bool:
        """Whether a line that calls a danger off is about this one: others than the reporter must name it."""
        if case.kind != Kind.EMERGENCY:
            return False
        fits = self._quoted is not None or emergencies.fits(self._text, case.text)
        return case.reporter_id == self._me or (fits and emergencies.names_danger(self._text))

    def _going_on(self, only: Callable[[Case], bool] = lambda _: True) -> Iterator[tuple[Act, Ref]]:
        """The latest emergency here is not over, as somebody had said."""
        here = [one for one in self._dangers() if only(one)] if emergencies.goes_on(self._text) else []
        if self._quoted is not None:
            here = [one for one in here if self._quoted == Ref("", one.id or 0)]
        if here:
            yield Act.NOT_FIXED, Ref("", here[-1].id or 0)

    def _dangers(self) -> list[Case]:
        """The emergencies of this chat; in private those reported, or to which the speaker was called."""
        if not self._where.private:
            return [one for one, _ in self._around.dangers if one.chat_id == self._chat_id and not one.quiet]
        return [one for one, path in self._around.dangers if one.reporter_id == self._me or self._called_to(one, path)]

    def _called_to(self, case: Case, path: str) -> bool:
        """Whether the speaker may be called to an emergency there, and is not the danger."""
        if not self._speaker.has(ON_DUTY, path):
            return False
        return not (case.about_worker and cases.complained_of(self._speaker.name, self._speaker.roles, case.text, path))

    def _giving_back(self) -> Iterator[tuple[Act, Ref]]:
        """The quoted case, else the only one of this chat that the writer took."""
        quoted = self._quoted if self._quoted and not self._quoted.letter else None
        if not cases.gives_back(self._text, quoted=quoted is not None):
            return
        mine = [one for one in self._cases() if one.owner_id == self._me and one.state in CASE_WORKED]
        if quoted is not None:
            yield Act.WITHDRAW, quoted
        elif len(mine) == 1:
            yield Act.WITHDRAW, Ref("", mine[0].id or 0)

    def _offering(self) -> Iterator[tuple[Act, Ref]]:
        """我来, 我去取吧 of a volunteer, just after a neighbour asked for a hand."""
        if self._quoted is not None or not self._speaker.has((Role.VOLUNTEER,)) or not offers(self._text):
            return
        for case in reversed(self._around.cases.get(self._chat_id, ())):
            asked = case.kind == Kind.REQUEST and case.category == ERRANDS and case.reporter_id != self._me
            untaken = case.state in CASE_UNTAKEN and not case.quiet and not self._where.private
            if asked and untaken and self._at - case.created_at <= JUST_ASKED:
                yield Act.CLAIM, Ref("", case.id or 0)
                return

    def _by_hands(self, reading: Reading) -> tuple[Act, list[Case]]:
        """修好了, 12 修好了, 我去看看 of who has cases in hand or is to take them, and of which: those of this chat, in
        private all; the ones that the line names, if any."""
        about = reading.candidates[0] if reading.candidates else None
        if self._quoted is not None or not self._speaker.roles or (about is not None and about.by == "number"):
            return Act.NONE, []
        number, words = numbered(self._text)
        if reading.act in (Act.NONE, Act.FIXED, Act.RATE) and is_done(words):
            act, held = Act.FIXED, self._held(CASE_WORKED)
            if number is not None or tells_what(words):  # 井盖装好了 needs no 接单 before
                held = self._held(CASE_OPEN)
            elif not held and len(untaken := self._held(CASE_UNTAKEN)) == 1:
                held = untaken
        elif reading.act in (Act.NONE, Act.CLAIM) and takes_on(words):
            act, held = Act.CLAIM, self._held(CASE_UNTAKEN)
            held = [one for one in held if self._where.private or self._at - one.created_at <= JUST_TOLD]
        else:
            return Act.NONE, []
        if number is not None:
            return act, [one for one in held if one.id == number]
        if any(one.mine and not one.done for one in self._around.matters(self._where, self._me)):
            return Act.NONE, []  # what they reported themselves may be what is right again
        named = tells_what(takes_what(words)) if act == Act.CLAIM else tells_what(self._text)
        if not named:  # 已联系供电所 names who is to come, and no thing
            return act, held
        return act, [one for one in held if not tells_what(one.text) or self._fits(one)]

    def _held(self, states: Collection[CaseState]) -> list[Case]:
        """The speaker's own to do in these states: those of this chat, in private all."""
        known = self._around.held if self._where.private else self._around.cases
        held = known.get(self._me if self._where.private else self._chat_id, ())
        return [one for one in held if one.owner_id == self._me and one.state in states
                and (self._where.private or not one.quiet)]  # fmt: skip

    def _urging(self, reading: Reading) -> Iterator[tuple[Act, Ref]]:
        """催一下, 师傅还没来: the speaker's own open case, the latest; in a group only while it is being spoken of,
        or where 催 can mean no other."""
        if self._quoted is not None or reading.kind not in _URGED or not urges(self._text):
            return
        opened = [one for one in self._around.cases.get(self._chat_id, ()) if one.state in CASE_OPEN]
        mine = [one for one in opened if one.reporter_id == self._me]
        lately = [one for one in mine if self._where.private or self._at - one.updated_at <= LATELY]
        if not lately and len(mine) == 1 and "催" in self._text:
            lately = mine
        if lately:
            yield Act.NOT_FIXED, Ref("", max(lately, key=lambda one: one.updated_at).id or 0)

    def _untended(self, reading: Reading) -> Iterator[tuple[Act, Ref]]:
        """单车还没人来挪: the speaker's own open case whose words name that thing, whatever this is filed under."""
        said = _NOBODY_TENDS.fullmatch(self._text.strip()) if self._quoted is None and reading.kind in _URGED else None
        for case in reversed(self._around.cases.get(self._chat_id, ())) if said else ():
            if case.state in CASE_OPEN and case.reporter_id == self._me and said and said["thing"] in case.text:
                yield Act.NOT_FIXED, Ref("", case.id or 0)
                return

    def _dropping(self, reading: Reading) -> Iterator[tuple[Act, Ref]]:
        """水管不用修了: the speaker's own open case of that thing."""
        if self._quoted is not None or reading.kind not in _URGED or not drops(self._text):
            return
        opened = [one for one in self._around.cases.get(self._chat_id, ()) if one.state in CASE_OPEN]
        mine = [one for one in opened if one.reporter_id == self._me and tells_what(self._text) and self._fits(one)]
        if mine:
            yield Act.WITHDRAW, Ref("", max(mine, key=lambda one: one.updated_at).id or 0)

    def _hushing(self) -> Iterator[tuple[Act, Ref]]:
        """别说是我说的: the quoted case, else the speaker's latest open one; in a group only if just told."""
        if not asks_not_to_be_named(self._text):
            return
        opened = [one for one in self._around.cases.get(self._chat_id, ()) if one.state in CASE_OPEN]
        mine = [one for one in opened if one.reporter_id == self._me]
        if self._quoted is not None:
            mine = [one for one in mine if self._quoted == Ref("", one.id or 0)]
        elif not self._where.private:
            mine = [one for one in mine if self._at - one.updated_at <= JUST_TOLD]
        if mine:
            yield Act.HUSH, Ref("", max(mine, key=lambda one: one.updated_at).id or 0)

    def _telling_apart(self) -> Iterator[tuple[Act, Ref]]:
        """不是一回事: the case that the speaker was joined to a moment ago."""
        if self._quoted is not None or not says_apart(self._text):
            return
        for case in self._around.cases.get(self._chat_id, ()):
            joined = case.reporter_id != self._me and (case.id, self._me) in self._around.followers
            if joined and case.state in CASE_OPEN and self._at - case.updated_at <= JUST_TOLD:
                yield Act.WITHDRAW, Ref("", case.id or 0)
                return

    def _of_stray(self, reading: Reading) -> Iterator[tuple[Act, Ref]]:
        """News of the quoted stray, or of the only one found here lately; words quoting one report nobody missing."""
        if reading.kind not in _OF_PERSONS or reading.act not in (Act.NONE, Act.MORE, Act.CORRECT, Act.FIXED):
            return
        meant = self._stray_named()
        act = strays.news(self._text, quoted=self._quoted is not None or meant is not None)
        asked = self._around.claimable.get(self._chat_id, ())
        named = [ref for one in asked if whose.names((ref := Ref("F", one.id or 0)), self._text)]
        if meant is not None:
            told = Act.NONE if reading.kind == Kind.CHAT else Act.FIXED if reading.kind == Kind.FOUND else Act.MORE
            if act != Act.NONE or told != Act.NONE:
                yield act if act != Act.NONE else told, meant
            elif whose.recognises(self._text, quoted=True):
                yield Act.CLAIM, meant
            elif self._quoted is None and self._speaker.has(ON_DUTY) and not QUESTION.search(self._text):
                yield Act.MORE, meant
        elif self._quoted is None and len(named) == 1 and whose.recognises(self._text, quoted=True):
            yield Act.CLAIM, named[0]
        elif self._quoted is None and whose.recognises(self._text, quoted=False):
            lately = [one for one in asked if self._at - (one.asked_at or one.created_at) <= LATELY]
            others = [one for one in lately if one.reporter_id != self._me]
            if others:
                yield Act.CLAIM, Ref("F", others[-1].id or 0)
        elif self._quoted is None and not reading.candidates:
            here = [one for one in self._around.strays.get(self._chat_id, ()) if self._at - one.created_at <= LATELY]
            mine = len(here) == 1 and here[0].reporter_id == self._me
            if mine and len(self._text) <= SHORTLY:  # 接走了
                act = strays.news(self._text, quoted=True)
            if mine and act == Act.NONE and not says_lost(self._text):
                act = Act.MORE if tells_looks(Scan(fold(self._text)), Context(now=self._at)) else act
            if len(here) == 1 and (act == Act.FIXED or (act != Act.NONE and mine)):
                yield act, Ref("F", here[0].id or 0)

    def _misread(self, reading: Reading) -> Iterator[tuple[Act, Ref]]:
        """不是, to what the bot has just made of the speaker's words."""
        if self._quoted is not None or reading.act != Act.NONE or NOT_THAT.match(self._text.strip()) is None:
            return
        cases = self._around.cases.get(self._chat_id, ())
        made = [one for one in cases if one.reporter_id == self._me and self._at - one.created_at <= JUST_MADE]
        if len(made) == 1 and made[0].state in CASE_UNTAKEN and made[0].kind != Kind.EMERGENCY:
            yield Act.WITHDRAW, Ref("", made[0].id or 0)

    def _stray_named(self) -> Ref | None:
        """The stray that is quoted, or whose number begins the line: F1 家属已接走."""
        if self._quoted is not None:
            return self._quoted if self._quoted.letter == "F" else None
        ref, _ = take_ref(fold(self._text.strip()))
        return ref if ref is not None and ref.letter == "F" else None

    def _of_death(self, reading: Reading) -> Reading:
        """A death beside who is sought: the family and, in private, a worker are asked; from others it is a clue."""
        if reading.act != Act.NONE or reading.kind not in _UNHEEDED:
            return reading
        if alerts.was_pulled_out(self._text):
            return reading._replace(text=self._text, kind=Kind.EMERGENCY, confidence=0.9, joined=0)
        if not alerts.tells_of_death(self._text):
            return reading
        heard = [one for one in self._around.matters(self._where, self._me) if one.ref.letter == "M"]
        quoted = self._quoted is not None and self._quoted.letter == "M"
        told = Reading(self._text, Kind.FOUND, self._around.rules.reading.ask_threshold)
        mine = [one for one in heard if one.mine]
        if len(mine) == 1 and self._quoted is None and reading.kind == Kind.CHAT:
            return told._replace(candidates=(Candidate(mine[0].ref, 0.8, "writer"),))
        if mine or not (quoted or (heard and self._quoted is None)):
            return reading
        if self._where.private and self._speaker.has(ON_DUTY):
            return told if not alerts.known(reading.fields) else reading
        if reading.kind != Kind.MISSING and (quoted or alerts.of_a_stranger(self._text)):
            return told._replace(kind=Kind.SIGHTING)
        return reading

    def _cases(self) -> list[Case]:
        """The quoted case, else those of this chat that were spoken of lately, the latest first."""
        opened = [one for one in self._around.cases.get(self._chat_id, ()) if one.state in CASE_OPEN]
        if self._quoted is not None:
            return [one for one in opened if self._quoted == Ref("", one.id or 0)]
        opened = [one for one in opened if self._where.private or not one.quiet]
        return [one for one in reversed(opened) if self._at - one.updated_at <= LATELY]
