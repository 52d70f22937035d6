"""Photos of a case: of the site, of the result, and what the reporter sent with it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlmodel import col

from handlers.photos import any_sent, just_sent
from handlers.posting import Piece
from handlers.turn import Turn
from storage.inbox import InboxEvent, Picture
from storage.matters import Case, CasePicture, CaseStep, Shows
from storage.outbox import Post, PostPart

AT_ONCE = 6
"""Photos that are kept, or sent, with one message at most."""

SHOWN = {Shows.REPORT: "报事人发的", Shows.SITE: "现场", Shows.RESULT: "办好后", Shows.AGREEMENT: "和解书"}

MOST = 30
"""Photos that are kept of a case."""


async def keep_sent(turn: Turn, case: Case, shows: Shows, *, most: int = AT_ONCE) -> Sequence[Picture]:
    """Keep what the speaker sent right before, here or where the case was reported, and was not posted yet."""
    if turn.event is None or not await any_sent(turn):
        return ()
    posted = (
        select(PostPart.id)
        .join(Post, col(PostPart.post_id) == col(Post.id))
        .where(PostPart.picture_id == Picture.id, Post.ref == str(case.id))
    )
    kept = select(CasePicture.picture_id).where(
        CasePicture.case_id == case.id, CasePicture.shows == Shows.SITE, ~posted.exists()
    )
    photos = await just_sent(turn, most, col(Picture.id).in_(kept), chats=(case.chat_id,))
    return [photo for photo in photos if await keep(turn, case, photo, shows)]


async def keep(turn: Turn, case: Case, picture: Picture, shows: Shows) -> bool:
    """Keep a photo, which is fetched if it was not yet; False where the case has as many as it may."""
    row = await turn.session.get(CasePicture, (case.id, picture.id))
    if row is not None:
        row.shows = shows
        return True
    known = select(CasePicture.picture_id).where(CasePicture.case_id == case.id).limit(MOST)
    if len((await turn.session.scalars(known)).all()) >= MOST:
        return False
    if picture.state == "handle":
        picture.state = "wanted"
    turn.session.add(CasePicture(case_id=case.id or 0, picture_id=picture.id or 0, shows=shows))
    await turn.session.flush()
    return True


async def with_step(turn: Turn, case: Case, photos: Sequence[Picture]) -> None:
    """Note that these came with the case's last step."""
    if not photos:
        return
    await turn.session.flush()
    last = select(func.max(CaseStep.id)).where(CaseStep.case_id == case.id).scalar_subquery()
    mine = (col(CasePicture.case_id) == case.id) & col(CasePicture.picture_id).in_([one.id for one in photos])
    await turn.session.execute(update(CasePicture).where(mine).values(step_id=last))


async def of_steps(turn: Turn, case: Case, photos: Sequence[Picture]) -> list[str]:
    """With which step each of the photos came, else what it shows."""
    query = (
        select(col(CasePicture.picture_id), col(CasePicture.shows), col(CaseStep.action))
        .outerjoin(CaseStep, col(CaseStep.id) == col(CasePicture.step_id))
        .where(CasePicture.case_id == case.id)
    )
    found = {number: action or SHOWN[Shows(shows)] for number, shows, action in await turn.session.execute(query)}
    return [found[one.id] for one in photos]


async def shown(turn: Turn, case: Case) -> set[str]:
    """What the photos of a case show."""
    query = select(CasePicture.shows).join(Picture, col(Picture.id) == col(CasePicture.picture_id))
    there = query.where(CasePicture.case_id == case.id, col(Picture.state).in_(("wanted", "ready")))
    return set((await turn.session.scalars(there)).all())


async def latest(turn: Turn, case: Case) -> Sequence[Picture]:
    """The latest photos of a case that can be sent, the oldest first."""
    query = (
        select(Picture)
        .join(CasePicture, col(CasePicture.picture_id) == col(Picture.id))
        .where(CasePicture.case_id == case.id, col(Picture.state).in_(("wanted", "ready")))
    )
    newest = (await turn.session.scalars(query.order_by(col(Picture.id).desc()).limit(AT_ONCE))).all()
    return list(reversed(newest))


def pieces(photos: Sequence[Picture]) -> list[Piece]:
    """The parts of a post that carry them."""
    return [Piece(picture_id=photo.id) for photo in photos]


async def for_chat(turn: Turn, photos: Sequence[Picture], chat_id: int, *, in_group: bool) -> list[Piece]:
    """The same for the chat of origin: not what was sent there, and in a group nothing where the config says so."""
    if not photos or (in_group and not turn.rules.cases.photos_in_group):
        return []
    ids = [photo.inbox_id for photo in photos]
    seen = select(InboxEvent.id).where(col(InboxEvent.id).in_(ids), InboxEvent.chat_id == chat_id)
    there = set((await turn.session.scalars(seen)).all())
    return pieces([photo for photo in photos if photo.inbox_id not in there])
