"""Finding an alert, who may decide about it, and how its people are reached."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import select
from sqlmodel import col

from handlers.alerts import texts
from handlers.alerts.texts import Here
from handlers.matters import Refusal
from handlers.ports import Rules
from handlers.posting import Piece, Target, post, responsible, ways, whisper
from handlers.turn import ON_DUTY, ROLE_NAMES, WORKERS, Turn
from handlers.understanding import Ref
from storage.areas import Area, Chat, area_line
from storage.matters import Alert, AlertState
from storage.outbox import Sort
from storage.people import Contact, Held, Role, holders, names_of


async def load(turn: Turn, ref: Ref) -> tuple[Alert, Area]:
    """The alert (the one it was merged into) and its area, locked for this transaction; Refusal if there is none."""
    alert = await turn.session.get(Alert, ref.number, with_for_update=True, populate_existing=True)
    if alert is None:
        raise Refusal(f"没有寻人 {ref}，请核对编号。")
    if alert.merged_id is not None:
        alert = await turn.session.get_one(Alert, alert.merged_id, with_for_update=True, populate_existing=True)
    area = await turn.session.get(Area, alert.area_id)
    assert area is not None
    turn.concerns(ref_of(alert))
    return alert, area


async def relatives(turn: Turn, alert: Alert) -> list[Alert]:
    """The other reports of the same person that went into this alert."""
    merged = select(Alert).where(Alert.merged_id == alert.id).order_by(col(Alert.id))
    return list((await turn.session.scalars(merged)).all())


def ref_of(alert: Alert) -> str:
    """`M3`."""
    return f"M{alert.id}"


def decides(turn: Turn, area: Area) -> bool:
    """Whether the speaker may confirm, refuse and end: worker or above of the area, or its police contact."""
    return turn.speaker is not None and turn.speaker.has(ON_DUTY, area.path)


def must_decide(turn: Turn, alert: Alert, area: Area) -> None:
    """Refusal unless the speaker answers for the alert's area."""
    if not decides(turn, area):
        raise Refusal(f"寻人 {ref_of(alert)} 归{area.name}管，只有那里的网格员、上级和民警能决定，这次没有改动。")


def is_reporter(turn: Turn, alert: Alert) -> bool:
    """Whether the speaker reported it."""
    return turn.speaker is not None and turn.speaker.contact_id == alert.reporter_id


async def here(turn: Turn, area: Area) -> Here:
    """What texts need to know of the moment and the place."""
    police = turn.rules.alerts.police_phone
    for step in await area_line(turn.session, area):
        if step.police_phone:
            police = step.police_phone
            break
    return Here(turn.now, turn.outside.zone, police)


async def town_of(turn: Turn, area: Area) -> Area:
    """The area of the town level above (or at) this one; without one, the highest below the root."""
    line = await area_line(turn.session, area)
    level = town_level(turn.rules)
    for step in line:
        if step.level == level:
            return step
    below_root = [step for step in line if step.level > 0]
    return below_root[-1] if below_root else area


def town_level(rules: Rules) -> int:
    """The depth of a town in the tree; 1 where the config's word is none of its levels."""
    return rules.levels.index(rules.town_level) if rules.town_level in rules.levels else 1


async def holders_of(turn: Turn, area: Area, roles: Collection[str]) -> list[Held]:
    """Who holds one of the roles for the area, nearest first, each person once."""
    found: dict[int, Held] = {}
    for held in await holders(turn.session, area.path, roles, turn.now):
        found.setdefault(held.contact_id, held)
    return list(found.values())


async def names(turn: Turn, people: Iterable[Held]) -> str:
    """`网格员耿志强、网格长李芳`; who holds several roles is named once."""
    held: dict[int, Held] = {}
    for one in people:
        held.setdefault(one.contact_id, one)
    called = await names_of(turn.session, held)
    return "、".join(f"{ROLE_NAMES.get(one.role, '')}{called.get(key, '')}" for key, one in held.items())


async def name_of(turn: Turn, contact_id: int | None, area: Area) -> str:
    """A decider's role and name."""
    if contact_id is None:
        return ""
    for held in await holders_of(turn, area, ON_DUTY):
        if held.contact_id == contact_id:
            return await names(turn, [held])
    contact = await turn.session.get(Contact, contact_id)
    return contact.name if contact else ""


async def vouched(turn: Turn, alert: Alert, area: Area) -> str:
    """Who verified it and when; or that nobody did; empty while it waits for that."""
    if alert.confirmed_at is None:
        return ""
    by = await name_of(turn, alert.confirmed_by, area)
    if not by:
        return texts.by_itself(turn.rules.alerts.auto_after_minutes or 0)
    return texts.verified_by(by, turn.local(alert.confirmed_at))


async def is_private(turn: Turn, chat_id: int) -> bool:
    """Whether a chat is one person's private chat with the bot."""
    chat = await turn.session.get(Chat, chat_id)
    return chat is not None and chat.contact_id is not None


async def to_family(
    turn: Turn, alert: Alert, text: str, *, but: int | None = None, pictures: Sequence[Piece] = (), ref: str = ""
) -> bool:
    """One post where it was reported, mentioning the reporter; in private where the group must not hear it.

    The families whose reports were merged into it hear the same, each in their chat; the chat `but` knows it already.
    `ref`: the other matter that it is about. Returns whether it was said where it was reported.
    """
    chats = {alert.chat_id, but}
    for one in await relatives(turn, alert):
        if one.chat_id not in chats and not one.forwarded:
            chats.add(one.chat_id)
            mentions = () if await is_private(turn, one.chat_id) else (one.reporter_id,)
            pieces = [Piece(text, mentions), *pictures]
            await post(turn, ref or ref_of(alert), Sort.ALERT, pieces, [Target(one.chat_id)])
    return alert.chat_id != but and await _to_reporter(turn, alert, text, pictures, ref or ref_of(alert))


async def _to_reporter(turn: Turn, alert: Alert, text: str, pictures: Sequence[Piece], ref: str) -> bool:
    if not alert.forwarded or alert.state != AlertState.UNCONFIRMED:
        mentions = () if await is_private(turn, alert.chat_id) else (alert.reporter_id,)
        pieces = [Piece(text, mentions), *pictures]
        sent = await post(turn, ref, Sort.ALERT, pieces, [Target(alert.chat_id)])
        if sent.chats:
            return True
    await whisper(turn, alert.reporter_id, text, ref=ref, pictures=pictures)
    return False


async def to_workers(
    turn: Turn, alert: Alert, area: Area, text: str, open_text: str, *, pictures: Sequence[Piece] = ()
) -> list[tuple[int, int]]:
    """Tell those who look after an alert; (contact, chat) of those told."""
    people = await workers_of(turn, alert, area)
    return await reach(turn, people, area, text, open_text, ref_of(alert), pictures=pictures)


async def workers_of(turn: Turn, alert: Alert, area: Area) -> list[int]:
    """The nearest worker and whoever confirmed it, but never the speaker."""
    people = await responsible(turn, area, (Role.WORKER,)) or await responsible(turn, area, WORKERS)
    if alert.confirmed_by:
        people.append(alert.confirmed_by)
    me = turn.speaker.contact_id if turn.speaker else None
    return [one for one in dict.fromkeys(people) if one != me]


async def reach(
    turn: Turn,
    people: Collection[int],
    area: Area,
    text: str,
    open_text: str,
    ref: str,
    *,
    pictures: Sequence[Piece] = (),
) -> list[tuple[int, int]]:
    """Tell each in private; those who cannot be reached there, together in the nearest staff room, without pictures.

    Returns (contact, chat) of those who were told.
    """
    chats, room = await ways(turn, people, area)
    told = [(one, chats[one]) for one in people if one in chats]
    if told:
        await post(turn, ref, Sort.STAFF, [Piece(text), *pictures], [Target(chat) for _, chat in told])
    rest = tuple(one for one in people if one not in chats)
    if rest and room is not None:
        sent = await post(turn, ref, Sort.STAFF, [Piece(open_text, rest)], [Target(room)])
        told += [(one, room) for one in rest] if sent.chats else []
    return told
