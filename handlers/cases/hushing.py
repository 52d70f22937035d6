"""保密 12, 这事别在群里说: from then on a case is spoken of in private only."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlmodel import col

from handlers.cases import texts
from handlers.cases.hands import whisper_hands
from handlers.cases.inquiring import own_cases
from handlers.cases.moving import load, manages, moved
from handlers.cases.privacy import is_private_danger, wants_secrecy
from handlers.matters import Refusal, find
from handlers.posting import say, whisper
from handlers.turn import Turn
from handlers.understanding import TROUBLES, Act, Kind, Line, Reading, Ref, asks_secrecy
from storage.areas import Area, Chat, Purpose, Room
from storage.inbox import Outcome
from storage.matters import CASE_OPEN, Case
from storage.outbox import Delivery, DeliveryPart, PartState, Post

HUSHED = "保密"
ASKED_FOR = "报事人请求保密。"
"""Stands with the words of a case from then on, so that nobody is told who reported it (`privacy.wants_secrecy`)."""


async def hush(turn: Turn, number: int) -> None:
    """保密 12: by the reporter or whoever answers for it; what groups were still to hear of it is cancelled."""
    case, area = await load(turn, number)
    own = turn.me.contact_id == case.reporter_id
    if not (own or manages(turn, case, area)):
        raise Refusal(f"{texts.name(case)}只有报事人和负责的人能要求保密，这次没有改动。")
    if case.quiet and own and not wants_secrecy(case.text):
        await _keep_unnamed(turn, case)
        return
    if case.quiet:
        raise Refusal(f"{texts.name(case)}本来就只私下说，不在群里说。")
    if case.kind == Kind.EMERGENCY and not is_private_danger(case.text):
        raise Refusal(f"{texts.name(case)}是险情，邻居要知道才能躲开，不能保密。")
    case.quiet, case.shown = True, False
    if own:
        case.text = f"{case.text}\n{ASKED_FOR}"
    await moved(turn, case, HUSHED, public=False)
    await _cancel_in_groups(turn, case)
    await _answer(turn, case)
    await _tell_the_other(turn, case, own)


async def _keep_unnamed(turn: Turn, case: Case) -> None:
    """The reporter of a case that is spoken of in private anyhow asks not to be named."""
    case.text = f"{case.text}\n{ASKED_FOR}"
    turn.audit("case.unnamed", str(case.id), "text")
    turn.concerns(str(case.id))
    text = f"{texts.name(case)}好的，已提醒经手的人：不说出是您反映的。"
    await whisper(turn, turn.me.contact_id, text, ref=str(case.id))
    await whisper_hands(turn, case, f"{texts.name(case)}{ASKED_FOR}请不要说出是谁反映的。")


async def _cancel_in_groups(turn: Turn, case: Case) -> None:
    """What is queued of it for residents' groups; staff rooms hear nothing personal, and somebody waits there."""
    await turn.session.flush()
    waiting = (
        select(col(Delivery.id))
        .join(Post, col(Delivery.post_id) == col(Post.id))
        .join(Chat, col(Delivery.chat_id) == col(Chat.id))
        .join(Room, col(Chat.room_id) == col(Room.id))
        .where(Post.ref == str(case.id), Room.purpose == Purpose.RESIDENTS)
    )
    await turn.session.execute(
        update(DeliveryPart)
        .where(col(DeliveryPart.delivery_id).in_(waiting), col(DeliveryPart.state) == PartState.QUEUED)
        .values(state=PartState.CANCELLED)
        .execution_options(synchronize_session=False)
    )


async def _answer(turn: Turn, case: Case) -> None:
    """In private; who cannot be told there hears no word of the matter in the group."""
    text = f"{texts.name(case)}好的，以后只私下说，不在群里说了。已经发出去的收不回来。"
    sent = await whisper(turn, turn.me.contact_id, text, ref=str(case.id))
    if not sent.chats:
        await say(turn, texts.ACCEPTED_UNSEEN)


async def _tell_the_other(turn: Turn, case: Case, own: bool) -> None:
    """The owner hears what the reporter wants, and the reporter what was done."""
    if own:
        await whisper_hands(turn, case, f"{texts.name(case)}{ASKED_FOR}以后只私下说，请不要说出是谁反映的。")
    else:
        await whisper(turn, case.reporter_id, f"{texts.name(case)}以后只私下跟您说，不在群里说了。", ref=str(case.id))


async def asked(turn: Turn, ref: Ref) -> None:
    """这事别在群里说 of an open case, from its reporter or whoever answers for it; from others it is talk."""
    case = await turn.session.get(Case, ref.number)
    area = None if case is None else await turn.session.get(Area, case.area_id)
    own = case is not None and turn.me.contact_id == case.reporter_id
    if case is None or area is None or (case.quiet and not (own and not wants_secrecy(case.text))):
        turn.outcome = Outcome.CHAT
    elif case.quiet:
        await _keep_unnamed(turn, case)
    elif own or manages(turn, case, area):
        await hush(turn, ref.number)
    else:
        turn.outcome = Outcome.CHAT


async def asked_apart(turn: Turn) -> bool:
    """The same, said to the bot alone about what was reported elsewhere; False where that is not asked."""
    if not (turn.here.private and asks_secrecy(turn.text)):
        return False
    await hush(turn, (await find(turn, "C", None)).number)
    return True


KEEPS = "能保密：只有负责的人看得到，不发到群里，也不说是谁反映的。您说，在哪里、什么事？"


async def promised(turn: Turn) -> bool:
    """Whether somebody asks, alone with the bot, not to be named before they say what it is; they are told it is so."""
    if not (turn.here.private and (wants_secrecy(turn.text) or asks_secrecy(turn.text))):
        return False
    if any(one.state in CASE_OPEN for one in await own_cases(turn)):  # it is of that one
        return False
    await say(turn, KEEPS)
    return True


def in_confidence(reading: Reading, lines: Sequence[Line], *, private: bool) -> Reading:
    """What is reported with the words that asked for secrecy just before, so that they stand with the case."""
    if not private or reading.kind not in TROUBLES or reading.act != Act.NONE or wants_secrecy(reading.text):
        return reading
    asked = next((one.text for one in lines if wants_secrecy(one.text) and one.text not in reading.text), None)
    return reading if asked is None else reading._replace(text=f"{asked}\n{reading.text}")
