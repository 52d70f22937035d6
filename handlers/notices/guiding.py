"""Plain words of a sender about notices: which one is meant, and how it is written."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

from handlers.commands import Command
from handlers.helping import addressed
from handlers.matters import Refusal
from handlers.notices import texts
from handlers.notices.audience import audience_at_start
from handlers.notices.counting import load_to_see, report_status
from handlers.notices.drafting import CONFIRM, write
from handlers.notices.receipts import tell_receipts
from handlers.notices.sending import halt
from handlers.notices.templates import own_area
from handlers.posting import say
from handlers.turn import SENDERS, Turn
from handlers.understanding import Kind, Ref
from storage.agenda import Question
from storage.inbox import Outcome
from storage.matters import NOTICE_OUT, Notice, NoticeState

JUST_SENT = timedelta(minutes=10)
"""How long after it was sent a notice is what 撤回 without a number means."""

ASKED_ABOUT = timedelta(days=1)
"""How long after it was sent a notice is what 发到哪了 asks about."""

_PLEASE = r"(?:请问?|麻烦|帮我|帮忙|给我|赶紧|赶快|快|马上|立刻|我们?|想|要|需要|把|怎么|咋|如何|怎样)*"
_SLIP = r"(?:[^,，。!！]{0,6}错了?[,，。!！\s]*)?"
_THAT = r"(?:发送?|刚才|刚刚|上一?条|那条|这条|的|通知|[\s:：。.!！])*"
_SEND = r"发(?:送|布|个|一?条|一下)*"
_FAR = (
    r"(?:都|全)?发(?:到哪儿?里?|完|好|出去|得?怎么?样|了?多少(?:个?群)?|了?几个群)"
    r"|(?:还?有)?[哪几多][个些少]*群(?:还)?没有?[收发][到出完成功]+"
)
_NOD = (
    r"(?:(?:好的?|嗯{1,5}|行|对|是)?[,，\s]{0,3}(?:没问题|没错|看过了?|看了|收到|知道了?|同意|批准|通过|发出|可行?|对|嗯{1,5}|1))?"
    r"[,，\s]{0,3}(?:就这样|就这么发)?[的了吧哈啊呀。.!！~～\s]{0,9}"
    r"|[👌👍✅✔☑🙏💪\s\ufe0f\U0001f3fb-\U0001f3ff]{1,20}|(?:\[(?:OK|ok|强|握手|抱拳|赞)\]){1,9}"
)
"""What may be a yes to a preview, but is none that is sure."""
_MANY = r"(?:有)?(?:多少|几个?)个?人?"
_HEARD = rf"{_MANY}(?:已经?)?(?:收到|回复?|看到)(?:通知)?|(?:收到|回复?|看到)[的了]?{_MANY}"
WANTS = re.compile(
    rf"(?P<nod>{_NOD})$|"
    r"(?:通知|看看|查一?下){0,3}\s{0,3}(?:[NnＮｎ]\s?(?P<about>\d{1,7})号?[\s:：,，]{0,5})?"
    rf"(?:(?P<far>{_FAR})|(?P<heard>{_HEARD}))[了啦吗呢没啊呀?？。！!\s]{{0,9}}$"
    rf"|{_SLIP}{_PLEASE}(?:(?P<word>撤回|更正)|(?P<stop>停止){_THAT}$)"
    rf"|{_PLEASE}(?P<how>(?:给(?P<whom>[^,，。]{{1,8}}))?{_SEND}通知(?![说了的])[\s:：,，]*)"
    rf"|{_PLEASE}(?:群发(?:通知|消息)?|(?P<plan>定时)(?:{_SEND})?通知|通知(?:一下|下)?)[\s:：]*"
    r"|(?P<area>[^\s:：,，]{2,12})通知[:：]\s*"
    rf"|{_PLEASE}(?P<again>(?:重新?|再|补|转)发(?:一?[遍次下条份])?(?=通知|[\s。.!！]*(?:$|[NnＮｎ]\s?\d)))"
    rf"|{_PLEASE}(?:(?:取消|作废|停发|不发|别发|删除|删掉)|(?P<change>修改|更改|改))(?:通知|了)?\s*[NnＮｎ]\s?(?P<number>\d{{1,7}})(?!\d)"
)
"""What asks for something to be done with a notice."""


async def sent_lately(turn: Turn, command: Command) -> Ref | None:
    """The only notice that the speaker sent as lately as the command asks; None if there is none.

    Of several the bot asks which, where it was spoken to.
    """
    if command.recent is None:
        return None
    found = await _lately(turn, command.recent)
    if len(found) > 1 and addressed(turn):
        raise Refusal(texts.which(command.name, found))
    return Ref("N", found[0]) if len(found) == 1 else None


async def _lately(turn: Turn, within: timedelta) -> list[int]:
    """The numbers of the notices that the speaker sent so lately, the last one first."""
    query = select(col(Notice.id)).where(
        Notice.sender_id == turn.me.contact_id,
        Notice.state == NoticeState.SENT,
        col(Notice.sent_at) > turn.now - within,
    )
    return list(await turn.session.scalars(query.order_by(col(Notice.id).desc()).limit(texts.NAMES_SHOWN)))


async def showed_how(turn: Turn) -> bool:
    """Whether a sender's plain words in private asked for it, and were answered: with the preview of the notice where
    they say to whom it goes and what, else with how it is written."""
    said = turn.text.strip()
    asked = WANTS.match(said) if turn.here.private and turn.me.has(SENDERS) else None
    if asked is None:
        return False
    if word := asked["word"] or asked["stop"]:
        turn.outcome = Outcome.COMMAND
        await say(turn, texts.which(word, await _lately(turn, JUST_SENT)))
        return True
    if asked["nod"]:
        return await _asked_again(turn)
    if asked["again"]:
        turn.outcome = Outcome.COMMAND
        await say(turn, texts.NOT_AGAIN)
        return True
    try:
        async with turn.attempt():
            if asked["far"] or asked["heard"]:
                return await _told_how_far(turn, asked["about"], receipts=bool(asked["heard"]))
            if asked["number"]:
                turn.outcome = Outcome.COMMAND
                await _end_or_change(turn, Ref("N", int(asked["number"])), change=bool(asked["change"]))
                return True
            whom = asked["whom"] or asked["area"] or ""
            found = await audience_at_start(turn, f"{whom} {said[asked.end() :]}".strip())
            idle = turn.reading is None or turn.reading.kind == Kind.CHAT
            if found is None and not asked["how"] and not (asked["area"] and idle):
                return False
            turn.outcome = Outcome.COMMAND
            if found is None or not found[1]:
                raise Refusal(texts.usage(await own_area(turn)))
            planned = asked["plan"] and not found[1].startswith(asked["plan"])
            await write(turn, found[0], f"{asked['plan']} {found[1]}" if planned else found[1])
    except Refusal as refusal:
        await say(turn, str(refusal))
    return True


async def _asked_again(turn: Turn) -> bool:
    """没问题 under the preview that is the only one to wait here: it has not gone out, and that is said."""
    waits = (Question.kind == CONFIRM, Question.contact_id == turn.me.contact_id, Question.chat_id == turn.here.chat_id)
    query = select(col(Question.ref)).where(*waits, col(Question.answered_at).is_(None), Question.expires_at > turn.now)
    refs = [ref for ref in await turn.session.scalars(query) if ref.startswith("N")]
    if len(refs) != 1:
        return False
    turn.outcome = Outcome.COMMAND
    await say(turn, texts.not_sent_yet(int(refs[0][1:])), ref=refs[0])
    return True


async def _told_how_far(turn: Turn, about: str | None, *, receipts: bool) -> bool:
    """N5 发到哪了, 多少人收到了: of that one, else of this person's last notice; False if there was none of late."""
    found = [int(about)] if about else await _lately(turn, ASKED_ABOUT)
    if not found:
        return False
    turn.outcome = Outcome.COMMAND
    notice, _ = await load_to_see(turn, found[0])
    if receipts and notice.receipt:
        await tell_receipts(turn, found[0])
    else:
        await report_status(turn, Ref("N", found[0]))
    return True


async def _end_or_change(turn: Turn, ref: Ref, *, change: bool) -> None:
    """取消 N5 is 停止 N5; 修改 N5 … cannot be done, and is answered with what can."""
    notice, _ = await load_to_see(turn, ref.number)
    if not change:
        await halt(turn, ref.number)
        return
    out = notice.state in NOTICE_OUT
    how = f"发“更正 {ref} …”，会发到有它的群" if out else f"先发“停止 {ref}”，再重新写“通知 …”"
    raise Refusal(f"{texts.name(notice)}写好了就改不了：{how}。")
