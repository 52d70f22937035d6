"""更正 N5 …: words that follow a notice to exactly where it went."""

from __future__ import annotations

from handlers.commands import Order
from handlers.matters import Refusal
from handlers.notices import texts
from handlers.notices.counting import load, must_rule
from handlers.notices.drafting import check_text, propose
from handlers.notices.wording import asks_for_receipt
from handlers.turn import Turn
from storage.matters import NOTICE_OUT, Notice


async def correct(turn: Turn, order: Order) -> None:
    """A draft of its own, previewed and confirmed like any other."""
    if order.ref is None or order.ref.letter != "N":
        raise texts.no_notice("更正", "更正 N5 停水改到后天", order)
    await check_text(turn, order.rest)
    original, audience = await load(turn, order.ref.number)
    must_rule(turn, original, audience, "更正")
    if original.state not in NOTICE_OUT:
        raise Refusal(f"{texts.name(original)}没有发出，不用更正；请发“停止 N{original.id}”，再重新写“通知 …”。")
    correction = Notice(
        area_id=original.area_id,
        sender_id=turn.me.contact_id,
        chat_id=turn.here.chat_id,
        text=order.rest,
        audience=original.audience,
        corrects_id=original.id,
        receipt=asks_for_receipt(order.rest),
        created_at=turn.now,
    )
    await propose(turn, correction, audience)
