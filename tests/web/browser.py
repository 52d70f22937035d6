"""Chromium for the tests of the page: found on the path, or the tests say that it is missing."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}

PALE = r"""() => {
    const rgb = (text) => text.match(/[\d.]+/g).map(Number);
    const light = (colour) => colour.slice(0, 3).reduce((sum, one, place) => {
        const part = one / 255;
        const linear = part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        return sum + [0.2126, 0.7152, 0.0722][place] * linear;
    }, 0.05);
    const behind = (one) => {
        const colour = one ? rgb(getComputedStyle(one).backgroundColor) : [255, 255, 255];
        return colour.length === 3 || colour[3] === 1 ? colour : behind(one.parentElement);
    };
    const seen = (one) => one.checkVisibility() && !one.closest("[aria-hidden], :disabled");
    const words = (node) => node.nodeType === 3 && node.data.trim();
    const said = (one) => one.placeholder || [...one.childNodes].some(words);
    return [...document.querySelectorAll("body *")].filter((one) => seen(one) && said(one)).filter((one) => {
        const style = getComputedStyle(one, one.placeholder ? "::placeholder" : null);
        const [a, b] = [rgb(style.color), behind(one)].map(light);
        return Math.max(a, b) / Math.min(a, b) < 4.5;
    }).map((one) => one.outerHTML);
}"""
"""In a page: the elements whose words stand out from what is behind them by less than 4.5 to 1."""


def chromium_path() -> str:
    """Where Chromium is; the test is skipped without it, or fails where everything is required."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found:
        return found
    if os.environ.get("REQUIRE_ALL"):
        pytest.fail("Chromium is missing")
    pytest.skip("Chromium is missing")


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser of its own."""
    path = chromium_path()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGS)
        try:
            yield browser
        finally:
            await browser.close()


class Windows:
    """Windows on the page, each somebody; whatever a window complains of fails the test."""

    def __init__(self, browser: Browser, origin: str) -> None:
        self.browser = browser
        self.origin = origin
        self.complaints: list[str] = []
        self.foreign: list[str] = []
        self._contexts: list[BrowserContext] = []

    async def open(self, me: str = "", *, look: dict[str, Any] = DESKTOP, room: str = "") -> Page:
        """A window as `me`, with `room` open."""
        context = await self.browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", **look)
        await context.grant_permissions(["clipboard-read", "clipboard-write"], origin=self.origin)
        self._contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(8000)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda line: self.complaints.append(line.text) if line.type == "error" else None)
        page.on("request", lambda request: self._asked(request.url))
        await page.goto(f"{self.origin}/?as={me}" if me else self.origin)
        if room:
            await page.click(f'.row[data-chat="{room}"]')
            await page.wait_for_selector('.log[aria-busy="false"]')
        return page

    def _asked(self, url: str) -> None:
        if not url.startswith((self.origin, "data:", "blob:")):
            self.foreign.append(url)

    async def close(self) -> None:
        """Close all windows."""
        for context in self._contexts:
            await context.close()
