"""Plain words to the bot itself: a greeting, thanks, or something it cannot make sense of."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlmodel import col

from handlers import alerts, cases, doubts, helping, questions, roles
from handlers.posting import NO_MATTER, say
from handlers.refs import fold
from handlers.turn import WORKERS, Turn
from handlers.understanding import stars
from storage.inbox import Outcome
from storage.outbox import Delivery, Post, PostPart

WELCOME = "不客气，有事随时说。"
LOST = "这句我没太看懂。报修、投诉、找人，说清在哪里、什么事就行；别的发“帮助”。有危险先打 110、119、120。"
GO_ON = "您说。在哪里、什么事，一句话发来就行，我马上转给网格员。有危险先打 110、119、120。"
SORRY = "让您生气了，对不住。哪件事没办好，请说清在哪里、什么事，我马上转给网格员；也可以打政务热线 12345。"
HOW_TO_FINISH = "办好了请回“办结 {0} 结果”，我就请报事人评价；有进展回“进展 {0} …”。"
LOST_STAFF = "这句我没太看懂，请带上编号再说一次，或发“帮助”看怎么写。"

NOTHING_TO_RATE = "现在没有等您评价的事。办结的时候我会请您评价；催一催就说“催一下”。"
LEAST_ANSWER = 4
"""Characters from which a worker's line may answer a question."""
MAX_MARK = 12
"""Characters up to which a line with a mark in it is nothing but a mark."""

QUIET_FOR = timedelta(minutes=10)
"""Who heard of a matter so recently in private is in the middle of it: odd words are not commented on."""

_END = r"[\s，,。.!！~～?？呀啊哈呢吗嘛了格格🙏🌹👍]*"
_GREETING = re.compile(
    rf"(?:格格)?[，,\s]*(?:你好|您好|大家好|早|早上好|上午好|中午好|下午好|晚上好|在|在不在|嗨|哈喽|hi|hello){_END}",
    re.I,
)
_WHO = re.compile(
    rf"(?:请问)?[你您](?:是谁|是什么|是[干做]什么的|是机器人|是人是机器|是真人|叫什么(?:名字)?){_END}"
    rf"|(?:请问)?[你您]都?[会能](?:干|做|帮)?我?些?(?:啥|什么)[忙事]?{_END}"
)
_WHAT_DAY = re.compile(
    r"(?:格格|请问|[,， ])*(?:今[天日儿]个?|现在)(?:是|几月|[,， ])*"
    rf"(?:几[号日]|(?:星期|周|礼拜)几|几点钟?|什么时间|什么日子){_END}"
)
_OPENING = re.compile(
    rf"(?:[@＠]?格格)?[，,\s]*(?:我|俺)?(?:们)?(?:要|想|来|有事要?|有个事要?)(?:报修|报事|投诉|反映|举报|报案|提?建议|反馈|找人帮忙|帮忙)"
    rf"(?:一下|[个件点些]|事|情况|问题)*{_END}"
)
_PLEASE = r"(?:格格|你好|您好|请问|[,， ])*"
_HERE = r"(?:家|[里边儿块]|一?片|这|小区|社区|村|楼|栋)*"
_WANTS_A_PERSON = re.compile(
    r"(?:格格|你好|您好|我们?|请问?|要|想|需要|帮我|给我|麻烦|能不能|可以|怎么|咋|如何|[,， ])*"
    r"(?:(?:找|转接?|接|联系|叫|喊)(?:一?个|一?下)?(?:到|通)?)?(?:我们|这里|这边|本|咱们?)?的?"
    r"(?:人工(?:客服|服务)?|真人|客服|活人|网格[员长]|工作人员|社区(?:干部|的人)|负责的?人|(?:社区|居委会|村委会?)(?=的?(?:电话|号码|联系)))"
    rf"(?:的?(?:电话|手机|号码|联系方式|微信)号?)?(?:是谁|是?多少|是什么|叫啥|叫什么)?{_END}"
    rf"|{_PLEASE}(?:[我咱俺]们?)?{_HERE}(?:现在|都|是)*"
    rf"(?:归|属于?|由|该)?(?:谁|哪[个位]?)(?:网格[员长])?来?(?:负责|分管|管理?){_END}"
    rf"|{_PLEASE}谁来?(?:负责|管理?)[我咱俺]们?{_HERE}{_END}"
    rf"|{_PLEASE}(?:[我咱俺]们?)?有(?:事|问题|困难)了?(?:应该|该|要|可以)?找(?:谁|哪[个位]){_END}"
)
_PRESSES = re.compile(
    rf"(?:格格|你们?|您|这[个件]?事?|到底|究竟|有没有人|还|就|能不能|帮忙|请|麻烦|[,， ])*(?:管|处理|解决|记|反映|上报)"
    rf"(?:不(?:管|处理|解决|记)|一?下|吗|么|不|没有?人?|了?没|啊|呀)*{_END}"
)
"""管不管, 帮忙记一下: of what its writer said before."""
_ASKS = re.compile(r"[?？]$|谁|怎么|咋|哪|几|多少|吗$|呢$|什么|啥")
_NUMBERED = re.compile(
    r"(?:事项\s?)?#?(?P<number>\d{1,9})\s?号?\s?(?:这件|的事|那个)?.{0,3}(?:好|完|妥|定|成)(?:了|啦|咯)"
)
_CURSES = re.compile(
    r"傻[子瓜逼比叉]|笨蛋|废物|^滚|骗子|智障|脑残|没用的|吃干饭|白痴|混蛋|王八|(?<![我俺咱你您他她家])妈的|狗屁|管个屁|[s煞沙][b笔比]$|烦死",
    re.I,
)
_THANKS = re.compile(r"谢谢|多谢|感谢|谢了|谢啦|辛苦|麻烦[你您]了")
_NOD = re.compile(r"(?:好|嗯|行|可以|收到|知道|明白|了解|没事|没关系|ok|是|对|马上|哈|嘿|呵)", re.I)
_WORDS = re.compile(r"[\u4e00-\u9fffA-Za-z]{2}")
MAX_CURSE = 30
"""Characters up to which a line with a curse is nothing but anger."""
MAX_THANKS = 20
"""Characters up to which a line with a word of thanks is nothing but thanks."""


async def chatted(turn: Turn) -> None:
    """Answer a greeting, thanks and anger; in private also say, now and then, that something was not understood."""
    said = (turn.event.text if turn.event else turn.text).strip()
    text = said if _WANTS_A_PERSON.fullmatch(said) else turn.text.strip()
    if await alerts.told_how(turn) or await cases.nodded(turn):
        return
    if not text or _GREETING.fullmatch(text) or _WHO.fullmatch(text):
        await helping.introduce(turn)
    elif _WHAT_DAY.fullmatch(text):
        await say(turn, _today(turn))
    elif len(text) <= MAX_THANKS and _THANKS.search(text):
        await say(turn, WELCOME)
    elif _OPENING.fullmatch(text):
        await _go_on(turn)
    elif _WANTS_A_PERSON.fullmatch(text):
        turn.outcome = Outcome.COMMAND
        await roles.show_warden(turn)
    elif (
        (_PRESSES.fullmatch(text) and await doubts.taken_up(turn))
        or await cases.promised(turn)
        or await cases.asked_apart(turn)
        or await cases.inquired(turn)
    ):
        pass
    elif len(text) <= MAX_CURSE and _CURSES.search(text):
        if not await _spoke_lately(turn, col(PostPart.text).like(f"%{SORRY}")):
            await say(turn, SORRY)
    elif turn.here.private and turn.me.has(WORKERS) and (named := _NUMBERED.match(fold(text))):
        await say(turn, HOW_TO_FINISH.format(int(named["number"])))
    elif turn.here.private and len(said) <= MAX_MARK and stars(said) is not None:
        await say(turn, NOTHING_TO_RATE)
    elif (
        await _answers(turn, text)
        or (turn.here.private and await _told_how(turn, said, numbered=False))
        or (_WORDS.search(text) and (await alerts.heard_only(turn) or await cases.hinted(turn)))
    ):
        pass
    elif turn.here.private and await _is_lost(turn, text) and not await _told_how(turn, said, numbered=True):
        await say(turn, LOST_STAFF if turn.me.has(WORKERS) else LOST)


def _today(turn: Turn) -> str:
    now = turn.local(turn.now)
    return f"今天是{now.year}年{now.month}月{now.day}日，星期{'一二三四五六日'[now.weekday()]}，现在 {now:%H:%M}。"


async def _answers(turn: Turn, text: str) -> bool:
    """Whether a worker's words may be the answer to a question that was put to them just before."""
    if not (turn.here.private and turn.me.has(WORKERS)) or _ASKS.search(text) or len(text) < LEAST_ANSWER:
        return False
    return _NOD.match(text) is None and await questions.may_answer(turn)


async def _told_how(turn: Turn, text: str, *, numbered: bool) -> bool:
    """Whether a worker spoke of a command in their own words, and was told, now or just before, how it is written."""
    if not turn.me.has(WORKERS) or len(text) > MAX_CURSE or _NOD.match(text):
        return False
    how = helping.how_to(turn, text, numbered=numbered)
    if how is None:
        return False
    if not await _spoke_lately(turn, col(PostPart.text) == how):
        await say(turn, how)
    return True


async def _is_lost(turn: Turn, text: str) -> bool:
    """Whether somebody waits for an answer here: a question, or a first line after some silence."""
    if not _WORDS.search(text):
        return False
    return _ASKS.search(text) is not None or not (_NOD.match(text) or await _spoke_lately(turn, _ABOUT_ANYTHING))


async def meant_for_bot(turn: Turn) -> bool:
    """Whether what reads like a question or a complaint only greets the bot, is angry at it or asks for a person."""
    said = (turn.event.text if turn.event else turn.text).strip()
    addressed = helping.addressed(turn)
    text = said if _WANTS_A_PERSON.fullmatch(said) else turn.text.strip()
    curse = len(text) <= MAX_CURSE and _CURSES.search(text) and (addressed or "格格" in said)
    plain = (_GREETING, _WHO, _WANTS_A_PERSON, _WHAT_DAY)
    if not curse and not (addressed and any(one.fullmatch(text) for one in plain)):
        return False
    turn.outcome = Outcome.CHAT
    if addressed:
        await chatted(turn)
    return True


async def only_begins(turn: Turn) -> bool:
    """Whether somebody only says that something is to come (我要投诉): who says it to the bot is asked to go on."""
    said = turn.event.text.strip() if turn.event else turn.text
    if not _OPENING.fullmatch(said):
        return False
    turn.outcome = Outcome.CHAT
    if helping.addressed(turn):
        await _go_on(turn)
    return True


async def _go_on(turn: Turn) -> None:
    """Who begins a complaint is asked, in private, whom it is about: the worker may be the one."""
    if not (cases.ACCUSES.search(turn.text) and await cases.ask_whom(turn)):
        await say(turn, GO_ON)


_ABOUT_ANYTHING = or_(col(Post.ref) != NO_MATTER, col(PostPart.text).in_((LOST, LOST_STAFF, SORRY)))
"""That the bot was lost or sorry, or anything about a matter."""


async def _spoke_lately(turn: Turn, of: ColumnElement[bool]) -> bool:
    """Whether the bot said such a thing here a short while ago."""
    query = (
        select(col(Delivery.id))
        .join(Post, col(Delivery.post_id) == col(Post.id))
        .join(PostPart, col(PostPart.post_id) == col(Post.id))
        .where(
            Delivery.chat_id == turn.here.chat_id,
            col(Post.at) > turn.now - QUIET_FOR,
            of,
        )
        .limit(1)
    )
    return await turn.session.scalar(query) is not None
