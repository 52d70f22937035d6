"""`gridbot simulate`: the couriers in an imagined chat system that goes wrong."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.simulation import Result, Setup, VirtualLoop, lines, simulate


def play(**wanted: Any) -> Result:
    """One simulated fan-out."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(simulate(Setup(**wanted)))


@pytest.mark.parametrize(
    "words",
    [
        "--groups 0",
        "--groups -5",
        "--groups 99999999",
        "--groups 5 --accounts 6",
        "--groups 5 --accounts 0",
        "--groups 5 --loss 1.5",
        "--groups 5 --loss nan",
        "--groups 5 --loss 0.6 --disconnects 0.6",
        "--groups 5 --bans 2",
        "--groups 5 --delay inf",
        "--groups 5 --start 25:00",
        "--groups 5 --start 早上",
        "--groups 5 --days 0",
    ],
)
def test_nonsense_gets_one_line(words: str) -> None:
    done = CliRunner().invoke(app, ["simulate", *words.split()])
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("--")


def test_the_same_seed_gives_the_same_lines() -> None:
    wanted = {"groups": 12, "accounts": 2, "loss": 0.2, "disconnects": 0.1, "rate_errors": 0.05, "seed": 7}
    assert lines(play(**wanted)) == lines(play(**wanted))


@pytest.mark.parametrize("alert", [True, False])
def test_what_goes_wrong_is_known_to_the_table(alert: bool) -> None:
    result = play(groups=40, accounts=2, alert=alert, loss=0.2, disconnects=0.05, seed=1)
    assert result.lost_unseen == result.waiting == result.failed == 0
    assert result.arrived + result.lost_shown >= 40
    assert (result.doubled > 0) == alert  # an urgent one is repeated once, a routine one never


def test_the_rooms_of_a_banned_account_are_taken_over() -> None:
    result = play(groups=40, accounts=4, bans=1)
    assert [one.banned for one in result.accounts].count(True) == 1
    assert result.waiting == result.failed == result.lost_unseen == result.doubled == 0
    assert result.all is not None
    assert result.all > 300, "the standby waits before it takes over"


def test_without_a_standby_the_rooms_of_a_banned_account_wait() -> None:
    result = play(groups=10, bans=1)
    assert result.waiting > 0 == result.failed == result.lost_unseen
    assert result.all is None
