"""The page's requests: who may ask, how much, and what is answered."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientResponse, WSMsgType
from aiohttp.test_utils import TestClient, TestServer

from bot.gateways.local import BOT, Draft, LocalChat, LocalGateway
from bot.gateways.protocol import Address
from bot.web.chat import STATIC, chat_app, start_page
from tests.servers import free_port
from tests.web.conftest import Watch, picture


class Page:
    """A browser that behaves: right host, right origin."""

    def __init__(self, client: TestClient, port: int) -> None:  # type: ignore[type-arg]
        self.client = client
        self.port = port
        self.origin = f"http://127.0.0.1:{port}"

    async def post(self, path: str, body: object = None, **more: object) -> ClientResponse:
        headers = {"Origin": self.origin} | dict(more.pop("headers", {}))  # type: ignore[call-overload]
        if body is not None:
            more["json"] = body
        return await self.client.post(path, headers=headers, **more)

    async def send(self, me: str, chat: str, text: str, **more: object) -> dict[str, object]:
        answer = await self.post("/api/send", {"as": me, "chat": chat, "text": text, **more})
        assert answer.status == 200, await answer.text()
        return (await answer.json())["message"]

    async def get(self, path: str, **query: str) -> dict[str, object]:
        answer = await self.client.get(path, params=query)
        assert answer.status == 200, await answer.text()
        return await answer.json()

    async def window(self, me: str):
        return await self.client.ws_connect(f"/live?as={me}", headers={"Origin": self.origin})


@pytest.fixture
async def page(chat: LocalChat) -> AsyncIterator[Page]:
    port = free_port()
    server = TestServer(chat_app(chat, host="127.0.0.1", port=port), host="127.0.0.1", port=port)
    async with TestClient(server) as client:
        yield Page(client, port)


async def sentence(answer: ClientResponse, status: int) -> str:
    """The Chinese sentence of a refusal."""
    assert answer.status == status, await answer.text()
    said = (await answer.json())["error"]
    assert any("\u4e00" <= char <= "\u9fff" for char in said)
    return said


# Who may ask


def test_the_page_is_for_this_machine_only() -> None:
    for host in ("0.0.0.0", "::", "192.168.1.5", "example.com"):
        with pytest.raises(ValueError, match=r"127\.0\.0\.1"):
            chat_app(LocalChat("unused.db"), host=host, port=1)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.example:{port}", ""]
)
@pytest.mark.parametrize("path", ["/", "/api/people", "/static/style.css", "/live?as=wang", "/pictures/x"])
async def test_a_foreign_host_name_gets_nothing(page: Page, host: str, path: str) -> None:
    answer = await page.client.get(path, headers={"Host": host.format(port=page.port)})
    await sentence(answer, 403)
    assert answer.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "http://evil.example",
        "https://127.0.0.1:{port}",
        "http://127.0.0.1:1",
        "http://localhost:{port}",
        "http://127.0.0.1:{port}.evil.example",
    ],
)
async def test_a_foreign_origin_changes_nothing_and_hears_nothing(
    page: Page, chat: LocalChat, origin: str | None
) -> None:
    headers = {"Origin": origin.format(port=page.port)} if origin else {}
    body = {"as": "wang", "chat": "g1", "text": "假的"}
    await sentence(await page.client.post("/api/send", json=body, headers=headers), 403)
    await sentence(await page.client.post("/api/picture?as=wang&chat=g1", data=picture(), headers=headers), 403)
    upgrade = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "x" * 22 + "==",
    }
    await sentence(await page.client.get("/live?as=wang", headers=headers | upgrade), 403)
    for method in ("PUT", "DELETE", "OPTIONS", "PATCH"):
        await sentence(await page.client.request(method, "/api/send", json=body, headers=headers), 403)
    assert await chat.history("wang", "g1") == []


async def test_localhost_is_a_name_of_its_own(page: Page) -> None:
    own = {"Host": f"localhost:{page.port}", "Origin": f"http://localhost:{page.port}"}
    answer = await page.client.post("/api/send", json={"as": "wang", "chat": "g1", "text": "好"}, headers=own)
    assert answer.status == 200


@pytest.mark.parametrize("path", ["/", "/static/style.css", "/static/main.js", "/api/people", "/nothing"])
async def test_every_answer_carries_the_security_headers(page: Page, path: str) -> None:
    answer = await page.client.get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "*" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in answer.headers


async def test_only_the_pages_own_files_are_served(page: Page) -> None:
    for path in ("/static/../chat.py", "/static/%2e%2e/chat.py", "/static/..%2fchat.py", "/static/", "/data/chat.db"):
        answer = await page.client.get(path)
        assert answer.status in (403, 404), path


async def test_the_page_loads_nothing_from_outside(page: Page) -> None:
    answer = await page.client.get("/")
    text = await answer.text()
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "http://" not in text.replace("http://www.w3.org/", "") and "https://" not in text
    assert "<script>" not in text and " style=" not in text and " onclick" not in text


def test_no_script_makes_markup_from_data() -> None:
    scripts = list(STATIC.glob("*.js"))
    assert len(scripts) > 10
    for script in scripts:
        text = script.read_text(encoding="utf-8")
        for way in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
            "srcdoc",
        ):
            assert way not in text, f"{way} in {script.name}"


# Bounds and bad input


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"1", b"null", b"\xff\xfe", b"[" * 100_000,
        b'{"as": 1, "chat": "g1", "text": "x"}',
        b'{"as": "wang", "chat": ["g1"], "text": "x"}',
        b'{"as": "wang", "chat": "g1"}',
        b'{"as": "wang", "chat": "g1", "text": "  \\n "}',
        b'{"as": "wang", "chat": "g1", "text": "x", "type": "sticker"}',
        b'{"as": "wang", "chat": "g1", "text": "x", "type": {}}',
        b'{"as": "wang", "chat": "g1", "text": "x", "mentions": "all"}',
        b'{"as": "wang", "chat": "g1", "text": "x", "mentions": [1]}',
        b'{"as": "wang", "chat": "g1", "text": "x", "quote": -1}',
        b'{"as": "wang", "chat": "g1", "text": "x", "quote": 1e99}',
        b'{"as": "wang", "chat": "g1", "text": "x", "quote": 99999999999999999999}',
        b'{"as": "wang", "chat": "g1", "text": "x", "quote": true}',
        b'{"as": "wang", "chat": "g1", "type": "voice", "seconds": 0}',
        b'{"as": "wang", "chat": "g1", "type": "voice", "seconds": "9"}',
        b'{"as": "wang", "chat": "g1", "type": "location", "name": "", "latitude": 1, "longitude": 1}',
        b'{"as": "wang", "chat": "g1", "type": "location", "name": "x", "latitude": NaN, "longitude": 1}',
        b'{"as": "wang", "chat": "g1", "type": "location", "name": "x", "latitude": 91, "longitude": 1}',
        b'{"as": "wang", "chat": "g1", "type": "location", "name": "x", "latitude": 1' + b"0" * 400 + b"}",
        b'{"as": "wang", "chat": "g1", "type": "location", "name": "x", "latitude": 1, "longitude": -1e400}',
        b'{"as": "wang", "chat": "g1", "type": "location", "name": "\\u200b", "latitude": 1, "longitude": 1}',
        b'{"as": "wang", "chat": "g1", "text": "\\u200b"}',
        b'{"as": "wang", "chat": "g1", "text": "\\u3000\\u2060\\ufe0f"}',
        b'{"as": "gege", "chat": "g1", "text": "x"}',
        b'{"as": "nobody", "chat": "g1", "text": "x"}',
        b'{"as": "\\ud800", "chat": "g1", "text": "x"}',
        b'{"as": "wang", "chat": "g2", "text": "x"}',
    ],
)  # fmt: skip
async def test_bad_input_gets_a_sentence_and_changes_nothing(page: Page, chat: LocalChat, body: bytes) -> None:
    answer = await page.post("/api/send", data=body, headers={"Content-Type": "application/json"})
    assert 400 <= answer.status < 500
    await sentence(answer, answer.status)
    assert await chat.history("wang", "g1") == []


async def test_a_group_needs_a_name_that_can_be_seen(page: Page) -> None:
    for name in ("", "\u200b", "\u200b \u202e"):
        await sentence(await page.post("/api/group/new", {"as": "wang", "name": name, "people": ["li"]}), 400)
        await sentence(await page.post("/api/group/rename", {"as": "wang", "chat": "g1", "name": name}), 400)
    answer = await page.post("/api/group/new", {"as": "wang", "name": "❤️", "people": ["li"]})
    assert answer.status == 200


async def test_an_endless_address_is_no_page(page: Page) -> None:
    for path in ("/static/" + "a" * 3000, "/static/" + "a/" * 3000, "/pictures/" + "a" * 3000):
        answer = await page.client.get(path)
        assert answer.status == 404, path
        await sentence(answer, 404)


async def test_a_form_of_another_page_cannot_be_json(page: Page) -> None:
    body = json.dumps({"as": "wang", "chat": "g1", "text": "x"})
    await sentence(await page.post("/api/send", data=body, headers={"Content-Type": "text/plain"}), 400)


@pytest.mark.parametrize(
    "query",
    [
        {"as": "wang"}, {"as": "wang", "chat": "g2"}, {"as": "wang", "chat": "g1", "before": "x"},
        {"as": "wang", "chat": "g1", "after": "-1"}, {"as": "wang", "chat": "g1", "limit": "1e9"},
        {"as": "wang", "chat": "g1", "before": "²"}, {"as": "", "chat": ""},
    ],
)  # fmt: skip
async def test_bad_queries_get_a_sentence(page: Page, query: dict[str, str]) -> None:
    answer = await page.client.get("/api/messages", params=query)
    assert 400 <= answer.status < 500
    await sentence(answer, answer.status)


async def test_text_up_to_16000_characters(page: Page) -> None:
    kept = await page.send("wang", "g1", "寻" * 16_000)
    assert len(str(kept["text"])) == 16_000
    answer = await page.post("/api/send", {"as": "wang", "chat": "g1", "text": "寻" * 16_001})
    assert "16000" in await sentence(answer, 400)
    huge = b'{"as":"wang","chat":"g1","text":"' + b"x" * 1_000_000 + b'"}'
    await sentence(await page.post("/api/send", data=huge, headers={"Content-Type": "application/json"}), 413)


async def test_a_picture_up_to_ten_megabytes(page: Page, chat: LocalChat) -> None:
    answer = await page.post("/api/picture?as=wang&chat=g1&client=c1", data=picture((800, 600)))
    shown = (await answer.json())["message"]["picture"]
    assert (shown["width"], shown["height"]) == (800, 600)
    file = await page.client.get(f"/pictures/{shown['id']}")
    assert file.headers["Content-Type"] == "image/png" and (await file.read()).startswith(b"\x89PNG")
    thumb = await page.client.get(f"/pictures/{shown['id']}?thumb")
    assert thumb.headers["Content-Type"] == "image/jpeg"
    await sentence(await page.post("/api/picture?as=wang&chat=g1", data=io.BytesIO(b"0" * (10 * 1024 * 1024 + 1))), 413)
    await sentence(await page.post("/api/picture?as=wang&chat=g1", data=b"<svg onload=alert(1)>"), 400)
    await sentence(await page.post("/api/picture?as=wang&chat=g2", data=picture()), 403)
    assert len(await chat.history("wang", "g1")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "'; DROP TABLE messages; --",
        "=HYPERLINK(1)",
        "😀👨‍👩‍👧",
        "\u0007\u001b[31m",
    ],
)
async def test_markup_is_text(page: Page, text: str) -> None:
    await page.send("wang", "g1", text)
    answer = await page.client.get("/api/messages", params={"as": "li", "chat": "g1"})
    assert answer.headers["Content-Type"].startswith("application/json")
    assert (await answer.json())["messages"][0]["text"] == text


async def test_a_broken_file_is_told_and_loses_nothing(page: Page, chat: LocalChat) -> None:
    await chat._run(lambda unit: unit.db.execute("ALTER TABLE messages RENAME TO elsewhere"))
    await sentence(await page.post("/api/send", {"as": "wang", "chat": "g1", "text": "喂"}), 503)
    await chat._run(lambda unit: unit.db.execute("ALTER TABLE elsewhere RENAME TO messages"))
    await page.send("wang", "g1", "喂")


# What it does


async def test_everybody_can_be_chosen_but_the_bot(page: Page) -> None:
    answer = await page.get("/api/people")
    assert [person["id"] for person in answer["people"]] == ["wang", "li", "zhao", "qian"]
    assert answer["bot"] == {"id": BOT, "name": "格格"}
    await sentence(await page.client.get("/api/state", params={"as": BOT}), 404)


async def test_the_list_of_chats_with_last_line_and_unread(page: Page) -> None:
    await page.send("wang", "g1", "@赵敏 在吗", mentions=["zhao"])
    state = await page.get("/api/state", **{"as": "zhao"})
    first = state["chats"][0]
    assert (first["id"], first["unread"], first["mentioned"], first["members"]) == ("g1", 1, True, 5)
    assert first["last"]["text"] == "@赵敏 在吗"
    assert {line["name"] for line in state["chats"]} == {"柳园社区第一网格群", "格格"}
    answer = await page.post("/api/read", {"as": "zhao", "chat": "g1", "n": first["last"]["n"]})
    assert answer.status == 200
    assert (await page.get("/api/state", **{"as": "zhao"}))["chats"][0]["unread"] == 0


async def heard(window) -> dict[str, object]:
    message = await window.receive(timeout=5)
    assert message.type is WSMsgType.TEXT, message
    return json.loads(message.data)


async def test_several_windows_are_live_at_once(page: Page, chat: LocalChat) -> None:
    windows = [await page.window(me) for me in ("wang", "wang", "zhao", "qian")]
    await page.send("wang", "g1", "大家好")
    for window in windows:
        change = await heard(window)
        assert (change["kind"], change["chat"], change["message"]["text"]) == ("message", "g1", "大家好")
    await LocalGateway(chat).send_text(Address(person="zhao"), "请确认")
    assert (await heard(windows[2]))["chat"] == "@zhao"
    await page.send("li", "g2", "只有二群的人听到")
    assert (await heard(windows[3]))["chat"] == "g2"
    with pytest.raises(asyncio.TimeoutError):
        await windows[0].receive(timeout=0.1)
    for window in windows:
        await window.close()


async def test_recall_and_read_marks_reach_the_other_windows(page: Page) -> None:
    said = await page.send("wang", "g1", "错了")
    window = await page.window("zhao")
    await page.post("/api/read", {"as": "zhao", "chat": "g1", "n": said["n"]})
    assert (await heard(window))["kind"] == "read"
    assert (await page.post("/api/recall", {"as": "wang", "n": said["n"]})).status == 200
    change = await heard(window)
    assert change["kind"] == "recalled" and change["message"]["text"] == ""
    await sentence(await page.post("/api/recall", {"as": "zhao", "n": said["n"]}), 403)
    await window.close()


async def test_recall_after_two_minutes_is_refused(page: Page, watch: Watch) -> None:
    said = await page.send("wang", "g1", "晚了")
    watch.pass_(minutes=2, seconds=1)
    assert "两分钟" in await sentence(await page.post("/api/recall", {"as": "wang", "n": said["n"]}), 400)


async def test_a_window_that_talks_too_much_is_closed_and_the_rest_go_on(page: Page) -> None:
    loud, quiet = await page.window("wang"), await page.window("li")
    await loud.send_str("x" * 10_000)
    assert (await loud.receive(timeout=5)).type is WSMsgType.CLOSE
    await page.send("wang", "g1", "还在")
    assert (await heard(quiet))["message"]["text"] == "还在"
    await quiet.close()


async def test_a_repeated_send_counts_once(page: Page, chat: LocalChat) -> None:
    one = await page.send("wang", "g1", "好", client="k1")
    two = await page.send("wang", "g1", "好", client="k1")
    assert one == two and len(await chat.history("wang", "g1")) == 1


async def test_groups_are_made_named_joined_and_left(page: Page, chat: LocalChat) -> None:
    answer = await page.post("/api/group/new", {"as": "wang", "name": "楼长群", "people": ["li"], "bot": True})
    room = (await answer.json())["chat"]
    [(_, event)] = await chat.waiting_events()
    assert event.subject and event.room == room
    for path, body in [
        ("add", {"people": ["zhao"]}), ("rename", {"name": "三号楼"}), ("leave", {}),
    ]:  # fmt: skip
        assert (await page.post(f"/api/group/{path}", {"as": "wang", "chat": room, **body})).status == 200
    assert [person.key for person in await chat.people(room)] == ["li", "zhao"]
    await sentence(await page.post("/api/group/rename", {"as": "wang", "chat": room, "name": "x"}), 403)
    await sentence(await page.post("/api/group/new", {"as": "wang", "name": " "}), 400)
    await sentence(await page.post("/api/group/leave", {"as": "li", "chat": "@li"}), 400)


async def test_neighbours_write_to_each_other_in_private(page: Page, chat: LocalChat) -> None:
    answer = await page.post("/api/private", {"as": "wang", "person": "li"})
    private = (await answer.json())["chat"]
    await page.send("li", private, "在的")
    assert await chat.waiting_events() == []
    names = {line["id"]: line["name"] for line in (await page.get("/api/state", **{"as": "wang"}))["chats"]}
    assert names[private] == "李强"
    await sentence(await page.client.get("/api/messages", params={"as": "zhao", "chat": private}), 403)


async def test_it_goes_on_after_a_restart(chat: LocalChat) -> None:
    port = free_port()
    for words in ("一", "二"):
        runner = await start_page(chat, host="127.0.0.1", port=port)
        with pytest.raises(OSError):
            await start_page(chat, host="127.0.0.1", port=port)
        await chat.say("wang", "g1", Draft(words))
        await runner.cleanup()
    assert [m.text for m in await chat.history("li", "g1")] == ["一", "二"]


async def test_a_stop_says_goodbye_to_the_windows(chat: LocalChat) -> None:
    port = free_port()
    server = TestServer(chat_app(chat, host="localhost", port=port), host="127.0.0.1", port=port)
    async with TestClient(server) as client:
        window = await Page(client, port).window("wang")
        closing = asyncio.create_task(server.close())
        assert (await window.receive(timeout=5)).type is WSMsgType.CLOSE
        await window.close()
        await closing


async def test_of_ten_thousand_messages_a_page_is_sent_at_a_time(page: Page, chat: LocalChat) -> None:
    from bot.gateways.local import saying

    def fill(unit) -> None:
        for i in range(10_000):
            saying._insert(unit, "wang", "g1", Draft(f"第{i}条"), None)

    await chat._run(fill)
    state = await page.get("/api/state", **{"as": "zhao"})
    last = await page.get("/api/messages", **{"as": "zhao", "chat": "g1"})
    first = last["messages"][0]
    before = await page.get("/api/messages", **{"as": "zhao", "chat": "g1", "before": str(first["n"])})
    assert state["chats"][0]["unread"] == 100 and last["messages"][-1]["text"] == "第9999条"
    assert len(last["messages"]) == len(before["messages"]) < 1000
    assert before["messages"][-1]["n"] == first["n"] - 1
