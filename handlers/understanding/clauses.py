"""What the shape of a clause alone tells of a matter: for what the tagger, which learns from words, has never heard.

Each pattern is bounded and begins at a word of its own or at the edge of a clause, so that looking for all of them
stays linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from handlers.understanding.numerals import CN
from handlers.understanding.tagging import Piece

_IN = r"[^,，、。;；!！?？\s/｜|—:：()（）【】]"
"""A character within a clause."""
_FROM = r"(?:^|(?<=[,，、。;；!！?？\s/｜|—:：(（【]))"
_TO = r"(?=的?(?:$|[,，、。;；!！?？\s/｜|—)）】]))"
_ILL = (
    "[一-鿿]症|癌|瘤|糖尿|(?:心脏|精神|肝|肾|肺|胃|老毛)病|血压|[羊抽][角疯癫]|哮喘|癫|痴呆|失智|失忆|健忘|中风|脑[梗瘫]|脑溢血|瘫|聋|哑|"
    "瞎|盲人|哑巴|甲亢|失禁|骨质疏松|魔怔|憨|弱听|智障|智力|弱智|自闭|抑郁|忧郁|断片|喝[多醉高大]|醉|酒[瘾精气]|糊涂|迷糊|(?:意识|神志|脑子|脑筋|精神)[^,，。]{0,3}不|"
    "帕金森|低血糖|房颤|发烧|高烧|化疗|透析|风湿|斜视|看不[清见]|听不见|耳朵?背|重听|腿脚不|记性|认不得人|"
    "怀孕|身孕|先天|愚型|有点傻|缺心眼"
)
_BODY = (
    "手[里上腕背持摇指]|头[上顶戴]|脸上|脚上|嗓子|肩膀|走路|说话|说起话|见人就|喜欢|(?:赤|光)(?:着|了)?脚|不爱说|只会|会唱|爱[笑唱哭]|"
    "[左右][手脚腿眼耳脸胳边]|满[脸头嘴口]|一[脸头嘴口]|脖子|额[头角]|"
    "胳膊|后背|胸[口前]|腰[里上间]|耳朵上|下巴|嘴[角里唇]|眉毛|牙"
)
_HAIR = (
    "口音|头发|[白卷短长银黑花]发|胡[子须茬]|[寸平光]头|板寸|马尾|辫子?|刘海|[圆方长瓜][子]?脸|酒窝|疤|痣|胎记|纹身|刺青|"
    "豁牙|门牙|假牙|牙套|眼镜|[单双]眼皮|驼背|罗锅|老年斑|青春痘|雀斑|虎牙|耳[洞蜗]|手套|丝巾|助听器|耳[环钉]|嗓门|虎脑|结巴|漏风|含混"
)
_CARRY = "拄|拎|提|挎|背|挑|抱|牵|扛|揣|推|捧|攥|戴|担|端|叼|拖"
_LOAD = "包篓篮筐袋箱拐棍杖伞壶镜镯链表环锄桶瓶兜盆"
_SPOT = (
    "[路街巷村镇站园院桥厂馆寺庙]|小区|社区|学校|超市|[广市操商球机]场|车场|菜场|诊所|派出所|胡同口?|"
    "[门路村巷河江湖]口|旁边?|附近|对面|门前|号楼"
)
"""What a place that stands alone in a clause ends with."""
_COLOUR = "[红橙黄绿青蓝紫黑白灰粉棕褐米卡驼藏咖][一-鿿]{0,3}"
_COUNT = rf"(?:\d{{1,3}}|{CN}{{1,3}}|好几|几|大?半)"
_SPAN = "小时|钟头|天|星期|礼拜|周|月|年|宿|夜|晚上?|上午|下午|晌午|冬天?|夏天?"
_SHAPES = {
    "build": re.compile(
        rf"{_FROM}(?:体[型态]|身材|身板|胖瘦|人)?[:： ]?"
        rf"(?P<what>(?:有?点|比较|[偏微较很好挺又黑白精干矮高]){{0,2}}[瘦胖壮]{{1,2}}[瘦小高矮墩子乎巴条实]{{0,3}}"
        rf"|中等(?:身材|个[子头]?|偏[瘦胖])?|[小大]胖墩|圆滚滚|苗条|魁梧|丰满|匀称|敦敦?实实?|结实|高[挑大]|矮小|健壮|膀大腰圆|五大三粗"
        rf"|(?:体重)?[:： ]?(?:\d{{2,3}}|{CN}{{2,5}})[多来]?斤){_TO}"
        rf"|(?P<weight>体重(?:大概|大约|约|有|[:： ]){{0,2}}(?:\d{{2,3}}(?:公斤|kg)|一百{CN}{{0,2}})){_TO}"
        r"|(?P<stature>个[子头](?:不(?:太|算)?[高矮]|[很挺比较偏]{0,2}[高矮小]))"
    ),
    "features": re.compile(
        rf"{_FROM}(?!没|不是|在|从)(?P<what>(?:{_BODY}){_IN}{{1,10}}"
        rf"|(?:{_CARRY})(?:[着了个一]|{_IN}{{0,5}}[{_LOAD}]){_IN}{{0,8}}"
        rf"|(?:说|讲|操|一口|满口|会说|只会)(?:话|{_IN}{{1,5}}话){_IN}{{0,4}}|走[路道](?!口){_IN}{{1,8}}"
        rf"|{_IN}{{0,6}}(?:{_HAIR}){_IN}{{0,3}})(?<![了走跑来去丢散失见回])(?<!走[丢失散]的){_TO}"
    ),
    "health": re.compile(rf"{_FROM}(?!我[都也的快现这]|没|无)(?P<what>{_IN}{{0,6}}?(?:{_ILL}){_IN}{{0,4}}){_TO}"),
    "transport": re.compile(
        r"[骑开坐蹬乘搭推拉摇牵赶驾打](?:着|了|的|走)?(?:一?[辆台个匹架])?"
        r"(?P<what>[一-鿿A-Za-z\d]{0,6}?(?:车|摩托|三轮|轻轨|地铁|高铁|大巴|中巴|巴士|的士|出租|轮椅|老头乐|大货|拖拉机|皮卡|渔船|木船|[骡马驴]))(?![站库位门间上里窗祸])"
        r"|(?P<line>(?<!\d)[A-Za-z]?\d{1,3}路(?:公交)?车?)(?=[上里终后前第往坐])"
        r"|(?P<first>[一-鿿]{0,2}(?:三轮车?|摩托车?|[电动自行瓶单]{2}车|板车))(?=[骑蹬开拉])"
    ),
    "clothes": re.compile(
        rf"{_FROM}(?:身|上身|下身|头|脚)?(?:[穿戴]着?|上)?(?:一?[件条顶双身])?"
        rf"(?P<what>[一-鿿]{{0,5}}(?:{_COLOUR}|[大小破旧花短长厚薄毛棉皮布][一-鿿]{{0,2}})"
        rf"(?:棉?帽子?|[棉夹皮]?袄|夹克|外套|衬衫|[棉羽]?[服装]|[棉皮毛]?衣|羽绒服|毛衣|卫衣|裤子?|裙子?|布?鞋)){_TO}"
    ),
    "direction": re.compile(
        r"(?:(?<![一以交走通])[往朝向奔]着?|拐[进上到]|目的地[是:：]?|[说要想]回)(?![常年来往鲜日天外下上里前后回家这])"
        rf"(?P<what>[一-鿿\d]{{1,8}}?)(?:方向|[那嗰][边头块]|上?去了?|[走跑骑开拐钻溜]|了|的|{_TO})"
        r"|(?<![回出进过下上常没失拿带看接送死爱来])去[了的]?(?![找看买拉打上玩耍钓送接取卖办开遛散溜趟哪那这一外世年向过了的])"
        rf"(?P<goal>[一-鿿]{{2,6}}?)(?=[找看买拉打玩耍钓送接取卖办采拔割浇收赶骑上下烧]|到(?:现在|这会)|{_TO})"
        rf"|(?:[说要想路车差]回|差到|顺着|沿着)(?![来去到了])(?P<back>[一-鿿]{{2,6}}?)(?=[跑走骑往]|{_TO})|{_FROM}(?P<side>[一-鿿]{{2,6}})方向{_TO}"
    ),
    "duration": re.compile(
        rf"(?<![\d第初岁零下上这那前后{CN[1:-1]}])(?P<what>{_COUNT}个?(?:多|来)?(?:{_SPAN})多?|个把[月星期钟头]{{1,2}}|半拉月)"
        r"(?=(?:都|也|还)?[了没未不睡]|以来|来|[,，。!！\s]|$)"
        r"|(?:从|自打?|打从?|自从)(?P<since>(?![这那])[一-鿿\d:]{2,8}?)(?=开始|起|以来|到现在|至今|就|[停堵漏断坏堆响吵闹熄]一?[一-鿿]{0,3}[到至](?:现在|今))"
    ),
    "place": re.compile(
        r"[从在于由喺打搁](?![从在于由这那哪家外一找今昨前刚上下半])(?P<what>[一-鿿\dA-Za-z]{2,10}?)"
        r"(?:(?:[就请偷自]|突然|放学|下班)[^,，。]{0,2})?"
        r"(?:走[失丢散落]|失[踪联散]|[不唔]见|迷路|出[门去来走发]|离[开家]|跑[了出脱丢]|下[车班]|请假)"
        r"|从(?![这那哪家外一找今昨前刚上下半没不])(?P<from>[一-鿿\dA-Za-z]{2,8}?)(?=[回往到去坐骑走跟翻跳])"
        r"|(?<!现)[在于喺](?![从在于由这那哪家外一找没不还])(?P<here>[一-鿿\dA-Za-z]{2,8})(?=[,，。!！\s]|$)"
        rf"|{_FROM}(?![没不找去回住往朝从在家上下到说是有的一这那进出快我你])(?P<spot>[一-鿿\d]{{2,7}}(?:{_SPOT})){_TO}"
    ),
}
_NEEDED = {
    "build": re.compile("[瘦胖壮个高矮斤重苗魁丰匀敦结健膀五中身体]"),
    "clothes": re.compile("[帽袄夹外衬服装衣裤裙鞋]"),
    "transport": re.compile("[车摩轮铁巴士出货皮船骡马驴路]"),
    "direction": re.compile("[往朝向奔拐目回去到着方]"),
    "duration": re.compile("[时头天期拜周月年宿夜晚午晌冬夏从自]"),
}
"""What a text must hold to have such a shape, which is looked for much faster."""
MANY = frozenset({"features", "health"})
"""Fields of which somebody has several; of the others one piece is enough."""


def shaped(text: str, field: str, pieces: Iterable[Piece]) -> Iterator[Piece]:
    """What the shapes of a folded text's clauses tell of a field, beside the `pieces` that are known already."""
    pattern, needed = _SHAPES.get(field), _NEEDED.get(field)
    if pattern is None or (needed and not needed.search(text)):
        return
    taken = [(one.start, one.end) for one in pieces]
    for match in pattern.finditer(text):
        start, end = match.span(match.lastgroup or 0)
        if not any(a < end and start < b for a, b in taken):
            yield Piece(field, start, end)
