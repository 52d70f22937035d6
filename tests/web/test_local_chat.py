"""The local chat system without a page: what is said is kept, counted, quoted, taken back."""

from __future__ import annotations

import asyncio
import io
import sys
from pathlib import Path

import pytest
from PIL import Image

from bot.gateways.local import BOT, Change, ChatError, Draft, LocalChat, LocalPerson, LocalRoom, NotAllowed, NotThere
from handlers.ports import Location, MessageType
from tests.web.conftest import PEOPLE, ROOMS, Watch, picture


async def test_a_message_is_there_for_all_members_and_after_a_restart(chat: LocalChat, tmp_path: Path) -> None:
    await chat.say("wang", "g1", Draft("路灯坏了"))
    await chat.close()
    async with LocalChat(tmp_path / "chat.db") as again:
        for reader in ("wang", "zhao", BOT):
            assert [m.text for m in await again.history(reader, "g1")] == ["路灯坏了"]


async def test_populate_twice_changes_nothing_and_a_new_person_is_added(chat: LocalChat) -> None:
    await chat.leave_group("li", "g1")
    await chat.rename_group("wang", "g1", "我们的群")
    newcomer = LocalPerson("sun", "孙丽")
    await chat.populate([*ROOMS[1:], LocalRoom("g1", "旧名", ("wang", "li", "sun"))], [*PEOPLE, newcomer])
    await chat.populate(ROOMS, PEOPLE)
    names = [person.name for person in await chat.people("g1")]
    assert names == ["格格", "王芳", "赵敏", "钱进", "孙丽"]
    assert next(line.name for line in await chat.chats_of("wang") if line.id == "g1") == "我们的群"


@pytest.mark.parametrize(
    ("rooms", "people"),
    [
        ([], [LocalPerson(BOT, "冒名")]),
        ([], [LocalPerson("a@b", "坏键")]),
        ([], [LocalPerson("a", "一"), LocalPerson("a", "二")]),
        ([LocalRoom("x", "群", ("nobody",))], []),
        ([LocalRoom("@x", "群")], []),
    ],
)
async def test_wrong_keys_are_named_and_nothing_is_brought_in(
    chat: LocalChat, rooms: list[LocalRoom], people: list[LocalPerson]
) -> None:
    before = await chat.people()
    with pytest.raises(ValueError):
        await chat.populate(rooms, people)
    assert await chat.people() == before


async def test_unread_counts_and_marks_never_go_back(chat: LocalChat) -> None:
    first = await chat.say("wang", "g1", Draft("一"))
    second = await chat.say("wang", "g1", Draft("二 @赵敏", mentions=("zhao",)))
    line = (await chat.chats_of("zhao"))[0]
    assert (line.id, line.unread, line.mentioned) == ("g1", 2, True)
    await chat.mark_read("zhao", "g1", second.n + 1000)
    await chat.mark_read("zhao", "g1", first.n)
    line = (await chat.chats_of("zhao"))[0]
    assert (line.unread, line.mentioned) == (0, False)
    assert (await chat.chats_of("wang"))[0].unread == 0, "one's own messages are read"


async def test_the_same_request_twice_is_one_message(chat: LocalChat) -> None:
    one = await chat.say("wang", "g1", Draft("好", client="c1"))
    two = await chat.say("wang", "g1", Draft("好", client="c1"))
    other = await chat.say("li", "g1", Draft("好", client="c1"))
    assert one == two and other.n != one.n
    assert len(await chat.waiting_events()) == 2


async def test_recall_within_two_minutes_hides_quote_and_picture(chat: LocalChat, watch: Watch) -> None:
    said = await chat.say("wang", "g1", Draft(type=MessageType.PICTURE, picture=picture()))
    await chat.say("li", "g1", Draft("这是谁", quote=said.n))
    assert (await chat.history("li", "g1"))[1].quote.text == "[图片]"  # type: ignore[union-attr]
    with pytest.raises(NotAllowed):
        await chat.recall("li", said.n)
    await chat.recall("wang", said.n)
    seen = await chat.history("li", "g1")
    assert seen[0].recalled and seen[1].quote is not None and seen[1].quote.recalled and seen[1].quote.text == ""
    with pytest.raises(NotThere):
        await chat.picture(said.picture or "")
    late = await chat.say("wang", "g1", Draft("晚了"))
    watch.pass_(seconds=121)
    with pytest.raises(ChatError, match="两分钟"):
        await chat.recall("wang", late.n)


async def test_who_is_not_a_member_neither_reads_nor_writes(chat: LocalChat) -> None:
    for call in (chat.history("wang", "g2"), chat.say("wang", "g2", Draft("喂")), chat.members("wang", "@li")):
        with pytest.raises(NotAllowed):
            await call
    with pytest.raises(NotThere):
        await chat.history("wang", "nowhere")
    with pytest.raises(NotThere):
        await chat.history("nobody", "g1")


async def test_a_quote_from_another_chat_is_refused(chat: LocalChat) -> None:
    said = await chat.say("li", "g2", Draft("秘密"))
    with pytest.raises(NotThere):
        await chat.say("wang", "g1", Draft("看", quote=said.n))


async def test_newcomers_see_only_what_was_said_since(chat: LocalChat) -> None:
    room = await chat.found_group("wang", "邻居", ["li"], invite_bot=False)
    await chat.say("wang", room, Draft("以前"))
    await chat.add_to_group("wang", room, ["zhao"])
    await chat.say("wang", room, Draft("现在"))
    assert [m.text for m in await chat.history("zhao", room)] == ["王芳邀请赵敏加入了群聊", "现在"]
    await chat.leave_group("zhao", room)
    with pytest.raises(NotAllowed):
        await chat.history("zhao", room)


async def test_pages_of_history(chat: LocalChat) -> None:
    said = [(await chat.say("wang", "g1", Draft(str(i)))).n for i in range(7)]
    assert [m.text for m in await chat.history("li", "g1", limit=3)] == ["4", "5", "6"]
    assert [m.text for m in await chat.history("li", "g1", before=said[4], limit=3)] == ["1", "2", "3"]
    assert [m.text for m in await chat.history("li", "g1", after=said[1], limit=3)] == ["2", "3", "4"]


async def test_pictures_lose_their_exif_and_their_size(chat: LocalChat) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    data = picture((4000, 3000), "JPEG", exif=exif)
    said = await chat.say("wang", "g1", Draft(type=MessageType.PICTURE, picture=data))
    kept = await chat.picture(said.picture or "")
    assert b"SecretCamera" in data and b"SecretCamera" not in kept
    assert Image.open(io.BytesIO(kept)).size == said.size == (2560, 1920)
    small = await chat.picture(said.picture or "", thumb=True)
    assert max(Image.open(io.BytesIO(small)).size) == 360


@pytest.mark.parametrize(
    "data",
    [b"", b"no picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>", picture()[:40], b"\xff\xd8\xff" + b"0" * 99],
)
async def test_what_is_no_picture_is_refused(chat: LocalChat, data: bytes) -> None:
    with pytest.raises(ChatError):
        await chat.say("wang", "g1", Draft(type=MessageType.PICTURE, picture=data))
    assert await chat.history("wang", "g1") == []


async def test_a_picture_of_too_many_points_is_refused(chat: LocalChat) -> None:
    out = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(out, "PNG")
    with pytest.raises(ChatError, match="尺寸"):
        await chat.say("wang", "g1", Draft(type=MessageType.PICTURE, picture=out.getvalue()))


@pytest.mark.parametrize("text", ["a\x00b", "half \ud83d", "\u202e反", "=1+1", "'; DROP TABLE messages; --", "😀" * 9])
async def test_odd_text_is_kept_and_breaks_nothing(chat: LocalChat, text: str) -> None:
    await chat.say("wang", "g1", Draft(text))
    kept = (await chat.history("li", "g1"))[0].text
    assert kept == text.replace("\x00", "\ufffd").replace("\ud83d", "?")


async def test_watchers_hear_of_it_after_it_is_stored(chat: LocalChat) -> None:
    heard: list[Change] = []
    stop = chat.watch(heard.append)
    said = await chat.say("wang", "g3", Draft(type=MessageType.LOCATION, location=Location(31, 121, "南门")))
    assert [(c.kind, c.message) for c in heard] == [("message", said)]
    assert heard[0].people == {"wang", "li"}
    stop()
    await chat.say("wang", "g3", Draft("再说"))
    assert len(heard) == 1


async def test_two_processes_share_the_file(chat: LocalChat, tmp_path: Path) -> None:
    async with LocalChat(tmp_path / "chat.db") as other:
        await other.say("wang", "g1", Draft("那边"))
        await chat.say("li", "g1", Draft("这边"))
        assert [m.text for m in await other.history("zhao", "g1")] == ["那边", "这边"]


TALKER = """
import asyncio, sys
from bot.gateways.local import Draft, LocalChat
async def main():
    chat = LocalChat(sys.argv[1])
    while True:
        print((await chat.say("wang", "g1", Draft("一句"))).n, flush=True)
asyncio.run(main())
"""


async def test_a_kill_loses_nothing_that_was_answered(chat: LocalChat, tmp_path: Path) -> None:
    talker = await asyncio.create_subprocess_exec(
        sys.executable, "-c", TALKER, str(tmp_path / "chat.db"), stdout=asyncio.subprocess.PIPE
    )
    assert talker.stdout is not None
    answered = [int(await asyncio.wait_for(talker.stdout.readline(), 20)) for _ in range(30)]
    talker.kill()
    answered += [int(line) for line in (await talker.stdout.read()).splitlines()]
    await talker.wait()
    kept = {message.n for message in await chat.history("li", "g1", limit=500)}
    assert kept >= set(answered[-500:])
    waiting = {event.id for _, event in await chat.waiting_events(10_000)}
    assert waiting >= {await chat.external(n) for n in answered}


async def test_ids_of_a_new_file_are_new(tmp_path: Path) -> None:
    seen = set()
    for name in ("one.db", "two.db"):
        async with LocalChat(tmp_path / name) as chat:
            await chat.populate(ROOMS, PEOPLE)
            seen.add(await chat.external((await chat.say("wang", "g1", Draft("一"))).n))
    assert len(seen) == 2
