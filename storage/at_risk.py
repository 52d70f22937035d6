"""登记: people who may go missing again, kept by their family's consent, so that next time one sentence is enough."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col

from storage.areas import Area, below
from storage.columns import optional_time, time_field

PERSONAL = ("name", "sex", "features", "health", "places", "phone", "contact_name", "consent")


class AtRisk(SQLModel, table=True):
    """Somebody who may go missing again. `contact_id` consented, in the words `consent`.

    With the end of consent only the ids and the two dates remain.
    """

    __table_args__ = {"sqlite_autoincrement": True}

    id: int | None = Field(default=None, primary_key=True)
    contact_id: int = Field(foreign_key="contact.id", index=True)
    area_id: int = Field(foreign_key="area.id", index=True)
    alert_id: int | None = Field(default=None, foreign_key="alert.id")
    name: str = ""
    sex: str = ""
    birth_year: int | None = None
    features: str = ""
    health: str = ""
    places: str = ""
    phone: str = ""
    contact_name: str = ""
    picture_id: int | None = Field(default=None, foreign_key="picture.id")
    consent: str = ""
    consented_at: datetime = time_field()
    ended_at: datetime | None = optional_time()

    def wipe(self, at: datetime) -> None:
        """Consent has ended: nothing personal remains."""
        for name in PERSONAL:
            setattr(self, name, "")
        self.birth_year = self.picture_id = None
        self.ended_at = at


async def at_risk(
    session: AsyncSession, contact_id: int | None, paths: Collection[str] = (), *, lock: bool = False
) -> list[AtRisk]:
    """Whom this person registered, and who is registered at or below these areas, by id."""
    query = (
        select(AtRisk)
        .join(Area, col(AtRisk.area_id) == col(Area.id))
        .where(
            col(AtRisk.ended_at).is_(None),
            or_(col(AtRisk.contact_id) == contact_id, *(below(path) for path in paths)),
        )
        .order_by(col(AtRisk.id))
    )
    return list((await session.scalars(query.with_for_update(of=AtRisk) if lock else query)).all())
