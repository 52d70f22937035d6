"""Plain words that close or take back are not carried out when they come late, as their commands are not."""

from __future__ import annotations

from handlers.clipping import clip
from handlers.posting import say
from handlers.turn import Turn


async def in_time(turn: Turn, ref: str) -> bool:
    """Whether what was said may be carried out now; if not, its writer is asked to say it again."""
    if turn.late:
        said = turn.local(turn.at).strftime("%H:%M")
        text = f"您 {said} 说的“{clip(turn.text, 30)}”刚刚才收到，没有执行。还要办的话请再说一次。"
        await say(turn, text, ref=ref)
    return not turn.late
