"""What rooms and people are called, asked once and kept for a while."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable

from bot.gateways.protocol import GatewayError
from bot.gateways.wechaty.wire import Link

KEPT = 20_000
"""Names kept at most: 160 rooms with some hundred speakers each do not all speak in an hour."""

FRESH = 3600.0
"""Seconds that a name counts; nothing reports a new nickname, so it must be asked again."""

FAILED = 60.0
"""Seconds until a name that could not be had is asked for again."""

PATIENCE = 3.0
"""Seconds to wait for a name at most: a message without its sender's name is better than a late one."""

Key = tuple[str | None, str | None]


class Names:
    """Shown names by (room, person); (room, None) is the room itself, (None, person) the person in private."""

    def __init__(self, link: Link, clock: Callable[[], float] = time.monotonic) -> None:
        self._link = link
        self._clock = clock
        self._known: OrderedDict[Key, tuple[float, str]] = OrderedDict()
        self._keys: defaultdict[str, set[Key]] = defaultdict(set)  # by id: some puppets report changes by the thousand

    async def room(self, room: str) -> str:
        """A room's topic, empty if it cannot be had."""
        return await self._get((room, None))

    async def person(self, room: str | None, person: str) -> str:
        """How a person is called: in a room by the name used there, if there is one."""
        return await self._get((room, person))

    def set_room(self, room: str, name: str) -> None:
        """A room has been renamed."""
        self._keep((room, None), name, FRESH)

    def forget(self, id: str) -> None:
        """Something about this room or person has changed."""
        for key in list(self._keys.get(id, ())):
            self._drop(key)

    def clear(self) -> None:
        """All ids may mean something else now."""
        self._known.clear()
        self._keys.clear()

    async def _get(self, key: Key) -> str:
        known = self._known.get(key)
        if known and known[0] > self._clock():
            self._known.move_to_end(key)
            return known[1]
        try:
            async with asyncio.timeout(PATIENCE):
                name = await self._ask(*key)
        except (GatewayError, TimeoutError):
            self._keep(key, known[1] if known else "", FAILED)
            return self._known[key][1]
        self._keep(key, name, FRESH)
        return name

    async def _ask(self, room: str | None, person: str | None) -> str:
        if person is None:
            return (await self._link.ask(lambda wire: wire.room_payload(id=room or ""))).topic
        if room is not None:
            member = await self._link.ask(lambda wire: wire.room_member_payload(id=room, member_id=person))
            if member.room_alias or member.name:
                return member.room_alias or member.name
        return (await self._link.ask(lambda wire: wire.contact_payload(id=person))).name

    def _keep(self, key: Key, name: str, seconds: float) -> None:
        self._known[key] = (self._clock() + seconds, name[:200])
        self._known.move_to_end(key)
        for part in filter(None, key):
            self._keys[part].add(key)
        while len(self._known) > KEPT:
            self._drop(next(iter(self._known)))

    def _drop(self, key: Key) -> None:
        del self._known[key]
        for part in filter(None, key):
            self._keys[part].discard(key)
            if not self._keys[part]:
                del self._keys[part]
