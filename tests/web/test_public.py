"""The public pages: only what is confirmed, nothing of the person after the end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from xml.etree import ElementTree

import aiohttp
import pytest
from multidict import CIMultiDict
from sqlalchemy import insert, update
from sqlmodel import col

from bot.config import ConfigError
from bot.web.asking import Allowance
from bot.web.public import PublicPages, start_public
from storage.inbox import Picture
from storage.matters import Alert
from tests.alerts.town import GRANDPA
from tests.commandline.test_starting import opened, write_config
from tests.formats.documents import PUBLISHER, fits_schema
from tests.harness import Talk
from tests.servers import free_port

pytestmark = pytest.mark.usefixtures("patient")

ATOM = "{http://www.w3.org/2005/Atom}"
Get = Callable[..., Awaitable[tuple[int, str, CIMultiDict[str]]]]


@asynccontextmanager
async def served(talk: Talk, per_second: float = 1000) -> AsyncIterator[Get]:
    """The pages of the talk's bot; asks with (path, method, request headers)."""
    machine = talk.replay.machine
    pages = PublicPages(talk.database, machine.outside, machine.clock, PUBLISHER, per_second)
    runner = await start_public(pages, host="127.0.0.1", port=0)
    port = runner.addresses[0][1]
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:

        async def ask(path: str, method: str = "GET", **headers: str) -> tuple[int, str, CIMultiDict[str]]:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            async with session.request(method, path, headers=sent) as answer:
                return answer.status, (await answer.read()).decode(errors="replace"), answer.headers.copy()

        yield ask
    await runner.cleanup()


@pytest.fixture
async def get(talk: Talk) -> AsyncIterator[Get]:
    """Asks the pages of a bot in the small town."""
    async with served(talk) as ask:
        yield ask


async def report(talk: Talk, *, confirmed: bool = True) -> None:
    await talk.say("r1", "g1", GRANDPA)
    await talk.say("r1", "g1", "他叫王建国")
    if confirmed:
        await talk.say("w1", None, "确认 M1")


PAGES = ("/m/1", "/m/1/cap.xml", "/m/1/pfif.xml", "/m/1/photo")


async def test_an_unconfirmed_alert_is_as_one_that_never_was(talk: Talk, get: Get) -> None:
    await report(talk, confirmed=False)
    for page in PAGES:
        status, said, _ = await get(page)
        assert status == 404
        assert said == (await get(page.replace("1", "2")))[1]
    assert "没有这个编号的寻人" in (await get("/m/1"))[1]
    assert "王建国" not in (await get("/feed.atom"))[1]


async def test_while_somebody_is_sought(talk: Talk, get: Get) -> None:
    await report(talk)
    status, said, headers = await get("/m/1")
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    for words in ("还在找", "王建国", "72岁", "灰夹克", "13900002210", "0900-0002001", "小耿"):
        assert words in said
    assert 'href="tel:13900002210"' in said and '派出所 <a href="tel:09000002001">0900-0002001</a>' in said
    assert "script" not in said.lower() and "://" not in said
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    status, said, headers = await get("/m/1/cap.xml")
    assert (status, headers["Content-Type"]) == (200, "application/cap+xml; charset=utf-8")
    assert "王建国" in said
    assert "王建国" in (await get("/m/1/pfif.xml"))[1]
    fits_schema(said.encode())


@pytest.mark.parametrize(
    ("words", "state"),
    [("找到 M1", "已找到"), ("误报 M1", "不属实"), ("撤销 M1", "已撤销"), ("找到 M1 人已经没了", "已经结束")],
)
async def test_after_the_end_nobody_is_named(talk: Talk, get: Get, words: str, state: str) -> None:
    await report(talk)
    await give_photo(talk)
    assert (await get("/m/1/photo"))[0] == 200
    await talk.say("w1", None, words)
    assert state in (await get("/m/1"))[1]
    for path in (*PAGES, "/feed.atom"):
        status, said, _ = await get(path)
        assert status == (404 if path.endswith("photo") else 200)
        for secret in ("王建国", "13900002210", "灰夹克", "柳树巷", "没了", "died", "believed_dead"):
            assert secret not in said


async def give_photo(talk: Talk) -> None:
    async with talk.database.write() as session:
        photo = {"id": 7, "state": "ready", "mime": "image/jpeg", "data": b"jpeg", "at": talk.now}
        await session.execute(insert(Picture).values(**photo))
        await session.execute(update(Alert).where(col(Alert.id) == 1).values(picture_id=7))


async def test_the_photo_stands_on_the_page_once_it_is_there(talk: Talk, get: Get) -> None:
    await report(talk)
    assert "<img" not in (await get("/m/1"))[1]
    await give_photo(talk)
    assert '<img src="1/photo"' in (await get("/m/1"))[1]
    status, said, headers = await get("/m/1/photo")
    assert (status, said, headers["Content-Type"], headers["Cache-Control"]) == (200, "jpeg", "image/jpeg", "no-store")


async def test_the_feed_lists_both_formats(talk: Talk, get: Get) -> None:
    await report(talk)
    status, said, headers = await get("/feed.atom")
    assert (status, headers["Content-Type"]) == (200, "application/atom+xml; charset=utf-8")
    feed = ElementTree.fromstring(said)
    (entry,) = feed.findall(f"{ATOM}entry")
    links = {one.get("type"): one.get("href") for one in entry.findall(f"{ATOM}link")}
    assert links == {
        "text/html": "https://liuhe.example/x/m/1",
        "application/cap+xml": "https://liuhe.example/x/m/1/cap.xml",
        "application/pfif+xml": "https://liuhe.example/x/m/1/pfif.xml",
    }
    assert entry.findtext(f"{ATOM}id") == "pfif:liuhe.example/M1"
    assert entry.findtext("{http://zesty.ca/pfif/1.4}person/{http://zesty.ca/pfif/1.4}full_name") == "王建国"
    assert (entry.findtext(f"{ATOM}title"), entry.findtext(f"{ATOM}summary")) == ("王建国", "寻人 M1：还在找")
    for name in ("id", "title", "updated", "subtitle"):
        assert feed.findtext(f"{ATOM}{name}")
    assert feed.findtext(f"{ATOM}updated") == entry.findtext(f"{ATOM}updated")


@pytest.mark.parametrize("path", ["/m/1", "/m/1/cap.xml", "/m/1/pfif.xml", "/feed.atom"])
async def test_what_the_asker_has_is_not_sent_again(talk: Talk, get: Get, path: str) -> None:
    await report(talk)
    _, _, headers = await get(path)
    tag, date = headers["ETag"], headers["Last-Modified"]
    for condition in ({"If_None_Match": tag}, {"If_None_Match": f'"x", {tag}'}, {"If_Modified_Since": date}):
        status, said, again = await get(path, **condition)
        assert (status, said, again["ETag"]) == (304, "", tag)
    assert (await get(path, If_None_Match='"x"', If_Modified_Since=date))[0] == 200
    assert (await get(path, If_Modified_Since="Sat, 21 Nov 2020 04:00:00 GMT"))[0] == 200
    assert (await get(path, If_None_Match="rubbish,,"))[0] == 200
    status, said, head = await get(path, "HEAD")
    assert (status, said, head["ETag"]) == (200, "", tag)


async def test_a_change_has_another_tag(talk: Talk, get: Get) -> None:
    await report(talk)
    before = (await get("/m/1"))[2]["ETag"]
    await talk.say("w1", None, "找到 M1")
    status, _, headers = await get("/m/1", If_None_Match=before)
    assert (status, headers["ETag"] != before) == (200, True)


@pytest.mark.parametrize(
    "path", ["/", "/m/", "/m/0", "/m/01", "/m/-1", "/m/abc", "/m/9999999999", "/m/1/..", "/x" * 900]
)
async def test_other_addresses(get: Get, path: str) -> None:
    status, said, headers = await get(path)
    assert status == 404
    assert "没有" in said and headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_there_is_nothing_to_change(get: Get, method: str) -> None:
    status, said, headers = await get("/m/1", method)
    assert (status, headers["Allow"]) == (405, "GET,HEAD")
    assert "只能看" in said


async def test_words_of_people_are_no_markup(talk: Talk, get: Get) -> None:
    await report(talk)
    evil = "<script>alert(1)</script>\"'><img src=x onerror=y>"
    async with talk.database.write() as session:
        await session.execute(update(Alert).values(name=evil, clothes=evil, place=evil, contact_name=evil))
    said = (await get("/m/1"))[1]
    assert "<script>" not in said and "<img" not in said
    assert "&lt;script&gt;" in said
    entry = ElementTree.fromstring((await get("/feed.atom"))[1]).find(f"{ATOM}entry")
    assert entry is not None and "<script>" not in (entry.findtext(f"{ATOM}content") or "")


async def test_the_rate_is_bounded(talk: Talk) -> None:
    async with served(talk, per_second=1) as get:
        answers = [(await get("/m/1"))[0] for _ in range(6)]
    assert answers[:2] == [404, 404]
    assert answers[-1] == 429


def test_an_allowance_fills_again() -> None:
    now = 0.0
    allowance = Allowance(2, lambda: now)
    assert [allowance.take() for _ in range(5)] == [True] * 4 + [False]
    now = 1.0
    assert [allowance.take() for _ in range(3)] == [True, True, False]
    now = 1000.0
    assert [allowance.take() for _ in range(5)] == [True] * 4 + [False]


async def test_a_database_that_is_away_is_a_sentence(talk: Talk, get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise OSError("gone")

    monkeypatch.setattr("bot.web.public.public", away)
    status, said, _ = await get("/m/1")
    assert (status, "暂时查不到" in said) == (503, True)


async def test_run_opens_the_pages_only_where_they_are_wanted(tmp_path: Path) -> None:
    port = free_port()
    config = write_config(tmp_path)
    async with opened(config) as (_, said):
        assert not any("公开页" in line for line in said)
    text = config.read_text()[:-1] + f', "feed": {{"enabled": true, "port": {port}, "domain": "a.example"}}}}'
    config.write_text(text)
    async with opened(config) as (_, said), aiohttp.ClientSession() as session:
        assert any("公开页" in line and str(port) in line for line in said)
        async with session.get(f"http://127.0.0.1:{port}/feed.atom") as answer:
            assert answer.status == 200
        async with session.get(f"http://127.0.0.1:{port}/m/1") as answer:
            assert answer.status in (200, 404)
    config.write_text(config.read_text().replace('"feed"', f'"status": {{"port": {port}}}, "feed"'))
    with pytest.raises(ConfigError, match=r"feed\.port"):
        async with opened(config):
            pass
