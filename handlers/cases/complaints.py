"""Complaints about people who hold a role here: private from the first word, never theirs to see or own."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

from handlers.matters import COMPLAINTS, RECENT_DONE, Refusal
from handlers.turn import Turn
from handlers.understanding import OTHER, Kind, Reading
from handlers.understanding.harm import is_violence_at_home
from storage.agenda import Question
from storage.areas import Area
from storage.matters import CASE_OPEN, Case
from storage.people import Contact, Held, Role, holders, private_chats, staff_around

ACCUSES = re.compile(r"投诉|举报|检举|控告|告发|信访")
"""Words that make a complaint of what else might be talk."""

_DISOWNED = re.compile(rf"(?:谁|没人|[不没别][会想用要是]?|哪).{{0,4}}?(?:{ACCUSES.pattern})")
"""谁还会投诉, 不想投诉: talk of complaining, and no complaint."""

MAX_BEFORE = 100
"""Characters of an earlier complaint beside a danger that comes of it."""

BEGUN = "complaint"
"""The question what a complaint about a person is about; its data names the person."""

_TITLES = {
    Role.VOLUNTEER: r"志愿者?|义工",
    Role.WORKER: r"网格员|专干",
    Role.LEAD: r"网格长|组长",
    Role.ADMIN: r"(?:村|镇|区|县|乡)长|主任|书记|支书|管理员|干部",
    Role.POLICE: r"警官|民警|警察|公安|所长",
}
_ANY_TITLE = "|".join(_TITLES.values())
_TITLE_LAST = re.compile(rf"(?:{_ANY_TITLE})$")
_FILLING = re.compile(
    rf"{ACCUSES.pattern}|{_ANY_TITLE}|我们?|俺们?|必须|怎么|如何|哪里|在哪|[要想来得向你您们这那个位的人]|一下|格格|[\s,，。.!！?？呢吗啊~～:：、@＠]"
)
_MEANS_TO = re.compile(rf"(?:我|俺|本人)们?[^,，。！!？?]{{0,6}}?[要想得].{{0,4}}?(?:{ACCUSES.pattern})")
_ANGER = re.compile(
    r"太?(?:不像话|过分|气人|欺负人)|气死(?:我|人)?|受不了|忍不了|忍无可忍|必须|一定|实名|强烈|现在|今天|真的?|[他她]们?|有人|某人|[了啦]"
)
_ASKS = re.compile(r"[?？吗么呢]\s*$|怎么|如何|咋|哪")
CONDUCT = re.compile(
    r"骂|吼|凶|态度|不作为|威胁|恐吓|打人|动手|推脱|敷衍|报复|[收要]钱|不[理接管]|挂.{0,2}电话|上门|(?:那|这|老|一)个?(?:样|德行)"
)
"""What a person does, and no lamp or pipe."""
MISCONDUCT = re.compile(
    r"(?<!被)(?:收|拿|要|讹|吞)(?:了|过|走)?(?:我|俺|人家|村民)[^,，。]{0,6}(?:钱|块|元|好处|烟|东西)|红包|好处费|"
    r"(?<!被)骂(?:我|俺|人|街|了我)|(?<!被)打(?:我|俺|人|了我)|吼我|态度[^,，。]{0,6}(?:差|恶劣|不好|凶|横)|"
    r"(?:从来|总|老|都)是?不接(?:我)?(?:的)?电话|电话从来不接|(?<!被)偷(?:我|俺|了我)|(?<!被)骗(?:我|俺|人|了我)|威胁|恐吓|动手动脚|骚扰|"
    r"[太真]懒|不作为|吃拿卡要"
)
"""What somebody with a role is complained of for, even where the words are read as talk."""
_OF_NOTHING = frozenset({None, OTHER})
"""Categories of words that name nothing a case could be about."""
_SOMEBODY = re.compile(
    r"[一-鿿](?:员|师傅)|老板|司机|医生|大夫|护士|老师|校长|房东|保安|商[家户]|店|公司|单位|部门|邻居|隔壁|楼[上下]|对门"
)
"""Somebody else than a worker whom a complaint is about."""
MAY_ACCUSE = frozenset({Kind.REQUEST, Kind.COMPLAINT, Kind.SUGGESTION, Kind.QUESTION, Kind.CHAT})
"""Kinds as which a complaint about a person may be read."""


def is_named(text: str, name: str, roles: Iterable[str]) -> bool:
    """Whether a person stands in the text: as in the list of people, or by surname with a title (石警官, 民警老石)."""
    if len(name) > 1 and name in text:
        return True
    bare = _TITLE_LAST.sub("", name)
    if len(bare) > 1 and bare in text:
        return True
    surname = re.escape(bare.lstrip("小老阿")[:1])
    titles = "|".join(_TITLES[Role(role)] for role in roles if role in _TITLES)
    if not (surname and titles):
        return False
    if re.search(rf"{surname}(?:{titles})|(?:{titles}){surname}(?![一-鿿])", text):
        return True
    return re.search(titles, text) is not None and re.search(f"[小老]{surname}", text) is not None


def _spoken_to(name: str) -> re.Pattern[str]:
    """The person called on, or told of the matter, and not complained of: 小耿您帮看看, 跟小耿说过."""
    word = re.escape(name)
    return re.compile(
        rf"(?:请|麻烦|谢谢|感谢|辛苦|跟|和|向|给|找|[@＠]){word}|{word}(?=[，, ]?(?:[你您]|帮|麻烦|请|能|辛苦)|[，,]我)"
    )


def is_accused(text: str, name: str, roles: Sequence[str]) -> bool:
    """Whether a complaint is about this person."""
    if re.search(rf"(?:{ACCUSES.pattern})(?:一下|{_ANY_TITLE}|的|你们|这个|那个)*{re.escape(name)}", text):
        return True
    if re.search(rf"(?:{ACCUSES.pattern})[他她你您]", text):
        return is_named(text, name, roles)
    return is_named(_spoken_to(name).sub("", text), name, roles)


def complained_of(name: str, roles: Iterable[Held], words: str, path: str) -> bool:
    """Whether a complaint is, or may be, about this person: named in it, or the grid's worker or lead it speaks of."""
    held = list(roles)
    if is_named(words, name, {one.role for one in held}):
        return True
    here = {one.role for one in held if one.covers(path)}
    return Role.WORKER in here or (Role.LEAD in here and "网格长" in words)


async def complaint_handlers(turn: Turn, case: Case, area: Area) -> list[int]:
    """Leads and admins who may see the complaint, the nearest first; never the one who complains."""
    found: dict[int, list[Held]] = defaultdict(list)
    for held in await holders(turn.session, area.path, (*COMPLAINTS, Role.WORKER), turn.now):
        found[held.contact_id].append(held)
    rows = await turn.session.execute(select(col(Contact.id), col(Contact.name)).where(col(Contact.id).in_(found)))
    names = dict(rows.all())
    fit = [
        (max(one.role == Role.LEAD for one in roles), max(one.level for one in roles), contact_id)
        for contact_id, roles in found.items()
        if contact_id != case.reporter_id and not complained_of(names.get(contact_id, ""), roles, case.text, area.path)
    ]
    return [contact_id for _, _, contact_id in sorted(fit, key=lambda one: (not one[0], -one[1]))]


async def accused_in(turn: Turn, area: Area, words: str, reading: Reading) -> dict[int, tuple[str, list[Held]]]:
    """The people with a role around this area whom words complain of: contact id -> name, and what they hold."""
    complains = reading.kind == Kind.COMPLAINT or ACCUSES.search(_DISOWNED.sub("", words)) or MISCONDUCT.search(words)
    return await named_in(turn, area, words) if complains else {}


async def named_in(turn: Turn, area: Area, words: str) -> dict[int, tuple[str, list[Held]]]:
    """The people with a role around this area whom words name, and do not speak to."""
    held: dict[int, list[Held]] = defaultdict(list)
    names: dict[int, str] = {}
    for name, one in await staff_around(turn.session, area.path, turn.now):
        held[one.contact_id].append(one)
        names[one.contact_id] = name
    return {
        contact_id: (names[contact_id], roles)
        for contact_id, roles in held.items()
        if is_accused(words, names[contact_id], [one.role for one in roles])
    }


async def passed_on(turn: Turn, area: Area, words: str, reading: Reading) -> bool:
    """Whether words that the speaker writes down for others complain of who holds a role here.

    Refusal where that is, or may be, the speaker: it would be theirs to see.
    """
    named = await accused_in(turn, area, words, reading)
    me = turn.me
    if me.contact_id in named or (
        reading.about_worker and not named and complained_of(me.name, me.roles, words, area.path)
    ):
        raise Refusal("说的可能是您自己，不能由您来记，这次没有记。请对方私聊我，或者打 12345。")
    return reading.about_worker or bool(named)


_ASSAULTS = (
    r"(?:(?!有人|[他她它被挨遭]|快来|救|我[们家爸妈]|打(?:电话|1|来|开|扫|听))[^,，。!！?？;；]){0,6}?"
    r"(?:[拿持提挥带动][^,，。]{0,3}(?:刀|斧|棍|锤|砖|枪|铁)|砍|捅|打(?!电话|1|来|开|扫|听|不通)|揍|踹|掐|砸|威胁|要杀|放火|点火|泼|绑架|"
    r"强奸|非礼|动手|动粗|撞门|堵(?:着|在)?门)"
)
"""What follows the one who does it: 小耿拿刀来了; not 小耿快来，有人拿刀."""


async def is_of_staff(turn: Turn, area: Area) -> bool:
    """Whether somebody with a role around this area is, in these words, the danger: by name, or by the grid's title.

    他拿刀来了 speaks of whom the speaker complained of lately; the complaint is then added to the words.
    """
    titles = "|".join(_TITLES[role] for role in (Role.WORKER, Role.LEAD))
    if re.search(rf"(?:{titles}){_ASSAULTS}", turn.text):
        return True
    if any(_assails(turn.text, name, held) for name, held in await staff_around(turn.session, area.path, turn.now)):
        return True
    before = await latest_of(turn) if re.search(rf"(?:^|[，,。！!\s])[他她]{_ASSAULTS}", turn.text) else None
    if before is None or is_violence_at_home(turn.text):
        return False
    if before.kind != Kind.EMERGENCY or before.state not in CASE_OPEN:  # else they have heard who it is
        turn.text = f"{turn.text}\n先前的投诉：{before.text[:MAX_BEFORE]}"
    return True


def _assails(text: str, name: str, held: Held) -> bool:
    words = [re.escape(one) for one in (name, _TITLE_LAST.sub("", name)) if len(one) > 1]
    surname = re.escape(_TITLE_LAST.sub("", name).lstrip("小老阿")[:1])
    if surname and held.role in _TITLES:
        words.append(rf"[小老]?{surname}(?:{_TITLES[Role(held.role)]})")
    return bool(words) and re.search(rf"(?:{'|'.join(words)}){_ASSAULTS}", text) is not None


async def out_of_it(turn: Turn, cases: Iterable[Case], area: Area) -> set[int]:
    """Who must hear nothing of these dangers of the area: they are, or may be, the danger."""
    held: dict[int, list[Held]] = defaultdict(list)
    names: dict[int, str] = {}
    for name, one in await staff_around(turn.session, area.path, turn.now):
        held[one.contact_id].append(one)
        names[one.contact_id] = name
    about = [case for case in cases if case.about_worker]
    return {one for one in held for case in about if complained_of(names[one], held[one], case.text, area.path)}


async def area_above(turn: Turn, area: Area, accused: Iterable[Held]) -> Area:
    """Where a complaint about these people belongs: the area they serve, of an admin the one above it."""
    paths = [area.path]
    for held in accused:
        path = held.path
        if held.role == Role.ADMIN:
            path = path.rstrip("/").rsplit("/", 1)[0] + "/"
        if area.path.startswith(path) and path != "/":
            paths.append(path)
        elif area.path.startswith(held.path):
            paths.append(held.path)
    above = await turn.session.get(Area, int(min(paths, key=len).rstrip("/").rsplit("/", 1)[1]))
    return above or area


def says_nothing_else(text: str, names: Iterable[str]) -> bool:
    """Whether a complaint names somebody and no matter: 我要投诉小耿."""
    for name in names:
        text = text.replace(name, "")
    return not _FILLING.sub("", text)


def is_nameless(text: str, category: str | None) -> bool:
    """Whether somebody means to complain, of nobody and nothing named: 我要投诉，太不像话了; 我要投诉，态度太差."""
    if not _MEANS_TO.search(_DISOWNED.sub("", text)) or _ASKS.search(text) or re.search(_ANY_TITLE, text):
        return False
    return says_nothing_else(_ANGER.sub("", text), ()) or is_of_conduct(text, category)


def is_of_conduct(text: str, category: str | None) -> bool:
    """Whether words tell of somebody's conduct and of nobody else's: 态度太差."""
    return category in _OF_NOTHING and CONDUCT.search(text) is not None and not _SOMEBODY.search(text)


async def titled_in(turn: Turn, area: Area) -> dict[str, list[Held]]:
    """The grid's worker or lead, where the words only give the title (网格员): name -> what they hold."""
    found: dict[str, list[Held]] = defaultdict(list)
    for name, held in await staff_around(turn.session, area.path, turn.now):
        titled = held.role in (Role.WORKER, Role.LEAD) and re.search(_TITLES[Role(held.role)], turn.text)
        if titled and held.covers(area.path) and held.contact_id != turn.me.contact_id:
            found[name].append(held)
    return found


async def begin(turn: Turn, names: Sequence[str]) -> bool:
    """Remember that the speaker is about to say what it is about, in private; False if they cannot be reached there.

    Without `names` the speaker has not said either whom it is about. Asked again, it replaces what was asked before.
    """
    chat_id = await private_chat(turn)
    if chat_id is None:
        return False
    before = await _asked_in(turn, chat_id)
    if before is not None:
        before.answered_at = turn.now
    turn.session.add(
        Question(
            kind=BEGUN,
            chat_id=chat_id,
            contact_id=turn.me.contact_id,
            asked_at=turn.now,
            expires_at=turn.now + timedelta(minutes=turn.rules.question_minutes),
            data={"names": list(names), "inbox_id": turn.inbox_id},
        )
    )
    return True


async def private_chat(turn: Turn) -> int | None:
    """The chat in which the speaker can be answered in private."""
    if turn.here.private:
        return turn.here.chat_id
    return (await private_chats(turn.session, [turn.me.contact_id])).get(turn.me.contact_id)


async def begun(turn: Turn) -> Question | None:
    """What the speaker was asked in private and has not said yet."""
    chat_id = await private_chat(turn)
    return None if chat_id is None else await _asked_in(turn, chat_id)


async def _asked_in(turn: Turn, chat_id: int) -> Question | None:
    query = select(Question).where(
        Question.kind == BEGUN,
        Question.chat_id == chat_id,
        col(Question.answered_at).is_(None),
        col(Question.expires_at) > turn.now,
    )
    return (await turn.session.scalars(query.order_by(col(Question.id).desc()).limit(1))).first()


async def latest_of(turn: Turn) -> Case | None:
    """The speaker's last complaint about somebody with a role here, of the last days."""
    query = select(Case).where(
        Case.reporter_id == turn.me.contact_id,
        col(Case.about_worker).is_(True),
        col(Case.updated_at) > turn.now - RECENT_DONE,
    )
    return (await turn.session.scalars(query.order_by(col(Case.id).desc()).limit(1))).first()
