"""Pictures for the courier: stored ones, and posters and figures drawn in a thread just before the send."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from datetime import date
from zoneinfo import ZoneInfo

from bot.gateways.protocol import NotSupported, Refused
from handlers.periods import Period
from handlers.ports import Rules
from handlers.refs import take_ref
from storage.alert_figures import courses
from storage.areas import Area, area_line
from storage.engine import Database
from storage.inbox import Picture
from storage.matters import Alert

KEPT = 8
"""Posters kept in memory: a fan-out draws its poster once."""


class Drawing:
    """Gives the bytes of a post's picture part."""

    def __init__(self, database: Database, rules: Rules) -> None:
        self._database = database
        self._rules = rules
        self._posters: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    async def picture(self, ref: str, kind: str, picture_id: int | None, text: str = "") -> tuple[bytes, str]:
        """(bytes, file name) of a stored picture, of the poster of alert `ref`, or of the figures `text` names."""
        if kind == "poster":
            return await self._poster(ref)
        if kind == "figures":
            return await self._figures(text)
        async with self._database.read() as session:
            picture = await session.get(Picture, picture_id)
        if picture is None or picture.data is None:
            raise Refused("照片已经删除")
        return picture.data, f"{ref}-{picture.id}.{'png' if picture.mime == 'image/png' else 'jpg'}"

    async def _poster(self, ref: str) -> tuple[bytes, str]:
        """The poster; without a Chinese font the photo alone."""
        from bot import poster

        found = take_ref(ref)[0]
        async with self._database.read() as session:
            alert = await session.get(Alert, found.number) if found else None
            if alert is None:
                raise Refused("寻人已经删除")
            photo = await session.get(Picture, alert.picture_id) if alert.picture_id else None
            area = await session.get(Area, alert.area_id)
            line = await area_line(session, area) if area else []
        key = (ref, alert.updated_at.isoformat())
        font = poster.find_font()
        if font is None and photo is not None and photo.data is not None:
            return photo.data, f"{ref}.jpg"
        if font is None:
            raise NotSupported("没有中文字体，只发文字")
        if key not in self._posters:
            police = next((one.police_phone for one in line if one.police_phone), self._rules.alerts.police_phone)
            zone = ZoneInfo(self._rules.timezone)
            facts = poster.facts_of(alert, area.name if area else "", police=police, zone=zone)
            data = await asyncio.to_thread(poster.draw_poster, facts, photo.data if photo else None, font)
            self._posters[key] = data
            while len(self._posters) > KEPT:
                self._posters.popitem(last=False)
        return self._posters[key], f"{ref}.png"

    async def _figures(self, text: str) -> tuple[bytes, str]:
        """The picture of an area's month, as `handlers.alerts.counting.drawing_of` names it."""
        from bot import chart, poster

        font = poster.find_font()
        if font is None:
            raise NotSupported("没有中文字体，只发文字")
        number, *days = text.split()
        first, after = map(date.fromisoformat, days)
        period, zone = Period(f"{first.year}年{first.month}月", first, after), ZoneInfo(self._rules.timezone)
        async with self._database.read() as session:
            area = await session.get_one(Area, int(number))
            found = await courses(session, area.path, *period.bounds(zone))
        month = chart.Month(area.name, period.name, first, (after - first).days, found, zone)
        return await asyncio.to_thread(chart.draw_month, month, font), f"寻人-{first:%Y-%m}.png"
