"""Someone is found whose family is unknown."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from storage.areas import Mode
from storage.matters import Alert, Stray
from tests.alerts.town import balanced, set_mode, the_alert
from tests.harness import Talk, rooms, texts, words_of

STRAY = "桥头坐着个老太太说不清家在哪,穿花棉袄"


async def test_worker_and_police_hear_and_nothing_is_spread(talk: Talk) -> None:
    said = await talk.say("r4", "g3", STRAY)
    assert rooms(said) == {"g3", "@w3", "@p1"}
    assert "【待认领 F1】" in texts(said, "g3")[0]
    assert "110" in texts(said, "g3")[0]
    (stray,) = await talk.rows(select(Stray))
    assert (stray.sex, stray.clothes, stray.place) == ("女", "花棉袄", "桥头")
    assert await talk.wait(hours=1) == []


async def test_a_fitting_alert_is_named_to_the_worker_only(talk: Talk) -> None:
    await talk.say("r1", "g1", "我妈走丢了，70岁，穿花棉袄，今早从柳树巷走的")
    said = await talk.say("r4", "g3", STRAY)
    assert "M1" in texts(said, "@w3")[0]
    assert "M1" not in texts(said, "g3")[0]


async def test_an_alert_that_cannot_be_is_not_named(talk: Talk) -> None:
    await talk.say("r1", "g1", "我爸走丢了，70岁，穿灰夹克，今早从柳树巷走的")
    assert "M1" not in texts(await talk.say("r4", "g3", STRAY), "@w3")[0]


async def test_told_twice_it_is_one_stray(talk: Talk) -> None:
    await talk.say("r4", "g3", STRAY)
    assert await talk.say("w3", "g3", "桥头那个老太太还在，说不清家在哪，穿花棉袄") == []
    assert len(await talk.rows(select(Stray))) == 1


async def test_a_silent_group_is_answered_in_private(talk: Talk) -> None:
    await set_mode(talk, "g3", Mode.SILENT)
    assert rooms(await talk.say("r4", "g3", STRAY)) == {"@r4", "@w3", "@p1"}


@pytest.mark.parametrize(("words", "heard"), [("办结 F1 派出所接走了", "安顿好了"), ("误报 F1", "没有人走失")])
async def test_whoever_heard_of_a_stray_hears_how_it_ended(talk: Talk, words: str, heard: str) -> None:
    await talk.say("r4", "g3", STRAY)
    assert "只有" in (await talk.say("r4", "g3", words))[0].text
    said = await talk.say("w3", "g3", words)
    assert rooms(said) == {"g3", "@p1"}
    assert all(heard in one.text for one in said)
    (stray,) = await talk.rows(select(Stray))
    assert stray.state == "closed"
    assert "已经结束" in (await talk.say("w3", "g3", words))[0].text


async def test_a_match_ends_both_and_nobody_hears_it_twice(talk: Talk) -> None:
    await talk.say("r1", "g1", "我妈走丢了，70岁，穿花棉袄，今早从柳树巷走的")
    await talk.say("w1", None, "确认 M1")
    assert "对上 F1 M1" in texts(await talk.say("r4", "g3", STRAY), "@w3")[0]
    said = await talk.say("p1", None, "对上 f1 m1")
    assert {"g1", "g2", "g3", "@w3", "@p1"} <= rooms(said)
    assert all(len(words_of(said, room)) == 1 for room in rooms(said))
    (stray,) = await talk.rows(select(Stray))
    assert (stray.state, stray.alert_id) == ("matched", 1)
    assert (await the_alert(talk)).state == "found"
    assert await balanced(talk)


async def test_a_match_with_the_alert_of_another_grid_asks_its_people(talk: Talk) -> None:
    await talk.say("r1", "g1", "我妈走丢了，70岁，穿花棉袄，今早从柳树巷走的")
    await talk.say("w1", None, "确认 M1")
    await talk.say("r4", "g3", STRAY)
    said = await talk.say("w3", None, "对上 F1 M1")
    assert rooms(said) == {"@r1", "@w1", "@w3"}
    assert (await the_alert(talk)).state == "confirmed"


async def test_words_that_quote_the_post_reach_those_who_look_after_it(talk: Talk) -> None:
    post = next(one for one in await talk.say("r4", "g3", STRAY) if one.room == "g3")
    said = await talk.say("r5", "g3", "她说她叫李秀英，家在老粮站", quote=post.ref)
    assert "李秀英" in texts(said, "@w3")[0]
    assert "还在等家人" in texts(await talk.say("r5", "g3", "查 F1"), "g3")[0]


@pytest.mark.parametrize(
    ("words", "quote"),
    [
        ("老人叫李桂花，说家在柳树村", None),
        ("她叫李桂花，80岁，家在柳树村", "F1.2"),
        ("这是我妈！今早走丢的，叫李桂花", "F1.2"),
    ],
)
async def test_more_about_a_stray_reaches_those_who_look_after_it(talk: Talk, words: str, quote: str | None) -> None:
    await talk.say("r4", "g3", STRAY)
    said = await talk.say("r4", "g3", words, quote=quote)
    assert rooms(said) == {"g3", "@w3", "@p1"}
    assert words in texts(said, "@w3")[0]
    assert await talk.rows(select(Alert)) == []
    (stray,) = await talk.rows(select(Stray))
    assert words in stray.text
    assert stray.place == "桥头"


async def test_a_name_that_fits_an_alert_is_brought_to_the_worker(talk: Talk) -> None:
    await talk.say("r1", "g1", "我妈李桂花走丢了，80岁，今早从柳树巷走的")
    await talk.say("r4", "g3", "桥头坐着个老太太说不清家在哪")
    assert "对上 F1 M1" in texts(await talk.say("r4", "g3", "老人说她今年80岁，叫李桂花"), "@w3")[0]


@pytest.mark.parametrize("person", ["r4", "r5"])
async def test_who_says_that_a_stray_was_fetched_has_it_put_to_worker_and_police(talk: Talk, person: str) -> None:
    await talk.say("r4", "g3", STRAY)
    said = await talk.say(person, "g3", "警察来把老太太接走了")
    assert rooms(said) == {"g3", "@w3", "@p1"}
    assert await talk.say(person, "g3", "她女儿来接走了", quote="F1.2") == []
    said = await talk.say("p1", None, "是")
    assert all("安顿好了" in one.text for one in said)
    assert {"g3", "@w3"} <= rooms(said)
    assert await talk.say("w3", None, "是") == []
    assert await talk.rows(select(Stray.state)) == ["closed"]


async def test_a_worker_who_says_so_ends_it(talk: Talk) -> None:
    await talk.say("r4", "g3", STRAY)
    await talk.say("w3", "g3", "她女儿来接走了")
    assert await talk.rows(select(Stray.state)) == ["closed"]


@pytest.mark.parametrize(("words", "quote"), [("不是", "F1.2"), ("撤销 F1", None)])
async def test_the_finder_takes_it_back(talk: Talk, words: str, quote: str | None) -> None:
    await talk.say("r4", "g3", STRAY)
    await talk.say("r5", "g3", words, quote=quote)
    assert await talk.rows(select(Stray.state)) == ["open"]
    assert rooms(await talk.say("r4", "g3", words, quote=quote)) == {"g3", "@w3", "@p1"}
    assert await talk.rows(select(Stray.state)) == ["closed"]


@pytest.mark.parametrize(
    ("person", "words"),
    [
        ("r4", "还没人来接走吗"),
        ("r4", "谁能来接走她"),
        ("r5", "她说晚上不来跳舞了"),
        ("r5", "孩子放学了吗"),
        ("r5", "他说家里有事"),
    ],
)
async def test_other_talk_beside_a_stray_is_left_alone(talk: Talk, person: str, words: str) -> None:
    await talk.say("r4", "g3", STRAY)
    assert await talk.say(person, "g3", words) == []


@pytest.mark.parametrize(("answer", "state"), [("是", "matched"), ("不是", "open")])
async def test_the_familys_word_on_a_match_reaches_those_who_wait(talk: Talk, answer: str, state: str) -> None:
    await talk.say("r4", "g3", STRAY)
    await talk.say("r1", "g1", "我妈走丢了，75岁，穿花棉袄")
    await talk.say("w1", None, "确认 M1")
    await talk.say("w3", None, "对上 F1 M1")
    said = await talk.say("r1", "g1", answer)
    assert {"@w3", "@p1"} <= rooms(said)
    assert all(len(words_of(said, room)) == 1 for room in rooms(said))
    (stray,) = await talk.rows(select(Stray))
    assert (stray.state, stray.alert_id) == (state, 1 if state == "matched" else None)


async def test_in_a_silent_group_the_finder_hears_the_end_once(talk: Talk) -> None:
    await set_mode(talk, "g3", Mode.SILENT)
    await talk.say("r4", "g3", STRAY)
    assert len(texts(await talk.say("w3", None, "办结 F1"), "@r4")) == 1


async def test_a_match_that_was_none_leaves_both_waiting_again(talk: Talk) -> None:
    await talk.say("r4", "g3", STRAY)
    await talk.say("r1", "g1", "我妈走丢了，70岁，穿花棉袄，今早从柳树巷走的")
    await talk.say("w1", None, "确认 M1")
    await talk.say("p1", None, "对上 F1 M1")
    said = await talk.say("r1", "g1", "还没找到,那不是我妈")
    assert (await the_alert(talk)).state == "confirmed"
    (stray,) = await talk.rows(select(Stray))
    assert (stray.state, stray.alert_id, stray.ended_at) == ("open", None, None)
    assert any("F1" in text for text in texts(said, "@w3")) and any("F1" in text for text in texts(said, "@p1"))


async def test_the_finder_says_that_the_stray_has_gone_on(talk: Talk) -> None:
    await talk.say("r4", "g3", STRAY)
    assert rooms(await talk.say("r5", "g3", "她自己走了,没拦住")) <= {"@w3"}  # whose word it is, the worker says
    assert rooms(await talk.say("r4", "g3", "她自己走了,没拦住")) == {"g3", "@w3", "@p1"}
    assert await talk.rows(select(Stray.state)) == ["open"]


async def test_the_finder_was_mistaken(talk: Talk) -> None:
    await talk.say("r4", "g3", STRAY)
    assert await talk.say("r5", "g3", "搞错了,她是等女儿的") == []
    assert rooms(await talk.say("r5", "g3", "搞错了,她是等女儿的", quote="F1.2")) == {"g3", "@w3", "@p1"}
    assert rooms(await talk.say("r4", "g3", "搞错了,她是等女儿的")) == {"g3", "@w3", "@p1"}
    assert await talk.rows(select(Stray.state)) == ["closed"]


@pytest.mark.parametrize(("person", "words"), [("p1", "办结"), ("p1", "办结 F1"), ("w3", "误报"), ("w3", "办结")])
async def test_the_only_stray_needs_no_number(talk: Talk, person: str, words: str) -> None:
    await talk.say("r4", "g3", STRAY)
    assert "g3" in rooms(await talk.say(person, None, words))
    assert await talk.rows(select(Stray.state)) == ["closed"]


async def test_beside_an_alert_of_the_area_the_number_is_asked_for(talk: Talk) -> None:
    await talk.say("r4", "g3", STRAY)
    await talk.say("r4", "g3", "我爸早上9点从老粮站出去没回来，72岁，灰夹克")
    await talk.say("w3", None, "确认 M1")
    said = await talk.say("w3", None, "误报")
    assert rooms(said) == {"@w3"} and "F1" in said[0].text and "M1" in said[0].text


FOUND_FIRST = "我奶奶不见了，82岁，穿红棉袄，早上从柳树村走的"


async def test_who_is_reported_after_the_stray_is_matched_too(talk: Talk) -> None:
    await talk.say("r4", "g3", "桥头有个老太太坐着哭，问她家在哪说不清，穿红棉袄")
    said = await talk.say("r1", "g1", FOUND_FIRST)
    assert "对上 F1 M1" in texts(said, "@w1")[0]
    assert "对上 F1 M1" in texts(said, "@w3")[0]
    assert "对上 F1 M1" in texts(said, "@p1")[0]
    assert "F1" not in texts(said, "g1")[0] and "可能就是 M1 要找的人" in texts(said, "g1")[1]
    await talk.say("w3", None, "对上 F1 M1")
    await talk.say("r1", "g1", "是")
    assert [one.state for one in await talk.rows(select(Stray))] == ["matched"]


async def test_a_fact_that_comes_later_matches_and_is_told_once(talk: Talk) -> None:
    await talk.say("r4", "g3", "路边有个人坐着不动，问什么都不说，穿红棉袄，谁家的")
    said = await talk.say("r1", "g1", "我奶奶不见了，早上从柳树村走的")
    assert "F1" not in "".join(one.text for one in said if one.room in ("@w1", "g1"))
    await talk.say("r1", "g1", "她穿着红棉袄")
    later = await talk.wait(minutes=1)
    assert "对上 F1 M1" in "".join(texts(later, "@w1"))
    assert "对上 F1 M1" in "".join(texts(later, "@w3"))
    await talk.say("r1", "g1", "她82岁了")
    assert "对上" not in "".join(one.text for one in await talk.wait(minutes=1))


async def test_who_cannot_be_the_stray_is_not_named(talk: Talk) -> None:
    await talk.say("r4", "g3", "桥头有个老太太坐着哭，问她家在哪说不清，穿红棉袄")
    said = await talk.say("r1", "g1", "我爸走丢了，70岁，穿灰夹克，今早从柳树巷走的")
    assert "F1" not in "".join(one.text for one in said)


async def test_another_one_at_another_place_is_another_stray(talk: Talk) -> None:
    await talk.say("r4", "g3", "有个小孩一直在我店门口哭，大概四五岁，问他什么也不说，穿蓝色羽绒服")
    said = await talk.say("r4", "g3", "快递驿站旁边有个老人，说找不到家了，姓李")
    assert "F2" in texts(said, "g3")[0] and "谁家老人" in texts(said, "@w3")[0]
    said = await talk.say("r4", "g3", "桥头那边又发现一个老奶奶，问家在哪说不清")
    assert "F3" in texts(said, "g3")[0]


async def test_of_a_child_it_is_asked_whose_child(talk: Talk) -> None:
    said = await talk.say("r4", "g3", "有个小孩一直在我店门口哭，大概四五岁，问他什么也不说")
    assert "谁家孩子" in texts(said, "@w3")[0]


async def test_more_of_the_same_one_reaches_the_worker(talk: Talk) -> None:
    await talk.say("r4", "g3", STRAY)
    assert rooms(await talk.say("r3", "g3", "桥头那个老太太还在，说不清家在哪，穿花棉袄")) == {"@w3", "@p1"}
    assert len(await talk.rows(select(Stray))) == 1


@pytest.mark.parametrize("words", ["F1 家属已接走", "F1人已经送到派出所", "F1 她女儿来接走了"])
@pytest.mark.parametrize("person", ["w3", "p1"])
async def test_whoever_looks_after_it_ends_it_by_number_in_plain_words(talk: Talk, person: str, words: str) -> None:
    await talk.say("r4", "g3", STRAY)
    said = await talk.say(person, None, words)
    assert "人已经安顿好了" in texts(said, "g3")[0] and "F1 " not in texts(said, "g3")[0].split("：", 1)[1]
    assert (await talk.rows(select(Stray.state))) == ["closed"]


async def test_who_is_sought_and_found_stands_at_the_end_of_a_workers_list(talk: Talk) -> None:
    assert texts(await talk.say("w3", None, "待办"), "@w3") == ["没有待办的事项。"]
    await talk.say("r4", "g3", STRAY)
    await talk.say("r4", "g3", "我妈走丢了，70岁，穿红外套，今早从北关桥走的")
    listed = texts(await talk.say("w3", None, "待办"), "@w3")[0]
    assert "【寻人 M1】" in listed and "等网格员核实" in listed and "【待认领 F1】" in listed
    assert "M1" not in texts(await talk.say("w1", None, "今天"), "@w1")[0]  # another village's
    assert "M1" not in "".join(texts(await talk.say("w3", "g3", "@格格 待办"), "g3"))


@pytest.mark.parametrize(("ref", "words"), [("F1", "还在等家人"), ("M1", "核实")])
async def test_how_it_stands_is_asked_by_either_command(talk: Talk, ref: str, words: str) -> None:
    await talk.say("r4", "g3", STRAY)
    await talk.say("r4", "g3", "我妈走丢了，70岁，穿红外套，今早从北关桥走的")
    for command in ("进度", "查"):
        assert words in texts(await talk.say("w3", None, f"{command} {ref}"), "@w3")[0]


async def test_how_they_look_said_after_the_find_reaches_those_who_look_after_them(talk: Talk) -> None:
    await talk.say("r4", "g3", "有个老婆婆在我家楼下坐了半天了 问她啥也不说")
    for words in ("穿灰色棉衣 头发全白 大概80多岁", "手上有个黄手环"):
        said = await talk.say("r4", "g3", words)
        assert rooms(said) == {"@w3", "@p1"} and words in said[0].text  # the finder was thanked just now
    assert await talk.say("r4", "g3", "我在楼下等着") == []
    (stray,) = await talk.rows(select(Stray))
    assert (stray.clothes, stray.age) == ("灰色棉衣", 80)
    assert "黄手环" in texts(await talk.say("w3", None, "查 F1"), "@w3")[0]
    assert "黄手环" not in texts(await talk.say("r2", "g1", "查 F1"), "g1")[0]


async def test_what_a_worker_notes_of_a_stray_is_kept_and_stays_out_of_the_group(talk: Talk) -> None:
    await talk.say("r4", "g3", "有个老婆婆在我家楼下坐了半天了 问她啥也不说")
    said = await talk.say("w3", None, "F1 手环上有电话，打通了，家人马上来接")
    assert rooms(said) == {"@w3", "@p1"} and "“手环上有电话" in texts(said, "@p1")[0]
    assert "记下了" in texts(said, "@w3")[0]
    assert "打通了" in texts(await talk.say("w3", None, "查 F1"), "@w3")[0]


async def test_told_in_two_groups_it_is_one_stray_and_its_finder_says_shortly_how_it_ended(talk: Talk) -> None:
    await talk.say("r4", "g3", "菜市场门口坐着个老太太，说不清家在哪，穿花棉袄")
    said = await talk.say("v1", "g1", "群里有人说菜市场门口有个老太太迷路了")
    assert rooms(said) == {"g1", "@w3", "@p1"}
    assert "已经有人报过" in texts(said, "g1")[0]
    assert len(await talk.rows(select(Stray))) == 1
    said = await talk.say("r1", "g1", "河边坐着个老太太，说不清家在哪")
    assert "已经有人报过" not in texts(said, "g1")[0]
    assert {"@w3", "@p1"} <= rooms(await talk.say("r4", "g3", "接走了"))


async def test_two_groups_that_see_the_same_person(talk: Talk) -> None:
    await talk.say("r5", "g4", "我妈不见了，78岁，紫色外套，早上从老粮站走的")
    said = await talk.say("r3", "g2", "菜市场门口有个老太太说不清家在哪，穿紫外套，七十多岁")
    assert "可能就是 M1" in "".join(texts(said, "g4"))
    said = await talk.say("r2", "g1", "菜市场大门口有个老太太，紫外套，说不清家在哪，谁家的")
    assert "可能和待认领 F1（别的群先说的）是同一位" in texts(said, "@w1")[0]
    assert "g4" not in rooms(said)
    said = await talk.say("r4", "g3", "北关桥头有个老太太找不到家，红棉袄")
    assert "是同一位" not in texts(said, "@w3")[0]


async def test_sure_of_what_is_asked_when_two_things_are(talk: Talk) -> None:
    await talk.say("r3", "g2", "路边有个老太太说不清家在哪，穿紫外套，在菜市场门口，七十多岁")
    await talk.say("r1", "g1", "我妈不见了，78岁，紫色外套，早上从老粮站走的")
    await talk.say("w2", None, "对上 F1 M1")
    (asked,) = await talk.say("w1", None, "确认")
    assert "是确认人找到了吗" in asked.text
    said = await talk.say("w1", None, "找到 M1")
    assert "g3" not in rooms(said)
