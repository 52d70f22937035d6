"""Two processes on one PostgreSQL read two messages in the same instant, and only then write."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from handlers.dispatch import Dispatch
from handlers.ports import Event, EventKind
from storage.areas import Chat, Room
from storage.matters import Case, CaseFollower
from tests.accounts.pair import Pair
from tests.harness import texts

pytestmark = pytest.mark.postgres


async def test_neighbours_of_two_groups_make_one_case(
    postgres: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = await Pair(postgres()).open()
    second = select(col(Room.id)).where(Room.key == "g2").scalar_subquery()
    async with pair.database.write() as session:
        account = pair.sides["B"].account_id
        await session.execute(update(Chat).where(col(Chat.room_id) == second).values(account_id=account))
    read, carry_out = asyncio.Barrier(2), Dispatch._carry_out

    async def together(self: Dispatch, *given: object) -> bool:
        await read.wait()
        return await carry_out(self, *given)  # type: ignore[arg-type]

    for name, person, room in (("A", "r1", "g1"), ("B", "r3", "g2")):
        event = Event(
            name, EventKind.MESSAGE, pair.clock.now(), room=room, sender=person, text="柳树巷停电了，谁来看看"
        )
        await pair.sides[name].machine.inbox.store([event])
    with monkeypatch.context() as patched:
        patched.setattr(Dispatch, "_carry_out", together)
        async with asyncio.timeout(20):
            await asyncio.gather(*(side.machine.dispatch.step(pair.clock.now()) for side in pair.sides.values()))
    said = await pair.settle()
    assert len(await pair.rows(select(Case))) == len(await pair.rows(select(CaseFollower))) == 1
    both = "".join(texts(said, "g1") + texts(said, "g2"))
    assert "已记下" in both and "已经有人报了" in both
    await pair.close()
