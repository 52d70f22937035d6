"""Texts as WeChat's protocols give them."""

from __future__ import annotations

import pytest

from bot.gateways.wechaty import bubbles
from handlers.ports import MAX_TEXT, Location, Quote

DASHES = "- - - - - - - - - - - - - - -"


@pytest.mark.parametrize(
    ("text", "quote", "reply"),
    [
        (f"「老王：水停了」\n{DASHES}\n我家也停了", Quote(None, "水停了", "老王"), "我家也停了"),
        (f"「老王: 水停了」\n{DASHES}\n我家也停了", Quote(None, "水停了", "老王"), "我家也停了"),
        (f"「老王：「小李：停电」不是吧」\n{DASHES}\n是的", Quote(None, "「小李：停电」不是吧", "老王"), "是的"),
        (f"「老王：一\n二」\r\n{DASHES}\r\n三\n四", Quote(None, "一\n二", "老王"), "三\n四"),
        ("「格格：【寻人 M3】请留意」\n—————————\n找到了", Quote(None, "【寻人 M3】请留意", "格格"), "找到了"),
        (f"「只有话」\n{DASHES}\n嗯", Quote(None, "只有话", None), "嗯"),
        (f"「老王：图片」\n{DASHES}\n", Quote(None, "图片", "老王"), ""),
        ("「老王：水停了」我家也停了", None, "「老王：水停了」我家也停了"),
        ("「老王：水停了」\n- -\n我家", None, "「老王：水停了」\n- -\n我家"),
        (f"看「老王：水」\n{DASHES}\n我家", None, f"看「老王：水」\n{DASHES}\n我家"),
        ("", None, ""),
    ],
)
def test_split_quote(text: str, quote: Quote | None, reply: str) -> None:
    assert bubbles.split_quote(text) == (quote, reply)


REFER = (
    '<?xml version="1.0"?><msg><appmsg appid="" sdkver="0"><title>找到了，谢谢</title><type>57</type><refermsg>'
    "<type>1</type><svrid>5512</svrid><fromusr>1@chatroom</fromusr><chatusr>wxid_a</chatusr>"
    "<displayname>格格</displayname><content>【寻人 M3】</content></refermsg></appmsg></msg>"
)


def test_a_quote_in_xml() -> None:
    assert bubbles.xml_quote(REFER) == (Quote("5512", "【寻人 M3】", "wxid_a"), "找到了，谢谢")


def test_a_quote_of_a_quote_in_xml_shows_its_title() -> None:
    inner = "&lt;msg&gt;&lt;appmsg&gt;&lt;title&gt;里面&lt;/title&gt;&lt;/appmsg&gt;&lt;/msg&gt;"
    quote, _ = bubbles.xml_quote(REFER.replace("【寻人 M3】", inner))
    assert quote is not None and quote.text == "里面"


@pytest.mark.parametrize("text", ["<refermsg>", "看 <refermsg>", "<msg><refermsg></msg>", "<msg><refermsg/></msg>"])
def test_what_only_looks_like_a_quote_stays(text: str) -> None:
    assert bubbles.xml_quote(text) == (None, text)


@pytest.mark.parametrize(
    ("text", "sure", "left", "found"),
    [
        ("@格格\u2005帮助", False, "帮助", True),
        ("@格格 帮助", False, "帮助", True),
        ("帮我问问@格格\u2005谢谢", False, "帮我问问谢谢", True),
        ("@格格", False, "", True),
        ("@格格，在吗", False, "，在吗", True),
        ("@格格在吗", False, "@格格在吗", False),
        ("@格格在吗", True, "在吗", True),
        ("@格格妈妈\u2005在吗", False, "@格格妈妈\u2005在吗", False),
        ("a@格格.com", False, "a@格格.com", False),
        ("C++ 好", False, "C++ 好", False),
        ("@C++\u2005好", False, "好", True),
        (" 不动 ", True, " 不动 ", False),
    ],
)
def test_strip_mention(text: str, sure: bool, left: str, found: bool) -> None:
    assert bubbles.strip_mention(text, ("格格", "C++", ""), sure=sure) == (left, found)


def test_address_names_only_who_is_not_named_yet() -> None:
    assert bubbles.address("@老王 请看", ["老王", "小李", ""]) == "@小李\u2005@老王 请看"
    assert bubbles.strip_own_prefix("@小李\u2005@老王\u2005请看") == "请看"
    assert bubbles.strip_own_prefix("请@小李\u2005看") == "请@小李\u2005看"


def test_link_and_bundle() -> None:
    link = "<msg><appmsg><title>寻人启事</title><des>走失老人</des><url>https://a.example/x?a=1&amp;b=2</url></appmsg></msg>"
    assert bubbles.link_text(link) == "寻人启事\n走失老人\nhttps://a.example/x?a=1&b=2"
    assert bubbles.link_text("直接文字") == "直接文字"
    assert bubbles.link_text("<msg><broken") == ""
    short = "<msg><appmsg><title>聊天记录</title><des>老王: 一\n小李: 二</des></appmsg></msg>"
    assert bubbles.bundle_text(short) == "聊天记录\n老王: 一\n小李: 二"
    assert bubbles.bundle_text("老王: 一") == "老王: 一"


def test_location_from_xml() -> None:
    text = '<msg><location x="30.27" y="120.15" scale="16" label="建设路8号" poiname="人民公园"/></msg>'
    assert bubbles.xml_location(text) == Location(30.27, 120.15, "人民公园", "建设路8号")
    assert bubbles.xml_location("<msg><location x='a' y='b'/></msg>") is None
    assert bubbles.xml_location("人民公园") is None


def test_recalled_id() -> None:
    assert bubbles.recalled_id(" 123 ") == "123"
    xml = '<sysmsg type="revokemsg"><revokemsg><msgid>1</msgid><newmsgid>22</newmsgid></revokemsg></sysmsg>'
    assert bubbles.recalled_id(xml) == "22"


def test_entities_are_not_expanded() -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><msg><appmsg><title>&c;</title></appmsg></msg>'
    assert bubbles.parse_xml(bomb) is None
    assert bubbles.link_text(bomb) == ""
    assert bubbles.parse_xml('<?xml version="1.0"?>' + bomb) is None


def test_clean_text_fits_every_database() -> None:
    assert bubbles.clean("a\x00b\ud800") == "a\ufffdb?"
    assert len(bubbles.clean("长" * 2 * MAX_TEXT)) == MAX_TEXT


@pytest.mark.parametrize(
    "text",
    [
        "「" * MAX_TEXT,
        "「a：b」" + "\n" * MAX_TEXT,
        "「" + "」\n- - - - " * (MAX_TEXT // 10),
        "「" + "」\n" + "- " * (MAX_TEXT // 2),
        "「" + "：" * MAX_TEXT,
        "@格格" * (MAX_TEXT // 3),
        "@" * MAX_TEXT,
        "<a>" * (MAX_TEXT // 3),
        "<msg>" + "<refermsg>" * (MAX_TEXT // 10),
    ],
)
def test_no_text_makes_anything_up(text: str) -> None:
    """Each of these would run for hours if a pattern tried all ways to split it."""
    quote, said = bubbles.split_quote(text)
    assert said == text or quote is not None
    assert len(bubbles.strip_mention(text, ("格格",), sure=False)[0]) <= len(text)
    assert len(bubbles.strip_own_prefix(text)) <= len(text)
    bubbles.xml_quote(text)
    bubbles.link_text(text)
