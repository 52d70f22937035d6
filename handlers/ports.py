"""The frozen types that handlers need from outside; `bot` builds them."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Protocol
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator


class EventKind(StrEnum):
    """What a gateway may report."""

    MESSAGE = "message"
    RECALLED = "recalled"
    INVITED = "invited"
    FRIEND_REQUEST = "friend-request"
    JOINED = "joined"
    LEFT = "left"
    RENAMED = "renamed"
    ONLINE = "online"
    OFFLINE = "offline"
    SCAN = "scan"
    PICTURE = "picture"  # made by our own fetcher: a wanted picture has arrived


class MessageType(StrEnum):
    """The content of a message."""

    TEXT = "text"
    PICTURE = "picture"
    VOICE = "voice"
    VIDEO = "video"
    LOCATION = "location"
    FILE = "file"
    LINK = "link"
    CARD = "card"
    FORWARDED = "forwarded"
    STICKER = "sticker"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Quote:
    """The message that a reply quotes. `message_id` is None where the gateway gives only text."""

    message_id: str | None
    text: str = ""
    sender: str | None = None


@dataclass(frozen=True, slots=True)
class Location:
    """A shared location: degrees (WGS-84 or what the chat system gives) and its names."""

    latitude: float
    longitude: float
    name: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing a gateway reports, in the chat system's own ids.

    `id` is unique per account and event, however often delivered (a gateway without ids of its own makes
    one from the content). `room` is None for a private chat. `at` is aware, UTC. `text` is bounded by the
    gateway to `MAX_TEXT` characters. `picture` is a handle for `Gateway.fetch_picture`. `subject` is what
    the event concerns beyond the room: the recalled message's id, the invitation or friend request's id,
    the new name, the scan code. `people` are those who joined or left. Of our own private messages `sender`
    is the person they went to.
    """

    id: str
    kind: EventKind
    at: datetime
    room: str | None = None
    room_name: str = ""
    sender: str | None = None
    sender_name: str = ""
    from_self: bool = False
    type: MessageType = MessageType.TEXT
    text: str = ""
    mentions: tuple[str, ...] = ()
    mentions_me: bool = False
    quote: Quote | None = None
    picture: str | None = None
    location: Location | None = None
    subject: str = ""
    people: tuple[str, ...] = ()


_EVENT_FIELDS = tuple(field.name for field in fields(Event))


def dump_event(event: Event) -> str:
    """The event as JSON, only what is set; `load_event` reads it back."""
    plain = {name: value for name in _EVENT_FIELDS if (value := getattr(event, name)) not in (None, "", False, ())}
    plain["at"] = event.at.isoformat()
    plain |= {name: asdict(value) for name in ("quote", "location") if (value := plain.get(name))}
    return json.dumps(plain, ensure_ascii=False)


def load_event(text: str) -> Event:
    """What `dump_event` wrote."""
    plain: dict[str, Any] = json.loads(text)
    plain["kind"] = EventKind(plain["kind"])
    plain["at"] = datetime.fromisoformat(plain["at"])
    plain["type"] = MessageType(plain.get("type", MessageType.TEXT))
    for name, shape in (("quote", Quote), ("location", Location)):
        if name in plain:
            plain[name] = shape(**plain[name])
    for name in ("mentions", "people"):
        plain[name] = tuple(plain.get(name, ()))
    return Event(**plain)


def moment_and_text(text: str) -> tuple[datetime, str]:
    """When an event was said and its words, out of what `dump_event` wrote."""
    plain: dict[str, Any] = json.loads(text)
    return datetime.fromisoformat(plain["at"]), plain.get("text", "")


MAX_TEXT = 100_000
"""Characters of one message that are kept; WeChat itself allows 16,000 in one bubble."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a gateway can do; the posts of a handler fit it."""

    max_text_bytes: int = 4000
    can_recall: bool = False
    can_mention_all: bool = False
    stable_ids: bool = True
    returns_message_ids: bool = True
    can_message_strangers: bool = False
    can_send_pictures: bool = True
    paced: bool = True


class Clock(Protocol):
    """Tells the time; the only source of `now` outside `bot`."""

    def now(self) -> datetime:
        """The current instant, aware, UTC."""


Seconds = Annotated[int, Field(strict=True, ge=1, le=3600)]
Minutes = Annotated[int, Field(strict=True, ge=1, le=31 * 24 * 60)]
Hours = Annotated[int, Field(strict=True, ge=1, le=366 * 24)]
Days = Annotated[int, Field(strict=True, ge=1, le=100 * 366)]
Count = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
Share = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]
"""What a setting may be: whole numbers within what a clock and a town can do. `true` is no number."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_ADDRESS = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:/[\w.~-]+)*/?", re.ASCII)


class CircleRules(_Section):
    """How the circle of an alert grows after its confirmation, while nobody is found.

    The hours are the first two steps of 团圆, the system of the Ministry of Public Security (1 h, 2 h, 3 h, each
    100 km wider); who is young, old or ill comes to harm sooner, so they are halved.
    """

    neighbours_minutes: Minutes | None = Field(60, description="核实后多少分钟还没找到就发到相邻各镇；null 不自动发")
    district_minutes: Minutes | None = Field(120, description="核实后多少分钟还没找到就发到全区；null 不自动发")
    pressing_factor: Share = Field(0.5, description="老人、小孩、病人的扩散时间乘以几（0 到 1）")
    child_under: Count = Field(7, description="几岁以下的孩子提前扩散")
    elder_over: Count = Field(70, description="超过几岁的老人提前扩散")


class AlertRules(_Section):
    """When a missing-person report climbs, and how far it goes."""

    auto_after_minutes: Minutes | None = Field(None, description="不经确认自动发全镇的分钟数；默认不自动发")
    ask_lead_minutes: Minutes = Field(3, description="几分钟无人确认就问网格长和村管理员")
    ask_town_minutes: Minutes = Field(6, description="几分钟无人确认就问镇管理员和值班的人")
    repeat_minutes: Minutes = Field(10, description="之后每隔几分钟再问一次")
    hourly_after_minutes: Minutes = Field(120, description="超过这么久仍无人确认，改为每小时问一次")
    police_phone: str = Field("110", max_length=40, description="寻人卡片上的报警电话；镇有派出所电话时用镇里的")
    call_back_days: Days | None = Field(7, description="找到几天后请网格员去家里看看，并私下问候家人；null 不回访")
    monthly_figures: bool = Field(True, strict=True, description="每月 1 日把上月的寻人统计私发给镇管理员")
    stands_hours: Hours = Field(72, description="寻人卡片的有效小时数；到时问家人和网格员是否还在找，不自动结束")
    poster_facts: Count = Field(4, description="没有照片时，知道几项特征才画海报")
    circle: CircleRules = Field(default_factory=CircleRules)
    public_url: str = Field(
        "", max_length=200, description="公开状态页从外面看的地址（http 或 https）；写了海报上就有二维码"
    )

    @field_validator("public_url")
    @classmethod
    def _address(cls, value: str) -> str:
        """Without a slash at its end, so that `/m/3` can follow."""
        if value and not _ADDRESS.fullmatch(value):
            raise ValueError("应写完整的地址，如 https://xunren.example.cn")
        return value.rstrip("/")


class CategoryRule(_Section):
    """One category of cases: by when somebody takes one, and by when it is done.

    Hours of ordinary ones are working hours (as `cases.work_hours` stands nine make a day), of urgent ones the clock's.
    The defaults follow 接诉即办, where an answer is due within the day and an ordinary matter within a working week.
    """

    answer_hours: Hours = Field(4, description="接单时限（工作小时）")
    hours: Hours = Field(45, description="办结时限（工作小时；按每天 9 小时算，45 是 5 个工作日）")
    urgent_answer_hours: Hours = Field(1, description="急事的接单时限（小时，日夜都算）")
    urgent_hours: Hours = Field(24, description="急事的办结时限（小时，日夜都算）")
    department: str = Field("", max_length=40, description="牵头部门")


WEEKDAYS = "一二三四五六日"
_CLOCK = r"([01]\d|2[0-3]):[0-5]\d"


def _a_date(value: object) -> object:
    """A day as people write it; a bare number would be read as seconds."""
    try:
        return value if isinstance(value, date) else date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise ValueError("应写 2027-01-01 这样的日期") from None


Dates = Annotated[tuple[Annotated[date, BeforeValidator(_a_date)], ...], Field(max_length=400)]


class CaseRules(_Section):
    """Cases: categories and their limits, and when people work."""

    categories: Mapping[str, CategoryRule] = Field(default_factory=dict, description="事项类别：时限与牵头部门")
    unclaimed_minutes: Minutes = Field(30, description="几分钟无人接单就提醒网格员，再过同样时间提醒网格长")
    report_in_hours: Hours = Field(4, description="吹哨、转办后部门几小时内要回“报到”；到时提醒，再过同样时间报镇里")
    photos_in_group: bool = Field(
        True, strict=True, description="随进展、办结发来的照片也发到原来的群；关掉就只留存，保密的事从不发群"
    )
    five_sights: Literal["off", "soft", "hard"] = Field(
        "off", description="办结前的“五见”：off 不查，soft 办结后私下提醒缺什么，hard 缺了不能办结（管理员除外）"
    )
    reopen_days: Days = Field(
        3,
        description="办结后几天内有人说“还没好”“又坏了”就重新打开，更晚的另立一件；办结后没人说话也过这么多天自动结束",
    )
    announce_after_seconds: Seconds = Field(30, description="报事人补充内容后多久合并回一句")
    work_hours: str = Field(
        "08:30-17:30", pattern=rf"^{_CLOCK}-{_CLOCK}$", description="上班时间；不急的事在上班时间里计时限、催办"
    )
    work_days: tuple[Literal["一", "二", "三", "四", "五", "六", "日"], ...] = Field(
        ("一", "二", "三", "四", "五"), min_length=1, max_length=7, description="一周里上班的日子；法定节假日和调休另算"
    )
    holidays: Dates = Field((), description="另外放假的日子，写 2027-01-01；程序还不知道的年份的节假日写在这里")
    workdays: Dates = Field((), description="另外上班的日子（调休），写法相同")
    morning_digest: bool = Field(True, strict=True, description="上班的早上把当天要办的事私发给手上有事的人")
    weekly_digest: bool = Field(False, strict=True, description="每周第一个工作日 9 点在正式的居民群里说上周办了几件事")
    log_at: str = Field(
        "20:55",
        pattern=rf"^({_CLOCK})?$",
        description="每天几点把当天的工作日志私发给做了事的网格员核对，空着不发；落在安静时段里的，第二天早上才到",
    )

    @field_validator("work_hours")
    @classmethod
    def _in_order(cls, value: str) -> str:
        begins, ends = value.split("-")
        if begins >= ends:
            raise ValueError("上班要早于下班")
        return value

    @model_validator(mode="after")
    def _one_or_the_other(self) -> CaseRules:
        if both := set(self.holidays) & set(self.workdays):
            raise ValueError(f"cases.holidays 和 cases.workdays 不能都有 {min(both)}")
        return self


class ReadingRules(_Section):
    """How sure the bot must be before it speaks."""

    act_threshold: Share = Field(0.6, description="达到这个把握才在群里立事项；不到则私下问网格员")
    ask_threshold: Share = Field(0.45, description="低于这个把握当作闲聊，不问也不答")
    join_minutes: Minutes = Field(3, description="同一人几分钟内的话合起来读")
    voice_minutes: Minutes = Field(10, description="报事后几分钟内的语音转给网格员听")


class PrivacyRules(_Section):
    """What is kept, and how long."""

    chat_minutes: Minutes = Field(15, description="闲聊文字保留的分钟数，之后只留计数")
    inbox_days: Days = Field(30, description="收到的事项原文保留天数")
    closed_days: Days = Field(180, description="办结事项正文保留天数")
    alert_days: Days = Field(30, description="寻人结束后照片、姓名、电话保留天数")
    register_days: Days = Field(365, description="家人同意登记的易走失人员资料保留天数")


class RoomRules(_Section):
    """How groups start, and whose invitations count."""

    start_mode: Literal["静默", "试点", "正式"] = Field("试点", description="新群的起始模式")
    accept_from: Literal["appointed", "anyone", "nobody"] = Field("appointed", description="接受谁的入群邀请和好友申请")


class NoticeRules(_Section):
    """Notices."""

    receipt_hours: Hours = Field(4, description="要回执的通知，几小时后把还没回的人私下告诉网格员（只一次）")


class Quiet(_Section):
    """Hours in which unasked, routine posts wait."""

    start: str = Field("21:00", pattern=rf"^{_CLOCK}$", description="安静时段开始")
    end: str = Field("08:00", pattern=rf"^{_CLOCK}$", description="安静时段结束")


class Webhook(_Section):
    """Another system that hears of changes of cases. Its secret comes from the environment."""

    name: str = Field(pattern=r"^[a-z0-9_]{1,30}$", description="名字，小写字母、数字和下划线；密钥的环境变量以它结尾")
    url: str = Field(max_length=500, description="对方的地址")
    events: tuple[str, ...] = Field((), description="只要哪些事件；空着全要")


class WebhookRules(_Section):
    """Who hears of changes of cases."""

    targets: tuple[Webhook, ...] = Field((), max_length=20, description="事项每次变动通知哪些地址（name、url、events）")
    allow_private: bool = Field(False, strict=True, description="通知地址可以在内网（本机、局域网）；默认不可以")


class Rules(_Section):
    """Everything in the config that decisions depend on."""

    bot_name: str = Field("格格", min_length=1, max_length=20, description="机器人在群里的称呼")
    timezone: str = Field("Asia/Shanghai", description="本地时区")
    levels: tuple[str, ...] = Field(
        ("区", "镇街", "村社区", "网格"), min_length=2, max_length=7, description="区划各级名称，自上而下"
    )
    town_level: str = Field("镇街", description="哪一级算「镇」：寻人确认后发到这一级的全部群")
    backlog_minutes: Minutes = Field(10, description="迟到多久的消息按补收处理")
    question_minutes: Minutes = Field(30, description="追问的有效分钟数")
    alerts: AlertRules = Field(default_factory=AlertRules)
    cases: CaseRules = Field(default_factory=CaseRules)
    reading: ReadingRules = Field(default_factory=ReadingRules)
    privacy: PrivacyRules = Field(default_factory=PrivacyRules)
    rooms: RoomRules = Field(default_factory=RoomRules)
    notices: NoticeRules = Field(default_factory=NoticeRules)
    quiet: Quiet = Field(default_factory=Quiet)
    webhooks: WebhookRules = Field(default_factory=WebhookRules)


@dataclass(frozen=True, slots=True)
class Load:
    """What one account has to send until a post is whole.

    `rate`, `paused_until` and `started_at` are its row's; `sent` is what it began to send lately (rows of
    `storage.outbox.Send`, the oldest first), `waiting` its queue up to the post's last part (`storage.outbox.Queued`).
    """

    post_id: int
    rate: float
    paused_until: datetime | None
    started_at: datetime | None
    sent: Sequence[tuple[datetime, int, int | None, int]]
    waiting: Sequence[tuple[int, int, int, int, int, int, datetime, bool]]


class Pace:
    """How fast the accounts send, so that a preview can say how long it takes. This one does not wait at all."""

    paced = False

    def finish(self, load: Load, now: datetime) -> datetime:
        """When the last part of the load's post is sent."""
        return now


TOKEN_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Letters and digits that are not mistaken for each other when read from a screen."""


def random_token() -> str:
    """Eight unguessable letters for a code that somebody types: about 39 bits."""
    return "".join(secrets.choice(TOKEN_LETTERS) for _ in range(8))


@dataclass(frozen=True, slots=True)
class Queued:
    """A post that was written, and to how many chats it goes."""

    post_id: int
    ref: str
    sort: str
    chats: int


class Watch:
    """Is told of what was done, once it is committed; for logs and figures. Here nobody listens.

    `about` is as `handlers.following` has it; times are seconds.
    """

    def read(self, seconds: float) -> None:
        """A message was read."""

    def handled(self, about: str, outcome: str, ref: str, seconds: float, queued: Sequence[Queued] = ()) -> None:
        """A message was handled; `ref` is the matter it concerns, or empty."""

    def done_due(self, about: str, kind: str, seconds: float, queued: Sequence[Queued] = ()) -> None:
        """A due thing was done."""


class Segmenter:
    """Cuts Chinese text into words. This one knows none, and cuts it into pairs of characters."""

    async def cut_all(self, texts: Sequence[str], names: Collection[str]) -> list[list[str]]:
        """Many texts; `names` are words of the town that it is to know from now on."""
        return [self.cut(text) for text in texts]

    def cut(self, text: str) -> list[str]:
        """One text."""
        return [text[at : at + 2] for at in range(max(1, len(text) - 1))]


@dataclass(frozen=True, slots=True)
class Outside:
    """All that a handler may know of the world outside the database."""

    rules: Rules
    capabilities: Capabilities = field(default_factory=Capabilities)
    pace: Pace = field(default_factory=Pace)
    token: Callable[[], str] = random_token
    watch: Watch = field(default_factory=Watch)
    segmenter: Segmenter = field(default_factory=Segmenter)

    @property
    def zone(self) -> ZoneInfo:
        """The town's zone."""
        return ZoneInfo(self.rules.timezone)
