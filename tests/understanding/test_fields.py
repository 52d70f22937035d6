"""What is drawn out of a message: persons, telephones, places."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from handlers.understanding import Context, Gazetteer, read, to_json
from handlers.understanding.extract import extract
from handlers.understanding.looks import height_at
from handlers.understanding.model import Kind, Reading
from handlers.understanding.normal import fold
from handlers.understanding.people import AGE_FIGURE, age_at, find_sex
from handlers.understanding.phones import find_phones, find_plate
from handlers.understanding.places import find_house
from handlers.understanding.scan import Scan
from tests.understanding.evaluate import NOW

CONTEXT = Context(now=NOW)


def fields(text: str, context: Context = CONTEXT) -> dict[str, Any]:
    found: dict[str, Any] = to_json(read(text, context))["fields"]
    return found


def said(text: str, kind: Kind = Kind.MISSING) -> dict[str, Any]:
    """What a text of this kind says, whatever kind it would be read as."""
    return extract(Scan(fold(text)), kind, CONTEXT).present()


@pytest.mark.parametrize(
    ("text", "years", "about"),
    [
        ("72岁", 72, False),
        ("七十多", 70, True),
        ("七十多岁", 70, True),
        ("四岁半", 4.5, False),
        ("八个月大", 0.67, False),
        ("七十八岁半聋", 78, False),
        ("三十六岁", 36, False),
        ("大概60岁", 60, True),
        ("十六七岁", 16, True),
        ("两岁左右", 2, True),
        ("年龄：68", 68, False),
        ("男，75，", 75, False),
    ],
)
def test_age(text: str, years: float, about: bool) -> None:
    found = AGE_FIGURE.search(text)
    assert found is not None
    age = age_at(text, *found.span())
    assert age is not None and (age.years, age.about) == (years, about)


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("我爸走丢了，72，灰夹克", 72),
        ("我妈不见了，七十多了，穿红棉袄", 70),
        ("寻人：李秀兰，女，81岁，从老街走失", 81),
        ("孩子才四岁半，刚才在超市走散了", 4.5),
        ("我爸从8号楼出去没回来", None),
        ("老葛头走丢了，七十挂零", 70),
        ("俺奶今年九十啦，没回家", 90),
        ("女儿四个月被她爸抱走了", 0.33),
        ("丢了300块", None),
        ("我妻子怀孕7个月，去产检没回，31岁", 31),
        ("弟媳带走了2岁的侄子 她三十，卷发", 30),
        ("他智力有点问题 25了，走丢了", 25),
        ("陈小朋友（女，5岁）被人接走，家长说不是家里人，那女的三十来岁", 5),
    ],
)
def test_which_figure_is_an_age(text: str, years: float | None) -> None:
    assert said(text).get("age") == years


@pytest.mark.parametrize(
    ("text", "sex"),
    [
        ("我爸走丢了", "男"),
        ("俺娘没回来", "女"),
        ("孩他爹一宿没回", "男"),
        ("我外婆", "女"),
        ("我外公", "男"),
        ("姓名不详，女，60岁", "女"),
        ("我小孙子跟他奶奶走散了", "男"),
        ("闺女14岁", "女"),
        ("我姐夫失联了", "男"),
        ("老人走失", None),
        ("小伙子", "男"),
        ("替王姨问一下，她老伴取药没回来", "男"),
        ("有个小朋友哭着找妈妈", None),
        ("我小舅子昨晚出去没回来", "男"),
        ("见到请联系张女士", None),
        ("隔壁光棍走丢了", "男"),
        ("七旬老翁走失", "男"),
        ("路边躺着个醉汉", "男"),
        ("寻找继父", "男"),
        ("我妻弟没回家", "男"),
        ("他老人家九十二了，坐轮椅出去的", "男"),
        ("他穿着女式羽绒服", "男"),
        ("谢谢帮忙找的叔叔阿姨，被他气死", "男"),
        ("一个男孩在水上乐园跟爸妈走散", "男"),
        ("寻找母亲，左眉毛断一截", "女"),
        ("我是她女儿，她一米五八", "女"),
        ("我妈说上午碰见你家老爷子了", "男"),
        ("周姐你爸在我铺子里坐着", "男"),
        ("@李姐 门口那位是不是你公公", "男"),
        ("男孩已由父母领回", "男"),
        ("帮忙找一下我外甥，九岁，联系陈女士", "男"),
        ("妹婿进城卖橘子没回来", "男"),
        ("寻我弟媳，卷发", "女"),
        ("吾父林某走失", "男"),
        ("我未婚夫失联", "男"),
        ("有个小女娃在哭，说跟表哥走散了", "女"),
        ("姐妹们帮留意，我家小子不见了", "男"),
        ("帮张大爷发一下：他老伴走散了，联系张大爷", "女"),
        ("王阿姨的老伴走失了，80岁", "男"),
        ("他老伴说他早上走丢了", "男"),
    ],
)
def test_sex(text: str, sex: str | None) -> None:
    assert find_sex(text) == sex


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("寻人启事：王桂兰，女，82岁", "王桂兰"),
        ("我爸大名李建国，痴呆", "李建国"),
        ("寻找走失老人张大山，男", "张大山"),
        ("他叫欧阳明，", "欧阳明"),
        ("姓名：赵四海 男", "赵四海"),
        ("会说自己叫豆豆", "豆豆"),
        ("我爸昨天出去了", None),
        ("老人走失了", None),
        ("大爷姓郑，八旬", "郑"),
        ("热娜，维吾尔族，17，长辫子", "热娜"),
        ("我妹小敏17，穿汉服", "小敏"),
        ("我二叔有酒瘾，54", None),
        ("路边躺着个醉汉，叫不醒", None),
    ],
)
def test_name(text: str, name: str | None) -> None:
    assert said(text).get("name") == name


@pytest.mark.parametrize(
    ("text", "cm"),
    [
        ("一米七左右", 170),
        ("1米25", 125),
        ("1.7米", 170),
        ("173", 173),
        ("165cm", 165),
        ("一米六五", 165),
        ("一米八", 180),
        ("5尺4寸", 180),
        ("3米宽", None),
    ],
)
def test_height(text: str, cm: int | None) -> None:
    assert height_at(text, 0) == cm


@pytest.mark.parametrize(
    ("text", "worn"),
    [
        ("我爸走丢了，穿蓝色棉袄，脑子有点糊涂", "蓝色棉袄"),
        ("我爸走丢了，灰夹克黑布鞋,耳朵背", "灰夹克黑布鞋"),
        ("老人走失，身穿花棉袄，黑裤子，家属很急", "花棉袄，黑裤子"),
        ("孩子不见了，上身黄色T恤，下身牛仔裤", "黄色T恤，下身牛仔裤"),
        ("我妈走丢了，78岁，灰色夹克，黑裤子，布鞋", "灰色夹克，黑裤子，布鞋"),
        ("我妈走丢了，上身灰夹克，下身黑裤子，没穿鞋", "灰夹克，下身黑裤子"),
        ("我妈走失了，一米六五", None),
    ],
)
def test_clothes(text: str, worn: str | None) -> None:
    assert said(text).get("clothes") == worn


def test_transport_and_direction() -> None:
    assert said("我爸早上骑一辆蓝色三轮出去的，没回来")["transport"] == "蓝色三轮"
    assert "transport" not in said("我爸坐在车站，后来不见了")
    assert said("看见一个老头往河边方向走了", Kind.SIGHTING)["direction"] == "河边"
    assert said("我看到那个大爷了，往国道方向走的", Kind.SIGHTING)["direction"] == "国道"


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("打138****2210", ["138****2210"]),
        ("139-0000-8888", ["13900008888"]),
        ("134 5678 9012", ["13456789012"]),
        ("010-66881234", ["010-66881234"]),
        ("+86 13812345678", ["13812345678"]),
        ("一三九零零零零八八八八", ["13900008888"]),
        ("幺三八幺二三四五六七八", ["13812345678"]),
        ("电话66881234", ["66881234"]),
        ("订单号1381234567890123", []),
        ("2026年11月21日", []),
        ("6-2-401", []),
    ],
)
def test_phones(text: str, numbers: list[str]) -> None:
    assert [phone.number for phone in find_phones(text)] == numbers


def test_contact_and_plate() -> None:
    assert said("我妈走失，请联系李女士13812345678")["contact_name"] == "李女士"
    assert said("我妈走失。联系人：王强 13812345678")["contact_name"] == "王强"
    assert "contact_name" not in said("我妈走失，看到请联系我")
    assert find_plate("车牌京A12345挡住了") == "京A12345"
    assert find_plate("豫A·D12345") == "豫AD12345"


@pytest.mark.parametrize(
    ("text", "house"),
    [
        ("3栋2单元501暖气不热", ("3", "2", "501")),
        ("6-2-401门口", ("6", "2", "401")),
        ("5号楼二单元", ("5", "2", None)),
        ("六楼冒烟了!!3栋", ("3", None, None)),
        ("十二号楼", ("12", None, None)),
        ("二单元302室", (None, "2", "302")),
        ("B座1203室", ("B", None, "1203")),
        ("3-201", ("3", None, "201")),
        ("金桂园12#1102下楼", ("12", None, "1102")),
        ("华阳里14号502出门", ("14", None, "502")),
        ("三单元三〇二室", (None, "3", "302")),
        ("1702装修吵人", (None, None, "1702")),
        ("我家在1801，对讲机坏了", (None, None, "1801")),
        ("楼上1203空调滴水", (None, None, "1203")),
        ("隔壁505半夜弹钢琴", (None, None, "505")),
    ],
)
def test_house(text: str, house: tuple[str | None, str | None, str | None]) -> None:
    found = find_house(text, [])
    assert found is not None and (found.building, found.unit, found.room) == house


@pytest.mark.parametrize(
    "text", ["盖了一栋三层楼", "没有栏杆的一座石桥", "打120了", "坐302路公交", "房租1203元", "两栋楼之间"]
)
def test_what_only_counts_is_no_house(text: str) -> None:
    assert find_house(text, []) is None


def test_a_phone_is_no_house() -> None:
    assert "building" not in fields("我爸走丢了，电话138-1234-5678")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("四岁半的小男孩丢了，刚才在二中门口", "二中门口"),
        ("我爸上午从柳树巷出去到现在没回来", "柳树巷"),
        ("王桂兰，女，82岁，从南刘庄走失", "南刘庄"),
        ("我妈昨天在县医院附近走失", "县医院附近"),
        ("3栋2单元501暖气不热，麻烦来看看", "3栋2单元501"),
        ("我姥姥迷路走丢了", None),
        ("3栋路灯不亮，麻烦修修", "3栋"),
        ("人民路路灯坏了好几天", "人民路"),
    ],
)
def test_place_by_shape(text: str, place: str | None) -> None:
    assert fields(text).get("place") == place


def test_the_town_s_own_names_come_first() -> None:
    gazetteer = Gazetteer([("老粮站", "G1"), ("南刘庄村", "V3"), ("河湾", "V4")])
    context = Context(now=NOW, gazetteer=gazetteer, grid="G1")
    assert fields("我爸在老粮站门口走丢了", context)["place"] == "老粮站门口"
    assert fields("我妈从南刘庄走失了", context)["place"] == "南刘庄"
    assert fields("孩子不见了，刚才还在河湾耍", context)["place"] == "河湾"
    going = fields("孩子不见了，监控看到在惠民超市买了零食，然后往老粮站方向走了", context)
    assert (going["place"], going["direction"]) == ("惠民超市", "老粮站")


def test_of_places_with_one_name_that_of_the_grid_wins() -> None:
    gazetteer = Gazetteer({"V1": ["东街"], "V2": ["东街"]})
    assert gazetteer.find("东街", "V2")[0].place.area == "V2"
    assert gazetteer.find("东街", None)[0].place.area == "V1"
    assert Gazetteer([("第1网格", "G1")]).find("路灯坏了第15天") == []
    assert len(Gazetteer()) == 0 and Gazetteer().find("东街") == []


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("各位大哥大姐，我妈走丢了", "sex", "女"),
        ("爸爸急死了，女儿走丢了，6岁", "sex", "女"),
        ("奶奶带孙子，孙子走丢了，3岁", "sex", "男"),
        ("不是我爸走丢了，是我妈走丢了", "sex", "女"),
        ("我爸走丢了，72岁，穿蓝外套，打错了是75岁", "age", 75),
        ("我奶奶走丢了，有看到的送到5栋302", "place", None),
        ("我爸走丢了，在\n河边", "place", "河边"),
        ("老人走失，手机放在家里没拿", "has_phone", False),
    ],
)
def test_whom_and_what_a_report_is_about(text: str, name: str, value: object) -> None:
    assert said(text).get(name) == value


def test_nobody_was_last_seen_in_the_future() -> None:
    assert said("我爸今天走丢了，晚上8点左右出的门")["seen_at"] <= NOW


def test_a_whole_report() -> None:
    found = fields("急!我爸上午9点多从柳树巷出去到现在没回来,72岁,灰夹克黑布鞋,耳朵背,看到打138****2210")
    assert found == {
        "sex": "男",
        "age": 72.0,
        "clothes": "灰夹克黑布鞋",
        "health": "耳朵背",
        "place": "柳树巷",
        "seen_at": "2026-11-21T09:00:00+08:00",
        "seen_precision": "hour",
        "phone": "138****2210",
    }


def test_when_somebody_was_due_back_is_not_when_they_were_seen() -> None:
    assert "seen_at" not in fields("我爸出门忘带手机，说好十一点回，这都三点多了没影")


def test_own_family_asking_to_pass_it_on_is_not_forwarded() -> None:
    assert "forwarded" not in fields("我爸走丢了，求大家转发扩散")
    assert fields("帮朋友转发，孩子在万达广场走失，女孩3岁")["forwarded"] is True


def test_to_json_has_the_columns_of_parse_in_order() -> None:
    row = to_json(read("早上好", CONTEXT))
    assert list(row) == ["text", "kind", "confidence", "category", "urgent", "fields"]
    assert "why" in to_json(read("3栋路灯坏了，麻烦修一下", CONTEXT), why=True)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("六楼冒烟了!!3栋", "3栋六楼"),
        ("3栋着火了，好像是六楼", "3栋六楼"),
        ("3号楼楼上漏水，一直滴", "3号楼"),
        ("着火了！5栋2单元501冒烟，隔壁6楼也有烟", "5栋2单元501"),
    ],
)
def test_a_floor_said_apart_belongs_to_its_building(text: str, place: str) -> None:
    assert read(text, CONTEXT).fields.place == place


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("我今年40岁，我儿子6岁，走丢了", {"age": 6}),
        ("我奶奶走丢了，1948年3月5日出生，今早8点从家里出去的", {"age": 78, "seen_at": "2026-11-21T08:00:00+08:00"}),
        ("我爷爷走丢了，1940年生人", {"age": 86, "age_precision": "about", "seen_at": None}),
        ("姓名张三，男，出生日期：1950.12.03，11月20日走失", {"age": 75, "seen_at": "2026-11-20T00:00:00+08:00"}),
        ("电话13900001111，不对是13900002222，我爸走丢了", {"phone": "13900002222"}),
        ("我爸走丢了，电话13900001111或13900002222", {"phone": "13900001111"}),
        ("我爸走丢了 身高1米6 不对是1米7", {"height_cm": 170}),
        ("我爸走丢了，看到的昨晚8点前联系我", {"seen_at": None}),
        ("我妈不见了，我手机忘家里了，有消息打我弟电话13900001111", {"has_phone": None}),
        ("我爸走丢了，穿红色\n外套，黑裤子", {"clothes": "红色 外套，黑裤子"}),
    ],
)
def test_what_belongs_to_whom(text: str, found: dict[str, Any]) -> None:
    got = to_json(extract_as_missing(text))["fields"]
    assert {name: got.get(name) for name in found} == found


def extract_as_missing(text: str) -> Reading:
    """A reading with the fields that a text has if somebody is missing."""
    return Reading(text, Kind.MISSING, 1.0, fields=extract(Scan(fold(text)), Kind.MISSING, CONTEXT))


@pytest.mark.parametrize("year", [1, 9999])
def test_times_at_the_edges_of_the_calendar_are_no_error(year: int) -> None:
    for month, day in ((1, 1), (12, 31)):
        now = datetime(year, month, day, 1, 1, tzinfo=UTC)
        for text in ("大后天前天上周三我爸走丢了", "12月31日晚12点我妈不见了", "3天前2月30日", "下周一24点我爸走丢"):
            read(text, Context(now=now))


@pytest.mark.parametrize("words", ["八十多岁", "六十几歲", "10来岁", "听不见，八十多了"])
def test_a_rough_age_is_an_age(words: str) -> None:
    fields = read(f"我妈走丢了，{words}，穿紫外套", Context(now=NOW)).fields
    assert (fields.age, fields.age_precision) in {(80.0, "about"), (60.0, "about"), (10.0, "about")}


@pytest.mark.parametrize("words", ["10多斤的行李", "走了三十多里", "20多天了"])
def test_a_rough_measure_is_no_age(words: str) -> None:
    assert read(f"我妈走丢了，{words}，穿紫外套", Context(now=NOW)).fields.age is None


@pytest.mark.parametrize(
    ("text", "sex"),
    [
        ("我婆婆说去上厕所，人就不见了", "女"),
        ("弟弟说要去打球，一天没回", "男"),
        ("【寻找家人】父亲，殷守礼，昨日未归", "男"),
        ("看看是不是你叔，在桥头坐着", "男"),
        ("是不是你们找的那个三叔", "男"),
        ("我岳母在菜市场走散了", "女"),
        ("我儿昨天被人哄去打工，没回来", "男"),
        ("我大学同学说她妈不见了", "女"),
        ("娃儿找到了，在他外婆床底下睡着了", "男"),
        ("一个人蹲在门口，问她住哪不说", "女"),
        ("各位邻居求助！母亲今早出门没回", "女"),
        ("求助各位街坊 我哥前晚跟家里吵架走了 我妈哭了一夜", "男"),
        ("岳父在女儿家住了两天，从女儿家出来就找不到了", "男"),
        ("我是刘子豪的奶奶，我孙子放学没回来，他十岁", "男"),
        ("看到一个小南孩没有，穿红棉袄", "男"),
    ],
)
def test_sex_of_who_is_gone_and_not_of_who_tells(text: str, sex: str) -> None:
    assert find_sex(text) == sex


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("我爸没有痴呆，早上出门没回来", "health", None),
        ("我妈走丢了，没有老年痴呆，就是耳朵背", "health", "耳朵背"),
        ("我爸走丢了，穿灰夹克，不对，是蓝夹克", "clothes", "蓝夹克"),
        ("我爸走丢了，穿灰夹克，说错了应该是蓝夹克", "clothes", "蓝夹克"),
        ("我老公骑电动车去上班没回来，黑色爱玛电动车", "transport", "黑色爱玛电动车"),
        ("我爸走丢了，五尺三寸", "height_cm", 177),
        ("我爸走丢了，身高一米零五", "height_cm", 105),
        ("我妈走丢了，身高大约一百五十公分", "height_cm", 150),
        ("宝宝不见了，一岁十个月", "age", 1.83),
        ("孩子走丢了，4岁3个月", "age", 4.25),
        ("七旬老人走失，穿灰毛衣", "age", 70),
        ("我姐走丢了，今年三十八，三十四周了", "age", 38),
        ("我爸走失，下午4点50，电话打不通", "age", None),
        ("我爸失联，水位160cm，水深约1米5", "height_cm", None),
        ("我妈和我走散，电话在我包里", "has_phone", False),
        ("寻人｜女｜39岁｜无手机", "has_phone", False),
        ("#暴雨互助#我爸在河洛路走丢了", "place", "河洛路"),
        ("我爸暂时失联，穿灰夹克", "health", None),
        ("张三，男，45岁，从北京走失", "place", "北京"),
        ("看到他10点20从菜市场往南走了", "direction", "南"),
        ("我媽走失，請致電9123 4567", "phone", "91234567"),
        ("我爸走失，請撥0911-222-333", "phone", "0911222333"),
    ],
)
def test_what_is_said_of_a_person(text: str, field: str, value: object) -> None:
    assert said(text).get(field) == value


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("我奶奶王秀英78岁，早上出去没回来", "王秀英"),
        ("我儿子小名豆豆，大名王子轩，6岁，走丢了", "王子轩"),
        ("寻人：买买提·艾力，男，45岁，走失", "买买提·艾力"),
        ("外国人John Smith走丢了，男，30岁", "John Smith"),
        ("我外甥史文昊，13，走丢了", "史文昊"),
        ("王大爷走丢了，80岁", "王大爷"),
        ("我姑姑不见了，高一的", None),
        ("我妈走丢了，看到请联系李建国13900001111", None),
    ],
)
def test_names_of_the_missing(text: str, name: str | None) -> None:
    assert said(text).get("name") == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("我爸走丢了，看到打13900001111，王强", "王强"),
        ("我爸走丢了，家属李先生：139-0000-1111", "李先生"),
        ("我爸走丢了，13900001111找小耿", "小耿"),
        ("值班室倪主任13900001111", "倪主任"),
        ("领导：我叫王秀珍，是青石镇村民，路坏了", "王秀珍"),
        ("我爸走丢了，请与长子鲁平联系", "鲁平"),
        ("我爸走丢了，请提供联系方式", None),
        ("暖气不热，电话13900001111", None),
    ],
)
def test_whom_to_call_stands_beside_the_telephone(text: str, name: str | None) -> None:
    assert said(text).get("contact_name") == name


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("我爸走丢了，瘦，拄拐", "build", "瘦"),
        ("我爸走丢了，体型：中等身材", "build", "中等身材"),
        ("老头走失，满嘴假牙，哮喘", "features", "满嘴假牙"),
        ("老头走失，满嘴假牙，哮喘", "health", "哮喘"),
        ("外婆坐轻轨坐反了方向，不见了", "transport", "轻轨"),
        ("我哥开的，黑色奥迪，京A12345，失联", "transport", "黑色奥迪"),
        ("监控拍到我妈拐进棚户区，没见出来", "direction", "棚户区"),
        ("我爸说去水库钓鱼，没回来", "direction", "水库"),
        ("孩子从补习班跑了", "place", "补习班"),
        ("我妈走失了，市民广场，穿花衣", "place", "市民广场"),
    ],
)
def test_what_the_shape_of_a_clause_tells(text: str, field: str, value: str) -> None:
    assert said(text)[field] == value


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("我爸走丢了，没有哮喘", "health"),
        ("我爸走丢了，到现在没到家", "place"),
        ("我爸走丢了，推门出去的", "features"),
        ("我爸自己坐6路回来的", "direction"),
        ("我妈找到了，虚惊一场", "place"),
        ("我爸走丢了，快下楼", "place"),
        ("我女儿不见了，今天穿红棉袄", "seen_at"),
    ],
)
def test_what_only_looks_like_a_field(text: str, field: str) -> None:
    assert field not in said(text)


def test_where_somebody_was_going_is_not_where_they_were_seen() -> None:
    going = said("我爸从老粮库去二中接孙子，没回来")
    assert (going["place"], going["direction"]) == ("老粮库", "二中")
    assert "place" not in said("我爷早上去卫生院拿药，没回来")
    assert said("我刚去城隍庙，看到个老太坐在门口", Kind.SIGHTING)["place"] == "城隍庙"


def test_a_place_ends_before_the_word_that_begins_in_it() -> None:
    assert said("菜市场南门井盖没了", Kind.REQUEST)["place"] == "菜市场南门"


def test_a_bare_unit_is_a_place() -> None:
    assert said("4单元楼道灯坏了", Kind.REQUEST)["place"].startswith("4单元")


def test_a_height_in_feet_is_one_wherever_it_is_said() -> None:
    assert said("我爸72岁，5尺4寸，走丢了")["height_cm"] == 180


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("我妹妹昨晚没吃药，9点多跑出去了", "20 21:00"),
        ("我爸昨晚下夜班，两点多还看见的，走丢了", "21 02:00"),
        ("奶奶昨天坐车去看病走丢了，到晚上也没回来", "20 00:00"),
        ("我爸早上出去走丢了，中午没回来吃饭", "21 08:00"),
        ("孩子放学没回家，走丢了", "21 15:30"),
        ("小男孩走失，今天星期六上午去写作业，同学说十一点就走了", "21 11:00"),
        ("爷爷早起去东洼地走丢了，到这会儿（下午三点）没回", "21 08:00"),
        ("老人走失，刚给他指了路", "21 15:30"),
        ("我弟昨晚喝酒去了，凌晨一点在服务区报过平安，走丢了", "21 01:00"),
        ("清早去打猪草，我爹到九点半还没进门", "21 06:00"),
        ("我叔20号从杨家岭出来打工，到今天没联系上", "20 00:00"),
    ],
)
def test_a_later_hour_belongs_to_the_part_of_the_day_said_and_not_being_back_is_no_sight(text: str, seen: str) -> None:
    assert f"{said(text)['seen_at']:%d %H:%M}" == seen


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("我老公走丢了，电话 138 0000 5521", "height_cm", None),
        ("老人在104国道旁边走失", "height_cm", None),
        ("我爸走丢了，体重一百四，穿睡衣", "build", "体重一百四"),
        ("我同事失联，1米83，160斤，", "build", "160斤"),
        ("我奶奶走丢了个子不高七十九岁了", "build", "个子不高"),
        ("我爸不见了，我姓吴，电话13911112222", "contact_name", "吴"),
        ("我爸走丢了，电话零三七一六六八八一二三四", "phone", "037166881234"),
    ],
)
def test_figures_are_told_apart_by_what_they_count(text: str, field: str, value: object) -> None:
    assert said(text).get(field) == value


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("从昨晚8点停水到现在", "昨晚8点"),
        ("垃圾桶从上周二到现在没人收", "上周二"),
        ("从早上五点到现在没水", "早上五点"),
    ],
)
def test_since_when_a_matter_lasts_may_be_a_time(text: str, since: str) -> None:
    assert said(text, Kind.REQUEST).get("duration") == since


@pytest.mark.parametrize(
    ("text", "kind", "field", "value"),
    [
        ("李大爷早上九点半去拿药没回来", Kind.MISSING, "name", "李大爷"),
        ("别发我电话了，骗子老打", Kind.MISSING, "name", None),
        ("捡到个小女孩，只会说妈妈叫小芳", Kind.STRAY, "name", None),
        ("我爸走丢了，从老槐树底下往村东头去了", Kind.MISSING, "direction", "村东头"),
        ("大伯出去割草没回来，后山方向", Kind.MISSING, "direction", "后山"),
        ("大爷在桥下，背着手往东走", Kind.SIGHTING, "direction", "东"),
        ("我姐夫没回家，骑摩托，摩托是蓝色豪爵", Kind.MISSING, "transport", "蓝色豪爵"),
        ("阿爷不见了，九十几岁，坐轮椅", Kind.MISSING, "transport", "轮椅"),
        ("小姑娘在我店里坐着，店在翠竹路与六一路交界", Kind.SIGHTING, "place", "翠竹路与六一路交界"),
        ("他跟小虎在河边钓鱼呢", Kind.SIGHTING, "place", "河边"),
        ("我奶奶一个人坐地铁去看我，失联了", Kind.MISSING, "transport", "地铁"),
        ("寻王桂英，81岁，聋，走失", Kind.MISSING, "health", "聋"),
        ("我爸没回来，手机勿带", Kind.MISSING, "has_phone", False),
        ("找我家妹子，13912345678 揾阿辉，没回家", Kind.MISSING, "contact_name", "阿辉"),
        ("小女王子涵，二零一八年生，走失", Kind.MISSING, "age", 8),
        ("寻找12月龄男婴，走失", Kind.MISSING, "age", 1),
        ("我妈昨天走丢了，个子很小，八十五了", Kind.MISSING, "build", "个子很小"),
        ("他就坐我后面，我在K15路公交上，灰帽子", Kind.SIGHTING, "transport", "K15路公交"),
        ("二十三号楼下有人晕倒，快叫救护车，在2单元门口", Kind.EMERGENCY, "unit", "2"),
        ("四单元整个楼道都是煤气味，兴华小区15栋", Kind.EMERGENCY, "building", "15"),
        ("河西村小广场的路灯打上个月就不亮了", Kind.REQUEST, "duration", "上个月"),
        ("六楼601把垃圾堆楼道，18栋2单元的", Kind.COMPLAINT, "room", "601"),
        ("和平里47栋甲单元二零三，下水道堵了", Kind.REQUEST, "room", "203"),
        ("爸爸走丢了，67岁，体重大概一百三，秃顶", Kind.MISSING, "build", "体重大概一百三"),
        ("我太公走失，就是糊涂", Kind.MISSING, "sex", "男"),
        ("我妈今早去医院拿药没回来", Kind.MISSING, "direction", "医院"),
        ("谁见了那娃，连衣裙高跟鞋，没回家", Kind.MISSING, "sex", "女"),
        ("我老公走失，联系我老公王磊 15000009912", Kind.REQUEST, "duration", None),
    ],
)
def test_what_stands_around_a_value_is_no_part_of_it(text: str, kind: Kind, field: str, value: object) -> None:
    assert said(text, kind).get(field) == value


def test_whom_a_message_calls_is_not_who_is_missing() -> None:
    reading = read("@格格\n@格格 在吗\n我爸72岁早上8点从柳树巷走丢了，灰夹克", Context(now=NOW))
    assert (reading.fields.name, reading.fields.age) == (None, 72)
