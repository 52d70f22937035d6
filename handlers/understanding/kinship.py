"""The words for relatives, and for men and women: each list for what it is asked, all in one place.

A list is as long as its use allows: what tells the sex may not tell the relation, and what is meant in one sentence
is a bystander in another.
"""

from __future__ import annotations

KIN_GROUPS: tuple[frozenset[str], ...] = tuple(
    frozenset(words.split())
    for words in (
        "爸 爹 父亲", "妈 娘 母亲", "爷爷 爷", "奶奶 奶", "姥姥 外婆", "姥爷 外公", "哥", "弟", "姐", "妹", "儿子 儿",
        "女儿 闺女", "孙子", "孙女", "老公 丈夫", "老婆 媳妇 妻子", "叔", "舅", "姑", "姨", "婶", "伯",
    )
)  # fmt: skip
KIN = "|".join(sorted((word for words in KIN_GROUPS for word in words), key=len, reverse=True))
"""Any word for a relative, the longest first; words of one group mean the same person."""

OWN_KIN = (
    r"(?:我|俺|咱|我们|俺们)(?:家|屋头|们家)?的?(?:[老小大二三亲]?(?:爸|妈|爹|娘|父|母|爷|奶|姥|外公|外婆|公公|"
    r"婆婆|儿|女|闺|孙|弟|妹|哥|姐|老公|老婆|媳妇|老伴|孩|娃|老人|老头|老太|叔|伯|舅|姨|姑|家人|侄|外甥|丈母|"
    r"岳))|家里(?:的)?老人|孩他|孩子他"
)
"""A relative of the writer's: 我爸, 俺家老人."""

FAMILY = (
    r"老[婆公伴人]|媳妇|丈夫|妻子|男人|女人|孩子|小孩|娃|儿子|女儿|闺女|儿媳|女婿|爸|妈|爹|娘|父|母|爷|奶|公公|婆婆|"
    r"哥|姐|弟|妹|叔|姨|婶"
)
"""One of a family, whoever's."""
GROWN = (
    r"爸|妈|爹|娘|父亲|母亲|继父|爷|奶|公公|婆婆|岳父|岳母|老人|老头|老太|老公|老婆|丈夫|妻子|媳妇|老伴|爱人|前夫|前妻|"
    r"对象|男朋友|女朋友|男友|女友|男人|女人|男的|女的|儿子|女儿|闺女|女婿|孙子|孙女"
)
"""Those who may beat an adult, and be meant: children fight among themselves."""

MALE = (
    r"[爸爹伯叔舅]{1,2}(?!妈|母|娘|婆|奶|妗)|父亲|[家之其老丈祖岳继养师]父(?![母老])|爷{1,2}(?!娘)|公公|外公|家公|阿公|丈人|岳父|姥爷|老公(?!公)|丈夫|"
    r"[哥弟]{1,2}(?!妹|媳|妇|嫂)|儿子|孙子|侄子|外甥(?!女)|外孙(?!女)|女婿|姐夫|妹夫|姑父|姑爷|姑丈|姨父|姨丈|老头|老汉|老倌|"
    r"嗲嗲|老[一-鿿]头|[我俺额]儿(?![子女媳童歌时科媳])|[孙侄]儿|我孙(?!女)|[我俺额]大(?![一-鿿]?[哥姐姨伯叔爷妈娘嫂舅姑妗小家声晚学约概半夜方孙儿女爸嘎侄])|家[兄弟](?!妹|媳)|幺公|祖父|"
    r"小子|小伙|先生(?!女士)|老[伯者翁]|后生|崽(?!崽)|[个路]仔|(?<!女)男(?![厕装鞋包款式裤衣帽表卫女])|寻夫|[婚前]夫|老[窦豆]|岳丈|光棍|掌柜|[醉浪身大壮稼]汉(?![语字族服])|"
    r"帅哥|伢|俫|我仔|老豆|细佬|囝仔|大叔|爷们"
)
FEMALE = (
    r"(?<!滴)[妈娘]{1,2}(?![家屋们呀耶啊])|姊|母亲|家母|[之其]母|奶{1,2}(?!粉|茶|瓶|白|牛|油|黄|糖|咖|嘴|片)|姥姥|婆{1,2}|嬷{1,2}|嫲{1,2}|媳妇|妻(?![弟舅兄])|老太|"
    r"[姨婶嫂妗]{1,2}(?!夫|父|丈)|姑{1,2}(?!父|爷|丈)|[姐妹]{1,2}(?!夫|弟)|闺[女蜜]|女儿|孙女|侄女|外甥女|丫头|妮|囡|妇|嬢|老奶|娭毑|"
    r"小女|(?<![男儿子])女(?![厕装鞋包款式裤衣帽表卫男儿婿])|岳母|老媪|[祖继养伯师阿]母|丈母|儿媳|堂客|太太|姥(?!爷)|妞|嘎嘎|娘们|老?额吉|美女|新娘|孕妇"
)
"""The words that tell a man or boy, a woman or girl."""
