"""What people say the bot read wrongly: kept as lessons, made into changes of the reader by `gridbot learn`."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from handlers.turn import Turn
from handlers.understanding import Kind, Lesson, Taught, masked, tally, teach, undump
from storage.reading import Correction
from storage.reading import Taught as TaughtRow

LOOK_AGAIN = timedelta(minutes=1)
AT_MOST = 5000
"""The newest lessons that are learned from."""


def keep(turn: Turn, was: str, should: str, *, ref: str = "", text: str = "") -> None:
    """Keep that a message was read as `was` and should have been `should`; it is a lesson where its text is given."""
    by = turn.speaker.contact_id if turn.speaker else None
    seen = masked(text) if text else ""
    turn.session.add(Correction(at=turn.now, ref=ref, was=was, should=should, by_id=by, seen=seen))


async def take_back(turn: Turn, ref: str) -> None:
    """Drop what was kept of a matter: it had been read rightly after all."""
    await turn.session.execute(delete(Correction).where(col(Correction.ref) == ref))


class Taughts:
    """Holds what the town taught the reader; a `gridbot learn` beside a running bot is seen within a minute."""

    def __init__(self) -> None:
        self.taught: Taught | None = None
        self._row: int | None = None
        self._looked: datetime | None = None

    async def refresh(self, session: AsyncSession, now: datetime) -> None:
        """Load it if there is something new and a minute has passed."""
        if self._looked and self._looked <= now < self._looked + LOOK_AGAIN:
            return
        self._looked = now
        row_id = await session.scalar(select(col(TaughtRow.id)).order_by(col(TaughtRow.id).desc()).limit(1))
        if row_id != self._row:
            self._row = row_id
            row = await session.get(TaughtRow, row_id) if row_id else None
            self.taught = undump(row.weights) if row else None


async def lessons(session: AsyncSession) -> list[Lesson]:
    """The newest corrections that carry what was said, the oldest first."""
    query = select(col(Correction.seen), col(Correction.should)).where(Correction.seen != "")
    rows = (await session.execute(query.order_by(col(Correction.id).desc()).limit(AT_MOST))).all()
    return [Lesson(seen, Kind(should)) for seen, should in reversed(rows)]


async def learn(session: AsyncSession, now: datetime) -> str:
    """Learn from what was kept, and say what came of it; what was learned before is replaced if that helps."""
    kept = await lessons(session)
    taught, outcome = teach(kept)
    counts = "、".join(f"{NAMES[kind]} {count}" for kind, count in tally(kept).items())
    said = f"网格员判过的消息共 {len(kept)} 条" + (f"（{counts}）。" if counts else "。")
    said += f"能学的 {outcome.used} 条：原来读对 {outcome.before} 条，学了别的再读，读对 {outcome.after} 条。"
    if taught is None:
        return said + "这次没有改动。" + ("多攒一些再学。" if outcome.after <= outcome.before else "")
    await forget(session)
    session.add(TaughtRow(at=now, lessons=outcome.used, weights=taught.dump()))
    return said + "已学会，运行中的机器人一分钟内用上；不想要就用 gridbot learn --forget。"


async def forget(session: AsyncSession) -> int:
    """Read again as the program came; how many rows were dropped."""
    gone = await session.execute(delete(TaughtRow))
    return int(getattr(gone, "rowcount", 0))


NAMES = {
    Kind.MISSING: "寻人",
    Kind.SIGHTING: "线索",
    Kind.FOUND: "找到了",
    Kind.STRAY: "有人走失待认领",
    Kind.EMERGENCY: "紧急",
    Kind.REQUEST: "求助",
    Kind.COMPLAINT: "投诉",
    Kind.SUGGESTION: "建议",
    Kind.QUESTION: "咨询",
    Kind.CHAT: "闲聊",
}
"""What people call the kinds."""
