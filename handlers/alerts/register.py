"""登记: with the family's consent, people who may go missing again; next time one sentence fills the alert."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from handlers.alerts import facts
from handlers.alerts.reaching import ref_of
from handlers.clipping import clip
from handlers.commands import Command, Order, Takes
from handlers.matters import Refusal
from handlers.posting import say
from handlers.refs import fold, take_ref
from handlers.turn import WORKERS, Turn
from handlers.understanding.kinship import KIN
from storage.areas import Area
from storage.at_risk import AtRisk, at_risk
from storage.matters import Alert, AlertState

AGAIN = re.compile(r"又|再次|再一次|第[二三四五六七八九十\d]+次|上次(?:那|登记|找)|还是(?:上次|登记)")
_AILING = re.compile(
    r"痴呆|阿尔茨?海?默|失智|认知|认不[得到清]|记性|记不[得住清]|糊涂|健忘|精神|智力|智障|自闭|唐氏|癫痫"
)
_BEFORE = re.compile(r"走[丢失]过|丢过|走散过|[又再](?:次)?(?:走|丢|不见|跑)|不是第一次|第[二三四五六七八九十\d]+次")
CHILD = 14
"""Years below which a child is at risk: as describing.YOUNG."""

_TITLE = re.compile(
    rf"(?:我们?家)?(?P<surname>(?![我俺咱他她])[一-鿿]{{1,2}}?)(?:{KIN}|老太太?|老头|大[爷娘妈]|老师|师傅|阿姨|叔叔|老人|婆婆|公公)"
)
_CONSENT = re.compile(r"(?P<name>(?!常去)[一-鿿·]{2,6})?[\s,，、。]*(?:常去(?:的地方)?[:：是有]*(?P<places>.{2,100}))?")
SHAPE = re.compile(r"M\s+[一-鿿]{2,6}?[\s,，]*(?:又|再次).{0,400}", re.IGNORECASE | re.DOTALL)
"""M 王奶奶 又走了: what else begins with an M is talk."""

MOST_LISTED = 30


def may_go_again(alert: Alert) -> bool:
    """Whether somebody who was found may go missing again: a child, illness of the mind, or gone before."""
    words = f"{alert.health} {alert.features} {alert.text}"
    return (alert.age is not None and alert.age < CHILD) or bool(_AILING.search(words) or _BEFORE.search(words))


def ref(entry: AtRisk) -> str:
    """What the audit calls an entry."""
    return f"R{entry.id}"


async def known(turn: Turn) -> AtRisk | None:
    """The only registered person that the words are of: the speaker's own, or of an area the speaker works for."""
    assert turn.reading is not None
    paths = [held.path for held in turn.me.roles if held.role in WORKERS]
    said = facts.known(turn.reading.fields)
    entries = await at_risk(turn.session, turn.me.contact_id, paths)
    fits = [one for one in entries if _fits(turn, one, said)]
    return fits[0] if len(fits) == 1 else None


def _fits(turn: Turn, entry: AtRisk, said: Mapping[str, Any]) -> bool:
    """By name; without one only the family's own, when it says that it happened again."""
    age = _age(entry, turn)
    if entry.sex and said.get("sex") and entry.sex != said["sex"]:
        return False
    if age is not None and said.get("age") is not None and abs(age - said["age"]) > facts.AGE_SLACK:
        return False
    again = AGAIN.search(turn.text) is not None
    if entry.name in turn.text:
        return True
    if title := _TITLE.match(turn.text.strip()):
        return again and entry.name.startswith(title["surname"])
    named = said.get("name")
    return again and named is None and entry.contact_id == turn.me.contact_id


def _age(entry: AtRisk, turn: Turn) -> int | None:
    return turn.local(turn.now).year - entry.birth_year if entry.birth_year else None


def fill(turn: Turn, alert: Alert, entry: AtRisk) -> None:
    """What today's words do not say is taken from the register; who it is, always."""
    alert.name, alert.sex = entry.name, entry.sex or alert.sex
    if alert.age is None:
        alert.age = _age(entry, turn)
    for name in ("features", "health", "phone", "contact_name"):
        if not getattr(alert, name):
            setattr(alert, name, getattr(entry, name))
    if entry.places:
        alert.features = "；".join(part for part in (alert.features, f"常去{entry.places}") if part)[:200]
    alert.picture_id = alert.picture_id or entry.picture_id
    turn.audit("register.used", ref(entry), ref_of(alert))


async def _consent(turn: Turn, order: Order) -> None:
    """同意登记 王秀英 常去菜市场: the one who reported somebody who was found lets them be kept."""
    number, rest = take_ref(fold(order.rest))
    words = _CONSENT.fullmatch(rest.strip(" ，,。"))
    if words is None:
        raise Refusal(f"请这样写：{order.command.usage}")
    alert = await _found_by_me(turn, number.number if number else None)
    name = words["name"] or alert.name
    if not name:
        raise Refusal("还差姓名，请写：同意登记 姓名，如“同意登记 王秀英 常去菜市场”。")
    own = await at_risk(turn.session, turn.me.contact_id, lock=True)
    entry = next((one for one in own if one.name == name or one.alert_id == alert.id), None)
    if entry is None:
        entry = AtRisk(contact_id=turn.me.contact_id, area_id=alert.area_id, consented_at=turn.now)
        turn.session.add(entry)
    _take(turn, entry, alert, name, words["places"] or "")
    await turn.session.flush()
    turn.concerns(ref_of(alert))
    turn.audit("register.consent", ref(entry), "consent")
    kept = "、".join(
        word
        for word, value in (
            ("照片", entry.picture_id),
            ("姓名", entry.name),
            ("年龄", entry.birth_year),
            ("特征", entry.features),
            ("身体情况", entry.health),
            ("常去的地方", entry.places),
            ("电话", entry.phone),
        )
        if value
    )
    await say(
        turn,
        f"已登记{entry.name}（{kept}），只有本网格的网格员和上级能看，不进群。\n"
        f"万一再走失，说一句“M {entry.name} 又走了”，加上今天的穿着和时间就行。\n"
        f"不想登记了，随时发“取消登记”；{turn.rules.privacy.register_days} 天后自动删。",
    )


def _take(turn: Turn, entry: AtRisk, alert: Alert, name: str, places: str) -> None:
    """The alert's facts, and what the family adds, into the register."""
    entry.area_id, entry.alert_id, entry.name = alert.area_id, alert.id, name
    entry.sex, entry.features, entry.health = alert.sex, alert.features, alert.health
    if alert.age is not None:
        entry.birth_year = turn.local(alert.created_at).year - int(alert.age)
    entry.phone, entry.contact_name = alert.phone, alert.contact_name
    entry.picture_id = alert.picture_id or entry.picture_id
    entry.places = clip(places, 100).rstrip("。.!！") or entry.places
    entry.consent, entry.consented_at = clip(turn.text, 200), turn.now


async def _found_by_me(turn: Turn, number: int | None) -> Alert:
    query = select(Alert).where(
        Alert.reporter_id == turn.me.contact_id,
        Alert.state == AlertState.FOUND,
        col(Alert.wiped).is_(False),
        col(Alert.forwarded).is_(False),
    )
    if number is not None:
        query = query.where(col(Alert.id) == number)
    alert = await turn.session.scalar(query.order_by(col(Alert.ended_at).desc()).limit(1))
    if alert is None:
        raise Refusal("没有您报过、已经找到的人可以登记。")
    return alert


async def _cancel(turn: Turn, order: Order) -> None:
    """取消登记 王秀英: by the one who consented, or on the family's word by a worker of the area, who names them."""
    name = order.rest.strip(" ，,。")
    paths = [held.path for held in turn.me.roles if held.role in WORKERS] if name else []
    entries = await at_risk(turn.session, turn.me.contact_id, paths, lock=True)
    found = [one for one in entries if not name or one.name == name]
    if not found:
        raise Refusal("没有登记过，不用取消。")
    if len(found) > 1:
        raise Refusal(
            f"登记了几位，请写上姓名：{'、'.join(one.name for one in found[:10])}，如“取消登记 {found[0].name}”。"
        )
    called = found[0].name
    found[0].wipe(turn.now)
    turn.audit("register.end", ref(found[0]), "consent")
    await say(turn, f"{called}的登记已经全部删除。")


async def _list(turn: Turn, order: Order) -> None:
    """登记 名单: who is registered in the speaker's areas; each look is audited."""
    paths = [held.path for held in turn.me.roles if held.role in WORKERS]
    entries = await at_risk(turn.session, None, paths)
    if not entries:
        await say(turn, "您负责的范围里没有人登记。")
        return
    areas = dict((await turn.session.execute(select(col(Area.id), col(Area.name)))).all())
    for one in entries[:MOST_LISTED]:
        turn.audit("register.read", ref(one))
    lines = [_line(turn, one, areas.get(one.area_id, "")) for one in entries[:MOST_LISTED]]
    more = f"\n另有 {len(entries) - MOST_LISTED} 位没有列出。" if len(entries) > MOST_LISTED else ""
    await say(turn, f"登记的有 {len(entries)} 位（请勿外传）：\n" + "\n".join(lines) + more)


def _line(turn: Turn, entry: AtRisk, area: str) -> str:
    age = _age(entry, turn)
    called = f"{entry.contact_name or '家属'} {entry.phone}" if entry.phone else ""
    parts: Sequence[str] = (
        area,
        entry.sex,
        f"{age}岁" if age is not None else "",
        entry.features,
        entry.health,
        f"常去{entry.places}" if entry.places else "",
        called,
    )
    return f"{entry.name}：{'，'.join(part for part in parts if part)}"


COMMANDS: tuple[Command, ...] = (
    Command(
        ("同意登记",),
        "同意登记 王秀英 常去菜市场、老粮站",
        "找到的家人怕再走失，记下照片和特征，下次一句话就能寻人（报事的家人）",
        _consent,
        rest=Takes.MAY,
        private=True,
    ),
    Command(("取消登记",), "取消登记 王秀英", "登记的全部删掉", _cancel, rest=Takes.MAY, private=True),
    Command(
        ("登记 名单", "登记名单"), "登记 名单", "自己负责的范围里登记了谁，谁看过都有记录", _list, WORKERS, private=True
    ),
)
