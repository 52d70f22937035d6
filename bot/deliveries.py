"""`gridbot deliveries M3`: which chats a matter's posts reached, which wait, which did not get it, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.cleaning import clean_name
from bot.config import ConfigError
from handlers.ports import Rules
from handlers.posting import NO_MATTER
from handlers.refs import fold, label, take_ref
from handlers.understanding import Ref
from storage.areas import Area, Chat, Room
from storage.engine import Database
from storage.matters import Alert, Case, Notice, Stray
from storage.outbox import Delivery, DeliveryPart, PartState, Post, PostPart
from storage.people import Account, Contact

MATTERS: dict[str, type[Any]] = {"M": Alert, "": Case, "N": Notice, "F": Stray}

REACHED, WAITING, PERHAPS, FAILED, CANCELLED = "送到", "等待", "不确定", "失败", "取消"
STATES: dict[str, str] = {
    PartState.SENT: REACHED,
    PartState.QUEUED: WAITING,
    PartState.SENDING: WAITING,
    PartState.UNKNOWN: PERHAPS,
    PartState.FAILED: FAILED,
    PartState.CANCELLED: CANCELLED,
}
ORDER = (FAILED, PERHAPS, WAITING, CANCELLED, REACHED)
"""What needs a look comes first; a chat counts as the first of these that one of its parts is."""

SORTS = {
    "reply": "答复",
    "alert": "寻人",
    "end": "结束",
    "emergency": "紧急",
    "notice": "通知",
    "case": "事项",
    "fresh": "事项",
    "staff": "工作",
    "greeting": "问候",
}
KINDS = {"text": "文字", "picture": "照片", "poster": "海报", "figures": "统计图", "map": "网格图"}
COLUMNS = ("发送", "种类", "结果", "区划", "群", "内容", "时间", "账号", "次数", "原因")


class NoSuchMatter(Exception):
    """There is no matter of this number; the message says so."""


@dataclass(frozen=True, slots=True)
class Line:
    """One part of one delivery. `at` is the last try, in the town's zone."""

    post: str
    sort: str
    chat_id: int
    state: str
    area: str
    chat: str
    kind: str
    at: str
    account: str
    tries: int
    why: str

    @property
    def cells(self) -> tuple[str, ...]:
        """As `COLUMNS` names them; no cell has a tab or a line end."""
        found = (self.post, self.sort, self.state, self.area, self.chat, self.kind, self.at, self.account)
        return tuple(clean_name(cell) for cell in (*found, str(self.tries), self.why))


def matter_of(text: str) -> Ref | None:
    """`M3`, `N5`, `F2`, `12`, as people write them; None for `-`; ConfigError for anything else."""
    if text.strip() == NO_MATTER:
        return None
    ref, rest = take_ref(fold(text).strip())
    if ref is None or rest.strip() or ref.letter not in MATTERS:
        raise ConfigError(f"编号看不懂：{clean_name(text)[:40]}，应像 M3、N5、F2 或 12")
    return ref


async def lines_of(database: Database, ref: Ref | None, rules: Rules) -> list[Line]:
    """Every part of every delivery of the matter's posts, oldest post first; NoSuchMatter.

    Of posts about no matter (None) those that have not arrived.
    """
    async with database.read() as session:
        if ref is not None and await session.get(MATTERS[ref.letter], ref.number) is None:
            raise NoSuchMatter(f"没有 {ref}。")
        names = {row.id: row.name for row in await session.execute(select(col(Area.id), col(Area.name)))}
        return [_line(row, names, rules) for row in await _parts(session, ref)]


async def _parts(session: AsyncSession, ref: Ref | None) -> Sequence[Any]:
    there = Post.ref == str(ref or NO_MATTER)
    if ref is None:
        there &= col(DeliveryPart.state).not_in((PartState.SENT, PartState.CANCELLED))
    query = (
        select(DeliveryPart, Post, PostPart.kind, Room, Area.path, Contact.name, Delivery.chat_id, Account.name)
        .join(Delivery, col(DeliveryPart.delivery_id) == col(Delivery.id))
        .join(Post, col(Delivery.post_id) == col(Post.id))
        .join(PostPart, (col(PostPart.post_id) == col(Post.id)) & (col(PostPart.number) == DeliveryPart.number))
        .join(Chat, col(Delivery.chat_id) == col(Chat.id))
        .outerjoin(Room, col(Chat.room_id) == col(Room.id))
        .outerjoin(Area, col(Room.area_id) == col(Area.id))
        .outerjoin(Contact, col(Chat.contact_id) == col(Contact.id))
        .outerjoin(Account, col(DeliveryPart.account_id) == col(Account.id))
        .where(there)
        .order_by(col(Post.seq), col(DeliveryPart.rank), col(Delivery.id), col(DeliveryPart.number))
    )
    return (await session.execute(query)).all()


def _line(row: Any, names: dict[int, str], rules: Rules) -> Line:
    part, post, kind, room, path, person, chat_id, account = row
    area = "/".join(names.get(int(step), step) for step in (path or "").strip("/").split("/") if step)
    return Line(
        post=f"{post.ref}.{post.seq}",
        sort=SORTS.get(post.sort, post.sort),
        chat_id=chat_id,
        state=STATES[part.state],
        area=area or "私聊",
        chat=room.name or room.key if room else person or "未绑定的群",
        kind=KINDS.get(kind, kind),
        at=_shown(part.tried_at, rules),
        account=account or "",
        tries=part.tries,
        why=part.error or ("前一次不确定，已重发" if part.doubtful else ""),
    )


def _shown(moment: datetime | None, rules: Rules) -> str:
    return f"{moment.astimezone(ZoneInfo(rules.timezone)):%Y-%m-%d %H:%M:%S}" if moment else ""


def counts(lines: Iterable[Line]) -> str:
    """How many chats are how far with a post: `送到 158、失败 2`."""
    chats: dict[int, str] = {}
    for line in lines:
        chats[line.chat_id] = min(line.state, chats.get(line.chat_id, line.state), key=ORDER.index)
    found = Counter(chats.values())
    return "、".join(f"{state} {found[state]}" for state in reversed(ORDER) if found[state])


def tab_separated(lines: Sequence[Line]) -> Iterator[str]:
    """For a pipe: the columns' names, then a line for each part."""
    yield "\t".join(COLUMNS)
    for line in lines:
        yield "\t".join(line.cells)


def show_tables(ref: Ref | None, lines: Sequence[Line], console: Console) -> None:
    """For a terminal: a table for each post, what needs a look first."""
    console.print(Text(f"{label(ref) if ref else '没有编号、还没送到的'}发送情况"))
    for post in dict.fromkeys(line.post for line in lines):
        of_post = [line for line in lines if line.post == post]
        table = Table(title=Text(f"{post} {of_post[0].sort}：{counts(of_post)}"), title_justify="left")
        for name in COLUMNS[2:]:
            table.add_column(name, overflow="fold")
        for line in sorted(of_post, key=lambda line: ORDER.index(line.state)):
            table.add_row(*(Text(cell) for cell in line.cells[2:]))
        console.print(table)
