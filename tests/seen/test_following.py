"""One message followed by its id through the log, from the way in to the last delivery out."""

from __future__ import annotations

import io
import json
import logging
import random
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from bot.gateways.protocol import RateLimited, Refused
from bot.logs import Json, Plain
from bot.machine import Machine
from bot.pacing import Pacer
from bot.watching import Telling
from handlers.following import following
from handlers.posting import Piece
from storage.outbox import Delivery, DeliveryPart, Post, Sort
from storage.people import Account
from tests.courier.test_outcomes import Faults
from tests.harness import Talk

MISSING = "寻人 刘桂花，72岁，灰夹克黑布鞋，上午9点从柳树巷走失，电话13900000001"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged, as JSON."""
    screen = io.StringIO()
    handler = logging.StreamHandler(screen)
    handler.setFormatter(Json())
    log = logging.getLogger("gridbot")
    before = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    yield screen
    log.removeHandler(handler)
    log.setLevel(before)


@pytest.fixture
async def watched(talk: Talk) -> Talk:
    """The small town's bot, told of in the log."""
    replay = talk.replay
    (account_id,) = await talk.rows(select(Account.id))
    pacer = Pacer(None, random.Random(0))
    replay.machine = Machine(
        talk.database, replay.gateway, account_id, talk.rules, replay.clock, pacer=pacer, watch=Telling("A")
    )
    return talk


def grep(screen: io.StringIO, words: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in screen.getvalue().splitlines() if words in line]


async def test_an_alert_is_followed_to_its_last_delivery(watched: Talk, lines: io.StringIO) -> None:
    faults = Faults(watched)
    faults.plan("g2", RateLimited("too fast"))
    faults.plan("g3", Refused("not a member"))
    await watched.say("w1", "g1", MISSING)
    await watched.wait(minutes=1)
    (first,) = [line["id"] for line in grep(lines, '"event": "received"') if line["kind"] == "message"]
    way = grep(lines, f'"id": "{first}"')
    assert [line["event"] for line in way][:2] == ["received", "handled"]
    assert (way[1]["outcome"], way[1]["ref"]) == ("command", "M1") or way[1]["ref"] == "M1"
    queued = {line["post"]: line["chats"] for line in way if line["event"] == "queued"}
    sent = [line for line in way if line["event"] == "sent"]
    chats = select(func.count()).select_from(Delivery).join(Post, col(Delivery.post_id) == col(Post.id))
    for post, count in queued.items():
        assert await watched.rows(chats.where(Post.id == post)) == [count]
    parts = await watched.rows(select(DeliveryPart.delivery_id).join(Delivery).where(col(Delivery.post_id).in_(queued)))
    assert {line["delivery"] for line in sent} == set(parts), "every delivery shows, and bears the id"
    assert {line["result"] for line in sent} == {"sent", "queued", "failed"}
    assert any(line["level"] == "WARNING" for line in way), "the courier's own lines bear the id too"


async def test_no_text_no_name_no_phone_is_logged(watched: Talk, lines: io.StringIO) -> None:
    await watched.say("w1", "g1", MISSING)
    await watched.say("r1", "g1", "3栋水管爆了，水流到楼道里了，快来人看看，13800000002")
    await watched.say("r1", "g1", "今天白菜真便宜")
    await watched.wait(minutes=5)
    said = lines.getvalue()
    assert said.count("\n") > 10
    for word in ("刘桂花", "夹克", "1390", "1380", "水管", "白菜", "柳树"):
        assert word not in said
    people = await watched.rows(select(Post.id).where(Post.sort == Sort.STAFF))
    assert people


async def test_what_a_due_thing_says_bears_its_id(watched: Talk, lines: io.StringIO) -> None:
    await watched.say("r1", "g1", MISSING.removeprefix("寻人 ") + "，有没有人看到")
    await watched.wait(minutes=4)
    due = [line for line in grep(lines, '"event": "sent"') if str(line["id"]).startswith("due=alert.ask:M1")]
    assert due
    assert grep(lines, f'"event": "queued", "id": "{due[0]["id"]}"')


async def test_a_failing_handler_names_its_message(
    watched: Talk, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> Piece:
        raise ValueError("broken")

    monkeypatch.setattr("handlers.dispatch.obey", broken)
    await watched.say("w1", "g1", MISSING)
    (failed, *_) = [line for line in grep(lines, '"ERROR"') if "error" in line]
    assert str(failed["id"]).startswith("in=")
    assert [line["outcome"] for line in grep(lines, '"handled"') if line["id"] == failed["id"]] == ["failed"]


def test_a_plain_line_is_one_line() -> None:
    record = logging.LogRecord("gridbot.x", logging.INFO, "", 0, "said %s", ("a\nb\x1b[31m\u2028c",), None)
    with following("in=7"):
        line = Plain().format(record)
    assert len(line.splitlines()) == 1 and "\x1b" not in line
    assert line.endswith("in=7")
