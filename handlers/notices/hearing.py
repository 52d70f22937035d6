"""收到: whether a line says that a notice was read, and which; and whether one says that a notice is to be sent."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from handlers.refs import fold
from storage.matters import Notice, NoticeState
from storage.outbox import REACHED, Delivery, DeliveryPart, PartState, Post, Sort

LASTS = timedelta(days=3)
"""How long after a notice is whole a receipt is still counted."""

LONGEST = 30
"""Characters of a line that may be a receipt: longer ones have more to say."""

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆"
    "汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
"""The hundred most common (公安部《二〇二〇年全国姓名报告》)."""

_THINGS = "钱款货件票据单费药裹包米油菜品物奶水电气卡证案料额信图表红礼"
"""How a thing ends that one may have received: 包裹收到 says nothing of a notice."""

_SAID = "[了啦咯喽嘞哈呵哦喔噢啊呀哒滴的嗯]*+"
_COUNT = r"[a-z\d一二三四五六七八九十]{1,4}"
_FLAT = rf"(?:{_COUNT}号?(?:网?格|组|队|栋|幢|座|楼|单元|室|门|层|户)|\d{{1,4}}(?:号|#)?|-)"
_PLACE = (
    rf"(?:[一-鿿]{{1,6}}?(?:村|社区|小区|苑|园|巷|店|厂|物业|网格)|[一-鿿]{{0,4}}?(?={_FLAT})|[a-z](?={_FLAT}))"
    rf"{_FLAT}*+(?:家|住户|居民)?"
)
_PERSON = (
    rf"(?:(?:[老小阿]?[{_SURNAMES}][一-鿿]{{1,2}}?|[老小阿][一-鿿])(?<![{_THINGS}])家?|[一-鿿]{{0,6}}?(?:[长员卫]|书记|主任|老师|物业|村委|居委)会?"
    r"|(?:我|俺|咱|本)(?:们|人|家|户|店|妈|爸|这边|们家|们这边)?|全家|家里|[a-z]{1,12})"
)
_WHO = rf"(?:是?(?:{_PLACE})?的?(?:{_PERSON})?)"
_YES = rf"(?:好|嗯|哦|噢|行|中|可以|ok|yes|是|明白|了解|知道|知晓|已?阅|得|遵命){_SAID}"
_MATTER = "(?:通知|消息|信息|指示|任务)?"
_ADVERB = "(?:已经?|刚|才|均|都|全部?|确认){0,2}"
_CORE = rf"(?:{_ADVERB}{_MATTER}{_ADVERB}收到{_SAID}{_MATTER}{_SAID})+"
_POLITE = (
    r"(?:谢|感谢|多谢|辛苦|劳驾|有劳|麻烦|祝|放心|没问题|没事"
    r"|(?:我们?|咱们?|这边|本店)?(?:马上|立即|立刻|尽快|抓紧|这就|现在就|稍后|一会|会|一定|保证|按时|准时|按照?|遵照|遵守|坚决|"
    r"配合|全力|支持|注意|理解|照办|执行|落实|准备|提前|参加|转发|转告|已))[一-鿿\da-z]*+"
)
_TAIL = rf"(?:{_YES}|\+?\d{{1,3}})*+(?:{_POLITE})?"
_RECEIVED = re.compile(rf"(?:{_YES})*+{_WHO}(?:{_YES})*+{_CORE}{_TAIL}")
_EXCUSE = (
    r"(?:我|俺)?(?:这边|今天|明天)?(?:可能|要|得)?(?:晚(?:点|些|一会儿?)|请个?假|在外地|在路上|出差|有事|[到去来]不了|参加不了)"
    r"[一-鿿]{0,5}"
)
_BESIDE = re.compile(rf"{_TAIL}|{_WHO}|{_EXCUSE}")
_READ = re.compile(rf"{_WHO}(?:好的?|嗯+|1|已阅|(?:已经?)?(?:知道|知晓|看到|了解)|明白|回执|ok){_SAID}{_TAIL}")
_NODS = re.compile(r"[👌👍✅✔☑🙏💪\s\ufe0f\U0001f3fb-\U0001f3ff]+|(?:\[(?:OK|ok|强|握手|抱拳|玫瑰|赞)\])+")
"""Said in a quote of the notice these are receipts too."""

_FACES = re.compile(r"\[[^\]\s]{1,6}\]")
_BREAK = re.compile(r"[^\w#+-]+")
_BARRED = re.compile(
    r"[?？吗么谁哪何怎几但坏堵漏火救警急伤丢晕病摔死]|收到(?:没|否|不|货|钱|款|快递|包裹|短信|的(?!$|[\W_]))|可是|不过|为[啥什]|什么|多少"
    r"|(?<!有)(?:没(?!问题|事)|未|不|别|勿|否|请|能|是否|如|若|等|快递|何时|曾|马上|万一|于是|向来).{0,8}收到"
)
"""Whoever says so asks, doubts, wants something or speaks of something else."""


_DECIDES = re.compile(
    r"(?:[@＠]\S+\s+)?(?:(?:可以|就|请|马上)?(?:确认|确定|发(?:送|布|出去)?)|不(?:要)?发|别发|作废|取消)[吧了]*"
    r"\s*(?:(?:通知)?\s*[NnＮｎ]?\s*\d{1,9}号?)?[\s。.!！~～]*"
)


ASKS_TO_REMIND = re.compile(
    r"(?:再|帮我|帮忙|请|麻烦|给我|把|去)*(?:提醒|催促?|通知|问)(?:一?下|一遍|催)?[\s,，]?(?:那些|那几个|这些)?(?:还|仍)?(?:没有?|未)"
    r"(?:回复?|收到|看到|答复|回执|反馈)(?:回执|收到|消息|通知)?的?(?:人|网格员|同志|几个|几位)*[们吧啊了]*[\s。.!！]*"
)
"""提醒没回的人, 催一下没回复的: 催回执 in a sender's own words to the bot."""


def decides(text: str) -> bool:
    """Whether a whole line can only be about sending: what else says yes or no may be said to somebody beside us."""
    return bool(_DECIDES.fullmatch(text.strip()))


def received(text: str, *, quoting: bool = False) -> bool:
    """Whether a whole line is a receipt: 收到 with who says so before it, and politeness around it."""
    line = fold(text.strip()).lower()
    if not line or len(line) > LONGEST or _BARRED.search(line):
        return False
    if quoting and _NODS.fullmatch(line):
        return True
    clauses = [one for one in _BREAK.split(_FACES.sub(" ", line)) if one]
    said = [bool(_RECEIVED.fullmatch(one) or (quoting and _READ.fullmatch(one))) for one in clauses]
    return any(said) and all(one or _BESIDE.fullmatch(clause) for one, clause in zip(said, clauses, strict=True))


_EXCUSED = re.compile(_EXCUSE)
_BARS_EXCUSE = re.compile("[?？吗么谁哪何怎几坏堵漏火救急丢]|他|她")


def excuses(text: str) -> bool:
    """Whether a line says that who writes cannot come, or comes later: 家里有事，去不了."""
    line = fold(text.strip()).lower()
    if not line or len(line) > LONGEST or _BARS_EXCUSE.search(line):
        return False
    return any(map(_EXCUSED.fullmatch, filter(None, _BREAK.split(line))))


async def receipts_open(session: AsyncSession, chats: Collection[int], now: datetime) -> dict[int, Sequence[int]]:
    """Chat id -> numbers of the notices there that ask for a receipt, oldest first."""
    lately = col(Notice.ended_at).is_(None) | (col(Notice.ended_at) > now - LASTS)
    wanted = select(col(Notice.id)).where(col(Notice.receipt).is_(True), Notice.state == NoticeState.SENT, lately)
    refs = {f"N{number}": number for number in await session.scalars(wanted.order_by(col(Notice.id)))}
    if not refs:
        return {}
    query = (
        select(col(Delivery.chat_id), col(Post.ref))
        .join(Post, col(Delivery.post_id) == col(Post.id))
        .join(DeliveryPart, col(DeliveryPart.delivery_id) == col(Delivery.id))
        .where(col(Post.ref).in_(refs), Post.sort == Sort.NOTICE, col(Delivery.chat_id).in_(chats))
        .where(col(DeliveryPart.state).in_((PartState.SENDING, *REACHED)))
    )
    found: dict[int, set[int]] = defaultdict(set)
    for chat_id, ref in await session.execute(query):
        found[chat_id].add(refs[ref])
    return {chat_id: sorted(numbers) for chat_id, numbers in found.items()}
