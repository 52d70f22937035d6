"""统计, 趋势, 考核, 日志: how the work went, in figures, and what each worker did."""

from handlers.figures.commands import COMMANDS
from handlers.figures.evening import DUE, RECURRING

__all__ = ["COMMANDS", "DUE", "RECURRING"]
