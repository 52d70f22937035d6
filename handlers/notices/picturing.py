"""Pictures that go out with a notice: sent in private by its author, right before the words or while they wait."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Select, delete, select
from sqlmodel import col

from handlers.notices import texts
from handlers.notices.counting import pictures_of
from handlers.photos import just_sent
from handlers.ports import MessageType
from handlers.posting import say
from handlers.turn import Turn
from storage.agenda import AuditEntry
from storage.inbox import Picture
from storage.matters import Notice, NoticePicture, NoticeState

LATEST = timedelta(minutes=10)
"""How long after 确认 of a planned notice a picture still goes with it."""

NO_FILES = "文件我转不了，通知只能带照片。请把内容打成字，或截图发给我。"
NO_VIDEOS = "视频我转不了，通知只能带照片。请截一张图发给我。"


async def attach_earlier(turn: Turn, notice: Notice) -> None:
    """The pictures that its author has just sent here in private, if nothing else wanted them, or lately dropped."""
    free = texts.MOST_PICTURES - len(await pictures_of(turn, notice))
    if not turn.here.private or free <= 0:
        return
    for picture in await just_sent(turn, free, col(Picture.id).in_(_dropped(turn))):
        _attach(turn, notice, picture)
    await turn.session.flush()


def _dropped(turn: Turn) -> Select[tuple[int]]:
    """Pictures of the speaker's drafts that were dropped, for a typo or so, and that are with no other notice."""
    lost = (
        select(col(NoticePicture.picture_id))
        .join(Notice, col(NoticePicture.notice_id) == col(Notice.id))
        .join(Picture, col(NoticePicture.picture_id) == col(Picture.id))
        .where(Notice.sender_id == turn.me.contact_id, Picture.state != "failed")
    )
    kept = lost.where(Notice.state != NoticeState.DROPPED)
    return lost.where(Notice.state == NoticeState.DROPPED, col(NoticePicture.picture_id).not_in(kept))


def _attach(turn: Turn, notice: Notice, picture: Picture) -> None:
    if picture.state == "handle":
        picture.state = "wanted"
    turn.session.add(NoticePicture(notice_id=notice.id or 0, picture_id=picture.id or 0))


async def came(turn: Turn, number: int) -> None:
    """A picture or a file in private while the author's draft waits to be confirmed."""
    notice = await turn.session.get(Notice, number, with_for_update=True, populate_existing=True)
    waits = (NoticeState.DRAFT, NoticeState.PLANNED)
    if notice is None or notice.state not in waits or notice.sender_id != turn.me.contact_id:
        return
    turn.concerns(f"N{number}")
    if turn.event is not None and turn.event.type != MessageType.PICTURE:
        video = turn.event.type == MessageType.VIDEO
        await say(turn, NO_VIDEOS if video else NO_FILES, ref=f"N{number}")
        return
    known = await pictures_of(turn, notice)
    picture = await turn.session.scalar(select(Picture).where(Picture.inbox_id == turn.inbox_id))
    if picture is None or picture.state != "handle":
        return
    if len(known) >= texts.MOST_PICTURES:
        await say(turn, f"一条通知最多带 {texts.MOST_PICTURES} 张照片，这张没有加。", ref=f"N{number}")
        return
    _attach(turn, notice, picture)
    turn.audit("notice.picture", f"N{number}", "picture_id")
    able = turn.outside.capabilities.can_send_pictures
    at = turn.local(notice.plan_at) if notice.state == NoticeState.PLANNED and notice.plan_at else None
    await say(turn, texts.picture_added(notice, len(known) + 1, able, at), ref=f"N{number}")


async def came_late(turn: Turn) -> bool:
    """Whether a picture in private came right after its author had a notice planned: it goes with that one."""
    planned = select(AuditEntry.ref).where(
        AuditEntry.action == "notice.planned",
        AuditEntry.actor_id == turn.me.contact_id,
        AuditEntry.at > turn.at - LATEST,
    )
    query = select(col(Notice.id)).where(Notice.sender_id == turn.me.contact_id, Notice.state == NoticeState.PLANNED)
    waiting = {f"N{number}": number for number in await turn.session.scalars(query)}
    refs = [ref for ref in await turn.session.scalars(planned.order_by(col(AuditEntry.id).desc())) if ref in waiting]
    if not refs or not turn.here.private:
        return False
    await came(turn, waiting[refs[0]] or 0)
    return True


async def arrived(turn: Turn, picture_id: int) -> None:
    """The fetcher is done with a picture: one that is none goes out with no notice, and its author hears so."""
    picture = await turn.session.get(Picture, picture_id)
    if picture is None or picture.state != "failed":
        return
    query = select(Notice).join(NoticePicture, col(NoticePicture.notice_id) == col(Notice.id))
    for notice in await turn.session.scalars(query.where(NoticePicture.picture_id == picture_id)):
        await turn.session.execute(
            delete(NoticePicture).where(
                col(NoticePicture.notice_id) == notice.id, col(NoticePicture.picture_id) == picture_id
            )
        )
        from handlers.notices.sending import tell_sender  # it imports the drafting, which imports this

        await tell_sender(turn, notice, texts.picture_failed(notice))
