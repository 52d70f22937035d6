"""The parts of the benchmark run; what they measure is never asserted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench import counting, lifecycles, queueing, reading, scaling, sending, starting, through
from tests.bench.__main__ import HEAD, table
from tests.bench.burst import make_burst
from tests.bench.lines import examples, stream
from tests.gateways.wechaty_world import require_gateway


def test_the_stream_is_chat_but_for_one_in_ten() -> None:
    matters = {text for kind, texts in examples().items() if kind != "chat" for text in texts}
    lines = stream(1000)
    assert lines == stream(1000)
    assert 80 <= sum(line in matters for line in lines[:-1]) <= 110


def test_no_room_hears_a_text_twice() -> None:
    burst = make_burst(500, 20)
    assert len({(room, text) for room, _, text in burst.measured}) == 500
    assert {(room, person) for room, person, _ in burst.measured} <= {(room, who) for room, who, _ in burst.warm}


def test_reading_is_measured() -> None:
    times = reading.measure(60, 1)
    assert times.lines == 60 and times.whole.ratio > 0 and times.matter.ratio > 0
    shares = reading.shares(60)
    assert shares["characters"] > 0 and min(shares.values()) >= 0


def test_an_alert_is_queued_for_every_room() -> None:
    times = queueing.measure(None, 20, 1)
    assert times.rows == 40 and times.alert > 0 and times.bare > 0


def test_whole_cases_are_measured() -> None:
    rates = lifecycles.measure(None, 5, 1, 50)
    assert min(rates.empty, rates.full, rates.bare) > 0


def test_a_month_of_a_district_is_counted() -> None:
    times = counting.measure(None, 300, 1, 1)
    assert times.stored == 300 and 0 < times.within < 30 and times.answer > 0 and times.bare > 0


@pytest.mark.gateway
def test_a_fan_out_and_a_bare_loop_get_through_the_gateway() -> None:
    require_gateway()
    rates = sending.measure(10, 1)
    assert rates.rooms == 10 and rates.ours > 0 and rates.bare > 0


@pytest.mark.gateway
def test_both_bots_get_through_the_gateway() -> None:
    require_gateway()
    rates = through.measure(20, 10, 1)
    assert rates.count == 20 and rates.answers > 0 and rates.ours > 0 and rates.echo > 0


@pytest.mark.postgres
def test_four_accounts_send_together(postgres: Callable[[], str]) -> None:
    rates = scaling.measure(postgres, 8, 1)
    assert rates.rooms == 8 and rates.four > 0 and rates.one > 0


def test_a_start_is_measured(tmp_path: Path) -> None:
    start = starting.start(tmp_path, 0.0)
    assert start.seconds > 0 and start.megabytes > 0 and start.idle is None


def test_the_table_is_markdown() -> None:
    assert table([HEAD]).splitlines()[1] == "| --- | --- | --- | --- | --- |"
