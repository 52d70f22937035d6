"""One confirmation, and the card goes to every residents' group of the town."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlmodel import col

from handlers.alerts import asking, circle, ending, facts, standing, texts
from handlers.alerts.reaching import (
    here,
    is_reporter,
    load,
    must_decide,
    name_of,
    ref_of,
    relatives,
    to_family,
    town_of,
    vouched,
)
from handlers.estimating import seconds_left
from handlers.hearers import last_heard
from handlers.matters import Refusal
from handlers.posting import Piece, Sent, Target, post, say, send_on, whisper
from handlers.turn import ON_DUTY, Turn
from handlers.understanding import Ref
from storage.agenda import AuditEntry
from storage.alert_figures import LATER_CARD, later_cards
from storage.areas import Area, Chat, Room, bound_rooms
from storage.matters import ALERT_OPEN, Alert, AlertState
from storage.outbox import UNDER_WAY, Delivery, DeliveryPart, PartState, Post, PostPart, Sort

WHOLE = "alert.whole"
LOOK_AGAIN = timedelta(seconds=30)


CONSENT = "alert.consent"
"""Stands in the audit once who decides was told that the family wants nobody to know."""


async def confirm(turn: Turn, ref: Ref) -> bool:
    """确认 M3: by a worker or above of its area, or the police. Whether it goes out: what the family wants kept quiet
    needs it twice."""
    alert, area = await load(turn, ref)
    must_decide(turn, alert, area)
    if alert.state == AlertState.CONFIRMED:
        by = await name_of(turn, alert.confirmed_by, area)
        raise Refusal(texts.confirmed_already(alert, by or "系统", await counts(turn, alert)))
    if alert.state not in ALERT_OPEN:
        raise Refusal(f"{texts.closed(alert)}这次没有改动。还要接着找，请回“还没找到 {ref_of(alert)}”。")
    if facts.wants_quiet(alert.text) and not await _knows_the_wish(turn, alert):
        turn.audit(CONSENT, ref_of(alert))
        await say(turn, texts.consent(alert), ref=ref_of(alert))
        return False
    await spread(turn, alert, area)
    return True


async def _knows_the_wish(turn: Turn, alert: Alert) -> bool:
    """Whether somebody who decides was told once that the family wants nobody to know."""
    told = select(AuditEntry.id).where(AuditEntry.ref == ref_of(alert), AuditEntry.action == CONSENT)
    return await turn.session.scalar(told.limit(1)) is not None


async def spread(turn: Turn, alert: Alert, area: Area, *, by_itself: bool = False) -> None:
    """Send the card, tell the family and those who were asked, and look after it until it is whole."""
    town = await town_of(turn, area)
    alert.state, alert.scope_id, alert.confirmed_at = AlertState.CONFIRMED, town.id, turn.now
    alert.confirmed_by = None if by_itself else turn.me.contact_id
    alert.updated_at, alert.changed = turn.now, ""
    await asking.stop(turn, alert)
    await standing.begin(turn, alert)
    await turn.unschedule("alert.added", ref_of(alert))
    by = await name_of(turn, alert.confirmed_by, area)
    sent = await _send_card(turn, alert, area, await _targets(turn, alert, area))
    alert.post_id = sent.post_id
    seconds = await seconds_left(turn, Sort.ALERT, sent.post_id)
    await _tell_start(turn, alert, texts.started(alert, by, sent.chats, seconds, sent.silent))
    if not by_itself:
        await asking.tell_settled(turn, alert, area)
    turn.audit("alert.confirm", ref_of(alert), "state scope_id")
    await circle.plan(turn, alert, area)
    await turn.schedule(WHOLE, ref_of(alert), turn.now + timedelta(seconds=max(seconds, 10)))


async def _tell_start(turn: Turn, alert: Alert, text: str) -> None:
    """The family's group hears it, and whoever confirmed it somewhere else."""
    openly = await to_family(turn, alert, text)
    if turn.where is None or (openly and turn.here.chat_id == alert.chat_id):
        return
    if openly or not is_reporter(turn, alert):  # else it was just whispered to this very person
        await say(turn, text, ref=ref_of(alert))


async def _send_card(turn: Turn, alert: Alert, area: Area, targets: Iterable[Target]) -> Sent:
    verified = await vouched(turn, alert, area)
    pieces = [Piece(texts.card(alert, await here(turn, area), verified)), *pictures(turn, alert)]
    return await post(turn, ref_of(alert), Sort.ALERT, pieces, targets)


async def catch_up(turn: Turn, chats: Collection[int]) -> int:
    """Groups that are silent no more get the cards of who is still sought, once; how many cards that are."""
    confirmed = select(col(Alert.id)).where(Alert.state == AlertState.CONFIRMED).order_by(col(Alert.id))
    cards = 0
    for number in (await turn.session.scalars(confirmed)).all():
        alert = await turn.session.get(Alert, number, with_for_update=True, populate_existing=True)
        if alert is not None and alert.state == AlertState.CONFIRMED:
            told = await _not_ended(turn, alert, chats)
            cards += await send_to_rest(turn, alert, chats) + told > 0
    return cards


async def _not_ended(turn: Turn, alert: Alert, chats: Collection[int]) -> int:
    """Those of these groups that heard of its end, but not that it was none, hear it now; how many."""
    deceived = [
        one
        for one in await last_heard(turn, await ending.refs_of(turn, alert), Sort.END, Sort.ALERT)
        if one.chat_id in chats
    ]
    area = await turn.session.get_one(Area, alert.area_id)
    text = Piece(texts.still_missing(alert, await here(turn, area)))
    return (await post(turn, ref_of(alert), Sort.ALERT, [text], deceived)).chats


async def send_to_rest(turn: Turn, alert: Alert, chats: Collection[int] | None = None) -> int:
    """The card goes to those groups of its circle (of `chats`, if given) that never got it; how many."""
    area = await turn.session.get_one(Area, alert.area_id)
    had = await _rooms(turn, alert)
    rest = [
        target
        for target in await _targets(turn, alert, area)
        if had.get(target.chat_id, "cancelled") == "cancelled" and (chats is None or target.chat_id in chats)
    ]
    if not rest:
        return 0
    from handlers.alerts import adding  # it imports this module

    await turn.session.flush()  # it reads the alert again
    await adding.tell_added(turn, ref_of(alert))  # who has the card hears what changed; the others read it on theirs
    sent = await _send_late(turn, alert, area, rest)
    if sent.chats:
        turn.audit("alert.catch_up", ref_of(alert))
        seconds = await seconds_left(turn, Sort.ALERT, sent.post_id)
        await turn.schedule(WHOLE, ref_of(alert), turn.now + timedelta(seconds=max(seconds, 10)))
    return sent.chats


def pictures(turn: Turn, alert: Alert) -> list[Piece]:
    """One poster, which the courier draws from the facts and the photo; it waits for a photo that is on its way."""
    if alert.picture_id or facts.visible(alert) >= turn.rules.alerts.poster_facts:
        return [Piece(picture_id=alert.picture_id, poster=True)]
    return []


async def _targets(turn: Turn, alert: Alert, area: Area) -> list[Target]:
    """Every residents' group of the circle and the group of origin, the nearest first."""
    targets = {chat: Target(chat, distance(area.path, path)) for chat, path in (await _circle(turn, alert)).items()}
    families = [alert.chat_id, *(one.chat_id for one in await relatives(turn, alert) if not one.forwarded)]
    for chat_id in families:
        if chat_id in targets or await _is_room(turn, chat_id):
            targets[chat_id] = Target(chat_id)
    return list(targets.values())


async def _circle(turn: Turn, alert: Alert) -> dict[int, str]:
    """The residents' groups of the circle, with their areas' paths; of one that was stopped, those called back not."""
    scopes = [await turn.session.get_one(Area, one) for one in alert.circle]
    found = {one.chat_id: one.path for scope in scopes for one in await bound_rooms(turn.session, scope.path)}
    if alert.widening or not scopes:
        return found
    spared = {chat for chat, state in (await _rooms(turn, alert)).items() if state == "cancelled"}
    return {chat: path for chat, path in found.items() if path.startswith(scopes[0].path) or chat not in spared}


async def call_back(turn: Turn, alert: Alert, town: Area) -> int:
    """The circle shrinks to the town and those areas beside it that have the card; how many groups are spared it."""
    outside = {chat: path for chat, path in (await _circle(turn, alert)).items() if not path.startswith(town.path)}
    deliveries = select(col(Delivery.id)).where(
        col(Delivery.post_id).in_(await cards(turn, alert)), col(Delivery.chat_id).in_(outside.keys())
    )
    await turn.session.execute(
        update(DeliveryPart)
        .where(col(DeliveryPart.delivery_id).in_(deliveries), col(DeliveryPart.state) == PartState.QUEUED)
        .values(state=PartState.CANCELLED)
        .execution_options(synchronize_session=False)
    )
    states = await _rooms(turn, alert)
    spared = {chat for chat in outside if states.get(chat) == "cancelled"}
    ids = [path.strip("/").split("/") for chat, path in outside.items() if chat in states.keys() - spared]
    reached = {one[min(town.level, len(one) - 1)] for one in ids}
    alert.scope_id, alert.beyond = town.id, " ".join(sorted(reached, key=int))
    return len(spared)


async def _is_room(turn: Turn, chat_id: int) -> bool:
    chat = await turn.session.get(Chat, chat_id)
    if chat is None or chat.room_id is None:
        return False
    room = await turn.session.get(Room, chat.room_id)
    return room is not None and room.bound_at is not None


def distance(origin: str, path: str) -> int:
    """Steps up the tree from where it began until the other area is below: 0 own grid, 1 own village, 2 own town."""
    ours, theirs = origin.strip("/").split("/"), path.strip("/").split("/")
    common = 0
    for one, other in zip(ours, theirs, strict=False):
        if one != other:
            break
        common += 1
    return len(ours) - common


async def _send_late(turn: Turn, alert: Alert, area: Area, rest: Sequence[Target]) -> Sent:
    """The card as it was sent; a new one where something has changed since, so that nobody reads the old first."""
    later = await later_cards(turn.session, [ref_of(alert)])
    known = [] if alert.post_id is None else [alert.post_id, *later[ref_of(alert)]]
    newest = await turn.session.get(Post, known[-1]) if known else None
    first = select(col(PostPart.text)).where(col(PostPart.post_id).in_(known[-1:]), PostPart.number == 0)
    if newest is None or not await turn.session.scalar(first):  # nobody could hear it, or its words are past their days
        sent = await _send_card(turn, alert, area, rest)
        alert.post_id = sent.post_id
        return sent
    changed = select(AuditEntry.id).where(
        AuditEntry.ref == ref_of(alert), AuditEntry.action == "alert.facts", col(AuditEntry.at) > newest.at
    )
    if await turn.session.scalar(changed.limit(1)) is None:
        return await send_on(turn, newest.id or 0, Sort.ALERT, rest)
    sent = await _send_card(turn, alert, area, rest)
    if sent.post_id is not None:
        turn.audit(LATER_CARD, ref_of(alert), str(sent.post_id))
    return sent


async def counts(turn: Turn, alert: Alert) -> texts.Counts:
    """How far the card's text is, by room; silent are those of the scope to which it was not, or is no longer, due."""
    states = await _rooms(turn, alert)
    seen = list(states.values())
    everywhere = await _circle(turn, alert)
    return texts.Counts(
        sent=seen.count("sent"),
        unknown=seen.count("unknown"),
        waiting=seen.count("waiting"),
        failed=seen.count("failed"),
        silent=sum(1 for chat in everywhere if states.get(chat, "cancelled") == "cancelled"),
    )


async def _rooms(turn: Turn, alert: Alert) -> dict[int, str]:
    """How far the card's text is in each chat to which it was due."""
    query = (
        select(col(Delivery.chat_id), col(Delivery.post_id), col(DeliveryPart.state), func.count())
        .join(DeliveryPart, col(DeliveryPart.delivery_id) == col(Delivery.id))
        .join(PostPart, (col(PostPart.post_id) == Delivery.post_id) & (col(PostPart.number) == DeliveryPart.number))
        .where(col(Delivery.post_id).in_(await cards(turn, alert)), PostPart.kind == "text")
        .group_by(col(Delivery.chat_id), col(Delivery.post_id), col(DeliveryPart.state))
    )
    states: dict[tuple[int, int], set[str]] = {}
    for chat_id, post_id, state, _ in await turn.session.execute(query):
        states.setdefault((chat_id, post_id), set()).add(state)
    best: dict[int, str] = {}
    for (chat_id, _), found in states.items():
        best[chat_id] = min(_room_state(found), best.get(chat_id, "cancelled"), key=_BEST.index)
    return best


_BEST = ("sent", "unknown", "waiting", "failed", "cancelled")


async def cards(turn: Turn, alert: Alert) -> list[int]:
    """The posts with its card: its own, those of the reports merged into it, and those written anew since."""
    every = [alert, *await relatives(turn, alert)]
    first = [one.post_id for one in every if one.post_id is not None]
    later = await later_cards(turn.session, [ref_of(one) for one in every])
    return [*first, *(post_id for posts in later.values() for post_id in posts)]


def _room_state(states: set[str]) -> str:
    """One word for a room whose text may have several parts."""
    if states & {*UNDER_WAY}:
        return "waiting"
    for state in (PartState.FAILED, PartState.UNKNOWN, PartState.CANCELLED):
        if state in states:
            return str(state)
    return "sent"


async def look_whether_whole(turn: Turn, ref: str) -> None:
    """Due: when no room waits any more, the family's group hears once how many have it."""
    alert = await turn.session.get(Alert, int(ref[1:]))
    if alert is None or alert.state != AlertState.CONFIRMED or alert.post_id is None:
        return
    now = await counts(turn, alert)
    if now.waiting:
        await turn.schedule(WHOLE, ref, turn.now + LOOK_AGAIN)
        return
    await to_family(turn, alert, texts.whole(alert, now))
    await _warn_of_ransom(turn, alert)


async def _warn_of_ransom(turn: Turn, alert: Alert) -> None:
    """Once, when all groups have the card: who reads a family's phone there may be after its money."""
    warned = select(AuditEntry.id).where(AuditEntry.ref == ref_of(alert), AuditEntry.action == "alert.warned")
    if await turn.session.scalar(warned.limit(1)) is not None:
        return
    turn.audit("alert.warned", ref_of(alert))
    families = [alert, *(one for one in await relatives(turn, alert) if not one.forwarded)]
    for contact_id in dict.fromkeys(one.reporter_id for one in families):
        text = texts.ransom(alert, relayed=contact_id == alert.confirmed_by)
        await whisper(turn, contact_id, text, ref=ref_of(alert))


async def by_itself(turn: Turn, ref: str) -> None:
    """Due, where the config says so: nobody confirmed it, and it goes out all the same, if the family lets it."""
    alert = await turn.session.get(Alert, int(ref[1:]), with_for_update=True, populate_existing=True)
    if alert is None or alert.state != AlertState.UNCONFIRMED or alert.forwarded or facts.wants_quiet(alert.text):
        return
    area = await turn.session.get(Area, alert.area_id)
    assert area is not None
    await spread(turn, alert, area, by_itself=True)


async def report_status(turn: Turn, ref: Ref) -> None:
    """查 M3: whether it still stands; workers also hear how far it went."""
    alert, area = await load(turn, ref)
    text = texts.status(alert, await here(turn, area), await vouched(turn, alert, area))
    if turn.me.roles and alert.post_id:
        text += texts.spread_line(await counts(turn, alert))
    await say(turn, text, ref=ref_of(alert))


async def list_open(turn: Turn) -> None:
    """寻人 alone: the open alerts that this chat has heard of; in private also those that the speaker deals with."""
    path = turn.here.area.path if turn.here.area else None
    query = select(Alert, col(Area.path)).join(Area, col(Alert.area_id) == col(Area.id))
    rows = await turn.session.execute(query.where(col(Alert.state).in_(ALERT_OPEN)).order_by(col(Alert.id)))
    mine = [
        alert
        for alert, origin in rows
        if (alert.chat_id == turn.here.chat_id and not alert.forwarded)
        or (turn.here.private and (alert.reporter_id == turn.me.contact_id or turn.me.has(ON_DUTY, origin)))
        or alert.covers(path)
    ]
    if not mine:
        await say(turn, texts.NOBODY_MISSING)
        return
    await say(turn, f"在找的有 {len(mine)} 位：\n" + "\n".join(texts.list_line(one) for one in mine[:10]))
