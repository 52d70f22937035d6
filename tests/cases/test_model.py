"""Random commands by random people: cases move by the table only, ends are told, nothing private leaks."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from handlers.cases.machine import MOVES, Hands
from storage.agenda import DueItem
from storage.areas import Chat, RoomBinding
from storage.inbox import InboxEvent, InboxState
from storage.matters import CASE_ENDED, CASE_SOLVED, Case, CaseState, CaseStep
from storage.people import ContactBinding
from tests.harness import Talk

GROUPS = {"r1": "g1", "r2": "g1", "r3": "g2", "r4": "g3", "w1": "g1", "w2": "g2", "v1": "g1", "l1": "g1"}
STAFF = ("w1", "w2", "w3", "v1", "l1", "a1", "a2", "t1", "p1", "d1")
PEOPLE = (*GROUPS, "w3", "a1", "a2", "t1", "p1", "d1", "r5", "t2")
SECRET = "紫藤花"
"""Stands in every private report, and in no post to a group."""

REPORTS = (
    "3栋2单元的水管爆了，麻烦来人看看",
    "路灯坏了，晚上看不见路，能不能修一下",
    "楼下烧烤摊天天弄到一点多，孩子没法睡，投诉",
    f"隔壁两口子天天吵架打人，{SECRET}那户，麻烦管管",
    f"我要匿名反映，别说是我说的，{SECRET}那家占道经营",
    f"投诉小耿，态度太差，还骂人，{SECRET}那次",
)
WORDS = {
    "接单": ("",),
    "进展": ("师傅在路上", "已联系物业"),
    "办结": ("", "修好了"),
    "挂起": ("等配件 11月27日", "等", ""),
    "延期": ("12月5日 厂家排产", "昨天"),
    "转给": ("李珍", "刘志愿", "小耿", "没有这个人"),
    "退单": ("", "去不了"),
    "改类": ("噪音", "环境", "天气"),
    "合并": ("1", "2", "3"),
    "拆分": ("", "路灯也不亮"),
    "驳回": ("不归我们管",),
    "误判": ("",),
    "撤销": ("",),
    "催办": ("",),
    "备注": (f"{SECRET}，先别说",),
    "满意": ("",),
    "不满意": ("还是不行",),
    "进度": ("",),
}
PLAIN = ("好了", "修好了", "还没好", "满意", "不满意", "我家也是", "不用了", "不是", "我来", "办不了，换个人吧")

OVER = (CaseState.WITHDRAWN, CaseState.REFUSED, CaseState.MISREAD, CaseState.CONFIRMED, CaseState.MERGED)
RARE = {"撤销": 0.1, "驳回": 0.1, "误判": 0.1, "合并": 0.3, "备注": 0.2}

people, numbers = st.sampled_from(PEOPLE), st.integers(1, 6)
orders = st.sampled_from(sorted(WORDS)).flatmap(lambda verb: st.tuples(st.just(verb), st.sampled_from(WORDS[verb])))


class CaseWork(RuleBasedStateMachine):
    """A town in which anybody says anything about any case."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.checked = 0
        self.states: dict[int, str] = {}
        self.reporters: dict[int, int] = {}

    @initialize(reports=st.lists(st.sampled_from(REPORTS), min_size=3, max_size=3))
    def begin(self, reports: list[str]) -> None:
        self.talk = self.runner.run(Talk(Path(self.folder.name)).open())
        for who, text in zip(("r1", "r2", "r3"), reports, strict=True):
            self.say(who, False, text)
        self.people = {room.removeprefix("@"): -chat for chat, room in self.runner.run(self._chats()) if chat < 0}

    def teardown(self) -> None:
        if hasattr(self, "talk"):
            self.runner.run(self._ends_were_told())
            self.runner.run(self.talk.close())
        self.runner.close()
        self.folder.cleanup()

    def say(self, who: str, private: bool, text: str, **more: str) -> None:
        self.runner.run(self.talk.say(who, None if private else GROUPS.get(who, "s1"), text, **more))

    @rule(who=st.sampled_from(sorted(GROUPS)), private=st.booleans(), text=st.sampled_from(REPORTS))
    def report(self, who: str, private: bool, text: str) -> None:
        self.say(who, private, text)

    @rule(who=people, private=st.booleans(), order=orders, number=numbers)
    def command(self, who: str, private: bool, order: tuple[str, str], number: int) -> None:
        self.say(who, private, f"{order[0]} {number} {order[1]}".strip())

    @precondition(lambda self: self.states)
    @rule(dice=st.randoms(use_true_random=True))
    def move(self, dice: random.Random) -> None:
        """Some things that may be done now, by somebody who may."""
        for _ in range(12):
            lively = [number for number, state in self.states.items() if state not in OVER]
            if len(lively) < 2:
                self.say("r2", False, dice.choice(REPORTS))
                self.every_move_is_in_the_table()
            number = dice.choice(lively or sorted(self.states))
            verbs = [one for one in WORDS if one in MOVES and self.states[number] in MOVES[one].sources]
            verb = dice.choices(verbs, [RARE.get(one, 1.0) for one in verbs])[0]
            who = dice.choice(("l1", "w1", "w2", "a1"))
            if MOVES[verb].hands == Hands.REPORTER:
                who = next(name for name, person in self.people.items() if person == self.reporters[number])
            self.say(who, verb == "备注" or dice.random() < 0.5, f"{verb} {number} {dice.choice(WORDS[verb])}".strip())
            self.every_move_is_in_the_table()

    @precondition(lambda self: any(one.ref[:1].isdigit() for one in self.talk.outputs))
    @rule(who=people, text=st.sampled_from(PLAIN), data=st.data())
    def quote(self, who: str, text: str, data: st.DataObject) -> None:
        about = [one for one in self.talk.outputs if one.ref[:1].isdigit() and one.room in (GROUPS.get(who), f"@{who}")]
        if about:
            post = data.draw(st.sampled_from(about))
            self.say(who, post.room.startswith("@"), text, quote=post.ref)

    @rule(hours=st.sampled_from((0.1, 1, 30)))
    def wait(self, hours: float) -> None:
        self.runner.run(self.talk.wait(hours=hours))

    @invariant()
    def every_move_is_in_the_table(self) -> None:
        if not hasattr(self, "talk"):
            return
        steps = select(CaseStep).where(CaseStep.id > self.checked).order_by(CaseStep.id)  # type: ignore[operator,arg-type]
        for step in self.runner.run(self.talk.rows(steps)):
            before = self.states.setdefault(step.case_id, CaseState.REPORTED)
            move = MOVES.get(step.action)
            if move is None:
                assert step.state == before, f"{step.action} moved {step.case_id} from {before} to {step.state}"
            else:
                assert before in move.sources, f"{step.action} {step.case_id} from {before}"
                assert step.state == (move.target or before)
            self.states[step.case_id] = step.state
            self.checked = step.id
        rows = self.runner.run(self.talk.rows(select(Case)))
        assert {one.id: one.state for one in rows} == self.states
        self.reporters = {one.id: one.reporter_id for one in rows}
        for one in rows:
            assert (one.ended_at is not None) == (one.state in CASE_ENDED), f"{one.id} {one.state}"
            assert one.done_at is not None or one.state not in CASE_SOLVED
            assert (one.merged_id is not None) == (one.state == CaseState.MERGED)

    @invariant()
    def nothing_private_is_said_in_a_group(self) -> None:
        for one in self.talk.outputs if hasattr(self, "talk") else ():
            assert one.room.startswith("@") or SECRET not in one.text, one.text

    async def _ends_were_told(self) -> None:
        """By the next morning every case that was done or refused was told of; and no message made a handler fail."""
        await self.talk.wait(days=1)
        assert await self.talk.rows(select(InboxEvent).where(InboxEvent.state != InboxState.DONE)) == []
        assert await self.talk.rows(select(DueItem).where(DueItem.tries > 0)) == []
        chats = dict(await self._chats())
        heard = {(one.ref.split(".")[0], one.room) for one in self.talk.outputs}
        told = Case.state.in_((*CASE_SOLVED, CaseState.REFUSED, CaseState.MERGED))  # type: ignore[attr-defined]
        for case in await self.talk.rows(select(Case).where(told)):
            rooms = {chats[case.chat_id], chats[-case.reporter_id]}
            assert {(str(case.id), room) for room in rooms} & heard, f"whoever reported {case.id} heard nothing"

    async def _chats(self) -> list[tuple[int, str]]:
        """Chat id -> the room's name; minus the person's id -> their private chat."""
        async with self.talk.database.read() as session:
            rooms = select(Chat.id, RoomBinding.external_id).join(RoomBinding, RoomBinding.chat_id == Chat.id)
            persons = select(ContactBinding.contact_id, ContactBinding.external_id)
            private = select(Chat.id, ContactBinding.external_id).join(
                ContactBinding, ContactBinding.contact_id == Chat.contact_id
            )
            return [
                *((await session.execute(rooms)).all()),
                *((one, f"@{name}") for one, name in await session.execute(private)),
                *((-one, f"@{name}") for one, name in await session.execute(persons)),
            ]


CaseWork.TestCase.settings = settings(
    max_examples=4,
    stateful_step_count=16,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
test_case_work = CaseWork.TestCase
