"""模板: words kept for notices that come again; each area's admins keep theirs, all below may use them."""

from __future__ import annotations

import re

from sqlalchemy import delete, func, select
from sqlmodel import col

from handlers.clipping import clip
from handlers.commands import Order
from handlers.helping import addressed, take_as_text
from handlers.matters import Refusal
from handlers.notices.texts import LONGEST, usage_of_template
from handlers.posting import say
from handlers.turn import SENDERS, Turn
from storage.areas import Area
from storage.matters import NoticeTemplate
from storage.people import Role

MAX_NAME = 12
MOST = 50
"""Templates of one area."""

USAGE = "请这样写：模板 保存 停水 ____停水，请提前接水（____ 是用的时候填的空）；模板 删除 停水。"

_CHANGE = re.compile(r"(?:保存|存|新增|添加|修改|删除|删掉|删)(?:[\s:：]|$)")
_SAVE = re.compile(
    r"(?:保存|存|新增|添加|修改)[\s:：]+(?P<name>(?![_＿])[^\s:：，,]+)[\s:：，,]+(?P<text>.+)", re.DOTALL
)
_DELETE = re.compile(r"(?:删除|删掉|删)[\s:：]+(?P<name>\S+)")
_USE = re.compile(r"模板(?P<gap>[\s:：]*)(?P<name>[^\s:：，,]+)[\s:：，,]*(?P<words>.*)", re.DOTALL)
_BLANK = re.compile(r"[_＿]{2,}")


async def templates(turn: Turn, order: Order) -> None:
    """模板: the list; 模板 停水: one; 模板 保存 停水 …, 模板 删除 停水."""
    words = order.rest.strip()
    if match := _SAVE.fullmatch(words):
        await _save(turn, match["name"], match["text"].strip())
    elif match := _DELETE.fullmatch(words):
        await _delete(turn, match["name"])
    elif _CHANGE.match(words) and addressed(turn):
        raise Refusal(USAGE)
    elif words:
        await _show(turn, words)
    else:
        await _list(turn)


async def own_area(turn: Turn) -> str:
    """The name of the highest area for which the speaker may send notices, for lines that say how one is written."""
    ids = {held.area_id for held in turn.me.roles if held.role in SENDERS}
    rows = select(col(Area.name)).where(col(Area.id).in_(ids)).order_by(col(Area.level), col(Area.id))
    return await turn.session.scalar(rows.limit(1)) or "本格"


async def _own(turn: Turn) -> Area:
    """The highest area of which the speaker is admin."""
    held = [one for one in turn.me.roles if one.role == Role.ADMIN]
    if not held:
        raise Refusal("模板由管理员保存和删除，这次没有改动。看有哪些发“模板”。")
    return await turn.session.get_one(Area, min(held, key=lambda one: (one.level, one.area_id)).area_id)


async def _save(turn: Turn, name: str, text: str) -> None:
    area = await _own(turn)
    if len(name) > MAX_NAME or len(text) > LONGEST:
        raise Refusal(f"模板的名字最多 {MAX_NAME} 字，正文最多 {LONGEST} 字，没有保存。")
    here = NoticeTemplate.area_id == area.id
    known = await turn.session.scalar(select(NoticeTemplate).where(here, NoticeTemplate.name == name))
    if known is not None:
        known.text, known.by_id, known.at = text, turn.me.contact_id, turn.now
    elif (await turn.session.scalar(select(func.count()).select_from(NoticeTemplate).where(here)) or 0) >= MOST:
        raise Refusal(f"{area.name}已经有 {MOST} 个模板，请先删除不用的。")
    else:
        turn.session.add(
            NoticeTemplate(area_id=area.id or 0, name=name, text=text, by_id=turn.me.contact_id, at=turn.now)
        )
    await turn.session.flush()
    turn.audit("template.saved", f"area:{area.id}", "text")
    done = "改好了" if known else "存好了"
    await say(
        turn, f"模板“{name}”{done}，{area.name}的人都能用：{usage_of_template(area.name, name)}{_words_for(text)}"
    )


def _words_for(text: str) -> str:
    return " …" * len(_BLANK.findall(text))


async def _delete(turn: Turn, name: str) -> None:
    area = await _own(turn)
    gone = await turn.session.execute(
        delete(NoticeTemplate).where(col(NoticeTemplate.area_id) == area.id, col(NoticeTemplate.name) == name)
    )
    if not gone.rowcount:  # type: ignore[attr-defined]
        raise Refusal(f"{area.name}没有叫“{name[:MAX_NAME]}”的模板。")
    turn.audit("template.deleted", f"area:{area.id}", "text")
    await say(turn, f"模板“{name}”删了。")


async def _visible(turn: Turn) -> dict[str, tuple[NoticeTemplate, str]]:
    """Name -> (template, area) of all that the speaker may use; of two with one name the nearer area's."""
    paths = [held.path for held in turn.me.roles if held.role in SENDERS]
    ids = {int(part) for path in paths for part in path.strip("/").split("/")}
    query = (
        select(NoticeTemplate, col(Area.name))
        .join(Area, col(NoticeTemplate.area_id) == col(Area.id))
        .where(col(NoticeTemplate.area_id).in_(ids))
        .order_by(col(Area.level), col(NoticeTemplate.id))
    )
    return {one.name: (one, area) for one, area in await turn.session.execute(query)}


async def _list(turn: Turn) -> None:
    known = await _visible(turn)
    if not known:
        await say(turn, f"还没有模板。{USAGE}")
        return
    lines = [f"{name}（{area}）：{clip(one.text, 24)}" for name, (one, area) in known.items()]
    how = usage_of_template(await own_area(turn), "名字")
    await say(turn, "通知的模板：\n" + "\n".join(lines[:MOST]) + f"\n用法：{how}，有空的在后面依次填。")


async def _show(turn: Turn, name: str) -> None:
    known = await _visible(turn)
    if name not in known:
        if not addressed(turn):
            await take_as_text(turn)
            return
        raise Refusal(f"没有叫“{name[:MAX_NAME]}”的模板。{USAGE}")
    await say(turn, f"模板“{name}”：\n{known[name][0].text}")


async def filled(turn: Turn, text: str) -> str:
    """The words of a notice: 模板 停水 明早6点 gives the template's, its blanks filled; others stay as they are."""
    match = _USE.fullmatch(text)
    known = await _visible(turn) if match or text.strip() == "模板" else {}
    if match is None:
        if known:
            raise Refusal(f"用哪个模板？有：{'、'.join(list(known)[:10])}。没有发。")
        return text
    if match["name"] not in known:
        if not match["gap"]:  # 模板工招聘
            return text
        names = f"有：{'、'.join(list(known)[:10])}。" if known else "现在一个也没有。"
        raise Refusal(f"没有叫“{match['name'][:MAX_NAME]}”的模板，没有发。{names}")
    template, words = known[match["name"]][0], match["words"].strip()
    blanks = len(_BLANK.findall(template.text))
    if not blanks:
        return f"{template.text}\n{words}" if words else template.text
    fill = words.split(maxsplit=blanks - 1) if blanks > 1 else [words] * bool(words)
    if len(fill) < blanks:
        how = f"{usage_of_template(await own_area(turn), template.name)}{_words_for(template.text)}"
        raise Refusal(f"模板“{template.name}”有 {blanks} 个空，只填了 {len(fill)} 个，没有发。请这样写：{how}")
    left = iter(fill)
    return _BLANK.sub(lambda _: next(left), template.text)
