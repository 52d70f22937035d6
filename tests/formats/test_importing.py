"""Appeals of a neighbouring district: verified like any passed-on appeal, changed and ended by their source."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.config import build_config
from bot.formats import cap, pfif
from bot.formats.exchange import import_records, read_records
from bot.formats.reading import MAX_BYTES, BadDocument
from handlers.matters import Refusal
from storage.matters import Alert, AlertSource, AlertState
from tests.alerts.town import TOWN_ROOMS, balanced, the_alert
from tests.commandline.test_commands import call
from tests.formats.documents import PUBLISHER, seen
from tests.formats.test_cap import confirmed
from tests.harness import NOON, TOWN, Talk, rooms, texts
from tests.web.test_public import served

CONFIG = build_config({}, "test")


def cap_text(number: int = 1, kind: str = "Alert", refers: str = "", **more: str) -> str:
    """A message about 李桂兰 from a neighbouring town that is not run by us."""
    says = {
        "event": "人员走失",
        "headline": "寻人：李桂兰，女，82岁",
        "area": "柳河镇",
        "status": "Actual",
        "response": "Monitor",
    }
    says |= {"description": "今天早上7点从东河村走失，穿紫红棉袄，有点糊涂", "contact": "13800138000"} | more
    references = f"<references>{refers}</references>" if refers else ""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>donghe-{number}</identifier>
<sender>duty@donghe.example</sender><sent>2026-11-21T11:0{number}:00+08:00</sent><status>{says["status"]}</status>
<msgType>{kind}</msgType><scope>Public</scope>{references}
<info><language>zh-CN</language><category>Rescue</category><event>{says["event"]}</event>
<responseType>{says["response"]}</responseType><urgency>Immediate</urgency><severity>Severe</severity>
<certainty>Likely</certainty><headline>{says["headline"]}</headline><description>{says["description"]}</description>
<contact>{says["contact"]}</contact><area><areaDesc>{says["area"]}</areaDesc></area></info></alert>"""


FIRST = "duty@donghe.example,donghe-1,2026-11-21T11:01:00+08:00"
SECOND = "duty@donghe.example,donghe-2,2026-11-21T11:02:00+08:00"


def pfif_text(date: str = "2026-11-21T03:00:00Z", notes: str = "", **more: str) -> str:
    """A person record."""
    says = {"full_name": "李桂兰", "expiry": "2026-12-21T03:00:00Z", "age": "80-84"} | more
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<pfif:pfif xmlns:pfif="http://zesty.ca/pfif/1.4"><pfif:person>
<pfif:person_record_id>donghe.example/p.7</pfif:person_record_id><pfif:source_date>{date}</pfif:source_date>
<pfif:expiry_date>{says["expiry"]}</pfif:expiry_date><pfif:author_name>李强</pfif:author_name>
<pfif:author_phone>138 0013 8000</pfif:author_phone><pfif:full_name>{says["full_name"]}</pfif:full_name>
<pfif:description>穿紫红棉袄，拄拐杖</pfif:description><pfif:sex>female</pfif:sex><pfif:age>{says["age"]}</pfif:age>
{notes}</pfif:person></pfif:pfif>"""


def note(status: str, date: str = "2026-11-21T03:30:00Z", text: str = "。") -> str:
    return (
        "<pfif:note><pfif:note_record_id>donghe.example/n.1</pfif:note_record_id><pfif:author_name>李强</pfif:author_name>"
        f"<pfif:source_date>{date}</pfif:source_date><pfif:status>{status}</pfif:status>"
        f"<pfif:last_known_location>东河桥</pfif:last_known_location><pfif:text>{text}</pfif:text></pfif:note>"
    )


async def take(talk: Talk, folder: Path, text: str | bytes, area: str | None = None) -> str:
    """What `gridbot import` says of one document."""
    file = folder / "appeal.xml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    records = read_records(file, talk.now)
    return "\n".join(await import_records(talk.database, CONFIG, records, area, talk.now))


async def test_an_appeal_is_asked_of_the_admin_and_posted_nowhere(talk: Talk, tmp_path: Path) -> None:
    said = await take(talk, tmp_path, cap_text())
    assert said == "M1：已请柳河镇的人核实，核实前哪个群都不发。"
    heard = await talk.wait(seconds=5)
    assert rooms(heard) == {"@t1"}
    (asked,) = texts(heard, "@t1")
    for words in ("【寻人 M1】", "李桂兰", "82岁", "紫红棉袄", "13800138000", "donghe.example", "没有发到任何群"):
        assert words in asked
    assert await seen(talk) is None
    alert = await the_alert(talk)
    assert (alert.forwarded, alert.state, alert.name, alert.sex) == (True, AlertState.UNCONFIRMED, "李桂兰", "女")
    heard = await talk.say("t1", None, "确认")
    assert {one.room for one in heard if "紧急寻人" in one.text} == TOWN_ROOMS
    await talk.wait(minutes=2)
    heard = await talk.say("r4", "g3", "菜市场北门有个穿紫红棉袄的老太太，是不是群里找的")
    assert "@t1" in rooms(heard)  # stands for the family
    await talk.say("t1", None, "找到 M1")
    assert await balanced(talk)


async def test_the_same_again_and_older_ones_change_nothing(talk: Talk, tmp_path: Path) -> None:
    for text in (cap_text(), pfif_text()):
        await take(talk, tmp_path, text, "T1")
        await talk.wait(seconds=5)
        assert "导入过了" in await take(talk, tmp_path, text, "T1")
        assert await talk.wait(seconds=5) == []
    assert len(await talk.rows(select(Alert))) == 2
    await take(talk, tmp_path, cap_text(3, "Update", FIRST, description="紫红棉袄，拄拐杖"))
    assert "比导入过的旧" in await take(talk, tmp_path, cap_text(2, "Update", FIRST, description="蓝棉袄"))


async def test_an_update_changes_the_facts(talk: Talk, tmp_path: Path) -> None:
    await take(talk, tmp_path, cap_text())
    await talk.wait(seconds=5)
    said = await take(talk, tmp_path, cap_text(2, "Update", FIRST, headline="寻人：李桂兰，女，85岁"))
    assert "M1" in said and "年龄" in said
    heard = await talk.wait(minutes=1)
    assert rooms(heard) == {"@t1"} and len(heard) == 1
    assert "85岁" in heard[0].text
    await talk.say("t1", None, "确认 M1")
    await talk.wait(minutes=1)
    await take(talk, tmp_path, cap_text(3, "Update", SECOND, headline="寻人：李桂兰，女，84岁"))
    heard = await talk.wait(minutes=1)
    assert rooms(heard) >= TOWN_ROOMS
    assert len(await talk.rows(select(Alert))) == 1


async def test_a_cancel_before_the_word_takes_it_down(talk: Talk, tmp_path: Path) -> None:
    await take(talk, tmp_path, cap_text())
    await talk.wait(seconds=5)
    assert "已经撤下" in await take(talk, tmp_path, cap_text(2, "Cancel", FIRST))
    heard = await talk.wait(seconds=5)
    assert rooms(heard) == {"@t1"}
    assert (await the_alert(talk)).state == AlertState.WITHDRAWN
    assert "已经结束" in await take(talk, tmp_path, cap_text(3, "Update", FIRST))
    assert await talk.wait(minutes=5) == []


@pytest.mark.parametrize(("headline", "answer"), [("李桂兰已找到", "是"), ("撤销寻人", "找到 M1")])
async def test_a_cancel_of_what_was_confirmed_needs_a_workers_word(
    talk: Talk, tmp_path: Path, headline: str, answer: str
) -> None:
    await take(talk, tmp_path, cap_text())
    await talk.say("t1", None, "确认 M1")
    await talk.wait(minutes=2)
    assert "请网格员核实" in await take(talk, tmp_path, cap_text(2, "Cancel", FIRST, headline=headline))
    heard = await talk.wait(seconds=5)
    assert rooms(heard) == {"@t1"}
    assert (await the_alert(talk)).state == AlertState.CONFIRMED
    heard = await talk.say("t1", None, answer)
    assert rooms(heard) >= TOWN_ROOMS
    assert (await the_alert(talk)).state == AlertState.FOUND
    assert await balanced(talk)


async def test_a_person_record(talk: Talk, tmp_path: Path) -> None:
    await take(talk, tmp_path, pfif_text(notes=note("believed_missing")), "V1")
    alert = await the_alert(talk)
    assert (alert.name, alert.sex, alert.age, alert.age_precision) == ("李桂兰", "女", 82, "about")
    assert (alert.phone, alert.contact_name, alert.place) == ("13800138000", "李强", "东河桥")
    assert "紫红棉袄" in alert.clothes
    heard = await talk.wait(seconds=5)
    assert rooms(heard) <= {"@l1", "@a1"}
    await take(talk, tmp_path, pfif_text("2026-11-21T03:40:00Z", age="85"), "V1")
    alert = await the_alert(talk)
    assert (alert.age, alert.age_precision) == (85, "")


@pytest.mark.parametrize(
    ("status", "state"),
    [("believed_alive", AlertState.FOUND), ("is_note_author", AlertState.FOUND), ("believed_dead", AlertState.DIED)],
)
async def test_a_note_ends_it(talk: Talk, tmp_path: Path, status: str, state: AlertState) -> None:
    await take(talk, tmp_path, pfif_text(), "T1")
    await talk.say("t1", None, "确认 M1")
    await talk.wait(minutes=2)
    await take(talk, tmp_path, pfif_text(notes=note(status)), "T1")
    heard = await talk.wait(seconds=5)
    assert all("死" not in one.text and "去世" not in one.text for one in heard)
    await talk.say("t1", None, "是")
    assert (await the_alert(talk)).state == state
    assert await balanced(talk)


async def test_a_placeholder_takes_it_down(talk: Talk, tmp_path: Path) -> None:
    await take(talk, tmp_path, pfif_text(), "T1")
    gone = pfif_text("2026-11-21T03:50:00Z", full_name="", expiry="2026-11-21T03:50:00Z", age="")
    assert "撤下" in await take(talk, tmp_path, gone, "T1")
    assert (await the_alert(talk)).state == AlertState.WITHDRAWN


async def test_what_was_over_before_it_came_opens_nothing(talk: Talk, tmp_path: Path) -> None:
    for text in (cap_text(2, "Cancel", FIRST), pfif_text(notes=note("believed_alive"))):
        assert "没有改动" in await take(talk, tmp_path, text, "T1")
    assert await talk.rows(select(Alert)) == []


async def test_what_another_one_of_us_wrote_comes_back_whole(talk: Talk, tmp_path: Path) -> None:
    await confirmed(talk)
    await talk.say("r1", "g1", "他叫王建国")
    found = await seen(talk)
    assert found is not None
    for number, data in enumerate((cap.cap_document(found, PUBLISHER), pfif.pfif_document([found], PUBLISHER)), 2):
        await take(talk, tmp_path, data, "T2")
        first, again = await the_alert(talk), await the_alert(talk, number)
        for name in ("name", "sex", "age", "clothes", "phone"):
            assert getattr(again, name) == getattr(first, name), name
        assert (again.state, again.merged_id) == (AlertState.MERGED, 1)
    assert (await the_alert(talk, 2)).seen_at == (await the_alert(talk)).seen_at
    await talk.say("w1", "g1", "找到 M1")
    found = await seen(talk)
    assert found is not None
    for data in (cap.cap_document(found, PUBLISHER), pfif.pfif_document([found], PUBLISHER)):
        assert "M1：这里已经结束" in await take(talk, tmp_path, data, "T2")
    states = [one.state for one in await talk.rows(select(Alert).order_by(Alert.id))]
    assert states == [AlertState.FOUND, AlertState.MERGED, AlertState.MERGED]


async def test_only_its_source_gives_out_records_of_it(talk: Talk, tmp_path: Path) -> None:
    await take(talk, tmp_path, cap_text())
    await talk.say("t1", None, "确认 M1")
    async with served(talk) as get:
        assert "李桂兰" in (await get("/m/1"))[1]
        for path in ("/m/1/cap.xml", "/m/1/pfif.xml"):
            status, said, _ = await get(path)
            assert (status, "来源" in said) == (404, True)
        assert "李桂兰" not in (await get("/feed.atom"))[1]


async def test_whose_area_it_is(talk: Talk, tmp_path: Path) -> None:
    for text, area in ((cap_text(area="哪里"), None), (pfif_text(), None), (cap_text(), "T9"), (cap_text(), "柳河镇")):
        with pytest.raises(Refusal):
            await take(talk, tmp_path, text, area)
    assert await talk.rows(select(Alert)) == []
    await take(talk, tmp_path, cap_text(area="哪里"), "T2")
    assert rooms(await talk.wait(seconds=5)) == {"@t2"}


@pytest.mark.postgres
async def test_on_postgresql(tmp_path: Path, postgres: Callable[[], str]) -> None:
    talk = await Talk(tmp_path, url=postgres()).open()
    await take(talk, tmp_path, cap_text())
    assert "导入过了" in await take(talk, tmp_path, cap_text())
    await take(talk, tmp_path, cap_text(2, "Update", FIRST, headline="寻人：李桂兰，女，85岁"))
    await talk.say("t1", None, "确认 M1")
    await confirmed(talk, 2)
    async with served(talk) as get:
        assert (await get("/feed.atom"))[1].count("<entry>") == 1
        assert "还在找" in (await get("/m/1"))[1]
    await take(talk, tmp_path, cap_text(3, "Cancel", SECOND, headline="李桂兰已找到"))
    await talk.say("t1", None, "是")
    assert await balanced(talk)
    await talk.close()


async def test_all_or_none(talk: Talk, tmp_path: Path) -> None:
    one = pfif_text().partition("<pfif:person>")[2].partition("</pfif:pfif>")[0]
    two = one.replace("p.7", "p.8").replace("李桂兰", "赵大海")
    text = pfif_text().replace("</pfif:pfif>", f"<pfif:person>{two}</pfif:pfif>")
    assert len((await take(talk, tmp_path, text, "T1")).splitlines()) == 2
    bad = text.replace("p.8", "p.9").replace("donghe.example/p.7", "no-id")
    with pytest.raises(BadDocument):
        await take(talk, tmp_path, bad, "T1")
    assert await talk.rows(select(func.count()).select_from(Alert)) == [2]
    assert len(await talk.rows(select(AlertSource))) == 2


LAUGHS = (
    """<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><a>&b;</a>"""
)
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "XML"),
        (b"<alert", "XML"),
        (b"\xff\xfe\x00\x01", "XML"),
        (b"PK\x03\x04", "XML"),
        (b'<?xml version="1.0" encoding="GB2312"?><a/>', "UTF-8"),
        (b'<?xml version="1.0" encoding="nonsense"?><a/>', ""),
        (LAUGHS.encode(), "DOCTYPE"),
        (OUTSIDE.encode(), "DOCTYPE"),
        (b"<a>" * 3000 + b"</a>" * 3000, "太深"),
        (b"<a>" + b"<b/>" * 100_000 + b"</a>", "太大"),
        (b"<a>" + b"x" * MAX_BYTES + b"</a>", "MB"),
        (b"<rss><channel/></rss>", "只收 CAP"),
        (cap_text().replace("cap:1.2", "cap:1.1").encode(), "只收 CAP"),
        (pfif_text().replace("pfif/1.4", "pfif/1.2").encode(), "只收 CAP"),
        (cap_text(event="暴雨", headline="暴雨红色预警").encode(), "不是寻人"),
        (cap_text(status="Exercise").encode(), "Exercise"),
        (cap_text(kind="Ack").encode(), "msgType"),
        (cap_text().replace("2026-11-21T11:01:00+08:00", "yesterday").encode(), "sent"),
        (pfif_text(date="0001-01-01T00:00:00Z").encode(), "source_date"),
        (b'<pfif xmlns="http://zesty.ca/pfif/1.4"/>', "没有 person"),
    ],
)
def test_each_bad_document_is_one_line(tmp_path: Path, text: bytes, why: str) -> None:
    file = tmp_path / "bad.xml"
    file.write_bytes(text)
    with pytest.raises(BadDocument) as caught:
        read_records(file, NOON)
    assert why in str(caught.value)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 200


def test_impossible_facts_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "odd.xml"
    file.write_text(pfif_text(age="300", full_name="李" * 5000), encoding="utf-8")
    (record,) = read_records(file, NOON)
    assert len(str(record.stated["name"])) <= 40
    file.write_text(pfif_text(age="５0-x"), encoding="utf-8")
    assert "age" not in read_records(file, NOON)[0].stated


def test_the_commands(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(f"database: sqlite:///{tmp_path}/bot.db\nlocal: {{chat: {tmp_path}/chat.db}}\n", encoding="utf-8")
    end = ("-c", str(config))
    assert call("import", str(TOWN), *end)[0] == 0
    file = tmp_path / "邻区.xml"
    assert call("import", str(file), *end)[0] == 1
    assert call("import", str(TOWN), "--area", "T1", *end)[0] == 2
    file.write_text(LAUGHS, encoding="utf-8")
    status, said = call("import", str(file), *end)
    assert (status, said.count("\n"), "DOCTYPE" in said) == (1, 1, True)
    later = datetime.now(UTC) + timedelta(days=9)
    file.write_text(pfif_text(expiry=later.strftime("%Y-%m-%dT%H:%M:%SZ")), encoding="utf-8")
    status, said = call("import", str(file), *end)
    assert (status, "--area" in said) == (1, True)
    status, said = call("import", str(file), "--area", "T1", *end)
    assert (status, "M1" in said) == (0, True)
    assert "导入过了" in call("import", str(file), "--area", "T1", *end)[1]
    out = tmp_path / "out"
    assert "feed.domain" in call("export", str(out), "--what", "alerts", *end)[1]
    config.write_text(config.read_text(encoding="utf-8") + "feed: {domain: a.example}\n", encoding="utf-8")
    status, said = call("export", str(out), "--what", "alerts", *end)
    assert (status, [path.name for path in out.iterdir()]) == (0, ["alerts.pfif.xml"])  # nobody has vouched for M1
    assert "李桂兰" not in (out / "alerts.pfif.xml").read_text(encoding="utf-8")


OWN = "我妈李桂兰，82岁，今天早上7点从东河村走失，穿紫红棉袄，看到打13800138000"


async def test_an_appeal_about_somebody_who_is_sought_here_goes_into_that_alert(talk: Talk, tmp_path: Path) -> None:
    await talk.say("r1", "g1", OWN)
    await talk.say("w1", None, "确认 M1")
    await talk.wait(minutes=2)
    said = await take(talk, tmp_path, cap_text())
    assert said == "M2：和正在找的 M1 是同一个人，已并过去。"
    heard = await talk.wait(minutes=2)
    assert not rooms(heard) & (TOWN_ROOMS - {"g1"}), "who has the card hears nothing twice"
    assert any("M2" in text for text in texts(heard, "@w1"))
    assert (await the_alert(talk, 2)).state == AlertState.MERGED
    assert await talk.wait(minutes=20) == [], "nobody is asked to confirm it"


async def test_what_the_source_says_later_fills_the_familys_gaps_and_overwrites_nothing(
    talk: Talk, tmp_path: Path
) -> None:
    await talk.say("r1", "g1", OWN)
    await take(talk, tmp_path, cap_text())
    await talk.wait(minutes=1)
    later = cap_text(2, "Update", FIRST, headline="寻人：李桂兰，女，80岁", description="穿紫红棉袄，骑红色三轮车")
    assert "M1：情况已更新" in await take(talk, tmp_path, later)
    alert = await the_alert(talk)
    assert (alert.age, alert.sex) == (82, "女")
    assert "三轮车" in alert.transport


async def test_the_source_does_not_end_the_familys_own_report(talk: Talk, tmp_path: Path) -> None:
    await talk.say("r1", "g1", OWN)
    await take(talk, tmp_path, cap_text())
    await talk.wait(minutes=1)
    assert "请网格员核实" in await take(talk, tmp_path, cap_text(2, "Cancel", FIRST, headline="李桂兰已找到"))
    assert (await the_alert(talk)).state == AlertState.UNCONFIRMED
    heard = await talk.wait(seconds=5)
    assert rooms(heard) == {"@w1"}
    await talk.say("w1", None, "找到 M1")
    assert await balanced(talk)
