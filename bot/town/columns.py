"""The columns of the four files: the English name, the Chinese header, and the words that fill them."""

from __future__ import annotations

from dataclasses import dataclass

from storage.areas import Mode, Purpose
from storage.people import Role


@dataclass(frozen=True, slots=True)
class Column:
    """A column: both of its headers, whether it must be there, and what it holds (for the handbook)."""

    name: str
    chinese: str
    required: bool
    help: str


MAX_CELL = 500
"""Characters of a cell."""


@dataclass(frozen=True, slots=True)
class Table:
    """One of the files; no cell has more than `longest` characters, and only with `lines` more than one line."""

    stem: str
    title: str
    columns: tuple[Column, ...]
    longest: int = MAX_CELL
    lines: bool = False

    def headers(self) -> dict[str, str]:
        """Every accepted header -> the English name."""
        return {header: column.name for column in self.columns for header in (column.name, column.chinese)}


AREAS = Table(
    "areas",
    "区划",
    (
        Column("key", "编号", True, "区划的编号，不重复"),
        Column("name", "名称", True, "区划的名称"),
        Column("level", "级别", False, "配置 levels 里的一级；空着按上级的下一级算"),
        Column("parent", "上级", True, "上级区划的编号；最上一级空着"),
        Column("kind", "类型", False, "城市、农村或专属"),
        Column("police_name", "派出所", False, "派出所名称"),
        Column("police_phone", "报警电话", False, "派出所电话"),
        Column("neighbours", "相邻", False, "相邻区划的编号，用空格或分号隔开"),
    ),
)
ROOMS = Table(
    "rooms",
    "群",
    (
        Column("key", "编号", True, "群的编号，不重复"),
        Column("area", "所属", True, "所属区划的编号"),
        Column("name", "群名", False, "群的名称；空着按区划名取"),
        Column("purpose", "用途", False, "居民（空着就是）、工作或部门"),
        Column("mode", "模式", False, "静默、试点或正式；空着按配置 rooms.start_mode"),
        Column("bind_code", "绑定码", False, "只在导出时写；导入时不看"),
    ),
)
PEOPLE = Table(
    "people",
    "人员",
    (
        Column("key", "编号", True, "人的编号；一人多岗写多行，编号相同"),
        Column("name", "姓名", True, "姓名"),
        Column(
            "role",
            "角色",
            False,
            "居民（空着就是）、志愿者、网格员、网格长、管理员（村、镇、区管理员）、民警、部门或三老",
        ),
        Column("area", "所属", True, "所属或任职区划的编号"),
        Column("phone", "电话", False, "手机、座机或短号"),
        Column("rooms", "所在群", False, "群的编号，用空格或分号隔开；空着按角色算；“无”表示不在任何群"),
        Column("stands_in_for", "代", False, "代班：被代的人的编号"),
        Column("until", "截止", False, "任职或代班到哪天为止，如 2026-11-30"),
        Column("title", "部门", False, "角色是部门时必填：部门的名称，如 供电所；三老可写 老党员、老干部、老模范"),
    ),
)
PLACES = Table(
    "places",
    "地点",
    (
        Column("name", "名称", True, "本地人的叫法"),
        Column("area", "所属", True, "所在区划的编号"),
        Column("aliases", "别名", False, "别的叫法，用空格或分号隔开"),
        Column("x", "x", False, "在本镇地图图片上的横坐标（像素）"),
        Column("y", "y", False, "在本镇地图图片上的纵坐标（像素）"),
    ),
)
TABLES = (AREAS, ROOMS, PEOPLE, PLACES)

RESIDENT = "居民"
ROLE_NAMES: dict[str, Role | None] = {
    RESIDENT: None,
    "志愿者": Role.VOLUNTEER,
    "网格员": Role.WORKER,
    "网格长": Role.LEAD,
    "管理员": Role.ADMIN,
    "民警": Role.POLICE,
    "通知员": Role.HERALD,
    "部门": Role.DEPARTMENT,
    "三老": Role.MEDIATOR,
}
"""What is written out; the first name of a role is the one to write."""

ROLE_WORDS: dict[str, Role | None] = {
    **ROLE_NAMES,
    "": None,
    "村管理员": Role.ADMIN,
    "社区管理员": Role.ADMIN,
    "镇管理员": Role.ADMIN,
    "街道管理员": Role.ADMIN,
    "区管理员": Role.ADMIN,
    "县管理员": Role.ADMIN,
    "调解员": Role.MEDIATOR,
    "老党员": Role.MEDIATOR,
    "老干部": Role.MEDIATOR,
    "老模范": Role.MEDIATOR,
    "resident": None,
    **{role.value: role for role in Role},
}
PURPOSE_NAMES = {"居民": Purpose.RESIDENTS, "工作": Purpose.STAFF, "部门": Purpose.DEPARTMENT}
PURPOSE_WORDS = {**PURPOSE_NAMES, "": Purpose.RESIDENTS, **{purpose.value: purpose for purpose in Purpose}}
MODE_WORDS: dict[str, Mode | None] = {"": None, **{mode.value: mode for mode in Mode}}
KINDS = ("", "城市", "农村", "专属")
NO_ROOMS = "无"
