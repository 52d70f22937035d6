"""群 and 区域: binding of groups, their modes, and the names of areas."""

from handlers.commands import Command, Takes
from handlers.places import modes, standbys
from handlers.places.binding import bind, list_codes
from handlers.places.mapping import arrived, town_map
from handlers.places.modes import HUSHES, MODE_IMPORTED, hush, list_rooms, set_mode
from handlers.places.naming import area_by_words
from handlers.turn import ON_DUTY, WORKERS
from storage.people import Role

COMMANDS: tuple[Command, ...] = (
    Command(
        ("绑定",),
        "绑定 K7Q2ABCD",
        "在新群里发，把这个群绑到它的网格；绑定码由管理员给",
        bind,
        rest=Takes.MAY,
        ordinary=True,
    ),
    Command(
        ("群码",),
        "群码 柳树村",
        "列出还没绑的群的绑定码；“群码 新 一格”再加一个群",
        list_codes,
        (Role.ADMIN,),
        rest=Takes.MAY,
        private=True,
    ),
    Command(
        ("模式",),
        "模式 静默",
        "设本群为静默、试点或正式；管理员可“模式 静默 全镇”“模式 恢复 全镇”",
        set_mode,
        WORKERS,
        rest=Takes.MAY,
        heads=("静默", "试点", "正式", "恢复"),
    ),
    Command(
        ("静默", "全镇静默", "全区静默", "全村静默", "解除静默"),
        "静默 全镇",
        "“模式 静默 全镇”的简写；“解除静默 全镇”恢复",
        hush,
        WORKERS,
        rest=Takes.MAY,
        ordinary=True,
        heads=("全",),
        shape=HUSHES,
    ),
    Command(
        ("群列表", "群状态"), "群列表 柳树村", "看有几个群、哪些没绑、哪些静默", list_rooms, WORKERS, rest=Takes.MAY
    ),
    Command(
        ("网格图",),
        "网格图 柳树巷 120,340",
        "看本镇的网格图；镇管理员先发图再发“网格图”就存下，写地名和图上的位置（从左、从上数的像素）标地点，"
        "“网格图 删除”不要了",
        town_map,
        ON_DUTY,
        rest=Takes.MAY,
        ordinary=True,
    ),
)

DUE = {**modes.DUE, **standbys.DUE}

__all__ = ["COMMANDS", "DUE", "MODE_IMPORTED", "area_by_words", "arrived"]
