"""Open311 GeoReport v2: what comes in is a case like any other, what goes out is nobody's secret."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import aiohttp
import pytest
import yaml
from sqlalchemy import select

from bot.config import ConfigError, build_config
from bot.town import load_town
from bot.web.open311 import Requests, start_requests
from storage.matters import Case, CaseSource
from storage.outbox import DeliveryPart, PartState
from tests.harness import Talk, texts

pytestmark = pytest.mark.usefixtures("patient")

SCHEMA = Path(__file__).parents[3] / "shared" / "schemas" / "georeport_v2-1.yaml"
KEY = "a-key-of-the-hotline"
LAMP = {
    "api_key": KEY,
    "service_code": "公共设施",
    "description": "路灯坏了，晚上看不见",
    "address_string": "菜市场北门3栋2单元501",
    "first_name": "秀英",
    "last_name": "王",
    "phone": "13900000099",
    "email": "wang@example.com",
    "lat": "30.5",
    "long": "114.3",
}
Ask = Callable[..., Awaitable[tuple[int, str]]]


async def serving(talk: Talk, per_second: float = 1000, jurisdiction: str = "") -> tuple[aiohttp.web.AppRunner, int]:
    machine = talk.replay.machine
    served = Requests(
        talk.database,
        machine.outside,
        machine.clock,
        keys=(KEY,),
        jurisdiction=jurisdiction,
        per_second=per_second,
        stored=talk.replay.look_again,
    )
    runner = await start_requests(served, host="127.0.0.1", port=0)
    return runner, runner.addresses[0][1]


@pytest.fixture
async def ask(talk: Talk) -> AsyncIterator[Ask]:
    """Asks with a path, or posts a form."""
    runner, port = await serving(talk)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:

        async def call(path: str, form: dict[str, str] | None = None, **options: Any) -> tuple[int, str]:
            method = options.pop("method", "GET" if form is None else "POST")
            async with session.request(method, path, data=form, **options) as answer:
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                return answer.status, await answer.text()

        yield call
    await runner.cleanup()


async def get(ask: Ask, path: str) -> Any:
    status, said = await ask(path)
    assert status == 200, said
    return json.loads(said)


def fits(name: str, value: dict[str, Any]) -> None:
    """Whether an object is as the specification's schema has it: what is required, types and enumerations."""
    if not SCHEMA.is_file():
        pytest.skip("the schema of GeoReport v2 is not on this machine")
    definition = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))["definitions"][name]
    assert set(definition.get("required", ())) <= set(value)
    types = {"string": str, "boolean": bool, "number": float, "integer": int, "array": list}
    for key, one in value.items():
        wanted = definition["properties"][key]
        assert isinstance(one, types[wanted["type"]]), key
        assert one in wanted.get("enum", [one])


async def test_answers_are_as_the_schema_has_them(talk: Talk, ask: Ask) -> None:
    for one in await get(ask, "/services.json"):
        fits("Service", one)
    fits("ServiceDefinition", await get(ask, "/services/公共设施.json"))
    (made,) = json.loads((await ask("/requests.json", LAMP))[1])
    fits("RequestResponse", made)
    fits("TokenResponse", await get(ask, "/tokens/1.json"))
    fits("Request", await get(ask, "/request/1.json"))
    for one in await get(ask, "/requests.json"):
        fits("Request", one)


async def test_a_report_is_a_case_and_its_owner_is_told(talk: Talk, ask: Ask) -> None:
    status, said = await ask("/requests.json", {**LAMP, "media_url": "http://127.0.0.1/x.jpg"})
    (made,) = json.loads(said)
    assert (status, made["service_request_id"]) == (200, "1") and "图片地址没有读取" in made["service_notice"]
    (case,) = await talk.rows(select(Case))
    assert (case.source, case.category) == (CaseSource.OPEN311, "公共设施")
    assert (case.phone, case.relayed_for) == ("13900000099", "王秀英")
    told = await talk.wait(seconds=5)
    assert [one.room for one in told] == ["@w2"]  # 菜市场北门 is in the second grid
    assert "13900000099" in told[0].text and "30.500000,114.300000" in told[0].text
    for person in ("w2", "l1"):
        await talk.say(person, None, "接单 1")
    said = await talk.say("w2", None, "办结 1 换了灯泡，王秀英13900000099已确认")
    assert not [one for one in said if one.room.startswith("g")]
    (shown,) = await get(ask, "/requests/1.json")
    assert (shown["status"], shown["status_notes"]) == ("closed", "办结")
    assert (shown["address"], shown["description"]) == ("柳树二格3栋", "公共设施，柳树二格3栋，已办结，等评价")
    waiting = await talk.rows(select(DeliveryPart).where(DeliveryPart.state == PartState.QUEUED))
    assert waiting == []  # nothing is left for a chat in which nobody speaks


async def test_a_complaint_about_a_worker_goes_past_them(talk: Talk, ask: Ask) -> None:
    form = {**LAMP, "service_code": "便民服务", "description": "投诉李珍，态度差，骂人"}
    (made,) = json.loads((await ask("/requests.json", form))[1])
    assert [one.room for one in await talk.wait(seconds=5)] == ["@l1"]
    assert (await ask(f"/requests/{made['service_request_id']}.json"))[0] == 404


async def test_a_report_may_stand_in_the_address_as_the_schema_has_it(talk: Talk, ask: Ask) -> None:
    status, said = await ask("/requests.json", method="POST", params=LAMP)
    assert status == 200, said
    (case,) = await talk.rows(select(Case))
    assert (case.category, case.relayed_for) == ("公共设施", "王秀英")


@pytest.mark.postgres
async def test_on_postgresql_too(tmp_path: Path, postgres: Callable[[], str]) -> None:
    talk = await Talk(tmp_path, url=str(postgres())).open()
    runner, port = await serving(talk)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:

        async def status(path: str, **options: Any) -> tuple[int, str]:
            method = "POST" if options else "GET"
            async with session.request(method, path, **options) as answer:
                return answer.status, await answer.text()

        answers = await asyncio.gather(*(status("/requests.json", data=LAMP) for _ in range(3)))
        assert {code for code, _ in answers} == {200} and len({said for _, said in answers}) == 1
        for path, code in (
            ("/requests/1.json", 200),
            ("/requests.json?status=open&service_code=公共设施&start_date=2026-11-20", 200),
            ("/requests.json?service_request_id=1,999999999,4000000000", 200),
            ("/requests.json?service_code=%00", 200),
            ("/requests/4000000000.json", 404),
            ("/requests/2147483648.json", 404),
        ):
            assert (await status(path))[0] == code, path
    await runner.cleanup()
    await talk.close()


async def test_the_same_report_again_is_the_same_case(talk: Talk, ask: Ask) -> None:
    answers = await asyncio.gather(*(ask("/requests.json", LAMP) for _ in range(5)))
    assert {said for _, said in answers} == {answers[0][1]}
    assert len(await talk.rows(select(Case))) == 1
    await ask("/requests.json", {**LAMP, "description": "井盖也坏了"})
    assert len(await talk.rows(select(Case))) == 2


async def test_no_secret_is_given_out(talk: Talk, ask: Ask) -> None:
    await talk.say("r1", "g1", "3栋2单元501王秀英家的水管爆了，电话13900000001")
    await talk.say("r1", None, "邻居老李打我妈，两家又吵起来了，请来调解一下")
    await talk.say("r1", None, "我要投诉小耿，态度太差了，骂人")
    await talk.say("r3", None, "菜市场的路灯坏了，能不能修")  # told the bot alone
    await ask("/requests.json", {**LAMP, "service_code": "邻里纠纷", "description": "邻居打人"})
    await ask("/requests.json", LAMP)
    cases = await talk.rows(select(Case).order_by(Case.id))
    shown = {one["service_request_id"] for one in await get(ask, "/requests.json")}
    assert shown == {str(cases[0].id), str(cases[-1].id)}
    for form in ("json", "xml"):
        said = (await ask(f"/requests.{form}"))[1]
        for secret in ("王秀英", "1390000", "501", "2单元", "看不见", "wang@", "114.3"):
            assert secret not in said
    hidden = str(cases[1].id)
    assert (await ask(f"/requests/{hidden}.json"))[1] == (await ask("/requests/999.json"))[1]
    assert await get(ask, f"/requests.json?service_request_id={hidden}") == []


async def test_requests_are_searched(talk: Talk, ask: Ask) -> None:
    await talk.say("r1", "g1", "3栋2单元的水管爆了，水流到楼道里了，麻烦来人看看")
    await talk.say("r4", "g3", "老粮站的路灯坏了，晚上看不见路，能不能修一下")
    await talk.say("w1", "g1", "办结 1 换了管子")

    async def found(query: str) -> list[str]:
        return sorted(one["service_request_id"] for one in await get(ask, f"/requests.json?{query}"))

    assert await found("") == ["1", "2"]
    assert await found("status=open") == ["2"]
    assert await found("status=open,closed") == ["1", "2"]
    assert await found("status=closed&service_code=水电气暖,噪音") == ["1"]
    assert await found("service_request_id=2,77,x&status=closed") == ["2"]
    assert await found("start_date=2026-11-21T00:00:00Z&end_date=2026-11-22T00:00:00%2B08:00") == ["1", "2"]
    assert await found("start_date=2026-11-01&end_date=2026-11-20") == []
    tree = ElementTree.fromstring((await ask("/requests.xml?service_request_id=1"))[1])
    assert (tree.tag, tree.findtext("request/status")) == ("service_requests", "closed")
    assert tree.findtext("request/status_notes") == "办结：换了管子"


@pytest.mark.parametrize(
    ("path", "form", "status", "words"),
    [
        ("/requests.json", {"api_key": ""}, 403, "api_key"),
        ("/requests.json", {"api_key": "钥匙"}, 403, "api_key"),
        ("/requests.json", {"service_code": ""}, 400, "service_code"),
        ("/requests.json", {"service_code": "月亮"}, 404, "service_code"),
        ("/requests.json", {"address_string": "", "lat": ""}, 400, "lat 和 long"),
        ("/requests.json", {"address_string": "", "lat": "", "long": ""}, 400, "地点"),
        ("/requests.json", {"lat": "nan"}, 400, "lat 和 long"),
        ("/requests.json", {"phone": "打我电话"}, 400, "phone"),
        ("/requests.json", {"description": "啊" * 20_000}, 413, "内容太长"),
        ("/requests.json?status=lost", None, 400, "status"),
        ("/requests.json?start_date=昨天", None, 400, "start_date"),
        ("/requests.json?start_date=2026-01-01&end_date=2026-11-01", None, 400, "90 天"),
        ("/requests.json?start_date=0001-01-01T00:00:00%2B08:00", None, 400, "start_date"),
        ("/requests.json?end_date=0001-01-02T00:00:00Z", None, 400, "end_date"),
        ("/requests.json?start_date=9999-12-31T00:00:00Z", None, 400, "start_date"),
        (f"/requests.json?service_request_id={','.join('1' * 101)}", None, 400, "100"),
        ("/services/月亮.json", None, 404, "service_code"),
        ("/requests/99999999999999999999.json", None, 404, "service_request_id"),
        ("/tokens/x.json", None, 404, "service_request_id"),
        ("/elsewhere", None, 404, "没有这个地址"),
    ],
)
async def test_a_bad_call_gets_code_and_description(
    talk: Talk, ask: Ask, path: str, form: dict[str, str] | None, status: int, words: str
) -> None:
    got, said = await ask(path, None if form is None else {**LAMP, **form})
    assert got == status
    (error,) = json.loads(said)
    assert error["code"] == status and words in error["description"]
    assert await talk.rows(select(Case)) == []


async def test_errors_in_xml_and_other_ways_of_calling(ask: Ask) -> None:
    status, said = await ask("/requests.xml?status=lost")
    assert (status, ElementTree.fromstring(said).findtext("error/code")) == (400, "400")
    assert (await ask("/requests.json", method="DELETE"))[0] == 405
    assert (await ask("/requests.json", None, method="POST", json={"a": 1}))[0] == 400


async def test_the_jurisdiction_must_be_ours_where_there_is_one(talk: Talk) -> None:
    runner, port = await serving(talk, jurisdiction="liuhe.example")
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        for query, status in (("", 400), ("?jurisdiction_id=x", 404), ("?jurisdiction_id=liuhe.example", 200)):
            async with session.get(f"/services.json{query}") as answer:
                assert answer.status == status
    await runner.cleanup()


async def test_without_areas_nothing_is_taken(tmp_path: Path) -> None:
    bare = Talk(tmp_path)
    await bare.replay.start()
    runner, port = await serving(bare)
    address = f"http://127.0.0.1:{port}/requests.json"
    async with aiohttp.ClientSession() as session, session.post(address, data=LAMP) as answer:
        assert answer.status == 503 and "没有导入区域" in await answer.text()
    await runner.cleanup()
    await bare.close()


async def test_too_many_calls_wait(talk: Talk) -> None:
    runner, port = await serving(talk, per_second=1)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        statuses = []
        for _ in range(4):
            async with session.get("/services.json") as answer:
                statuses.append(answer.status)
    assert statuses[0] == 200 and statuses[-1] == 429
    await runner.cleanup()


async def test_danger_on_the_web_is_urgent_and_told_to_call(talk: Talk, ask: Ask) -> None:
    said = (await ask("/requests.json", {**LAMP, "description": "着火了，三楼冒黑烟，快来人"}))[1]
    assert "119" in json.loads(said)[0]["service_notice"]
    assert texts(await talk.wait(seconds=5), "@w2")[0].startswith("【急】")


async def test_who_stands_for_the_web_is_in_no_file_of_people(talk: Talk, ask: Ask) -> None:
    await ask("/requests.json", LAMP)
    async with talk.database.read() as session:
        town = await load_town(session, now=talk.now)
    assert not [key for key in town.names if key.startswith("@")]


def test_short_keys_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDBOT_OPEN311_KEYS", f"{KEY},short")
    with pytest.raises(ConfigError, match="至少 16 个字符"):
        build_config({"open311": {"enabled": True}}, "config.yaml")
    monkeypatch.setenv("GRIDBOT_OPEN311_KEYS", f" {KEY} ,")
    assert build_config({"open311": {"enabled": True}}, "config.yaml").open311.keys == (KEY,)


FORM = "Content-Type: application/x-www-form-urlencoded"


async def _raw(port: int, head: str, body: str = "") -> str:
    """What is answered to these very bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"{head}\r\nHost: x\r\nConnection: close\r\n\r\n{body}".encode())
    said = await asyncio.wait_for(reader.read(), 30)
    writer.close()
    return said.decode(errors="replace")


@pytest.mark.parametrize(
    ("head", "body", "status"),
    [
        (f"{FORM}\r\nContent-Encoding: gzip\r\nContent-Length: 5", "a=b&c", 400),
        (f"{FORM}; charset=unicode_escape\r\nContent-Length: 5", "a=b&c", 400),
        (f"{FORM}; charset=gbk\r\nContent-Length: {len(KEY) + 8}", f"api_key={KEY}", 400),
        (f"{FORM}\r\nContent-Length: 9", "a=b", 408),
        (f"{FORM}\r\nContent-Length: 99999999999", "a=b", 413),
    ],
)
async def test_a_form_that_cannot_be_read_is_the_callers_fault(
    talk: Talk, head: str, body: str, status: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bot.web.open311.SLOWEST", 0.3)
    runner, port = await serving(talk)
    said = await _raw(port, f"POST /requests.json HTTP/1.1\r\n{head}", body)
    assert f" {status} " in said.splitlines()[0] and '"description"' in said
    assert not caplog.records
    await runner.cleanup()


async def test_what_strangers_send_is_not_logged(talk: Talk, caplog: pytest.LogCaptureFixture) -> None:
    runner, port = await serving(talk)
    assert " 400 " in await _raw(port, f"GET /requests.json?api_key={KEY}&x={'a' * 9000} HTTP/1.1")
    assert " 400 " in await _raw(port, "rubbish")
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"POST /requests.json HTTP/1.1\r\nHost: x\r\n{FORM}\r\nContent-Length: 9\r\n\r\na=b".encode())
    await asyncio.sleep(0.2)
    writer.close()  # in the middle of the form
    await asyncio.sleep(0.2)
    assert caplog.text == ""
    await runner.cleanup()
