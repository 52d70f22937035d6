"""What is read by hand reads as betterproto writes it."""

from __future__ import annotations

import dataclasses

import pytest
from wechaty_grpc.wechaty.puppet import EventResponse, EventType, MessagePayloadResponse, MessageType

from bot.gateways.wechaty.answers import Payload, read_event, read_message, write_id
from bot.gateways.wechaty.wire import IdRequest

MESSAGE = {
    "id": "m1",
    "filename": "图.png",
    "text": "三单元的路灯坏了" * 40,
    "timestamp": 1_763_780_000_123,
    "type": MessageType.MESSAGE_TYPE_TEXT,
    "from_id": "wxid_1",
    "room_id": "1@chatroom",
    "to_id": "wxid_2",
    "mention_ids": ["wxid_3", "wxid_4"],
}


def test_a_message() -> None:
    assert dataclasses.asdict(read_message(bytes(MessagePayloadResponse(**MESSAGE)))) == MESSAGE
    assert read_message(b"") == Payload()


def test_an_event() -> None:
    written = EventResponse(type=EventType.EVENT_TYPE_MESSAGE, payload='{"messageId": "甲"}')
    assert read_event(bytes(written)) == (EventType.EVENT_TYPE_MESSAGE, '{"messageId": "甲"}')
    assert read_event(b"") == (0, "")


@pytest.mark.parametrize("id", ["", "m1", "号" * 50, "x" * 20_000])
def test_an_id(id: str) -> None:
    assert IdRequest().parse(write_id(id)).id == id


def test_fields_of_later_versions_are_passed_over() -> None:
    time, fixed, number, double = b"\x52\x02\x08\x01", b"\x5d1234", b"\x60\x96\x01", b"\x6912345678"
    assert read_message(time + fixed + number + double + b"\x0a\x02m1") == Payload(id="m1")


@pytest.mark.parametrize("data", [b"\x0a", b"\x0a\x05m1", b"\x0a\x80", b"\x0b", b"\x08"])
def test_a_broken_answer_is_an_error(data: bytes) -> None:
    with pytest.raises((ValueError, IndexError)):
        read_message(data)
