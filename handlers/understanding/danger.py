"""A body in danger now, of which the words tell though none of them cries for help: a fall, a fire, poison, a burn.

One word proves little (吐血 of a bill, 抽风 of a printer): it takes what befell somebody and what it does to them.
"""

from __future__ import annotations

import re

from handlers.understanding.kinship import FAMILY

_PERSON = rf"(?:{FAMILY}|人|我|俺|他|她|老[头太汉]|大[爷妈娘叔伯]|阿[婆公姨伯]|姥|孕妇|学生|邻居|师傅|保安)"
_DOWN = (
    r"(?:[摔跌栽]|滑倒|绊倒|(?<=[晕昏摔跌躺滑])倒|[躺趴瘫]在[^,，。!！?？]{0,6}(?:[路地雪楼门草沟田坑里边上下道口]))"
)
_HELPLESS = (
    r"(?:[起站爬坐扶]不(?:了身|起来?|来(?!床))(?!床)|(?:都|也|完全)?动(?:弹)?不了|不能动|不会动|不动了?(?=$|[,，。!！~～\s])|"
    r"[叫喊唤摇]不[醒应]|[叫喊]了?[他她]?[^,，。]{0,3}(?:不应|没应|没反应)|没(?:有)?(?:反应|意识|知觉)|[头脸嘴鼻耳上][^,，。]{0,4}[流出淌][^,，。]{0,2}血|好多血|一地[的是]?血|满[头脸地][的是]*血|血流不止|流血不止|骨折|腿[好像可能]{0,4}断|胳膊[好像可能]{0,4}断)"
)
_FALLEN = re.compile(rf"{_PERSON}[^。!！?？\n]{{0,12}}{_DOWN}[^。?？\n]{{0,20}}{_HELPLESS}")
_ON_THE_FIRE = re.compile(
    r"(?:锅|火|灶|炉子?|煤气|燃气|汤|油锅|水壶|粥|饭)[^,，。!！?？]{0,8}(?:还|没|忘|正)[^,，。!！?？]{0,4}(?:在?火上|开着|烧着|炖着|煮着|熬着|关|着)"
)
_SHUT_OUT = re.compile(
    r"[忘没落][^,，。]{0,3}带?钥匙|[锁关]在(?:门外|外面|外头)|进不去|打不开门|门被?(?:反锁|锁上|带上)|钥匙[^,，。]{0,3}(?:在家|在屋|锁)"
)
_WORD = r"[^,，。!！?？；;\s]"
"""A character of one clause."""
_POISON = (
    rf"(?:吃|喝|吞|咽|灌|嚼|服){_WORD}{{0,8}}?(?:卤水|农药|老鼠药|耗子药|百草枯|敌敌畏|除草剂|杀虫剂|甲醇|洁厕|84|消毒[液水]|[汽柴]油|[硫盐]酸|"
    r"纽扣电池|毒|野[蘑菌芹菇果]|断肠草|安眠药|头孢|河豚)|药[^,，。!！?？；;\s膏]{0,10}(?:当|[吃喝服]错)|(?:误|错)[吃食服喝]|[吃喝服]错了?药|河豚"
)
_BITTEN = (
    rf"(?:蛇|长虫|蜂|蜈蚣|毒蜘蛛|疯狗|藏獒){_WORD}{{0,6}}[咬蜇蛰叮扑]|被{_WORD}{{1,4}}[咬蜇蛰叮扎]|"
    rf"踩着?{_WORD}{{0,3}}(?:蛇|毒长虫)|[触过]电|被?电[着到击]"
)
_CAUGHT = (
    rf"(?:头|脖子|脑袋|身子){_WORD}{{0,4}}[套卡夹缠勒压埋](?:进|在|到|住|着)|[卡噎呛鲠](?:住|着|到|牢|亲)|"
    r"溺水|呛水|煤气|一氧化碳|缺氧|高反"
)
_BEFELL = re.compile(rf"{_POISON}|{_BITTEN}|{_CAUGHT}")
_SIGN_OF_IT = re.compile(
    r"抽(?:搐|筋|过去|起来)|[直在又]抽(?=$|[,，。!！~\s了着])|[白血色]沫|白泡|翻白眼|反白|(?:唇|脸|面|身|腿|手|脚|指甲|嘴)(?:都|也|孔|憋|发|变|得|的)*铁?[青紫乌黑蓝](?=$|[,，。!！~\s了的到晒埋])|"
    r"[蓝紫青乌](?:嘴|唇)|休克|昏迷|[昏晕]过去|人事不[省知]|没(?:了|有)?(?:呼吸|心跳|脉搏|反应)|冇反应|[喘透上]不(?:上|过)来?气|气[都也]?[喘透上]不(?:上|过)来|[喘呼][气吸][都也]?困难|"
    rf"吐{_WORD}{{0,4}}血|不省人事|直流口水|(?<![扛搬走跑拉按推抬提背咬开骑])不动了|叫[不唔][醒应]|嘴巴?麻|舌头[硬麻]|全身通红|眼珠子?不[转动]"
)
_BURNT = re.compile(
    rf"(?<![头皮])(?:烫(?!头|发)|烧伤|灼|开水|热水|滚油|热油|[铁钢]水|硫酸){_WORD}{{0,10}}(?:脱皮|皮{_WORD}{{0,2}}[揭掉脱烂])|"
    rf"(?:开水|滚水|热油|滚油|[铁钢]水|硫酸|沸水){_WORD}{{0,6}}[泼浇溅淋]{_WORD}{{0,4}}(?:身|腿|脸|头|脚)"
)
_PIERCED = re.compile(
    rf"(?:钉子?|针|铁丝|钢筋|刀|剪子|剪刀|树枝|竹签|筷子){_WORD}{{0,4}}[扎插戳捅穿](?:进|到|穿|透){_WORD}{{0,3}}(?:眼|脖|胸|肚|喉|脑)"
)
_BEAST = re.compile(r"(?<!疯)[狗猫猪羊牛鸡鸭鹅](?!角|奶|子?精)|毛孩子|兽医|宠物")
_NO_ALARM = re.compile(
    r"昨|前[天几些年]|上[个次周月回]|去年|以前|小时候|那[年次回时]|听说|据说|住院|出院|拍片|复查|手术|后来|已经(?:送|去|到|好|没事)|没事了|没(?:什么)?大(?:碍|事)|照[看应顾]|开锁|在家养|养伤|请假|"
    r"电影|电视|抖音|视频|新闻|演练|预防|注意|小心|容易|防止|万一|要是|如果|会不会|差点|差一点|险些|哈哈|笑"
)
_SIGN = re.compile("[摔跌栽躺趴瘫倒锅火灶炉气抽沫翻青紫乌黑蓝休昏晕血口嘴唇烫烧灼皮泼浇溅淋扎插戳捅]")
"""What a text must hold for any of it, which is looked for much faster."""
_NAMED = re.compile(
    rf"(?:{FAMILY}|老[头太汉]|大[爷妈娘叔伯嫂]|孕妇|学生|邻居|师傅|保安|小伙|姑娘|嬢|阿[婆公姨伯]|[男女个]人?)(?!们?家?的?[狗猫猪羊牛鸡鸭鹅])"
)


def of_a_beast(text: str) -> bool:
    """Whether it is an animal that suffers, and nobody else: 狗吃了老鼠药口吐白沫."""
    return _BEAST.search(text) is not None and _SIGN_OF_IT.search(text) is not None and not _NAMED.search(text)


def in_danger(text: str) -> bool:
    """Whether somebody lies hurt and helpless now, or a fire burns where nobody can get in, whatever the word for it.

    我奶奶摔了一跤起不来, 锅还在火上，忘带钥匙了, 药吃错了全身发紫, 孩子让开水烫得皮都揭了.
    """
    if _SIGN.search(text) is None or _NO_ALARM.search(text):
        return False
    if _FALLEN.search(text) or (_ON_THE_FIRE.search(text) and _SHUT_OUT.search(text)):
        return True
    if _BEAST.search(text):
        return False
    if _BURNT.search(text) or _PIERCED.search(text):
        return True
    return _SIGN_OF_IT.search(text) is not None and _BEFELL.search(text) is not None


_TO_FALL = re.compile(
    r"(?:墙|楼|房|桥|屋|顶|杆|塔|树|枝|棚|坡|坝|井|牌|阳台|瓷砖|玻璃|石头?|护栏|架)[^,，。!！?？；;\s价]{0,4}(?:要|快要?|随时(?:会|要)?|马上要?|眼看[要着])"
    r"(?:塌|倒|垮|掉|砸|断|崩|滑)"
)


def about_to_fall(text: str) -> bool:
    """Whether something is about to come down on whoever passes: 学校旁边那堵墙要塌了."""
    return _TO_FALL.search(text) is not None
