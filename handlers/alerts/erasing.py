"""能把照片删了吗: what becomes of a card that the groups have had, when its family asks the bot to take it back."""

from __future__ import annotations

import re

from sqlalchemy import select
from sqlmodel import col

from handlers.alerts.reaching import ref_of
from handlers.posting import say
from handlers.refs import fold, label
from handlers.turn import Turn
from storage.inbox import Outcome
from storage.matters import ALERT_OPEN, Alert

_THING = r"(?:消息|信息|寻人|启事|照片|相片|头像|名字|姓名|电话|号码|卡片|海报|图片?|资料|隐私)"
_ASKS = re.compile(
    rf"{_THING}[^,，。!！?？]{{0,10}}(?:撤回|撤[掉了下]|删|去掉|抹掉|隐[藏去]|收回|下架)|"
    rf"(?:撤回|撤掉|删[掉除了]?|去掉|抹掉|收回)[^,，。!！?？]{{0,8}}{_THING}|"
    r"^(?:[^,，。!！?？]{0,14}[,，])?(?:还?能|可以|可不可以|能不能)(?:都|帮忙?|给|请)?(?:删|撤回|撤)(?:掉|了|除)?(?:吗|么|不|[?？])*$|"
    r"(?:别人|有人|他们|群里|还在?)[^,，。!！?？]{0,4}(?:还在|一直|又|在)(?:转发?|发|传)[^,，。!！?？]{0,12}"
)
"""能把消息撤回吗, 照片能删了吗, 别人还在转我妈的照片."""
MAX_TEXT = 60
"""Characters of a line that asks nothing else."""

STANDS = (
    "{}还在找，各群里的消息留着，大家才认得出人。人找到了就说“找到了”；不想再找了发“撤销 {}”；"
    "照片不对就引用那张照片回“不是这张”。"
)
OVER = (
    "{}各群都收到了“不用再找”的消息，请大家别再转发。发出两分钟以上的消息，微信不让撤回；"
    "照片、姓名、电话我这里不再给人看，{}天后删掉。谁还在转，请他发“查 {}”。"
)


async def asked_to_erase(turn: Turn) -> bool:
    """Whether who reported somebody asks the bot to take their card back; they hear what can be done and what not."""
    text = fold(turn.text.strip())
    if len(text) > MAX_TEXT or not _ASKS.search(text):
        return False
    query = select(Alert).where(Alert.reporter_id == turn.me.contact_id).order_by(col(Alert.id).desc()).limit(1)
    alert = await turn.session.scalar(query)
    if alert is None or alert.wiped:
        return False
    ref = ref_of(alert)
    turn.concerns(ref, Outcome.OTHER)
    days = turn.rules.privacy.alert_days
    words = STANDS.format(label(ref), ref) if alert.state in ALERT_OPEN else OVER.format(label(ref), days, ref)
    await say(turn, words, ref=ref)
    return True
