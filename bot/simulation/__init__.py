"""Fan-outs on paper: the real bot and its couriers on a virtual clock, against a chat system that is only imagined.

result = await simulate(Setup(groups=3170, accounts=10))      # on a loop of `VirtualLoop`
"""

from bot.simulation.loop import VirtualLoop
from bot.simulation.playing import simulate
from bot.simulation.report import Result, lines, table
from bot.simulation.setup import BadSetup, Setup

__all__ = ["BadSetup", "Result", "Setup", "VirtualLoop", "lines", "simulate", "table"]
