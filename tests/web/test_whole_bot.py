"""`gridbot run` as people use it: the sample town on the page, the main job of each role, stopped and started again."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Page, expect

from tests.servers import free_port
from tests.web.browser import DESKTOP, PHONE, Windows, chromium
from tests.web.conftest import picture

WAIT = 15_000
"""Milliseconds within which something must be seen; a fan-out to the whole town is the longest of them."""

RESIDENT, WORKER, ADMIN = "liu_guilan", "liang_xiaoman", "he_jianping"
HOME = "FD0101-jm"
CARD = 2
"""Messages of which an alert's card consists: the text and the poster with the photo."""
NEIGHBOUR, ELSEWHERE = "jiang_mancang", "FD0301-jm"


class Town:
    """The bot in a process of its own, and windows on its page."""

    def __init__(self, folder: Path, browser: Any) -> None:
        port = free_port()
        self.config = folder / "config.yaml"
        self.log = folder / "log.txt"
        settings = {
            "town": "sample",
            "database": f"sqlite:///{folder}/bot.db",
            "local": {"chat": str(folder / "chat.db"), "port": port},
            # A notice held until the morning would make the test wait for it.
            "quiet": {"start": "00:00", "end": "00:00"},
        }
        self.config.write_text(json.dumps(settings))  # JSON is YAML
        self.origin = f"http://127.0.0.1:{port}"
        self.windows = Windows(browser, self.origin)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The bot from its first word to its last; it must stop by itself when it is asked to."""
        command = (sys.executable, "-m", "bot", "run", "-c", str(self.config))
        with self.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, stderr=log)
        assert process.stdout is not None
        try:
            async with asyncio.timeout(30):
                while self.origin not in (line := await process.stdout.readline()).decode():
                    assert line, self.log.read_text()
            yield
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(30):
                said = (await process.stdout.read()).decode()
                assert await process.wait() == 0
            assert "已停下" in said
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def open(self, me: str, chat: str = "", look: dict[str, Any] = DESKTOP) -> Page:
        """A window as `me`; the own private chat with the bot is `@`."""
        page = await self.windows.open(me, room=f"@{me}" if chat == "@" else chat, look=look)
        page.set_default_timeout(WAIT)
        return page


async def write(page: Page, text: str) -> None:
    await page.locator("#text").fill(text)
    await page.keyboard.press("Enter")


async def sees(page: Page, text: str | re.Pattern[str]) -> str:
    """The open chat has a bubble of somebody else with this text; all of the newest of them."""
    found = page.locator(".line:not(.mine) .bubble.text", has_text=text)
    await expect(found.last).to_be_visible(timeout=WAIT)
    return await found.last.inner_text()


async def number_of(page: Page, words: str) -> str:
    """The number under which the bot took a matter down, known by the reporter's own words."""
    said = await sees(page, re.compile(f"【事项 \\d+】已记下.*{words}"))
    found = re.search(r"【事项 (\d+)】", said)
    assert found
    return found[1]


async def pictures(page: Page, count: int) -> None:
    """The open chat has at least so many pictures, and they can be shown."""
    shown = page.locator(".bubble.picture img")
    await expect(shown.nth(count - 1)).to_be_visible(timeout=WAIT)
    await shown.nth(count - 1).evaluate("image => image.decode()")


async def send_photo(page: Page) -> None:
    photo = {"name": "近照.jpg", "mimeType": "image/jpeg", "buffer": picture((600, 800), "JPEG")}
    await page.locator("#composer input[type=file]").set_input_files(photo)
    await page.get_by_role("dialog").get_by_role("button", name="发送").click()


async def a_repair(town: Town) -> None:
    """From a plain sentence to the rating."""
    resident, worker = await town.open(RESIDENT, HOME), await town.open(WORKER, "@")
    await write(resident, "3栋水管爆了，水流一地，麻烦快来人看看")
    case = await number_of(resident, "水管爆了")
    await sees(worker, f"回“接单 {case}”")
    await write(worker, "接单")
    await sees(resident, f"【事项 {case}】梁小满已接单")
    await write(worker, "进展 师傅已到现场")
    await sees(resident, "师傅已到现场")
    await write(worker, "待办")
    await sees(worker, "待办 1 件")
    await write(worker, f"办结 {case} 换了新水管")
    await sees(resident, f"【事项 {case}】已办结：换了新水管")
    await write(resident, "满意")
    await sees(resident, "谢谢评价")
    await sees(worker, "报事人评价：满意")
    await write(resident, "帮助")
    await sees(resident, "【寻人】")


async def a_missing_person(town: Town) -> None:
    """From the report to the good news, in the family's group and in one of another village."""
    family, worker = await town.open(RESIDENT, HOME), await town.open(WORKER, "@")
    neighbour = await town.open(NEIGHBOUR, look=PHONE)
    await write(family, "我爸刘长福今早8点从老街出去就没回来，72岁，穿灰夹克黑裤子，电话13800001234")
    await sees(family, "【寻人 M1】记下了")
    await send_photo(family)
    await pictures(family, 1)
    await sees(worker, "【寻人 M1】请您核实")
    row = neighbour.locator(f'.row[data-chat="{ELSEWHERE}"]')
    unread = int(await row.locator(".badge").inner_text())  # the opening's conversation
    await write(worker, "确认")
    await sees(family, "已发到 21 个群")
    await expect(row.locator(".badge")).to_have_text(str(unread + CARD))
    await row.tap()
    await sees(neighbour, "【寻人 M1】紧急寻人")
    await sees(neighbour, "刘长福")
    await pictures(neighbour, 1)
    await write(neighbour, "查 M1")
    await sees(neighbour, "【寻人 M1】还在找")
    await write(neighbour, "刚在渡口看到一个穿灰夹克的大爷，往上湾那边走了")
    await sees(family, "【寻人 M1】线索")
    await write(family, "找到 M1 在渡口接到了")
    await sees(family, "【寻人 M1】好消息")
    await sees(neighbour, "【寻人 M1】好消息")


async def a_notice(town: Town) -> None:
    """A town admin sees a preview, confirms, and hears the outcome; a group has it."""
    admin = await town.open(ADMIN, "@")
    await write(admin, "通知 全镇 明早6点到10点停水，请提前接水")
    await sees(admin, "通知 N1 预览：发到枫渡镇 21 个群")
    await write(admin, "确认")
    await sees(admin, "【通知 N1】发完了：送达 21 个群")
    reader = await town.open(NEIGHBOUR, ELSEWHERE)
    await sees(reader, "明早6点到10点停水")


async def still_there(town: Town) -> None:
    """After a restart: what was said, what was decided, and the bot goes on."""
    family = await town.open(RESIDENT, HOME)
    for text in ("已办结：换了新水管", "【寻人 M1】好消息"):
        await sees(family, text)
    await pictures(family, 2)
    await write(family, "查 M1")
    await sees(family, "【寻人 M1】已找到（")
    await write(family, "楼道灯坏了，麻烦修一下")
    await number_of(family, "楼道灯坏了")


async def test_the_main_job_on_the_page_and_after_a_restart(tmp_path: Path) -> None:
    async with chromium() as browser:
        town = Town(tmp_path, browser)
        async with town.running():
            await a_repair(town)
            await a_missing_person(town)
            await a_notice(town)
            await town.windows.close()
        async with town.running():
            await still_there(town)
            await town.windows.close()
    assert town.windows.foreign == []
    assert town.windows.complaints == []
