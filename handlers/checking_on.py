"""敲门没人应: somebody at home gives no sign of life. An urgent case for the grid worker, who goes to that door.

Such words are read as a missing person, as they would be elsewhere; here nobody has gone anywhere, so that no group is
stirred before somebody was at the door. Who finds the home empty begins the search with 寻人.
"""

from __future__ import annotations

from handlers.understanding import Act, Kind, Reading, unanswered
from storage.matters import Case

CATEGORY = "社保民政"
"""探访 of who lives alone is 民政's."""

_KINDS = frozenset({Kind.MISSING, Kind.CHAT, Kind.REQUEST, Kind.COMPLAINT, Kind.QUESTION})
SURE = 0.9

TIP = "叫不开门就打 110，听到呼救或有异味再打 120、119；有他家里人电话、钥匙的请马上联系。"
FOR_WORKER = "请马上上门看人：叫不开门就和 110、物业、家属一起开门。家里确实没人再发“寻人 姓名 …”找人。\n"


def as_check(reading: Reading, text: str) -> Reading:
    """The reading, or that of an urgent request to look after somebody, where the text tells of such a door."""
    if reading.kind not in _KINDS or reading.act != Act.NONE:
        return reading
    if not unanswered(text, worried=reading.kind == Kind.MISSING):
        return reading
    return reading._replace(
        text=text, kind=Kind.REQUEST, confidence=max(reading.confidence, SURE), category=CATEGORY, urgent=True
    )


def is_check(case: Case) -> bool:
    """Whether a case is such a one."""
    return case.urgent and case.category == CATEGORY and unanswered(case.text, worried=True)
