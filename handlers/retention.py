"""Once a day: what ended long ago keeps its number and its dates, and loses its words, phones and pictures."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, delete, literal_column, or_, select, update
from sqlmodel import col

from handlers.turn import Turn
from storage.answers import Inquiry
from storage.areas import AreaMap
from storage.at_risk import AtRisk
from storage.inbox import FORGOTTEN, InboxEvent, InboxState, Outcome, Picture
from storage.matters import (
    Alert,
    Case,
    CasePicture,
    CaseStep,
    Notice,
    NoticePicture,
    NoticeReceipt,
    NoticeState,
    Sighting,
    Stray,
)
from storage.outbox import UNDER_WAY, Delivery, DeliveryPart, Post, PostPart
from storage.reading import Correction
from storage.work_log import WorkLog

RETENTION = "retention"
HOUR = time(3, 30)
"""Local time of the daily run: few people write then."""

REDELIVERED = timedelta(days=7)
"""How long a gateway may deliver a message again, which its row in the inbox tells."""

AT_ONCE = 2000
"""Rows of each kind wiped in one transaction, so that nobody waits long for the writer."""

GONE = "（已过保存期）"
"""Stands where the words of a matter stood."""

WORDS = ("text", "map")
"""Kinds of parts whose text repeats what people told."""

_NOTHING: dict[str, Any] = {
    "name": "",
    "features": "",
    "health": "",
    "phone": "",
    "contact_name": "",
    "end_note": "",
    "build": "",
    "clothes": "",
    "transport": "",
    "direction": "",
    "place": "",
    "picture_id": None,
    "brought": None,
    "changed": "",
    "wiped": True,
}


async def wipe_old(turn: Turn, ref: str) -> None:
    """Due: wipe what is past its days, and come again tomorrow; at once where there was more than one run takes."""
    days = turn.rules.privacy
    wiped = [
        await _alerts(turn, turn.now - timedelta(days=days.alert_days)),
        await _strays(turn, turn.now - timedelta(days=days.alert_days)),
        await _register(turn, turn.now - timedelta(days=days.register_days)),
        await _cases(turn, turn.now - timedelta(days=days.closed_days)),
        await _lessons(turn, turn.now - timedelta(days=days.closed_days)),
        await _receipts(turn, turn.now - timedelta(days=days.closed_days)),
        await _inquiries(turn, turn.now - timedelta(days=days.closed_days)),
        await _logs(turn, turn.now - timedelta(days=days.closed_days)),
        await _inbox(turn, turn.now - timedelta(days=days.inbox_days)),
        await _chat(turn, turn.now - REDELIVERED),
        await _posts(turn, turn.now - timedelta(days=days.inbox_days)),
        await _pictures(turn, turn.now - timedelta(days=min(days.inbox_days, days.alert_days))),
    ]
    more = max(wiped) == AT_ONCE
    await turn.schedule(RETENTION, ref, turn.now + timedelta(seconds=1) if more else _tomorrow(turn))


def _tomorrow(turn: Turn) -> datetime:
    local = turn.local(turn.now)
    return datetime.combine(local.date() + timedelta(days=1), HOUR, local.tzinfo)


async def _ids(turn: Turn, query: Select[Any]) -> list[int]:
    return list((await turn.session.scalars(query.limit(AT_ONCE))).all())


async def _alerts(turn: Turn, before: datetime) -> int:
    """An alert's end counts; one that is still open is kept whole, however old."""
    ids = await _ids(turn, select(col(Alert.id)).where(col(Alert.ended_at) < before, col(Alert.wiped).is_(False)))
    if ids:
        await turn.session.execute(update(Alert).where(col(Alert.id).in_(ids)).values(text=GONE, **_NOTHING))
        clues = update(Sighting).where(col(Sighting.alert_id).in_(ids))
        await turn.session.execute(clues.values(text=GONE, place="", direction="", picture_id=None))
    return len(ids)


async def _strays(turn: Turn, before: datetime) -> int:
    """A stray is not ended by anybody yet, so its report counts."""
    old = (col(Stray.created_at) < before, Stray.text != GONE)
    ids = await _ids(turn, select(col(Stray.id)).where(*old))
    if ids:
        values = {"text": GONE, "clothes": "", "place": "", "picture_id": None}
        await turn.session.execute(update(Stray).where(col(Stray.id).in_(ids)).values(**values))
    return len(ids)


async def _register(turn: Turn, before: datetime) -> int:
    """Consent lasts so long, unless the family gave it anew."""
    old = select(AtRisk).where(col(AtRisk.consented_at) < before, col(AtRisk.ended_at).is_(None)).limit(AT_ONCE)
    entries = (await turn.session.scalars(old.with_for_update())).all()
    for entry in entries:
        entry.wipe(turn.now)
        turn.audit("register.end", f"R{entry.id}", "consent")
    return len(entries)


async def _cases(turn: Turn, before: datetime) -> int:
    ids = await _ids(turn, select(col(Case.id)).where(col(Case.ended_at) < before, Case.text != GONE))
    if ids:
        values = {"text": GONE, "place": "", "phone": "", "note": ""}
        await turn.session.execute(update(Case).where(col(Case.id).in_(ids)).values(**values))
        await turn.session.execute(update(CaseStep).where(col(CaseStep.case_id).in_(ids)).values(text=""))
        await turn.session.execute(delete(CasePicture).where(col(CasePicture.case_id).in_(ids)))
    return len(ids)


async def _lessons(turn: Turn, before: datetime) -> int:
    """What was learned from them by then stays: it holds characters and pairs of them, no message."""
    ids = await _ids(turn, select(col(Correction.id)).where(col(Correction.at) < before, Correction.seen != ""))
    if ids:
        await turn.session.execute(update(Correction).where(col(Correction.id).in_(ids)).values(seen=""))
    return len(ids)


async def _logs(turn: Turn, before: datetime) -> int:
    ids = await _ids(turn, select(col(WorkLog.id)).where(col(WorkLog.at) < before))
    if ids:
        await turn.session.execute(delete(WorkLog).where(col(WorkLog.id).in_(ids)))
    return len(ids)


async def _receipts(turn: Turn, before: datetime) -> int:
    """Who said 收到 to a notice that went out long ago."""
    old = select(col(Notice.id)).where(col(Notice.sent_at) < before)
    which = select(col(NoticeReceipt.notice_id)).where(col(NoticeReceipt.notice_id).in_(old)).distinct()
    ids = await _ids(turn, which)
    if ids:
        await turn.session.execute(delete(NoticeReceipt).where(col(NoticeReceipt.notice_id).in_(ids)))
    return len(ids)


async def _inquiries(turn: Turn, before: datetime) -> int:
    """What people asked; what was kept of it in the bank stays."""
    ids = await _ids(turn, select(col(Inquiry.id)).where(col(Inquiry.at) < before, Inquiry.text != GONE))
    if ids:
        await turn.session.execute(update(Inquiry).where(col(Inquiry.id).in_(ids)).values(text=GONE, answer=""))
    return len(ids)


async def _inbox(turn: Turn, before: datetime) -> int:
    """Commands, reports and what was given up; what has not been worked yet is never touched."""
    query = select(col(InboxEvent.id)).where(
        col(InboxEvent.outcome).in_(("", *Outcome)),  # for its index
        col(InboxEvent.at) < before,
        col(InboxEvent.wiped).is_(False),
        InboxEvent.state != InboxState.NEW,
    )
    ids = await _ids(turn, query)
    if ids:
        empty = update(InboxEvent).where(col(InboxEvent.id).in_(ids))
        await turn.session.execute(empty.values(payload="{}", digest="", wiped=True))
    return len(ids)


async def _chat(turn: Turn, before: datetime) -> int:
    """The empty rows of ordinary chat: only the days' counts remain. One that brought a photo that was kept stays."""
    query = select(col(InboxEvent.id)).where(
        col(InboxEvent.outcome).in_(FORGOTTEN),
        col(InboxEvent.at) < before,
        col(InboxEvent.wiped).is_(True),
        ~select(Picture.id).where(Picture.inbox_id == InboxEvent.id).exists(),
    )
    ids = await _ids(turn, query)
    if ids:
        await turn.session.execute(delete(InboxEvent).where(col(InboxEvent.id).in_(ids)))
    return len(ids)


async def _posts(turn: Turn, before: datetime) -> int:
    """What the bot said repeats what it was told."""
    waiting = (
        select(DeliveryPart.id)
        .join(Delivery, col(DeliveryPart.delivery_id) == col(Delivery.id))
        .where(Delivery.post_id == PostPart.post_id)
        .where(col(DeliveryPart.state).in_(UNDER_WAY))
        .exists()
    )
    query = (
        select(col(PostPart.id))
        .join(Post, col(PostPart.post_id) == col(Post.id))
        .where(col(Post.at) < before, col(PostPart.kind).in_(WORDS), ~waiting)
        .where(col(PostPart.text) != literal_column("''"))  # for its index
    )
    ids = await _ids(turn, query)
    if ids:
        await turn.session.execute(update(PostPart).where(col(PostPart.id).in_(ids)).values(text=""))
    return len(ids)


async def _pictures(turn: Turn, before: datetime) -> int:
    """Bytes and handles of pictures that no matter needs any more."""
    waiting = (
        select(NoticePicture.picture_id)
        .join(Notice, col(Notice.id) == col(NoticePicture.notice_id))
        .where(NoticePicture.picture_id == Picture.id, Notice.state == NoticeState.PLANNED)
    )
    needed = or_(
        *(
            select(table.id).where(table.picture_id == Picture.id).exists()  # type: ignore[attr-defined]
            for table in (Alert, AtRisk, Sighting, Stray)
        ),
        waiting.exists(),
        select(CasePicture.case_id).where(CasePicture.picture_id == Picture.id).exists(),
        select(AreaMap.area_id).where(or_(AreaMap.picture_id == Picture.id, AreaMap.next_id == Picture.id)).exists(),
    )
    query = select(col(Picture.id)).where(col(Picture.at) < before, Picture.state != "wiped", ~needed)
    ids = await _ids(turn, query)
    if ids:
        values = {"data": None, "handle": "", "digest": "", "state": "wiped"}
        await turn.session.execute(update(Picture).where(col(Picture.id).in_(ids)).values(**values))
    return len(ids)


DUE: Mapping[str, Callable[[Turn, str], Awaitable[None]]] = {RETENTION: wipe_old}
