"""What a message is about, where the words alone would mislead."""

from __future__ import annotations

import pytest

from handlers.understanding import Context, Kind, read
from tests.understanding.evaluate import NOW


def kind(text: str) -> Kind:
    return read(text, Context(now=NOW)).kind


@pytest.mark.parametrize(
    "text",
    [
        "我不想活了，你们别找我",
        "我儿子说不想活了，把自己锁在屋里",
        "我吃了一瓶安眠药",
        "活着太累了，想一了百了",
        "我被家暴了",
        "家里进贼了，人还在屋里",
        "有人抢东西，在菜市场",
        "他掐我脖子，快来人",
        "我奶奶摔了一跤起不来",
        "一个大爷躺在路边一动不动",
        "我爸从梯子上跌下来腿好像断了",
        "孩子自己在家，锅还在火上，我出来忘带钥匙了",
        "楼下烧烤摊打起来了，拿酒瓶子砸人",
    ],
)
def test_a_life_is_in_danger(text: str) -> None:
    assert kind(text) is Kind.EMERGENCY


@pytest.mark.parametrize(
    "text",
    [
        "累得不想活了哈哈",
        "作业多得孩子都不想活了",
        "笑得我不想活了",
        "电影里他跳河那段我哭死",
        "去年有人跳楼那栋",
        "我昨天摔了一跤疼得睡不着",
        "锅里炖着汤呢 回头聊",
    ],
)
def test_figures_of_speech_and_films_are_chat(text: str) -> None:
    assert kind(text) is Kind.CHAT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("有没有人帮我妈买药，她瘫痪在床，3栋201", Kind.REQUEST),
        ("谁能帮我爸办个老年卡，他72岁，腿脚不好", Kind.REQUEST),
        ("我奶奶的拐杖丢了", Kind.CHAT),
        ("孩子的校牌丢了", Kind.CHAT),
        ("我叫王芳，走丢的是我父亲", Kind.MISSING),
        ("我奶奶的孙子走丢了", Kind.MISSING),
        ("要找的人就是我妈，早上出去的", Kind.MISSING),
    ],
)
def test_who_or_what_is_gone(text: str, expected: Kind) -> None:
    assert kind(text) is expected


@pytest.mark.parametrize("text", ["要是着火了怎么办", "他会不会掉河里了", "万一着火了咋跑", "如果着火了先打119"])
def test_what_is_only_supposed_is_no_emergency(text: str) -> None:
    assert kind(text) is not Kind.EMERGENCY


@pytest.mark.parametrize("text", ["楼上又吵架了，打起来了", "隔壁两口子打起来了"])
def test_neighbours_who_come_to_blows_are_a_complaint(text: str) -> None:
    assert kind(text) is Kind.COMPLAINT


@pytest.mark.parametrize(
    "text", ["2栋有人赌博,别说是我说的", "请帮我保密，3栋201聚众赌博", "我要匿名举报3栋201聚众赌博"]
)
def test_who_asks_not_to_be_named_complains(text: str) -> None:
    assert kind(text) in (Kind.COMPLAINT, Kind.REQUEST)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("中介一房租给三家，租客讨不回押金", Kind.COMPLAINT),
        ("H2县砂石场夜里偷采，河岸塌了半边", Kind.COMPLAINT),
        ("客运中心票价说涨就涨，连个公告都没有", Kind.COMPLAINT),
        ("咨询渔船年检的地点", Kind.QUESTION),
        ("关于村医退休年龄的疑问", Kind.QUESTION),
        ("望尽快修复坍塌的护坡", Kind.REQUEST),
        ("山里的学校盼通自来水", Kind.REQUEST),
        ("关于冬季错峰供暖的建议", Kind.SUGGESTION),
        ("停电了", Kind.REQUEST),
        ("走丢的那位大爷有消息了吗", Kind.QUESTION),
        ("急，帮忙寻人", Kind.MISSING),
    ],
)
def test_headings_and_bare_lines(text: str, expected: Kind) -> None:
    """No class of words that the rules know need stand in them: where the characters speak for a matter, it is one."""
    assert kind(text) is expected


@pytest.mark.parametrize(
    "text",
    [
        "到你楼底下了，快下来",
        "帮我把讲义打印一份，下课给你钱",
        "要不改天吧，我今天加班",
        "他刚走，你明天再来吧",
        "老师来查寝了，快睡",
        "里面还有好几个人排队呢",
        "转：商场里孩子被人剃头抱走，家长警惕",
        "警方辟谣：网传小学门口抢孩子系误会",
        "玊玊",
    ],
)
def test_what_friends_write_to_each_other_is_chat(text: str) -> None:
    assert kind(text) is Kind.CHAT


@pytest.mark.parametrize(
    "text",
    [
        "二妞把耗子药当糖嚼了，这会儿口吐白沫",
        "老周在果园被一窝蜂蜇了，脸肿得发紫，喘不上气",
        "孙子让热水烫得胳膊脱皮了",
        "锅炉工脸上溅了滚油，铁水浇腿",
        "工友被钉子扎进眼睛里了",
        "我婆婆吃错药了，浑身发抖，嘴唇发紫",
        "小宝头卡进护栏里，脸憋得青紫",
        "采了野蘑菇炒着吃，一家三口又吐又抽，我妈昏过去了",
        "阿公飲咗殺蟲水農藥，叫唔醒",
    ],
)
def test_a_body_in_danger_is_an_emergency_though_nobody_cries_for_help(text: str) -> None:
    """Something befell somebody, and it shows."""
    assert kind(text) is Kind.EMERGENCY


@pytest.mark.parametrize(
    "text",
    [
        "我家狗吃了老鼠药口吐白沫，哪有兽医",
        "看到账单我都要抽过去了",
        "煤气罐扛不动了，谁帮我抬一下",
        "烫头把头皮烫脱皮了，理发店不认",
        "视频里那人被蛇咬了腿都黑了，大家上山小心",
        "吃个辣条嘴麻了",
    ],
)
def test_a_figure_of_speech_an_animal_and_a_tale_are_not(text: str) -> None:
    assert kind(text) is not Kind.EMERGENCY


@pytest.mark.parametrize(
    "text", ["学校旁边那堵墙要塌了，好多孩子从那走", "小区门口的树快要倒了，有人走", "我们楼的外墙瓷砖快要掉了"]
)
def test_what_is_about_to_come_down_is_urgent(text: str) -> None:
    found = read(text, Context(now=NOW))
    assert found.urgent or found.kind is Kind.EMERGENCY
