"""Those who talk to the bot while faults happen: alerts and their ends, a notice, cases with replies."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import col

from storage.areas import RoomBinding
from storage.inbox import InboxEvent
from storage.matters import Alert, AlertState, Case, CaseState, Notice, NoticeState
from storage.outbox import PartState
from tests.bench.burst import RESIDENTS, WORKERS
from tests.faults.stage import LONGEST, Stage

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "建国 秀英 桂花 志强 淑珍 德明 玉兰 海涛 春梅 文斌 丽华 永福 素芬 庆丰 凤霞 金水"
CLOTHES = "灰夹克 紫外套 蓝棉袄 黄雨衣 黑大衣 红毛衣 绿马甲"
TROUBLES = (
    "{n}栋2单元的水管爆了，水流到楼道里了，麻烦来人看看",
    "{n}栋楼道的灯坏了好几天了，晚上看不见，麻烦派人来修一下",
    "{n}栋门口的井盖松了，车一压就响，麻烦派人来修",
    "{n}栋的电梯按钮失灵了，请安排人来修一下",
)
MUCH = 1.25
"""Parts that wait for each room, from which on nobody begins a further fan-out."""


@dataclass(slots=True)
class Said:
    """A message that somebody sent."""

    id: str
    room: str | None
    text: str


class People:
    """The people of a stage. `said` is all they wrote, which must be stored, once, and handled."""

    def __init__(self, stage: Stage) -> None:
        self._stage, self._rng = stage, stage.rng
        names = [one + other for one in SURNAMES for other in GIVEN.split()]
        self._rng.shuffle(names)
        self._names = iter(names)
        self._notices = itertools.count(1)
        self._troubles = itertools.count()
        self._rooms: dict[int, str] = {}
        self.said: list[Said] = []
        self.alerts: list[str] = []
        self.notices: list[str] = []
        self.cases: list[str] = []

    async def talk(self) -> None:
        """One round's talk, until it is said or the task is cancelled: what waits for an answer, then new things."""
        await self._answer()
        waiting = (await self._stage.states())[PartState.QUEUED]
        if waiting < MUCH * len(self._stage.rooms):
            await self._raise_alert()
            if self._rng.random() < 0.5:
                await self._give_notice()
        for _ in range(self._rng.randrange(1, 4)):
            await self._report()
        await self._stage.after_sends(self._rng.randrange(1, len(self._stage.rooms)), 2.0)
        if self._rng.random() < 0.6:
            await self._end_one()
        await self._answer()

    async def repeat(self) -> int:
        """What the bot never stored is delivered again, and a few that it did store; how many it had not."""
        missing = await self.missing()
        again = missing + self._rng.sample(self.said, min(3, len(self.said)))
        for one in again:
            await self._stage.control("again", id=one.id)
        return len(missing)

    async def all_stored(self) -> None:
        """What was said while the bot could not hear it is delivered again, until it is stored."""
        async with asyncio.timeout(LONGEST):
            while await self.repeat():
                await asyncio.sleep(0.5)

    async def missing(self) -> list[Said]:
        """What was said, and is not in the inbox."""
        kept = {row[0] for row in await self._stage.rows(select(col(InboxEvent.external_id)))}
        return [one for one in self.said if one.id not in kept]

    async def _say(self, room: str | None, person: str, text: str) -> None:
        id = await self._stage.control("say", room=room, person=person, text=text)
        self.said.append(Said(id, room, text))

    def _worker(self, room: str) -> str:
        return self._stage.people[RESIDENTS + self._stage.rooms.index(room) % WORKERS]

    async def _raise_alert(self) -> None:
        name, room = next(self._names), self._rng.choice(self._stage.rooms)
        self.alerts.append(name)
        age, clothes = self._rng.randrange(60, 90), self._rng.choice(CLOTHES.split())
        await self._say(room, self._worker(room), f"寻人 {name} 男 {age}岁 {clothes} 早上8点从老粮站走的")

    async def _give_notice(self) -> None:
        text = f"第{next(self._notices)}号通知，明早6点到10点停水"
        self.notices.append(text)
        await self._say(None, self._stage.people[-1], f"通知 全镇 {text}")

    async def _report(self) -> None:
        number = next(self._troubles)
        rooms = self._stage.rooms
        turn, place = divmod(number, len(rooms))
        text = TROUBLES[turn % len(TROUBLES)].format(n=number + 1)
        self.cases.append(text)
        await self._say(rooms[place], self._rng.choice(self._stage.people[:RESIDENTS]), text)

    async def _answer(self) -> None:
        """The admin confirms previews, workers take cases and finish them."""
        await asyncio.sleep(0.1)
        for (number,) in await self._stage.rows(select(col(Notice.id)).where(Notice.state == NoticeState.DRAFT)):
            await self._say(None, self._stage.people[-1], f"确认 N{number}")
        rooms = await self._chats()
        open_cases = select(col(Case.id), col(Case.chat_id), col(Case.state)).where(
            col(Case.state).in_((CaseState.REPORTED, CaseState.ACCEPTED))
        )
        for number, chat, state in (await self._stage.rows(open_cases))[:3]:
            word = f"接单 {number}" if state == CaseState.REPORTED else f"办结 {number} 已修好"
            await self._say(rooms[chat], self._worker(rooms[chat]), word)

    async def _end_one(self) -> None:
        rooms = await self._chats()
        standing = select(col(Alert.id), col(Alert.chat_id)).where(Alert.state == AlertState.CONFIRMED)
        if found := await self._stage.rows(standing):
            number, chat = self._rng.choice(found)
            await self._say(rooms[chat], self._worker(rooms[chat]), f"找到 M{number} 在老粮站，人没事")

    async def _chats(self) -> dict[int, str]:
        if not self._rooms:
            bound = await self._stage.rows(select(col(RoomBinding.chat_id), col(RoomBinding.external_id)))
            self._rooms = dict(bound)
        return self._rooms
