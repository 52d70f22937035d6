"""Every setting as a row: name, default, help. `docs/部署.md` carries the table, and a test compares."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from bot.config import Config


def settings_table() -> str:
    """Markdown with one row for each setting."""
    rows = ["| 配置项 | 默认值 | 说明 |", "| --- | --- | --- |"]
    rows += [f"| `{name}` | {default} | {text} |" for name, default, text in settings(Config)]
    return "\n".join(rows)


def settings(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str, str]]:
    """(dotted name, default, help) of a section and those within it."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from settings(kind, f"{prefix}{name}.")
            continue
        default = field.get_default(call_default_factory=True)
        yield f"{prefix}{name}", _shown(default), field.description or ""


def _shown(default: object) -> str:
    if default is None or default is PydanticUndefined or default in ({}, ()):
        return "（无）"
    if isinstance(default, tuple):
        return "、".join(str(one) for one in default)
    return str(default)
