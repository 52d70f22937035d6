"""What a person looks like, suffers from, rides, and which way they went."""

from __future__ import annotations

import re

from handlers.understanding.numerals import CN, number

_SHADE = (
    r"[红黑蓝灰白绿黄紫粉橙棕褐米花深浅大小长短薄厚旧新色格子条纹枣咖啡藏青军驼银金碎豹印牛仔老呢皮毛绒羊运动休闲"
    r"带连帽加棉布秋冬夏暗亮天墨荧光浅酒暖淡卡其翻领圆立半高袖破件条双套顶的]"
)
_GARMENT = (
    r"羽绒服|棉袄|棉衣|夹克|外套|大衣|风衣|毛衣|卫衣|衬衫|衬衣|T恤|t恤|短袖|长袖|背心|马甲|校服|工作服|迷彩服|"
    r"病号服|睡衣|西装|西服|中山装|运动服|运动衣|秋衣|冲锋衣|皮衣|旗袍|连衣裙|裙子|裙|裤子|长裤|短裤|牛仔裤|"
    r"棉裤|秋裤|七分裤|裤|布鞋|运动鞋|棉鞋|皮鞋|球鞋|凉鞋|拖鞋|胶鞋|雨鞋|鞋子|鞋|老头帽|棒球帽|帽子|帽|围巾|"
    r"红领巾|衣服|上衣|棉服|罩衣|雨衣|坎肩|汗衫|小袄|袄|衫|羊毛衫"
)
_PIECE = re.compile(rf"{_SHADE}{{0,8}}(?:{_GARMENT})")
_LEADING = re.compile(r"^(?:的|带|身|件|条|双|套|顶|新|运动(?=$))+")
_BRIDGE = re.compile(
    r"[,，、和及配加;；\s]{0,2}(?:下身|上身|脚上|脚穿|脚|头戴|戴着?|外面|里面|穿着?|着|配|一[条双件顶个]|"
    r"[条双件顶]|下面|裤子是|是)?(?:穿着?|是|着|了)?(?:一?[条双件顶个])?"
)
_NOT_WORN = re.compile(r"(?:收|买|卖|洗|晾|丢了?|捡到?|掉了?|送|借|一只|团购|多穿|晒)[^,，。]{0,5}$")

_HEIGHT = re.compile(
    rf"(?:身高|高)?[:：约大概有]{{0,3}}(?:(?P<m>[12一])米(?P<rest>\d{{1,2}}|{CN}{{1,2}})?(?P<half>半)?|"
    rf"(?P<dec>[12]\.\d{{1,2}})\s?(?:米|m|M)(?!2|²)|(?P<cm>\d{{2,3}})\s?(?:cm|CM|厘米|公分)|"
    rf"(?<=身高)[:：约]{{0,2}}(?P<bare>1\d\d))"
)
_BUILD = re.compile(
    r"(?:体型|身材|体态|人)?(?:偏|很|较|有点|挺|比较|中等|特别|瘦瘦|胖胖|白白|矮矮|高高|略)?(?:瘦高|高瘦|瘦小|"
    r"矮小|矮胖|微胖|偏胖|偏瘦|消瘦|瘦弱|魁梧|瘦瘦(?:的|高高)?|胖胖的?|高高瘦瘦|中等身材|中等个|中等体型|高个子?|"
    r"矮个子?|大个子|小个子|个子[不很]?[高矮]|很瘦|很胖|偏高|较瘦|较胖|壮实|(?<=体型)[偏微]?[胖瘦]|"
    r"(?<=身材)[偏微]?[胖瘦])"
)
_FEATURES = re.compile(
    r"驼背|有点驼背|秃顶|光头|平头|寸头|板寸|卷发|白头发|白发|花白头发|头发花白|短头发|短发|长头发|长发|扎马尾|"
    r"马尾辫|扎辫子|双马尾|刘海|戴(?:黑框|金丝|老花)?眼镜|胡子|络腮胡|山羊胡|"
    r"(?:脸|手|额头|眼角|嘴角|下巴|左脸|右脸|左手|右手|胳膊|腿|脖子)上?[^,，。;；\s]{0,4}(?:疤|痣|胎记|伤疤|"
    r"纹身)|胎记|缺[^,，。\s]{1,4}(?:牙|手指|指)|镶[^,，。\s]{0,2}牙|独眼|单眼皮|双眼皮|罗锅|"
    r"走路[^,，。;；\s]{1,8}|一瘸一拐|拄着?(?:根|个)?拐杖?|拄拐|说话[^,，。;；\s]{1,6}|[讲说操]?[一-鿿]{2}口音|"
    r"讲[一-鿿]{1,3}话|光着?脚|赤脚|拎着?[^,，。;；\s]{1,8}|背着?[^,，。;；\s还没]{1,6}包|推着[^,，。;；\s]{1,6}"
)
_HEALTH = re.compile(
    r"(?:患有?|有)?(?:轻微|严重|轻度|中度|重度)?(?:老年痴呆症?|阿尔茨海默症?|阿尔兹海默症?|老年性?痴呆|痴呆症?|"
    r"精神分裂症?|精神病|精神(?:有点?|上有)?(?:问题|疾病|障碍|不好|异常|不正常|失常)|高血压|糖尿病|心脏病|脑梗|"
    r"癫痫|抑郁症?|自闭症?|智力[^,，。\s]{0,4}|智障|脑瘫|帕金森|半身不遂|失语|健忘症?|中风)"
    r"|(?:脑子|脑筋|头脑|记性|记忆力|神志|意识|听力|视力|眼神|眼睛|耳朵|腿脚|腿|神智)[^,，。;；\s]{0,3}(?:糊涂|"
    r"不好|不太好|不清楚?|不灵|差|有问题|问题|背|聋|听不见|看不清|不便|不利索|模糊|不太清楚|瞎|下降|有毛病)"
    r"|(?:有点|有些)?糊涂|耳背|耳聋|聋哑人?|听力差|(?:不认得?人|认不得路|不认路|不认识路|认不得人|不认识人|"
    r"神志不清|意识不清|刚做完手术|刚出院|行动不便|不会说话|说话不清)|傻傻的|傻"
)
_TRANSPORT = re.compile(
    r"(?:骑|开|推|坐|蹬|驾|乘)(?:着|了|的|走了?|他的|她的|"
    r"家里的?)?(?:是)?(?:一?[辆台个])?(?P<ride>[红黑蓝灰白绿黄紫粉银旧小大深浅色老年电动人力的]{0,8}(?:自行车|"
    r"单车|电动车|电瓶车|电驴|电动三轮车?|三轮摩托车?|人力三轮车?|三轮车?|摩托车?|轿车|面包车|小汽车|汽车|代步车|"
    r"老年车|轮椅|拖拉机|公交车?|出租车|滑板车|三蹦子|车)(?!站|库|间|位))"
)
_DIRECTION = re.compile(
    r"(?:往|向|朝|奔|沿着?)(?!我|你|他|她|里面|家里|常|上面|下面|后|外|前(?!面|"
    r"边))(?P<way>[一-鿿\d]{1,8}?)(?:那边|方向|那头|那块|走|跑|去|骑|开|过去|逛|溜达)"
)
_WITH_PHONE = re.compile(r"(?<!没)(?<!没有)(?<!忘)(?:带着?|拿着?)了?手机(?!了?没)")


def clothes(text: str) -> str | None:
    """The clothes as they stand in `text`, from the first garment to the last that follows on."""
    first = last = None
    for match in _PIECE.finditer(text):
        if first is None:
            if _NOT_WORN.search(text, max(0, match.start() - 8), match.start()):
                continue
            first, last = match.start(), match.end()
        elif _BRIDGE.fullmatch(text, last or 0, match.start()):
            last = match.end()
        else:
            break
    if first is None:
        return None
    found = text[first:last]
    return found[_LEADING.match(found).end() :] if _LEADING.match(found) else found  # type: ignore[union-attr]


def height_cm(text: str) -> int | None:
    """A height in centimetres: 一米七, 1米25, 1.7米, 身高173."""
    for match in _HEIGHT.finditer(text):
        height = _height(match)
        if height is not None and 40 <= height <= 230:
            return height
    return None


def _height(match: re.Match[str]) -> int | None:
    if match["dec"]:
        return round(float(match["dec"]) * 100)
    if match["cm"] or match["bare"]:
        return int(match["cm"] or match["bare"])
    rest, metres = match["rest"], number(match["m"]) or 0
    if match["half"]:
        return metres * 100 + 50
    if rest is None:
        return None
    value = number(rest)
    if value is None:
        return None
    return metres * 100 + (value * 10 if value < 10 else value)


def _joined(pattern: re.Pattern[str], text: str) -> str | None:
    found = dict.fromkeys(match[0] for match in pattern.finditer(text))
    return "、".join(list(found)[:6]) or None


def build(text: str) -> str | None:
    """Build: 偏瘦, 微胖, 中等身材 ..."""
    match = _BUILD.search(text)
    return match[0] if match else None


def features(text: str) -> str | None:
    """Marks and habits (hair, scars, gait, accent, what is carried), joined by 、."""
    return _joined(_FEATURES, text)


def health(text: str) -> str | None:
    """Illness and frailty, joined by 、."""
    return _joined(_HEALTH, text)


def transport(text: str) -> str | None:
    """What the person rides, with its colour."""
    match = _TRANSPORT.search(text)
    return match["ride"].lstrip("的") if match else None


def direction(text: str) -> str | None:
    """Where to the person went: 往河边方向走了 -> 河边."""
    match = _DIRECTION.search(text)
    return match["way"] if match else None


def direction_span(text: str) -> tuple[int, int] | None:
    """Where the direction stands: a place named there is where the person went, not where they were."""
    match = _DIRECTION.search(text)
    return match.span() if match else None


def has_phone(text: str, without: bool) -> bool | None:
    """Whether the person carries a phone; `without` says that a word for "no phone" was found."""
    if without:
        return False
    return True if _WITH_PHONE.search(text) else None
