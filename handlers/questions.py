"""咨询: answers from the question bank, the worker's answer where there is none, and keeping that."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import or_, select, update
from sqlmodel import col

from handlers.bank import MAX_ANSWER, asks, plain
from handlers.cases.complaints import passed_on
from handlers.cases.reporting import hears_fresh, open_and_tell
from handlers.clipping import clip, hide_identity_numbers, open_clip
from handlers.commands import Command, Order, Takes
from handlers.matters import Refusal
from handlers.posting import Piece, Target, post, responsible, say, tell, whisper
from handlers.reading_words import read_words
from handlers.refs import label
from handlers.surroundings import as_ref
from handlers.turn import WORKERS, Turn
from handlers.understanding import Act, Kind, Ref
from storage.agenda import Question
from storage.answers import Answer, Inquiry, InquiryState
from storage.areas import Area
from storage.inbox import Outcome
from storage.matters import CASE_SOLVED, Case, CaseStep
from storage.outbox import Delivery, Post, Sort
from storage.people import Contact

KEEP = "留"
"""The question whether an answer is to be kept; its command answers it."""

REPLY = "inquiry.reply"
"""The question whether a worker's words without a quote answer what was put to them last."""

AGAIN = timedelta(minutes=10)
"""Within what time a group does not get the same answer twice that nobody asked the bot for."""

LATELY = timedelta(hours=12)
"""How long a question that was put to a worker is what they are taken to speak of."""

MAX_TEXT = 500
FOUND = 5


async def answered(turn: Turn, *, asked: bool) -> bool:
    """Answer from the bank, if that is sure; False if it is not. `asked`: the bot itself was asked."""
    area = turn.here.area
    if area is None or turn.bank is None:
        return False
    hit = turn.bank.sure(turn.text, area.path, unasked=not asked)
    entry = await turn.session.get(Answer, hit.number) if hit else None
    if entry is None or (entry.valid_until is not None and entry.valid_until <= turn.now):
        return False
    if not asked and not (await hears_fresh(turn) and not await _said_lately(turn, entry)):
        return False
    inquiry = await _inquire(turn, area, entry)
    source = f"\n来源：{entry.source}" if entry.source else ""
    text = f"{label(f'Q{inquiry.id}')}{entry.answer}{source}\n（不是您问的就引用这条回“不是”）"
    await say(turn, text, ref=f"Q{inquiry.id}", sort=Sort.REPLY if asked else Sort.FRESH)
    return True


async def _said_lately(turn: Turn, entry: Answer) -> bool:
    query = select(Inquiry.id).where(
        Inquiry.chat_id == turn.here.chat_id, Inquiry.answer_id == entry.id, col(Inquiry.at) > turn.now - AGAIN
    )
    return await turn.session.scalar(query.limit(1)) is not None


async def _inquire(turn: Turn, area: Area, entry: Answer | None = None) -> Inquiry:
    inquiry = Inquiry(
        state=InquiryState.ANSWERED if entry else InquiryState.OPEN,
        area_id=area.id or 0,
        chat_id=turn.here.chat_id,
        contact_id=turn.me.contact_id,
        text=turn.text[:MAX_TEXT],
        answer_id=entry.id if entry else None,
        at=turn.at,
        answered_at=turn.now if entry else None,
    )
    turn.session.add(inquiry)
    await turn.session.flush()
    turn.concerns(f"Q{inquiry.id}")
    return inquiry


async def to_worker(turn: Turn) -> None:
    """Nobody but a person can answer it: the worker gets it in private, and the asker hears who has it."""
    area = turn.here.area
    workers = await responsible(turn, area, WORKERS, but=[turn.me.contact_id]) if area else []
    if area is None or not workers:
        await say(turn, "这个我答不上来，请问问村（社区）里的工作人员；政务热线是 12345。")
        return
    await _pass_on(turn, await _inquire(turn, area), area, workers[0])


async def _pass_on(turn: Turn, inquiry: Inquiry, area: Area, worker_id: int) -> None:
    worker, ref = await turn.session.get(Contact, worker_id), f"Q{inquiry.id}"
    place = "私下" if turn.here.private else f"在{area.name}群里"
    told = await tell(
        turn,
        worker_id,
        f"{label(ref)}请回答。{turn.me.name}{place}问：\n“{clip(inquiry.text, 200)}”\n引用这条直接回答，我转过去。",
        f"{label(ref)}请回答：{area.name}有人提问，请到群里看看，引用这条回答。",
        area=area,
        ref=ref,
    )
    name = worker.name if worker else ""
    if told is None:
        await say(turn, f"这个我答不上来，请直接问网格员{name}。", ref=ref)
    else:
        await say(turn, f"这个要人来答，已转给网格员{name}。", ref=ref)


async def ask(turn: Turn, order: Order) -> None:
    """咨询 低保要什么材料: from the bank if it is sure, else from the worker; complaints about staff go past them."""
    turn.text = order.rest
    if await _complains(turn):
        return
    if not await answered(turn, asked=True):
        await to_worker(turn)


async def _complains(turn: Turn) -> bool:
    area = turn.here.area
    if area is None:
        return False
    reading = await read_words(turn, turn.text)
    if not await passed_on(turn, area, turn.text, reading):
        return False
    turn.reading = reading._replace(kind=Kind.COMPLAINT, about_worker=True)
    await open_and_tell(turn, area)
    return True


async def _load(turn: Turn, ref: Ref) -> tuple[Inquiry, Area]:
    inquiry = await turn.session.get(Inquiry, ref.number, with_for_update=True, populate_existing=True)
    if inquiry is None:
        raise Refusal(f"没有 {ref} 这个编号，请核对一下。")
    return inquiry, await turn.session.get_one(Area, inquiry.area_id)


async def not_that(turn: Turn, ref: Ref) -> None:
    """不是: the bank's answer was to something else; from the asker this sends it to the worker."""
    inquiry, area = await _load(turn, ref)
    if inquiry.contact_id != turn.me.contact_id or inquiry.answer_id is None or inquiry.by_id is not None:
        turn.outcome = Outcome.CHAT
        return
    inquiry.state, inquiry.answer_id, inquiry.answered_at = InquiryState.OPEN, None, None
    turn.concerns(str(ref))
    workers = await responsible(turn, area, WORKERS, but=[turn.me.contact_id])
    if workers:
        await _pass_on(turn, inquiry, area, workers[0])
    else:
        await say(turn, "对不住，答错了。请问问村（社区）里的工作人员；政务热线是 12345。", ref=str(ref))


async def replied(turn: Turn, ref: Ref) -> None:
    """A worker quotes the question and answers it: the asker hears it where they asked."""
    inquiry, area = await _load(turn, ref)
    if not turn.me.has(WORKERS, area.path):
        turn.outcome = Outcome.CHAT
        return
    if inquiry.state != InquiryState.OPEN:
        raise Refusal(f"{label(ref)}已经答过了，这次没有再转。")
    turn.concerns(str(ref))
    inquiry.state, inquiry.answer, inquiry.by_id = InquiryState.ANSWERED, turn.text[:MAX_ANSWER], turn.me.contact_id
    inquiry.answered_at = turn.now
    turn.audit("inquiry.answer", str(ref), "answer")
    if turn.here.chat_id != inquiry.chat_id:
        await _to_asker(turn, inquiry, ref)
    await _offer_to_keep(turn, inquiry, ref)


async def may_answer(turn: Turn) -> bool:
    """Whether a worker's private words may answer the question that the bot put to them last; then it asks them.

    Not without asking: what was said in private would stand in a group.
    """
    last = (
        select(col(Post.ref))
        .join(Delivery, col(Delivery.post_id) == col(Post.id))
        .where(Delivery.chat_id == turn.here.chat_id, col(Post.at) > turn.now - LATELY)
        .order_by(col(Post.id).desc())
        .limit(1)
    )
    said = as_ref(await turn.session.scalar(last) or "")
    inquiry = await turn.session.get(Inquiry, said.number) if said and said.letter == "Q" else None
    if inquiry is None or inquiry.state != InquiryState.OPEN:
        return False
    ref, here = f"Q{inquiry.id}", turn.here.chat_id
    before = update(Question).where(
        Question.kind == REPLY, Question.chat_id == here, col(Question.answered_at).is_(None)
    )
    await turn.session.execute(before.values(answered_at=turn.now))
    _wait_for(turn, REPLY, ref, text=turn.text[:MAX_ANSWER])
    asker = await turn.session.get_one(Contact, inquiry.contact_id)
    asked = clip(inquiry.text, 40)
    await say(turn, f"{label(ref)}这是回答“{asked}”的吗？回“是”，我就转给{asker.name}。", ref=ref)
    return True


async def _reply_confirmed(turn: Turn, question: Question, yes: bool) -> None:
    if not yes:
        await say(turn, f"好，没有转。要回答请引用{label(question.ref)}那条。", ref=question.ref)
        return
    if ref := as_ref(question.ref):
        turn.text = question.data["text"]
        await replied(turn, ref)


def _wait_for(turn: Turn, kind: str, ref: str, **data: str) -> None:
    """The person here is expected to answer, for as long as the config says."""
    expires = turn.now + timedelta(minutes=turn.rules.question_minutes)
    here, me = turn.here.chat_id, turn.me.contact_id
    turn.session.add(
        Question(kind=kind, ref=ref, chat_id=here, contact_id=me, asked_at=turn.now, expires_at=expires, data=data)
    )


async def _to_asker(turn: Turn, inquiry: Inquiry, ref: Ref) -> None:
    text = f"{label(ref)}{turn.me.name}答复：{hide_identity_numbers(inquiry.answer)}"
    sent = await post(turn, str(ref), Sort.REPLY, [Piece(text, (inquiry.contact_id,))], [Target(inquiry.chat_id)])
    if not sent.chats:
        await whisper(turn, inquiry.contact_id, text, ref=str(ref))


async def _offer_to_keep(turn: Turn, inquiry: Inquiry, ref: Ref) -> None:
    text = f"{label(ref)}已转达。留进问题库吗？回“留”，下次有人问我就直接答（也可以发“留 {ref}”）。"
    if not turn.here.private:
        await whisper(turn, turn.me.contact_id, text, ref=str(ref))
        return
    _wait_for(turn, KEEP, str(ref))
    await say(turn, text, ref=str(ref))


async def keep(turn: Turn, order: Order) -> None:
    """留 Q7: the answer goes into the bank, for the widest area that its keeper answers for."""
    assert order.ref is not None
    inquiry, area = await _load(turn, order.ref)
    mine = [held for held in turn.me.roles if held.role in WORKERS and held.covers(area.path)]
    if not mine:
        raise Refusal(f"{label(order.ref)}归{area.name}管，这次没有改动。")
    if inquiry.by_id is None or not inquiry.answer:
        raise Refusal(f"{label(order.ref)}还没有人答复，答复了才能留。")
    if inquiry.state == InquiryState.KEPT:
        raise Refusal(f"{label(order.ref)}已经在问题库里了。")
    inquiry.state = InquiryState.KEPT
    by = await turn.session.get(Contact, inquiry.by_id)
    source = f"{by.name if by else ''}，{turn.local(turn.now):%Y-%m}"
    inquiry.answer_id = await _put(turn, min(mine, key=lambda held: held.level).area_id, inquiry, source)
    asked = update(Question).where(Question.kind == KEEP, Question.ref == str(order.ref))
    await turn.session.execute(asked.values(answered_at=turn.now))
    turn.audit("answer.keep", str(order.ref), "answer")
    await say(turn, f"{label(order.ref)}留下了，下次有人问我就直接答。", ref=str(order.ref))


async def _put(turn: Turn, area_id: int, inquiry: Inquiry, source: str) -> int:
    """Write the entry, in the place of an older answer to the same question, in whatever wording."""
    question = open_clip(inquiry.text, MAX_TEXT)
    there = await turn.session.scalars(select(Answer).where(Answer.area_id == area_id).order_by(col(Answer.id)))
    entry = next((one for one in there if plain(question) in asks(one)), None)
    if entry is None:
        entry = Answer(area_id=area_id, question=question, answer="", at=turn.now)
        turn.session.add(entry)
    entry.answer, entry.source = hide_identity_numbers(inquiry.answer), source
    entry.by_id, entry.at, entry.valid_until = turn.me.contact_id, turn.now, None
    await turn.session.flush()
    return entry.id or 0


async def search(turn: Turn, order: Order) -> None:
    """查问题 路灯: what the bank says, and how such matters were settled."""
    lines = [*await _in_bank(turn, order.rest), *await _in_cases(turn, order.rest)]
    await say(turn, "\n".join(lines) if lines else f"问题库和办过的事项里没有“{clip(order.rest, 20)}”。")


async def _in_bank(turn: Turn, words: str) -> list[str]:
    area = turn.here.area
    if area is None or turn.bank is None:
        return []
    entries = [await turn.session.get(Answer, hit.number) for hit in turn.bank.find(words, area.path)[:FOUND]]
    return [f"问：{clip(one.question, 40)}\n答：{clip(one.answer, 80)}" for one in entries if one]


async def _in_cases(turn: Turn, words: str) -> list[str]:
    """Settled cases of the speaker's areas; nothing private, and nothing that was said to the bot alone."""
    query = (
        select(Case)
        .join(Area, col(Area.id) == col(Case.area_id))
        .where(
            col(Case.state).in_(CASE_SOLVED),
            col(Case.quiet).is_(False),
            col(Case.shown).is_(True),
            col(Case.text).contains(words[:40], autoescape=True),
            or_(*(col(Area.path).startswith(path, autoescape=True) for path in turn.me.areas)),
        )
        .order_by(col(Case.id).desc())
        .limit(FOUND)
    )
    return [await _settled(turn, one) for one in (await turn.session.scalars(query)).all()]


async def _settled(turn: Turn, case: Case) -> str:
    steps = select(CaseStep).where(CaseStep.case_id == case.id, CaseStep.action == "办结").order_by(col(CaseStep.id))
    last: Sequence[CaseStep] = (await turn.session.scalars(steps)).all()
    result = f" → {open_clip(last[-1].text, 40)}" if last and last[-1].text else ""
    return f"{label(str(case.id))}{open_clip(case.text, 40)}{result}"


ANSWERS: Mapping[str, Callable[[Turn, Question, bool], Awaitable[None]]] = {REPLY: _reply_confirmed}

ACTS: Mapping[Act, Callable[[Turn, Ref], Awaitable[None]]] = {Act.WITHDRAW: not_that, Act.MORE: replied}

COMMANDS: tuple[Command, ...] = (
    Command(("咨询",), "咨询 低保要什么材料", "问办事的事：问题库里有就答，没有就转给网格员", ask, rest=Takes.MUST),
    Command(("查问题",), "查问题 路灯", "在问题库和办完的事项里找", search, WORKERS, rest=Takes.MUST, ordinary=True),
    Command(
        (KEEP,),
        "留 Q7",
        "把刚才的答复留进问题库",
        keep,
        WORKERS,
        Takes.MUST,
        letters="Q",
        ordinary=True,
    ),
)
