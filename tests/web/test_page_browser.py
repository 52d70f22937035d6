"""The page in a real browser, as people use it: with the mouse, by keyboard alone, and with a finger on a phone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bot.gateways.local import BOT, Draft, LocalChat, LocalGateway, LocalPerson, LocalRoom, saying
from bot.gateways.protocol import Address
from bot.web.chat import start_page
from handlers.ports import Event, EventKind, MessageType
from tests.servers import free_port
from tests.web.browser import DESKTOP, PALE, PHONE, Windows, chromium
from tests.web.conftest import PEOPLE, ROOMS, picture

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One for all tests; their windows share nothing."""
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def town(tmp_path: Path) -> AsyncIterator[LocalChat]:
    """The small town on the real clock, with forty groups more for those in charge."""
    more = [LocalRoom(f"m{n}", f"石桥村第{n}网格群", ("qian",)) for n in range(1, 41)]
    async with LocalChat(tmp_path / "chat.db") as chat:
        await chat.populate([*ROOMS, *more], [*PEOPLE, LocalPerson("feng", "冯建国", "区管理员", "清源区")])
        yield chat


async def echo(chat: LocalChat) -> None:
    """A bot that repeats what is said to it, and follows every invitation."""
    gateway = LocalGateway(chat)

    async def answer(event: Event) -> None:
        if event.kind is EventKind.INVITED:
            await gateway.accept_invitation(event.subject)
        if event.kind is EventKind.MESSAGE and not event.from_self and (event.mentions_me or event.room is None):
            to = Address(room=event.room) if event.room else Address(person=event.sender)
            await gateway.send_text(to, f"收到：{event.text}", [event.sender] if event.room and event.sender else [])

    await gateway.run(answer)


@pytest_asyncio.fixture(loop_scope="module")
async def windows(town: LocalChat, browser: Browser) -> AsyncIterator[Windows]:
    port = free_port()
    runner = await start_page(town, host="127.0.0.1", port=port)
    bot = asyncio.create_task(echo(town))
    opened = Windows(browser, f"http://127.0.0.1:{port}")
    try:
        yield opened
    finally:
        await opened.close()
        bot.cancel()
        await asyncio.gather(bot, return_exceptions=True)
        await runner.cleanup()
    assert opened.foreign == []
    assert opened.complaints == []


async def write(page: Page, text: str) -> None:
    await page.locator("#text").press_sequentially(text)
    await page.keyboard.press("Enter")


def bubble(page: Page, text: str):
    return page.locator(".bubble.text", has_text=text)


def badge(page: Page, chat: str):
    return page.locator(f'.row[data-chat="{chat}"] .badge')


async def menu(page: Page, text: str, choice: str) -> None:
    await bubble(page, text).first.click(button="right")
    await page.get_by_role("menuitem", name=choice).click()


async def test_two_people_talk_and_see_unread_marks(windows: Windows) -> None:
    wang = await windows.open("wang", room="g1")
    li = await windows.open("li", room="g2")
    await write(wang, "路灯坏了")
    await expect(badge(li, "g1")).to_have_text("1")
    await expect(li.locator('.row[data-chat="g1"]')).to_contain_text("王芳：路灯坏了")
    await li.click('.row[data-chat="g1"]')
    await expect(bubble(li, "路灯坏了")).to_be_visible()
    await expect(badge(li, "g1")).to_have_count(0)
    await write(li, "我也看到了")
    await expect(wang.locator(".line:not(.mine) .name")).to_have_text("李强")
    again = await windows.open("li")
    await expect(again.locator(".row").first).to_contain_text("我也看到了")
    await expect(badge(again, "g1")).to_have_count(0)
    await li.get_by_role("button", name="王芳的资料").click()
    said = await li.locator("dialog .card").inner_text()
    assert said.split() == ["王芳", "王芳", "居民", "·", "3号楼", "@王芳", "发消息"]
    await li.get_by_role("button", name="发消息").click()
    await expect(li.locator("#chat-title")).to_have_text("王芳")
    await write(li, "私下说一句")
    await expect(wang.locator(".row").first).to_contain_text("私下说一句")


async def test_the_bot_is_mentioned_answers_and_marks_the_asker(windows: Windows, town: LocalChat) -> None:
    page = await windows.open("wang", room="g1")
    await page.locator("#text").press_sequentially("你好@")
    await expect(page.locator(".mention").first).to_contain_text("格格")
    await page.keyboard.press("Enter")
    await write(page, "谁管我")
    await expect(page.locator(".at.me")).to_have_text("@王芳")
    await expect(bubble(page, "收到：你好谁管我")).to_be_visible()
    assert (await town.history("wang", "g1"))[0].mentions == (BOT,)
    await write(page, "@格格 手打的也算")
    await expect(bubble(page, "收到：手打的也算")).to_be_visible()
    await write(page, "@格格妈妈不算")
    await expect(bubble(page, "@格格妈妈不算")).to_be_visible()
    assert (await town.history("wang", "g1"))[-1].mentions == ()


async def test_a_private_chat_with_the_bot(windows: Windows) -> None:
    page = await windows.open("wang", room="@wang")
    await expect(page.locator("#chat-title")).to_have_text("格格")
    await expect(page.locator(".log")).to_contain_text("发“帮助”")
    await write(page, "在吗")
    await expect(page.locator(".log")).not_to_contain_text("发“帮助”")
    await expect(bubble(page, "收到：在吗")).to_be_visible()


async def test_quote_copy_recall_and_edit_again(windows: Windows, town: LocalChat) -> None:
    wang = await windows.open("wang", room="g1")
    li = await windows.open("li", room="g1")
    await write(wang, "三号楼停水")
    await menu(li, "三号楼停水", "引用")
    await write(li, "几点停的")
    await expect(wang.locator(".quote")).to_have_text("王芳：三号楼停水")
    await menu(wang, "三号楼停水", "复制")
    assert await wang.evaluate("navigator.clipboard.readText()") == "三号楼停水"
    await bubble(li, "三号楼停水").click(button="right")
    await expect(li.get_by_role("menuitem", name="撤回")).to_have_count(0)
    await expect(li.get_by_role("menuitem", name="@王芳")).to_be_visible()
    await li.keyboard.press("Escape")
    await menu(wang, "三号楼停水", "撤回")
    await expect(li.locator(".note", has_text="王芳撤回了一条消息")).to_be_visible()
    await expect(li.locator(".quote")).to_have_text("引用内容已撤回")
    await wang.get_by_role("button", name="重新编辑").click()
    assert await wang.locator("#text").input_value() == "三号楼停水"


async def test_recall_is_not_offered_after_two_minutes(windows: Windows, town: LocalChat) -> None:
    said = await town.say("wang", "g1", Draft("很早以前"))
    await town._run(lambda unit: unit.db.execute("UPDATE messages SET at = at - 121000 WHERE n = ?", (said.n,)))
    page = await windows.open("wang", room="g1")
    await bubble(page, "很早以前").click(button="right")
    await expect(page.get_by_role("menuitem", name="引用")).to_be_visible()
    await expect(page.get_by_role("menuitem", name="撤回")).to_have_count(0)


EVIL = [
    "<img src=x onerror=document.title='坏了'>",
    "<script>document.title='坏了'</script>",
    "javascript:alert(1)",
    "\u202e反过来\u0007",
]


async def test_markup_in_messages_names_and_quotes_stays_text(windows: Windows, town: LocalChat) -> None:
    await town.rename_group("wang", "g1", EVIL[0])
    for text in EVIL:
        said = await town.say("wang", "g1", Draft(text))
        await town.say("wang", "g1", Draft("引用", quote=said.n))
    page = await windows.open("li", room="g1")
    await expect(page.locator(".bubble.text").first).to_have_text(EVIL[0])
    assert await page.locator("#chat img, #chats img, #chat script").count() == 0
    assert "坏了" not in await page.title()
    await page.click("#info")
    await expect(page.locator("dialog h2")).to_contain_text(EVIL[0])


async def test_a_picture_is_chosen_shown_and_opened(windows: Windows, town: LocalChat) -> None:
    page = await windows.open("wang", room="g1")
    photo = {"name": "a.png", "mimeType": "image/png", "buffer": picture((800, 600))}
    await page.locator("#composer input[type=file]").set_input_files(photo)
    await page.get_by_role("dialog").get_by_role("button", name="发送").click()
    await expect(page.locator(".bubble.picture img[src^='/pictures/']")).to_be_visible()
    await page.locator(".bubble.picture").click()
    large = page.locator("dialog img.large")
    await expect(large).to_be_visible()
    assert await large.evaluate("image => image.decode().then(() => image.naturalWidth)") == 800
    await page.keyboard.press("Escape")
    await expect(page.locator("dialog")).to_have_count(0)
    assert (await town.history("li", "g1"))[-1].type is MessageType.PICTURE


async def test_a_pasted_picture_is_sent_with_enter(windows: Windows) -> None:
    page = await windows.open("wang", room="g1")
    await page.evaluate(
        """async () => {
            const canvas = document.createElement("canvas");
            canvas.width = canvas.height = 50;
            const blob = await new Promise((done) => canvas.toBlob(done));
            const data = new DataTransfer();
            data.items.add(new File([blob], "paste.png", { type: "image/png" }));
            const paste = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
            document.querySelector("#text").dispatchEvent(paste);
        }"""
    )
    await page.wait_for_selector("dialog .preview img")
    await page.keyboard.press("Enter")
    await expect(page.locator(".bubble.picture img[src^='/pictures/']")).to_be_visible()


async def test_what_is_no_picture_is_told_and_can_be_put_away(windows: Windows) -> None:
    page = await windows.open("wang", room="g1")
    await page.locator("#composer input[type=file]").set_input_files(
        {"name": "a.png", "mimeType": "image/png", "buffer": b"no picture"}
    )
    await expect(page.locator(".toast.bad")).to_contain_text("打不开")
    some = [{"name": f"{n}.png", "mimeType": "image/png", "buffer": picture()} for n in range(10)]
    await page.locator("#composer input[type=file]").set_input_files(some)
    await expect(page.locator("dialog .toast.bad")).to_contain_text("最多发 9 张")
    await expect(page.locator("dialog .preview img")).to_have_count(9)


async def test_voice_and_place(windows: Windows, town: LocalChat) -> None:
    page = await windows.open("wang", room="g1")
    await page.get_by_role("button", name="语音").click()
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Enter")
    await expect(page.locator(".bubble.voice")).to_contain_text("9″")
    await page.get_by_role("button", name="位置").click()
    await page.keyboard.type("柳河公园南门")
    await page.keyboard.press("Enter")
    await expect(page.locator(".bubble.place")).to_contain_text("柳河公园南门")
    voice, place = await town.history("li", "g1")
    assert voice.seconds == 9 and place.location is not None and place.location.name == "柳河公园南门"


async def test_the_server_goes_and_comes_back_and_nothing_is_lost(town: LocalChat, browser: Browser) -> None:
    port = free_port()
    runner = await start_page(town, host="127.0.0.1", port=port)
    windows = Windows(browser, f"http://127.0.0.1:{port}")
    page = await windows.open("wang", room="g1")
    await expect(page.locator("#link-state")).to_be_hidden()
    await runner.cleanup()
    await write(page, "断线时说的")
    await expect(page.locator(".failed")).to_be_visible()
    await expect(page.locator("#link-state")).to_contain_text("连接断开")
    await page.set_viewport_size({"width": 390, "height": 844})
    await expect(page.locator(".chat > .link-state")).to_contain_text("连接断开")
    await town.say("li", "g1", Draft("断线时别人说的"))
    runner = await start_page(town, host="127.0.0.1", port=port)
    await expect(bubble(page, "断线时别人说的")).to_be_visible(timeout=15_000)
    await expect(page.locator(".failed")).to_have_count(0)
    await expect(page.locator(".chat > .link-state")).to_be_hidden()
    assert [m.text for m in await town.history("li", "g1")] == ["断线时别人说的", "断线时说的"]
    await expect(page.locator(".bubble.text")).to_have_text(["断线时别人说的", "断线时说的"])
    await page.route("**/api/send", lambda route: route.abort(), times=1)
    await write(page, "只有这一句没发出")
    await expect(page.locator(".failed")).to_be_visible()
    await write(page, "这一句不抢先")
    await expect(page.locator(".failed, .spin")).to_have_count(0)
    assert [m.text for m in await town.history("li", "g1")][2:] == ["只有这一句没发出", "这一句不抢先"]
    await page.route("**/api/picture*", lambda route: route.abort())
    photo = {"name": "a.png", "mimeType": "image/png", "buffer": picture()}
    await page.locator("#composer input[type=file]").set_input_files(photo)
    await page.get_by_role("dialog").get_by_role("button", name="发送").click()
    await expect(page.locator(".failed")).to_be_visible()
    async with page.expect_event("dialog") as asked:
        reloading = asyncio.create_task(page.reload())
    assert (await asked.value).type == "beforeunload"
    await (await asked.value).accept()
    await reloading
    await windows.close()
    await runner.cleanup()


async def test_ten_thousand_messages_open_and_scroll_back(windows: Windows, town: LocalChat) -> None:
    def fill(unit) -> None:
        for n in range(10_000):
            saying._insert(unit, "li", "g1", Draft(f"第{n}条"), None)

    await town._run(fill)
    page = await windows.open("wang")
    await expect(badge(page, "g1")).to_have_text("99+")
    await page.click('.row[data-chat="g1"]')
    await expect(bubble(page, "第9999条")).to_be_visible()
    await page.get_by_role("button", name="99+条未读消息").click()
    await expect(page.locator(".note", has_text="以下是新消息")).to_be_in_viewport()
    await expect(page.locator(".bubble.text").first).to_have_text("第0条")
    await page.get_by_role("button", name="回到最新").click()
    await expect(bubble(page, "第9999条")).to_be_in_viewport()
    await expect(page.locator("#to-new")).to_be_hidden()
    seen = page.locator(".bubble.text", has_text="第9960条")
    await page.locator(".log").hover()
    for _ in range(60):
        await page.mouse.wheel(0, -1500)
        await page.wait_for_timeout(15)
    await expect(page.locator(".bubble.text").first).not_to_have_text("第9950条")
    assert await page.locator(".line").count() <= 360, "the page does not grow without end"
    await town.say("li", "g1", Draft("新的一条"))
    await page.get_by_role("button", name="条新消息").click()
    await expect(bubble(page, "新的一条")).to_be_visible()
    await expect(seen).to_be_attached()


async def test_reading_back_stays_in_place_when_older_messages_come(windows: Windows, town: LocalChat) -> None:
    for n in range(120):
        await town.say("li", "g1", Draft(f"第{n}条。"))
    page = await windows.open("wang", room="g1")
    await page.evaluate("document.querySelector('.log').scrollTop = 900")
    line = page.locator(".line", has_text="第90条。")
    before = (await line.bounding_box() or {})["y"]
    await page.evaluate("document.querySelector('.log').scrollTop -= 650")
    await expect(page.locator(".line", has_text="第40条。")).to_be_attached()
    after = (await line.bounding_box() or {})["y"]
    assert abs(after - before - 650) < 3
    await expect(page.locator("#to-new")).to_be_visible()
    await write(page, "知道了")
    await expect(page.locator("#to-new")).to_be_hidden()


async def test_a_quote_leads_to_its_message_however_far_back(windows: Windows, town: LocalChat) -> None:
    first = await town.say("li", "g1", Draft("最早的一条"))
    for n in range(200):
        await town.say("li", "g1", Draft(f"第{n}条"))
    await town.say("li", "g1", Draft("看上面", quote=first.n))
    page = await windows.open("wang", room="g1")
    await page.locator(".quote").click()
    await expect(bubble(page, "最早的一条")).to_be_in_viewport()
    await page.get_by_role("button", name="回到最新").click()
    await expect(bubble(page, "看上面")).to_be_in_viewport()


async def test_search_filters_forty_groups(windows: Windows) -> None:
    page = await windows.open("qian")
    await expect(page.locator(".row")).to_have_count(43)
    await page.locator("#search").fill("石桥 17")
    await expect(page.locator(".row")).to_have_count(1)
    await page.locator("#search").fill("没有这个群")
    await expect(page.locator("#no-chats")).to_contain_text("没有找到")
    await page.locator("#search").press("Escape")
    await expect(page.locator(".row")).to_have_count(43)


async def test_who_i_am_is_chosen_and_kept_per_window(windows: Windows) -> None:
    page = await windows.open()
    await page.get_by_role("dialog").get_by_role("searchbox").fill("钱")
    await page.keyboard.press("Enter")
    await expect(page.locator(".row")).to_have_count(43)
    assert page.url.endswith("as=qian")
    await page.reload()
    await expect(page.locator("#who")).to_have_attribute("aria-label", "我是钱进，镇管理员。换人")
    await page.click("#who")
    await page.get_by_role("button", name="区管理员", exact=True).click()
    await page.locator(".person", has_text="冯建国").click()
    await expect(page.locator("#who")).to_have_attribute("aria-label", "我是冯建国，区管理员。换人")
    stranger = await windows.open("nobody")
    await expect(stranger.get_by_role("dialog")).to_be_visible()
    windows.complaints = [line for line in windows.complaints if "404" not in line]


async def test_a_new_group_with_the_bot_in_it(windows: Windows, town: LocalChat) -> None:
    page = await windows.open("wang")
    await page.click("#new-group")
    await page.get_by_label("群名").fill("楼长群")
    await page.locator(".person", has_text="李强").click()
    await page.get_by_role("button", name="建群").click()
    await expect(page.locator(".note", has_text="王芳邀请格格加入了群聊")).to_be_visible()
    await expect(page.locator("#chat-title")).to_have_text("楼长群（3）")
    await write(page, "@格格 欢迎")
    await expect(bubble(page, "收到：欢迎")).to_be_visible()
    await page.click("#info")
    await page.get_by_role("button", name="移出格格").click()
    await expect(page.locator(".note", has_text="王芳将格格移出了群聊")).to_be_visible()


async def test_the_keyboard_alone(windows: Windows, town: LocalChat) -> None:
    await town.say("li", "g1", Draft("用键盘回我"))
    page = await windows.open("wang")
    await expect(page.locator(".row").first).to_be_focused()
    await page.keyboard.press("Control+k")
    await page.keyboard.type("第一")
    taking = {"key": "Enter", "keyCode": 229, "bubbles": True}  # an input method takes its words
    await page.locator("#search").dispatch_event("keydown", taking)
    await expect(page.locator("#chat")).to_be_hidden()
    await page.keyboard.press("ArrowDown")
    await expect(page.locator('.row[data-chat="g1"]')).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#text")).to_be_focused()
    await expect(bubble(page, "用键盘回我")).to_be_visible()  # one may write before the chat has come
    await page.keyboard.type("一行")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("两行")
    await page.locator("#text").dispatch_event("keydown", taking)
    await page.keyboard.press("Enter")
    await expect(bubble(page, "一行")).to_have_text("一行\n两行")
    await page.keyboard.press("Alt+m")
    await page.keyboard.press("ArrowUp")
    await expect(page.locator(".line").first).to_be_focused()
    await page.locator("#info").focus()
    await write(page, "三行")
    await page.locator("#info").focus()
    await page.keyboard.press("Tab")
    await expect(page.locator(".line").last).to_be_focused()
    await page.keyboard.press("Home")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menuitem", name="引用")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await expect(page.locator(".quoting")).to_contain_text("用键盘回我")
    await expect(page.locator("#text")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator(".quoting")).to_be_hidden()
    await page.keyboard.press("Escape")
    await expect(page.locator('.row[data-chat="g1"]')).to_be_focused()
    assert await page.evaluate("[...document.querySelectorAll('.row')].filter(row => row.tabIndex === 0).length") == 1
    await page.keyboard.press("Alt+w")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator('.row[data-chat="g1"]')).to_be_focused()
    await page.keyboard.press("Control+k")
    await page.keyboard.press("Escape")
    for _ in range(3):
        await page.keyboard.press("Tab")
    outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", "the focus is seen"


async def test_emoji_by_arrow_keys(windows: Windows) -> None:
    page = await windows.open("wang", room="g1")
    await page.get_by_role("button", name="表情").press("Enter")
    for key in ("ArrowRight", "ArrowDown", "ArrowUp", "ArrowUp", "Enter"):
        await page.keyboard.press(key)
    assert await page.locator("#text").input_value() == "😄"
    await page.locator(".chat-top").click()
    await expect(page.locator(".emoji")).to_be_hidden()


async def test_every_control_has_a_name_and_every_word_is_dark_enough(windows: Windows, town: LocalChat) -> None:
    await town.say("li", "g1", Draft("喂"))
    page = await windows.open("wang", room="g1")
    nameless = """[...document.querySelectorAll("button, input:not([hidden]), textarea, [role=option], [role=article]")]
        .filter((one) => one.checkVisibility() && !(one.ariaLabel || one.textContent.trim() || one.labels?.length))
        .map((one) => one.outerHTML)"""
    assert await page.evaluate(nameless) == []
    assert await page.evaluate(PALE) == []


async def test_a_draft_waits_in_its_chat(windows: Windows) -> None:
    page = await windows.open("li", room="g1")
    await page.locator("#text").press_sequentially("还没写完")
    await page.click('.row[data-chat="g2"]')
    assert await page.locator("#text").input_value() == ""
    await expect(page.locator('.row[data-chat="g1"]')).to_contain_text("[草稿]还没写完")
    await page.click('.row[data-chat="g1"]')
    await page.reload()
    await expect(page.locator("#chat-title")).to_contain_text("第一网格群")
    assert await page.locator("#text").input_value() == "还没写完"


async def test_on_a_phone_by_finger(windows: Windows, town: LocalChat) -> None:
    await town.say("li", "g1", Draft("长按我"))
    page = await windows.open("wang", look=PHONE)
    await expect(page.locator(".pane")).to_be_hidden()
    await page.tap('.row[data-chat="g1"]')
    await expect(page.locator(".side")).to_be_hidden()
    await expect(bubble(page, "长按我")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    box = await bubble(page, "长按我").bounding_box() or {}
    touch = await page.context.new_cdp_session(page)
    point = {"x": box["x"] + 20, "y": box["y"] + 15}
    await touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    await expect(page.get_by_role("menuitem", name="引用")).to_be_visible()
    await touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    await page.get_by_role("menuitem", name="引用").tap()
    await page.locator("#text").press_sequentially("好的")
    await page.tap("#send")
    await expect(page.locator(".mine .quote")).to_contain_text("长按我")
    await page.tap("#back")
    await expect(page.locator(".side")).to_be_visible()
    await town.say("li", "g1", Draft("又来一条"))
    await expect(badge(page, "g1")).to_have_text("1")
    await page.tap('.row[data-chat="g1"]')
    await page.reload()
    await page.tap("#info")
    await expect(page.locator("dialog .avatar.is-bot")).to_be_visible()
    await expect(page.get_by_role("searchbox", name="搜索群成员")).not_to_be_focused()
    await page.go_back()
    await expect(page.locator("dialog")).to_have_count(0)
    await expect(page.locator(".pane")).to_be_visible()
    await page.get_by_role("button", name="表情").tap()
    await page.get_by_role("button", name="😀").tap()
    await expect(page.locator("#text")).not_to_be_focused()
    await page.go_back()
    await expect(page.locator(".side")).to_be_visible()


async def test_with_a_phones_keyboard_open_all_is_in_reach(windows: Windows, town: LocalChat) -> None:
    await town.populate([], [LocalPerson(f"p{n}", f"住户{n}", "居民", "6号楼") for n in range(20)])
    await town.add_to_group("wang", "g1", [f"p{n}" for n in range(20)])
    page = await windows.open("wang", look={**PHONE, "viewport": {"width": 360, "height": 300}}, room="g1")
    await page.locator("#text").press_sequentially("@")
    await expect(page.locator(".mention").first).to_be_in_viewport(ratio=1)
    await page.fill("#text", "几点来\n" * 30)
    assert await page.evaluate("document.querySelector('.log').clientHeight") > 100
    await page.fill("#text", "")
    await page.get_by_role("button", name="表情").tap()
    await expect(page.get_by_role("button", name="😀")).to_be_in_viewport(ratio=1)
    await page.tap("#back")
    await page.tap("#who-phone")
    await page.get_by_role("dialog").get_by_role("searchbox").fill("住户19")
    await expect(page.locator(".person", has_text="住户19")).to_be_in_viewport(ratio=1)


async def test_a_phone_held_sideways_leaves_room_to_read(windows: Windows, town: LocalChat) -> None:
    await town.say("li", "g1", Draft("三号楼停水"))
    page = await windows.open("wang", look={**PHONE, "viewport": {"width": 844, "height": 390}}, room="g1")
    height = "document.querySelector('.log').clientHeight"
    assert await page.evaluate(height) > 390 * 0.6
    await menu(page, "三号楼停水", "引用")
    await page.fill("#text", "几点来\n" * 30)
    assert await page.evaluate(height) > 390 * 0.3
    await page.get_by_role("button", name="发送").click()
    await expect(page.locator(".mine .quote")).to_contain_text("三号楼停水")
    await page.set_viewport_size({"width": 844, "height": 320})
    await page.click("#keys")
    await page.locator("dialog dd").first.hover()
    await page.mouse.wheel(0, 1000)
    await expect(page.locator("dialog dd").last).to_be_in_viewport(ratio=1)


async def test_of_a_long_quote_two_whole_lines_are_seen(windows: Windows, town: LocalChat) -> None:
    said = await town.say("li", "g1", Draft("很长的一句话" * 30))
    await town.say("wang", "g1", Draft("好", quote=said.n))
    page = await windows.open("wang", look=PHONE, room="g1")
    shown = "one => one.clientHeight / parseFloat(getComputedStyle(one).lineHeight)"
    assert await page.locator(".mine .quote").evaluate(shown) == pytest.approx(2, abs=0.05)


@pytest.mark.parametrize("look", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_nothing_sticks_out(windows: Windows, town: LocalChat, look: dict[str, object]) -> None:
    await town.say("li", "g1", Draft("https://" + "a" * 3000))
    await town.say("li", "g1", Draft("行\n" * 200))
    page = await windows.open("wang", look=look, room="g1")
    width = look["viewport"]["width"]  # type: ignore[index]
    wide = f"[...document.querySelectorAll('.bubble')].every((one) => one.getBoundingClientRect().right <= {width})"
    assert await page.evaluate(wide)
    await expect(page.get_by_role("button", name="展开全文")).to_have_count(2)


async def test_an_alert_to_160_groups_is_seen_at_once(windows: Windows, town: LocalChat) -> None:
    rooms = [LocalRoom(f"x{n}", f"第{n}网格群", ("feng",)) for n in range(160)]
    await town.populate(rooms, [*PEOPLE, LocalPerson("feng", "冯建国", "区管理员", "清源区")])
    page = await windows.open("feng", room="x7")
    await expect(page.locator(".row")).to_have_count(161)
    gateway = LocalGateway(town)
    for room in rooms:
        await gateway.send_text(Address(room=room.key), "寻人 M3：七十多岁老人，蓝色上衣。", ["feng"])
    await expect(page.locator(".row .badge")).to_have_count(159, timeout=2000)
    await expect(bubble(page, "寻人 M3")).to_be_visible()
    await expect(page.locator(".row").first).to_contain_text("[有人@我]")


async def test_words_of_times_and_mentions(windows: Windows) -> None:
    page = await windows.open("wang")
    called = await page.evaluate(
        """async () => {
            const { mentionedIn, pieces } = await import("/static/words.js");
            const people = [["a", "王芳"], ["b", "王芳芳"], ["c", "李强"], ["d", "李强"], ["e", "C++(老师)"]];
            const members = people.map(([id, name]) => ({ id, name }));
            const find = (text, picked = []) => mentionedIn(text, picked, members);
            return [find("@王芳芳 你好"), find("@王芳，你好"), find("@王芳是谁"), find("@李强 在吗"),
                find("@李强 在吗", [members[3]]), find("@C++(老师)"), find("abc"), find("@王芳@王芳芳"),
                pieces("问@王芳芳和@王芳。", ["王芳", "王芳芳"])];
        }"""
    )
    assert called == [
        ["b"],
        ["a"],
        [],
        [],
        ["d"],
        ["e"],
        [],
        ["a", "b"],
        ["问", {"name": "王芳芳"}, "和", {"name": "王芳"}, "。"],
    ]
    now = await page.evaluate(
        """async () => {
            const { longTime, shortTime } = await import("/static/words.js");
            const now = new Date();
            const at = (days) => new Date(now.getFullYear(), now.getMonth(), now.getDate() - days, 9, 5);
            const old = new Date(2020, 0, 3, 9, 5);
            const short = [at(0), at(1), old].map(shortTime);
            return [...short, shortTime(at(3)).slice(0, 2), longTime(at(1)), longTime(old)];
        }"""
    )
    assert now == ["09:05", "昨天", "20/1/3", "星期", "昨天 09:05", "2020年1月3日 09:05"]
