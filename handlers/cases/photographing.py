"""Photos that come by themselves, beside or quoting a case; and 照片 12, which shows what is kept."""

from __future__ import annotations

from handlers.cases import evidence, texts
from handlers.cases.hands import whisper_hands
from handlers.cases.moving import affected, load, manages, must_manage
from handlers.matters import Refusal
from handlers.posting import say
from handlers.turn import Turn
from storage.areas import Area
from storage.inbox import Outcome, Picture
from storage.matters import CASE_OPEN, CASE_SOLVED, Case, Shows


async def pictured(turn: Turn, number: int, picture: Picture) -> None:
    """Keep a photo from the reporter, a neighbour with the same trouble or the staff; the owner hears of it."""
    case = await turn.session.get(Case, number)
    area = None if case is None else await turn.session.get(Area, case.area_id)
    if case is None or area is None or case.state not in (*CASE_OPEN, *CASE_SOLVED):
        turn.outcome = Outcome.CHAT
        return
    if await affected(turn, case):
        await evidence.keep(turn, case, picture, Shows.REPORT)
    elif manages(turn, case, area):
        await evidence.keep(turn, case, picture, Shows.SITE if case.state in CASE_OPEN else Shows.RESULT)
    elif case.quiet:
        turn.outcome = Outcome.CHAT
        return
    where = f"发“照片 {case.id}”看" if turn.here.private else "请到群里看"
    await whisper_hands(turn, case, f"{texts.name(case)}{turn.me.name}发了一张照片，{where}。")


async def show(turn: Turn, number: int) -> None:
    """照片 12: the latest of them, in private, to who answers for the case."""
    case, area = await load(turn, number)
    must_manage(turn, case, area)
    photos = await evidence.latest(turn, case)
    if not photos:
        raise Refusal(f"{texts.name(case)}没有照片。先把照片发给我，再发“进展 {case.id} …”或“办结 {case.id} …”。")
    steps = "、".join(await evidence.of_steps(turn, case, photos))
    text = f"{texts.name(case)}最近的 {len(photos)} 张照片（{steps}）："
    await say(turn, text, ref=str(case.id), pictures=evidence.pieces(photos))
