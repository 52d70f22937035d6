"""报警 M3: that the police know of it, once, as everybody who looks after it is to see."""

from __future__ import annotations

from handlers.alerts import texts
from handlers.alerts.reaching import decides, here, is_reporter, load, ref_of, to_family, to_workers
from handlers.matters import Refusal
from handlers.posting import say
from handlers.turn import Turn
from handlers.understanding import Ref
from storage.matters import ALERT_OPEN


async def told(turn: Turn, ref: Ref) -> None:
    """By the family, or whoever answers for the area; the other side hears it, and the card says so from now on."""
    alert, area = await load(turn, ref)
    if not (is_reporter(turn, alert) or decides(turn, area)):
        raise Refusal(f"{texts.name(alert)}报没报警由报事的家人和{area.name}的网格员、民警记。急事请直接打 110。")
    if alert.state not in ALERT_OPEN:
        raise Refusal(f"{texts.closed(alert)}不用再记。")
    if alert.police_told_at is not None:
        raise Refusal(f"{texts.name(alert)}{turn.local(alert.police_told_at):%m-%d %H:%M} 已经记过报警了。")
    alert.police_told_at, alert.updated_at = turn.at, turn.now
    turn.audit("alert.police", ref_of(alert), "police_told_at")
    text = texts.police_told(alert, await here(turn, area))
    if turn.here.chat_id != alert.chat_id:
        await to_family(turn, alert, text, but=turn.here.chat_id)
    await to_workers(turn, alert, area, text, text)
    await say(turn, text, ref=ref_of(alert))
