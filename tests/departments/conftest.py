"""The small town with departments, their groups and elders in it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.harness import TOWN, Talk

ROOMS = "b1,T1,供电所工作群,部门,正式\nb2,T1,柳河物业群,部门,正式\n"
PEOPLE = """\
e1,李工,部门,T1,13900000081,b1,供电所
e2,周工,部门,T1,13900000082,b1,供电所
k1,赵队,部门,T1,13900000083,无,城管中队
h1,物业小张,居民,G1,13900000084,b2,
m1,李大爷,三老,V1,13900000085,无,老党员
m2,张奶奶,三老,G2,13900000086,无,
m3,何大爷,三老,V3,13900000087,无,
"""


def department_town(folder: Path) -> Path:
    """The files of that town, in a folder of their own."""
    town = folder / "town"
    shutil.copytree(TOWN, town)
    with (town / "rooms.csv").open("a", encoding="utf-8") as rooms:
        rooms.write(ROOMS)
    head, *people = (town / "people.csv").read_text(encoding="utf-8").splitlines()
    lines = [f"{head},title", *(f"{line}," for line in people), PEOPLE]
    (town / "people.csv").write_text("\n".join(lines), encoding="utf-8")
    return town


@pytest.fixture(scope="session")
def department_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with that town in it, to be copied."""
    folder = tmp_path_factory.mktemp("departments")

    async def build() -> None:
        made = await Talk(folder).open(department_town(folder))
        await made.close()

    asyncio.run(build())
    return folder / "talk.db"


@pytest.fixture
async def other(tmp_path: Path, department_db: Path) -> AsyncIterator[Talk]:
    """Another bot in a town like it, to compare with."""
    folder = tmp_path / "other"
    folder.mkdir()
    shutil.copy(department_db, folder / "talk.db")
    made = await Talk(folder).open(department_town(folder))
    yield made
    await made.close()


@pytest.fixture
async def talk(tmp_path: Path, department_db: Path) -> AsyncIterator[Talk]:
    """A bot in that town, at noon."""
    shutil.copy(department_db, tmp_path / "talk.db")
    made = await Talk(tmp_path).open(department_town(tmp_path))
    yield made
    await made.close()
