"""The config: what `config.yaml` may say, with defaults and help, and the one sentence for each mistake."""

from __future__ import annotations

import errno
import os
import re
from base64 import b64decode
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from bot.addresses import is_inside
from bot.gateways.endpoint import parse_endpoint
from bot.pacing import PaceRules
from handlers.ports import Count, Minutes, Rules, Seconds
from storage.matters import CaseState

TOKEN_VARIABLE = "GRIDBOT_WECHATY_TOKEN"
DATABASE_VARIABLE = "GRIDBOT_DATABASE"
ALARM_VARIABLE = "GRIDBOT_ALARM_URL"
OPEN311_VARIABLE = "GRIDBOT_OPEN311_KEYS"
HOOK_VARIABLE = "GRIDBOT_WEBHOOK_SECRET"

SHORTEST_API_KEY = 16
SHORTEST_KEY = 24
"""Bytes of a webhook's key, as the Standard Webhooks specification demands."""

EVENTS = ("case.opened", "case.updated", *(f"case.{state}" for state in CaseState))
"""What a webhook may want to hear of."""

MAX_BYTES = 1_000_000
SQLITE = "sqlite:///"

MARGIN = 60
"""Seconds by which what a standby heard must outlive the time until it takes over."""


NO_DOMAIN = "feed.domain 要写本镇的域名（如 xunren.example.cn），公开的编号以它开头，定了就不要再改"


class ConfigError(Exception):
    """The config cannot be used; the message is one sentence that names the key."""


Port = Annotated[int, Field(strict=True, ge=1, le=65535)]
Calling = Annotated[float, Field(strict=True, gt=0, le=120, allow_inf_nan=False)]
Silence = Annotated[float, Field(strict=True, gt=0, le=86_400, allow_inf_nan=False)]
"""Seconds for which an answer, and any sign of life, is waited for."""

Leasing = Annotated[float, Field(strict=True, ge=1, le=3600, allow_inf_nan=False)]

Switch = Annotated[bool, Field(strict=True)]


def _address(value: str) -> str:
    try:
        ip_address(value)
    except ValueError:
        raise ValueError("应写一个 IP 地址，如 127.0.0.1") from None
    return value


Address = Annotated[str, AfterValidator(_address)]
"""On which our own doors are opened."""


class LocalConfig(BaseModel):
    """The embedded chat."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: Literal["127.0.0.1", "localhost"] = Field("127.0.0.1", description="只在本机打开")
    port: Port = Field(8080, description="网页端口")
    chat: str = Field("data/chat.db", min_length=1, description="内置聊天自己的文件")


class WechatyConfig(BaseModel):
    """Real WeChat through a Wechaty puppet service; the token comes from the environment."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    endpoint: str = Field("127.0.0.1:8788", description="puppet 服务的 主机:端口；走 TLS 写 https://主机:端口")
    call_seconds: Calling = Field(15.0, description="每次调用的期限（秒）")
    silent_seconds: Silence = Field(600.0, description="多久没有任何动静算“无声”（秒）")
    stable_ids: Switch = Field(False, description="群和人的编号重新登录后是否不变（如企业微信协议）")

    @field_validator("endpoint")
    @classmethod
    def _endpoint(cls, value: str) -> str:
        try:
            parse_endpoint(value)
        except ValueError:
            raise ValueError("应写 主机:端口 或 https://主机:端口，端口在 1 到 65535 之间") from None
        return value


class AccountRules(BaseModel):
    """Several accounts on one database, each with a process of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lease_seconds: Leasing = Field(
        60.0, description="进程多久没有续约就算停了（秒）；至少是 wechaty.call_seconds 的三倍"
    )
    takeover_seconds: Seconds = Field(300, description="账号掉线多少秒后，由同在群里的备用账号接手")
    endpoints: Mapping[str, str] = Field(
        default_factory=dict, description="几个账号时，各账号的 puppet 服务地址；不写用 wechaty.endpoint"
    )

    @field_validator("endpoints")
    @classmethod
    def _endpoints(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        for name, endpoint in value.items():
            if not 0 < len(name) <= 40:
                raise ValueError("账号的名字应有 1 到 40 个字")
            WechatyConfig._endpoint(endpoint)
        if len(set(value.values())) < len(value):
            raise ValueError("两个账号不能用同一个地址")
        return value


class StatusConfig(BaseModel):
    """`/healthz` and `/metrics`. Off unless a port is named: two bots on a machine would want the same one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: Address = Field("127.0.0.1", description="状态地址只开在这个 IP 上")
    port: Port | None = Field(None, description="状态端口（/healthz 和 /metrics）；不写就不开")


_DOMAIN = re.compile(
    r"(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII
)


class FeedConfig(BaseModel):
    """The public status pages and the feed of alerts. Off unless it is wanted: what it shows, anybody may read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: Switch = Field(False, description="公开已核实的寻人：状态页、Atom、CAP、PFIF")
    host: Address = Field("127.0.0.1", description="公开页只开在这个 IP 上（前面放做 TLS 的反向代理）")
    port: Port = Field(8090, description="公开页的端口")
    domain: str = Field("", description="本镇的域名，写进 CAP 和 PFIF 的编号；空着用 alerts.public_url 里的")
    per_second: Count = Field(50, description="公开页每秒最多答几次，再多的请过一会儿再来")

    @field_validator("domain")
    @classmethod
    def _domain(cls, value: str) -> str:
        if value and not _DOMAIN.fullmatch(value):
            raise ValueError("应写小写的域名，如 xunren.example.cn")
        return value


class Open311Config(BaseModel):
    """Reports from and for other systems, as Open311 GeoReport v2 has them. The keys come from the environment."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: Switch = Field(False, description="开 Open311 接口：别的系统来报事、查公开的事项")
    host: Address = Field("127.0.0.1", description="Open311 只开在这个 IP 上（前面放做 TLS 的反向代理）")
    port: Port = Field(8091, description="Open311 的端口")
    jurisdiction: str = Field("", max_length=100, description="jurisdiction_id；空着不查，写了对方就要写对")
    per_second: Count = Field(20, description="Open311 每秒最多答几次")

    @property
    def keys(self) -> tuple[str, ...]:
        """Who may report."""
        return tuple(key for one in os.environ.get(OPEN311_VARIABLE, "").split(",") if (key := one.strip()))

    @model_validator(mode="after")
    def _long(self) -> Open311Config:
        if self.enabled and any(len(key) < SHORTEST_API_KEY for key in self.keys):
            raise ValueError(f"环境变量 {OPEN311_VARIABLE} 里的每个密钥至少 {SHORTEST_API_KEY} 个字符，用逗号隔开")
        return self


class AlarmRules(BaseModel):
    """Whom to tell, and when."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field("", description=f"账号掉线时通知的 webhook 地址，空着不通知；带密钥时放环境变量 {ALARM_VARIABLE}")
    form: Literal["wecom", "dingtalk", "feishu", "json"] = Field(
        "wecom", description="webhook 的格式：企业微信、钉钉、飞书群机器人，或普通 JSON"
    )
    after_minutes: Minutes = Field(3, description="掉线几分钟后通知，之后每小时一次，恢复时再说一次")

    @field_validator("url")
    @classmethod
    def _webhook(cls, value: str) -> str:
        if value and not _complete(value):
            raise ValueError("应是 http:// 或 https:// 开头的完整地址")
        return value

    @model_validator(mode="after")
    def _variable(self) -> AlarmRules:
        if not _complete(self.address or "http://none"):
            raise ValueError(f"环境变量 {ALARM_VARIABLE} 应是 http:// 或 https:// 开头的完整地址")
        return self

    @property
    def address(self) -> str:
        """Where to send to; the environment comes first. Empty: nowhere."""
        return os.environ.get(ALARM_VARIABLE) or self.url


def _complete(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


class Config(Rules):
    """Everything that can be set."""

    gateway: Literal["local", "wechaty"] = Field("local", description="接哪个聊天系统")
    account: str = Field("A", min_length=1, max_length=40, description="机器人账号的名字")
    database: str = Field("sqlite:///data/gridbot.db", description="数据库地址；环境变量 GRIDBOT_DATABASE 优先")
    town: str | None = Field(
        None,
        min_length=1,
        description="第一次启动内置聊天时导入的文件夹；sample 是自带的示例镇。真实微信用 gridbot import",
    )
    local: LocalConfig = Field(default_factory=LocalConfig)
    wechaty: WechatyConfig = Field(default_factory=WechatyConfig)
    accounts: AccountRules = Field(default_factory=AccountRules)
    alarm: AlarmRules = Field(default_factory=AlarmRules)
    pace: PaceRules = Field(default_factory=PaceRules)
    status: StatusConfig = Field(default_factory=StatusConfig)
    feed: FeedConfig = Field(default_factory=FeedConfig)
    open311: Open311Config = Field(default_factory=Open311Config)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="日志详细程度")
    log_format: Literal["plain", "json"] = Field("plain", description="日志的样子：plain 给人看，json 一行一个对象")

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("没有这个时区") from error
        return value

    @model_validator(mode="after")
    def _town_level(self) -> Config:
        if self.town_level not in self.levels:
            raise ValueError(f"town_level 是 {self.town_level!r}，应当是 levels 里的一级：{'、'.join(self.levels)}")
        return self

    @model_validator(mode="after")
    def _lease(self) -> Config:
        if self.accounts.lease_seconds < 3 * self.wechaty.call_seconds:
            raise ValueError(
                f"accounts.lease_seconds 是 {self.accounts.lease_seconds:g}，"
                f"应当至少是 wechaty.call_seconds（{self.wechaty.call_seconds:g}）的三倍"
            )
        return self

    @model_validator(mode="after")
    def _named(self) -> Config:
        if self.feed.enabled and not self.domain:
            raise ValueError(NO_DOMAIN)
        return self

    @model_validator(mode="after")
    def _webhooks(self) -> Config:
        targets = self.webhooks.targets
        names = [target.name for target in targets]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"webhooks.targets 里有两个 {twice}")
        for target in targets:
            if not _complete(target.url):
                raise ValueError(f"webhooks：{target.name} 的 url 应是 http:// 或 https:// 开头的完整地址")
            if not self.webhooks.allow_private and is_inside(urlsplit(target.url).hostname or ""):
                raise ValueError(f"webhooks：{target.name} 的 url 在内网，要写 allow_private: true 才可以")
            if unknown := next((event for event in target.events if event not in EVENTS), None):
                raise ValueError(f"webhooks：{target.name} 的事件不能是 {unknown[:40]!r}，只能是 {'、'.join(EVENTS)}")
            if len(self.hook_key(target.name)) < SHORTEST_KEY:
                variable = f"{HOOK_VARIABLE}_{target.name.upper()}"
                raise ValueError(
                    f"webhooks：{target.name} 的密钥要放在环境变量 {variable} 里，至少 {SHORTEST_KEY} 字节"
                )
        return self

    @model_validator(mode="after")
    def _shadows(self) -> Config:
        """What a standby hears is kept until it can have taken over."""
        needed = self.accounts.takeover_seconds + self.accounts.lease_seconds + MARGIN
        if len(self.accounts.endpoints) > 1 and self.privacy.chat_minutes * 60 <= needed:
            raise ValueError(
                f"privacy.chat_minutes 是 {self.privacy.chat_minutes}，几个账号时应当长过"
                f"accounts.takeover_seconds 加 accounts.lease_seconds 再加 {MARGIN} 秒，备用账号听到的才留得到接手"
            )
        return self

    @model_validator(mode="after")
    def _shared(self) -> Config:
        if self.gateway == "wechaty" and len(self.accounts.endpoints) > 1 and self.database.startswith("sqlite"):
            raise ValueError("accounts.endpoints 里有几个账号，database 却是 SQLite：几个账号要用 PostgreSQL")
        return self

    @property
    def domain(self) -> str:
        """What our public ids begin with; empty where the config names none."""
        host = urlsplit(self.alerts.public_url).hostname or ""
        return self.feed.domain or (host if _DOMAIN.fullmatch(host) else "")

    @property
    def endpoint(self) -> str:
        """The gateway of this account."""
        return self.accounts.endpoints.get(self.account, self.wechaty.endpoint)

    @property
    def token(self) -> str:
        """The gateway's password, from the environment: this account's own, else the one for all; empty if neither."""
        return os.environ.get(f"{TOKEN_VARIABLE}_{self.account}") or os.environ.get(TOKEN_VARIABLE, "")

    def hook_key(self, name: str) -> bytes:
        """The key that a webhook's messages are signed with, from the environment; empty if there is none.

        `whsec_` and base64, as the Standard Webhooks specification writes it, or any other words as they are.
        """
        secret = os.environ.get(f"{HOOK_VARIABLE}_{name.upper()}", "")
        if not secret.startswith("whsec_"):
            return secret.encode()
        try:
            return b64decode(secret.removeprefix("whsec_"), validate=True)
        except ValueError:
            return b""

    def of_account(self, name: str) -> Config:
        """The config as a process for another account has it; ConfigError if that is none of ours."""
        if self.accounts.endpoints and name not in self.accounts.endpoints:
            known = "、".join(self.accounts.endpoints)
            raise ConfigError(f"accounts.endpoints 里没有账号 {name[:40]}，有：{known}；用 --account 写明是哪个")
        if not 0 < len(name) <= 40:
            raise ConfigError("账号的名字应有 1 到 40 个字")
        return self.model_copy(update={"account": name})

    @property
    def rules(self) -> Rules:
        """The part that decisions depend on."""
        return Rules(**{name: getattr(self, name) for name in Rules.model_fields})


def reason(error: OSError) -> str:
    """Why a file or a port cannot be used, in the language of the other messages."""
    known = {
        errno.ENOENT: "没有这个文件",
        errno.EACCES: "没有权限",
        errno.EPERM: "没有权限",
        errno.EROFS: "这里只能读",
        errno.EISDIR: "这是个文件夹",
        errno.ENOTDIR: "上级不是文件夹",
        errno.EEXIST: "已有同名的文件",
        errno.ENAMETOOLONG: "名字太长",
        errno.ENOSPC: "磁盘满了",
        errno.EDQUOT: "磁盘配额用完了",
        errno.EFBIG: "文件太大",
        errno.EADDRINUSE: "已被占用",
        errno.EADDRNOTAVAIL: "本机没有这个地址",
    }
    return known.get(error.errno or 0, error.strerror or "读取出错")


_SWITCH = re.compile(r"(?:true|True|TRUE|false|False|FALSE)$")
_CLOCK_TIME = re.compile(r"\d+(?::\d+)+$")


class _Twice(yaml.MarkedYAMLError):
    """A setting stands in the file twice, where YAML would take the later one without a word."""


class _Plain(yaml.SafeLoader):
    """YAML without references, by which a few lines can fill the memory, and without dates, which no setting is.

    Of its version 1.2: 21:00 is no number, and off, on, yes and no are words.
    """

    yaml_implicit_resolvers = {  # noqa: RUF012 - as the base class has it
        first: [
            (tag, _SWITCH if tag.endswith(":bool") else fits)
            for tag, fits in [("tag:yaml.org,2002:str", _CLOCK_TIME), *resolvers]
            if not tag.endswith(":timestamp")
        ]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The settings of one section."""
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for number, (key, _) in enumerate(node.value):
            if isinstance(key, yaml.ScalarNode) and key.value in keys[:number]:
                raise _Twice(problem=key.value[:40], problem_mark=key.start_mark)
        return super().construct_mapping(node, deep)

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """The next node; an error if it refers to another."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem_mark=self.peek_event().start_mark)
        return super().compose_node(parent, index)


def load_config(path: Path) -> Config:
    """Read a config file; relative paths in it count from its own folder, so that every command finds the same files
    wherever it is called. ConfigError on any mistake."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(f"配置文件 {path} 太大了")
        raw: Any = yaml.load(path.read_text(encoding="utf-8"), _Plain)
    except OSError as error:
        raise ConfigError(f"读不到配置文件 {path}：{reason(error)}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"配置文件 {path} 不是 UTF-8 编码，请在编辑器里另存为 UTF-8") from error
    except _Twice as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise ConfigError(f"配置文件 {path} 第 {line} 行：{error.problem} 写了两次，请并成一处") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = f"第 {line + 1} 行附近" if line is not None else "文件"
        raise ConfigError(f"配置文件 {path} 不是正确的 YAML（{where}）") from error
    if raw is None:
        raw = {}
    if not isinstance(raw, dict):
        raise ConfigError(f"配置文件 {path} 应当由“键: 值”组成")
    return _from_folder(build_config(raw, str(path)), path.parent)


def _from_folder(config: Config, folder: Path) -> Config:
    """With its relative paths counted from this folder; an address from the environment is as the caller has it."""
    changed: dict[str, Any] = {"local": config.local.model_copy(update={"chat": str(folder / config.local.chat)})}
    if config.town not in (None, "sample"):
        changed["town"] = str(folder / config.town)
    file = config.database.removeprefix(SQLITE)
    if file not in (config.database, "", ":memory:") and not os.environ.get(DATABASE_VARIABLE):
        changed["database"] = f"{SQLITE}{folder / file}"
    return config.model_copy(update=changed)


def build_config(raw: dict[Any, Any], source: str) -> Config:
    """Check what was read; the database may come from the environment, and what has nothing under it is left out."""
    raw = {name: value for name, value in raw.items() if value is not None or name not in Config.model_fields}
    if address := os.environ.get(DATABASE_VARIABLE):
        raw = {**raw, "database": address}
    try:
        return Config.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(f"{source}：{_sentence(error)}") from None


def _shown(value: object) -> str:
    """The beginning of a value, as YAML has it."""
    if isinstance(value, bool):
        return str(value).lower()
    try:
        return repr(value)[:60]
    except ValueError:  # Python does not write out a number of thousands of digits
        return "一个很长的数"


def _usual(path: tuple[int | str, ...]) -> object:
    """The default of a setting, as an example; None where it has none."""
    model: Any = Config
    for part in path[:-1]:
        field = getattr(model, "model_fields", {}).get(part)
        model = field.annotation if field else None
    field = getattr(model, "model_fields", {}).get(path[-1])
    return field.get_default() or None if field else None


def _sentence(error: ValidationError) -> str:
    """The first mistake in words."""
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    value = _shown(first.get("input"))
    kind, context = first["type"], first.get("ctx", {})
    if kind == "extra_forbidden":
        return f"不认识的配置项 {key}"
    if kind == "literal_error":
        return f"{key} 不能是 {value}，只能是 {context['expected'].replace(', ', '、').replace(' or ', ' 或 ')}"
    if kind == "value_error" and not key:
        return str(context["error"])
    if kind == "value_error":
        return f"{key} 不能是 {value}：{context['error']}"
    wanted = {
        "int_parsing": "整数",
        "int_type": "整数",
        "float_parsing": "数字",
        "float_type": "数字",
        "string_type": "文字（可加引号）",
        "string_too_short": "文字，不能空着",
        "string_too_long": f"文字，最多 {context.get('max_length')} 字",
        "bool_parsing": " true 或 false",
        "bool_type": " true 或 false",
        "finite_number": "平常的数",
        "too_short": f"至少 {context.get('min_length')} 项",
        "too_long": f"最多 {context.get('max_length')} 项",
        "greater_than_equal": f"不小于 {context.get('ge')} 的数",
        "less_than_equal": f"不大于 {context.get('le')} 的数",
        "greater_than": f"大于 {context.get('gt')} 的数",
        **dict.fromkeys(("model_type", "mapping_type", "dict_type"), "几项“名字: 值”"),
        **dict.fromkeys(("tuple_type", "list_type"), "用方括号括起来的几项"),
        "string_pattern_mismatch": f"形如 {_usual(first['loc']) or context.get('pattern')} 的文字",
    }.get(kind, f"别的写法（{first['msg']}）")
    return f"{key} 应当是{wanted}，" + ("现在空着" if first.get("input") is None else f"现在是 {value}")
