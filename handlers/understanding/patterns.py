"""Signs that no list of words can hold: how verbs and nouns combine. Each is a sign of its own, with its own weight.

Every pattern is bounded (no nested repeats), so that looking for all of them stays linear in the text.
"""

from __future__ import annotations

import re

from handlers.understanding.scan import ALARM, BIT, NOT_PERSON, PERSON, Scan, bits

Features = dict[str, float]

_G = r"[^,，。!！?？\n]"
_THEY = (
    r"(?:老人|老太太|老头|老爷子|大爷|大妈|大娘|奶奶|爷爷|阿姨|大叔|孩子|小孩|小朋友|娃|男孩|女孩|小姑娘|姑娘|小伙|人)"
)
_HOUR = r"(?:[一二两三四五六七八九十]{1,2}|\d{1,2})点"
_LATE = rf"(?:大?半夜|后半夜|凌晨|深更半夜|三更半夜|天亮|一整?夜|整夜|通宵|一宿|{_HOUR})"

_OF_PERSON: dict[str, str] = {
    "vanished": rf"一(?:转眼|眨眼|转身|扭头|回头|不留神|不注意|错眼){_G}{{0,6}}(?:没|不见)|[走跟挤]岔|"
    rf"没(?:了)?(?:人影|踪影|动静|音信|信儿|声响)|(?:不|没)见(?:了)?(?:人|人影)"
    rf"|(?:没|未|冇|没有)(?:上校车|到校|来学校|回学校|到家|着家|进门|落屋|归屋|回屋)|(?:没|未|冇|"
    rf"不见){_G}{{0,4}}(?:回来|回家|返来|归家|影(?!响))|(?:找|寻)(?:了|遍){_G}{{0,8}}(?:没找|没见|不见|没有|找不|"
    rf"冇)|(?:到|去)处找(?:不|没)",
    "who_saw": rf"(?:谁|哪个|哪位|有没有人|有人|大家|邻居们?|你们|各位){_G}{{0,8}}(?:看[见到]|见[着到过]|瞅见|"
    rf"瞧见|碰[着见到]|遇[见到]|撞见|晓得){_G}{{0,10}}(?:没|吗|么|说|叫|告|打|帮|通知|联系|$)|"
    rf"有{_G}{{0,6}}(?:看见|看到|见到|见过)的(?:吗|没|请|麻烦|说|朋友)|(?:看|"
    rf"见)到{_G}{{0,12}}(?:没|吗)[?？]?",
    "that_person": rf"(?:找|寻|走丢|走失|照片|群里|发){_G}{{0,4}}的?(?:那位|那个(?:{_THEY})?|{_THEY}(?:吗|吧|"
    rf"么|嘛|$))|跟{_G}{{0,5}}(?:照片|描述|说的){_G}{{0,4}}[像样]|不会(?:就)?是",
    "went_way": r"[往向朝](?:[一-鿿]{1,6})(?:那边|方向)?(?:走|去|跑|骑|拐|开)",
    "dazed_way": rf"(?:记不|不记得|想不|说不|讲不|不知道|忘了|答不){_G}{{0,5}}(?:家|住|姓|名字|叫啥|叫什么|"
    rf"回家|路(?!由))|问{_G}{{0,6}}(?:不说|不知|没说|不答|不吭|说不|答不|也不)|颠三倒四|答非所问|"
    rf"语无伦次|(?:一个人|独自|自己){_G}{{0,6}}(?:哭|徘徊|转悠|发呆)|(?:坐|站|蹲|躺|转)(?:了|"
    rf"着)?(?:一|半|大半|老)(?:天|早上|上午|下午|宿|晌)",
    "whose_way": rf"谁(?:认得|认识|知道){_G}{{0,5}}{_THEY}|(?:谁|哪)家{_G}{{0,2}}{_THEY}",
}
_OF_DANGER: dict[str, str] = {
    "fell_in": rf"(?:掉|跌|摔|滑|落|栽)(?:到|进|下|入|在){_G}{{0,5}}(?:河|水里|井|池|坑里|塘|湖|江|水库|海里|"
    rf"沟里|下水道|楼下)|(?:人|孩子|老人|小孩|娃){_G}{{0,3}}落水",
    "in_lift": rf"电梯{_G}{{0,10}}(?:困|卡住|卡在|停在半|出不[去来]|坠|夹)|[困卡关夹]{_G}{{0,6}}电梯(?!口)|停在半空",
    "crushed": rf"[砸压埋轧撞](?:着|到|住|倒|伤|中)了?{_G}{{0,3}}(?:人|孩子|老人|小孩|娃)(?!咋|怎)|(?:墙|房|"
    rf"楼板|棚|屋|架|脚手架|天花板){_G}{{0,4}}(?:塌|倒|垮)了",
    "on_fire": rf"(?:冒|起|着)了?{_G}{{0,2}}(?:大火|黑烟|浓烟|火花|火星|明火)|火{_G}{{0,3}}(?:窜|烧|大得|"
    rf"着起)|(?:厨房|楼道|屋里|家里|\d楼|阳台|车棚|仓库|电瓶车|电动车|车){_G}{{0,4}}(?:着火|起火|"
    rf"冒烟|烧着)",
    "gas": rf"(?:煤气|燃气|天然气|液化气|瓦斯){_G}{{0,8}}(?:味|漏|泄|中毒)|味{_G}{{0,4}}(?:煤气|燃气|天然气)",
    "armed": rf"[拿持掏动挥举抄]{_G}{{0,3}}(?:刀子?|斧|棍|枪)(?!鱼|削|削)|[砍捅]{_G}{{0,2}}(?:人|伤)",
    "live_wire": rf"(?:电线|高压线|变压器|电缆|电箱|配电箱|电表箱|电线杆){_G}{{0,8}}(?:断|掉下|火花|冒|炸|落地|倒)",
    "collapsed": rf"(?:突然|一下子){_G}{{0,6}}(?:倒|晕|昏|抽|不动|不省)|(?:叫|喊)(?:不醒|不应|没反应)|"
    rf"没(?:呼吸|心跳|意识)了?|救护车",
}
_OF_MATTER: dict[str, str] = {
    "fault": r"坏[了的掉]|坏$|不亮|不[转响灵通](?!知|过)|失灵|失效|[打关开刷按抬推锁拧盖]不[开上着动亮了严]|"
    r"漏[水雨电气]|渗水|堵[了住得]|溢|塌[了陷]|裂[了开]|断[了裂掉]|掉下来|脱落|歪[了着]|要倒|倒了|翘|"
    r"爆[了管]|没[水电气网暖](?:[了啊呀吗,，。!！]|$)|停[水电气]|坑坑|洼|烂[了成]|锈|摇晃|松[了动]|"
    r"卡住|积水|按不亮|冒[水出]|湿了|泡了|没暖气|没热水|都没电|都没水|不制",
    "in_way": rf"[占堵挡停摆放堆]{_G}{{0,8}}(?:通道|路中间|路口|马路|人行道|大门|门口|车位|楼道|过道|单元门|"
    rf"路上|路边|盲道|绿化带)|过不去|过不了|走不了|出不来车|不挪|不让开",
    "late_noise": rf"(?:唱|吵|闹|响|跳|叫|放|敲|砸|蹦|喊|弹|练|装修|施工|打桩|打牌|打麻将|"
    rf"轰){_G}{{0,8}}{_LATE}|{_LATE}{_G}{{0,10}}(?:唱|吵|闹|响|跳|乱叫|砸|敲|装修|施工|打桩|"
    rf"放歌|轰|蹦|炸)|玻璃都?{_G}{{0,2}}震|睡不[着好成]|[吵震闹]得",
    "told_often": r"[说叫喊提打反找问催](?:醒|过|映|诉|电话)?了?(?:好?几|多少|[三四五六七八九十]|无数|"
    r"[3-9])(?:次|遍|回|趟)|说了?(?:也|又|还是)不[听改管]|没人[管理说问修清来处]|"
    r"没有人[管理问修清处]|[管问]都不|从来[没不]|就是不|不当回事|半[个]?[月年]{1}不",
    "filth": rf"(?:尿|屎|粪|垃圾|杂物|污水|烟头|狗毛|油污|废品){_G}{{0,8}}(?:到处|遍地|满地|一地|"
    rf"[扔倒堆泼撒拉]|得)|[乱随][扔倒丢泼](?!掉)|往{_G}{{1,6}}(?:倒垃圾|扔|泼|倒水|排)|"
    rf"臭[得死气味了]|长毛|发霉|变质|馊了|苍蝇",
    "unpaid": rf"(?:工钱|工资|钱|款|押金|补贴|补偿){_G}{{0,8}}(?:没给|不给|没发|不发|拖着|欠着|没结|不退|没退|"
    rf"哪去了|去哪了|没到账|一分)|包工头{_G}{{0,4}}跑|年年涨|又涨[了价]|乱收|收[了]?钱{_G}{{0,4}}不",
    "thieves": rf"[偷砸撬划刮]{_G}{{0,3}}(?:车|车窗|锁|门锁|玻璃|电瓶|轮胎|菜|快递)|(?:车|电瓶|电动车|快递|菜|"
    rf"鸡|鸭){_G}{{0,4}}被{_G}{{0,2}}[偷砸划刮撬]",
    "control": r"管管|管一管|管一下|有没有人管|有人管|谁来管|就没人|没有王法|像话吗|什么素质|没素质|还让不让|"
    r"合理吗|这合法|不是违建吗|算不算违",
    "build_new": rf"(?:能不能|能否|可不可以|可以|是不是|应该|最好|要不|觉得|不如|咱们?|建议|"
    rf"希望){_G}{{0,12}}(?:装|建|设|加|搞|办|弄|立|划|画|增|种|摆|砌|盖)(?:个|一|几|些|点|上|条|"
    rf"两)|凸面镜",
    "come_fix": r"(?:来|去|派|安排|找|喊|叫|联系)(?:个|一个|几个|位)?(?:人|师傅|工人|物业|电工|水工)|(?:来|给|"
    r"帮|帮忙|麻烦|请|赶紧|尽快|快)(?:人|忙|来人|看看|瞧瞧)?(?:修|换|弄|通|清|开|关|查|处理|解决|"
    r"看)(?:一?下|修|换|好|看|理|开|关阀|走|个|$)|求[^,，。救]{0,6}(?:看|帮|管|修|解决)",
    "how_to": rf"(?:在哪|去哪|到哪|上哪|哪里|哪儿|怎么|咋|如何|几[号点月]|什么时候|啥时候|多少|要带|需要|"
    rf"带什么|带啥){_G}{{0,8}}(?:办|换|交|领|打(?!开)|报名|申请|缴|补|查|开证|弄|转|认证|报销|预约|"
    rf"登记|材料|手续|钱一|一平|条件|上户口|落户)|(?:办|换|交|领|申请|缴|补|报名|上户口|落户|预约|"
    rf"登记){_G}{{0,10}}(?:在哪|去哪|哪里|怎么|咋|多少|什么|啥|吗|几)",
}
_HINT, _DANGER = bits("hint"), bits("danger")
_COMPILED = tuple(
    (scope, {name: re.compile(pattern) for name, pattern in table.items()})
    for scope, table in (("person", _OF_PERSON), ("danger", _OF_DANGER), ("matter", _OF_MATTER))
)
_MATTER_WORDS = bits("topic", "homely", "public", "local")


def hinted(mask: int) -> bool:
    """Whether the found words make it worth looking for patterns."""
    return bool(mask & (_HINT | _DANGER) and mask & (PERSON | _MATTER_WORDS))


def patterns(scan: Scan, about: float) -> Features:
    """The patterns that a message shows; those of a case count as far as it is about something (0..1)."""
    found: Features = {}
    for scope, table in _COMPILED:
        strength = _strength(scope, scan, about)
        if strength:
            found.update({name: strength for name, pattern in table.items() if pattern.search(scan.text)})
    return found


def _strength(scope: str, scan: Scan, about: float) -> float:
    """How much the patterns of a scope count; 0 spares the search for them."""
    if scope == "person":
        return float(bool(scan.mask & PERSON) and not _of_things(scan))
    if scope == "danger":
        return float(bool(scan.mask & (_DANGER | ALARM)))
    return about


def _of_things(scan: Scan) -> bool:
    """Whether pets or things, and no relative, are what the message is about."""
    return bool(scan.mask & BIT["animal"]) or bool(scan.mask & NOT_PERSON and not scan.mask & bits("kin", "anyone"))
