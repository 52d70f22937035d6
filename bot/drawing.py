"""Pictures for the courier: stored ones, and posters, figures and maps drawn in a thread just before the send."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from bot.gateways.protocol import NotSupported, Refused
from bot.lettering import find_font
from handlers.alerts.reaching import here, town_level, vouched
from handlers.figures import trends
from handlers.maps import drawing_from
from handlers.periods import Period
from handlers.ports import Outside, Rules
from handlers.refs import take_ref
from handlers.turn import Turn
from storage.alert_figures import courses
from storage.areas import Area
from storage.engine import Database
from storage.inbox import Picture
from storage.matters import ALERT_OPEN, Alert, AlertState

KEPT = 8
"""Posters kept in memory: a fan-out draws its poster once."""


class Drawing:
    """Gives the bytes of a post's picture part."""

    def __init__(self, database: Database, rules: Rules) -> None:
        self._database = database
        self._rules = rules
        self._posters: OrderedDict[tuple[str, str, str], bytes] = OrderedDict()

    async def picture(self, ref: str, kind: str, picture_id: int | None, text: str = "") -> tuple[bytes, str]:
        """(bytes, file name) of a stored picture, of the poster of alert `ref`, or of what `text` names.

        `text` says whose figures are drawn, or what on the stored map.
        """
        if kind == "poster":
            return await self._poster(ref)
        if kind == "figures":
            return await self._figures(text)
        async with self._database.read() as session:
            picture = await session.get(Picture, picture_id)
        if picture is None or picture.data is None:
            raise Refused("照片已经删除")
        if kind == "map":
            return await self._map(ref, picture.data, text)
        return picture.data, f"{ref}-{picture.id}.{'png' if picture.mime == 'image/png' else 'jpg'}"

    async def _poster(self, ref: str) -> tuple[bytes, str]:
        """The poster, green once the person is found; without a Chinese font the photo alone while they are sought."""
        async with self._database.read() as session:
            alert = await self._alert(session, ref)
            green = alert.state == AlertState.FOUND
            if not green and alert.state not in ALERT_OPEN:
                raise Refused("寻人已结束")
            photo = await session.get(Picture, alert.picture_id) if alert.picture_id and not green else None
            area = await session.get_one(Area, alert.area_id)
            turn = Turn(session, alert.updated_at, Outside(self._rules))  # for reading only
            police, who = (await here(turn, area)).police, await vouched(turn, alert, area)
        font = find_font()
        if font is None and photo is not None and photo.data is not None:
            return photo.data, f"{ref}.jpg"
        if font is None:
            raise NotSupported("没有中文字体，只发文字")
        key = (ref, alert.state, alert.updated_at.isoformat())
        if key not in self._posters:
            self._posters[key] = await asyncio.to_thread(
                self._drawn, alert, photo.data if photo else None, font, police, who
            )
            while len(self._posters) > KEPT:
                self._posters.popitem(last=False)
        return self._posters[key], f"{ref}.png"

    async def _figures(self, text: str) -> tuple[bytes, str]:
        """The picture of an area's time, as a `drawing_of` names it: of its missing persons, or of its cases."""
        from bot import chart

        font = find_font()
        if font is None:
            raise NotSupported("没有中文字体，只发文字")
        if text.startswith(trends.DRAWN):
            return await self._trend(text, font)
        number, *days = text.split()
        first, after = map(date.fromisoformat, days)
        period, zone = Period(f"{first.year}年{first.month}月", first, after), ZoneInfo(self._rules.timezone)
        async with self._database.read() as session:
            area = await session.get_one(Area, int(number))
            found = await courses(session, area.path, *period.bounds(zone), town_level=town_level(self._rules))
        month = chart.Month(area.name, period.name, first, (after - first).days, found, zone)
        return await asyncio.to_thread(chart.draw_month, month, font), f"寻人-{first:%Y-%m}.png"

    async def _trend(self, text: str, font: Path) -> tuple[bytes, str]:
        from bot import trend_chart

        async with self._database.read() as session:
            found = await trends.drawn_from(session, text, ZoneInfo(self._rules.timezone))
        return await asyncio.to_thread(trend_chart.draw_trend, found, font), f"趋势-{found.period.first}.png"

    async def _map(self, ref: str, picture: bytes, text: str) -> tuple[bytes, str]:
        """The town's map with what `handlers.maps.TownMap.piece` put on it."""
        from bot import townmap

        font = find_font()
        if font is None:
            raise NotSupported("没有中文字体，只发文字")
        if not text:
            raise Refused("线索已过保存期")
        return await asyncio.to_thread(townmap.draw_map, drawing_from(text), picture, font), f"{ref}-map.jpg"

    async def _alert(self, session: AsyncSession, ref: str) -> Alert:
        found = take_ref(ref)[0]
        alert = await session.get(Alert, found.number) if found else None
        if alert is None:
            raise Refused("寻人已经删除")
        return alert

    def _drawn(self, alert: Alert, photo: bytes | None, font: Path, police: str, who: str) -> bytes:
        from bot import poster  # it takes Pillow along, which most processes never need

        zone = ZoneInfo(self._rules.timezone)
        if alert.state == AlertState.FOUND:
            return poster.draw_found(poster.found_facts(alert, zone), font)
        url = self._rules.alerts.public_url
        facts = poster.facts_of(alert, vouched=who, police=police, zone=zone, public_url=url)
        return poster.draw_poster(facts, photo, font)
