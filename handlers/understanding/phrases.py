"""What a short line says of a matter by its words alone: the patterns of each act."""

from __future__ import annotations

import re
from datetime import timedelta

from handlers.understanding import targets
from handlers.understanding.model import Act
from handlers.understanding.normal import fold

MAX_LINE = 120
"""A follow-up is short: longer lines are only read as follow-ups when they name or quote a matter."""

UNHAPPY = re.compile(r"不满意|很?差评|不太满意|不怎么样|太差|不行啊|一点[都也]不好")
HAPPY = re.compile(r"(?<!不)(?<!不太)(?<!很不)满意|好评|非常好|五星|点赞")
_CORRECT = re.compile(
    r"打错|说错|写错|发错|更正|纠正|记错|搞错了?[,，]?[^,，]{0,6}是|报错|弄错|"
    r"(?<!是)不是[^,，。?？吗]{1,12}[,，、 ]?(?:而|应该)?是(?!不是)[^?？吗]{1,20}$|^(?:应该|其实)是|"
    r"(?<!不)是(?!不是)[^,，。?？吗]{1,16}[,，、 ]?(?:而)?不是[^,，。?？吗]{1,12}$|"
    r"^(?:不对|错了)[,，。:： ]+(?:应该)?是?[^?？吗]{2,20}$"
)
_ASK = re.compile(
    r"(?:咋样|怎么样|怎样|咋个样|点样)了?[啊呀呢]?[?？]?$|进展|进度|有(?:消息|结果|眉目|信儿?|回音)(?:了)?(?:没|"
    r"吗|么|不)|(?:修好|好|弄好|处理|解决|处理好|搞好|找到|找着|来|通|办好|完|办)了?(?:没有?|吗|么|嘛|不|"
    r"未)[啊呀呢]?[?？。]*$"
    r"|(?:啥|什么|几)(?:时候|时|点|日).{0,8}(?:修|好|来|处理|解决|能|完|到)|还要(?:多久|等)|多久能|到哪一?步|"
    r"(?:有|到底)人(?:管|处理|来)(?:没|吗|了吗)|处理得?(?:咋|怎)|修得?(?:咋|怎)|查得?(?:咋|怎)|"
    r"还(?:在|要|需要|用)?(?:继续)?(?:找|修|查|处理|等)[^,，。?？]{0,3}(?:吗|么|嘛|不)[啊呀呢]?[?？。]*$"
)
_NOT_FIXED = re.compile(
    r"(?:还|仍|依然|依旧|根本|到现在|一直)(?:是)?[没不未冇](?:修|好|来|有?人|解决|处理|弄|通|亮|热|找|见|搞)|"
    r"没(?:修|弄|搞|处理|解决)好|还没(?:有)?(?:好|修|来|解决|找|处理|动静|弄|通|亮)|又在?(?:唱|闹|放|坏|跳|停|漏|堵|不亮|"
    r"不热|没|开始|吵|响|犯|来了?吵|塞|断)了?"
    r"|还是(?:不行|老样子|那样|坏|漏|堵|吵|不|没|臭|一样)|还(?:在)?(?:漏|堵|吵|臭|停|断|坏|响|冒|滴|唱|闹)着?|"
    r"没(?:找到|找着|消息|解决|动静|人来)|白修|没用$"
)
_FIXED = re.compile(
    r"(?:修|弄|搞|整|处理|解决|疏通|换|清理|打扫|安装|装)(?:好|完|通|干净)?(?:了|啦|咯|咗|喽)(?!吗|没|么|嘛|不)|"
    r"^(?:都|已经|现在|刚|终于)?(?:好|[来有][水电气网]|通水|通电|通|亮|热|恢复|不漏|不堵|不吵|不响|正常)(?:了|"
    r"啦|咯|咗|喽)[。!！,，~谢]?|(?:来水|来电|恢复(?:正常)?|不漏|不堵|不吵)(?:了|啦)(?!吗|没)|已(?:经)?(?:修好|"
    r"解决|处理|恢复)"
)
_WITHDRAW = re.compile(
    r"^(?:算了|不用了|不用修|不用来|不用管|不需要了|不用处理|撤销|撤了|取消|误报|不报了|不找了|先不用|不麻烦|"
    r"别发|别找了|不用找|不用发|没事了?|不要发|停了吧|作废)|(?:误会|误报|搞错了|弄错了|看错了)[了,，。]?|"
    r"不用(?:修|来|管|处理|找|派人)(?:了|啦)|自己(?:修|弄|解决)(?:好)?了"
)
NOT_THAT = re.compile(r"^(?:不是|没有这回事|不是这个意思|没这事|误判|瞎说|不对)[。!！~的啊吧]*$")
_CLAIM = re.compile(
    r"^我(?:来|去|接|能)(?:吧|了|哈|啦|处理|修|看看|一趟|弄|办|跑一趟|帮忙|帮他|帮她|送|搞|解决|接单)|^(?:我来|"
    r"我去|我接|交给我|包我身上|我可以|我能修|我会修|放着我来)[。!！~吧哈啊]*$|(?:我|俺)(?:来)?接(?:单|了|下|手)|"
    r"我(?:马上|这就|现在)(?:到|过去|去|来|过来|上门)|我(?:来|去)(?:处理|看看|修|跑一趟|弄)|交给我|让我来"
)
_SAME = re.compile(
    r"^\+\s?1|^加一$|^(?:我|俺|咱|我们|俺们|咱们|阿拉)(?:家|这|这边|这里|楼|们|们家|们楼|们这|们这边|们单元|屋|"
    r"屋头|屋里|家里)?[^,，。]{0,6}也(?:是|一样|没|不|停|漏|坏|堵|有|遇到|听到|冇|吵|臭|断|这样|同样|被)|^(?:同|"
    r"同问|同求|一样|同上|附议|同感|我也\+1)[。!！]*$|\d{1,3}(?:栋|号楼|单元|楼|幢)[^,，。]{0,4}也(?:是|一样|没|"
    r"停|不|有)|也(?:停|没)[水电](?:了)?$|深有同感|同样(?:的)?(?:问题|情况)"
)
PLUS = re.compile(r"\+\s?1(?!\d)")
OPENS = re.compile(
    r"^(?:补充|还有|对了|另外|再说|忘了说|忘说|刚忘|顺便说|哦对|再补|更新|最新|地址|位置|我?电话|手机号?|联系|"
    r"身高|今年\d|走的时候|出门时|名字|姓名|穿着?|上身|下身|戴着?|骑着?|往|他穿|她穿|他叫|她叫|大名)"
)
QUESTION = re.compile(r"[?？吗么]\s*$")

# A line that names or quotes no matter must be all act, or it is talk: these match it whole.
WHOLE = {
    Act.ASK: re.compile(
        r"(?:请问|那个?|现在|今天|我家|俺家|我们家|咱|楼上|人|老人|孩子|水|电|水管|路灯|电梯|灯|暖气|"
        r"[^,，。?？:：]{0,4}(?:大爷|大妈|爷爷|奶奶|阿姨|大叔|大娘|叔|姨|婆|公|爸|妈|哥|姐|娃)|"
        r"[^,，。?？]{2,4}的?事[儿情]?)?[:：,， ]{0,2}(?:到底)?(?:"
        r"(?:修好|修|弄好|处理|解决|处理好|搞好|找到|找着|来水|来电|通水|通电|恢复|疏通|办好|通)了?(?:没有?|吗|"
        r"么|嘛|不)|(?:现在)?(?:咋样|怎么样|怎样|咋个样)了|有(?:消息|结果|眉目|信儿?|回音|进展)(?:了)?(?:没有?|"
        r"吗|么)|(?:啥|什么)时候(?:能)?(?:修|来人|来修|来水|来电|处理|解决|修好)|还要多久|(?:有|到底)人(?:管|"
        r"处理|来修?)(?:没|吗|了吗)|(?:有啥|有什么)?进展)[啊呀呢了]*[?？。!！]*"
    ),
    Act.NOT_FIXED: re.compile(
        r"(?:但是?|可是?|怎么|咋|我家|俺家|我们家|我们楼|现在|刚才|今天|昨晚|晚上|水管?|电|灯|路灯|电梯|暖气|"
        r"人)*(?:(?:还|仍|依然|依旧|根本|到现在|一直|还是){1,3}(?:是)?(?:没|不|未|冇)(?:有)?(?:修好?|好|来水|来电|水|"
        r"电|有?人来修?|人管|解决|处理|弄好?|通|亮|热|找到|找着|见人|见着|消息|动静|回来)"
        r"|没(?:修|弄|搞|处理|解决)好|又(?:坏|跳闸?|停水?电?|漏水?|堵|不亮|不热|没水|没电|(?:开始)?[唱闹吵响])了?|还是(?:不行|老样子|"
        r"坏的|漏|堵|吵|没水|没电|一样)|还(?:在)?(?:漏|堵|吵|臭|冒|滴|唱|闹|响|叫|扔|堆|摆|占|烧)(?:着|水)?(?:了?[一半整大]?(?:宿|夜|晚上?|天|早上))?|白修了?)(?:了|呢|啊|呀|"
        r"的)*[。!！,，]?.{0,8}"
    ),
    Act.FIXED: re.compile(
        r"(?:我家|俺家|我们楼|水管?|电|灯|路灯|电梯|暖气|终于|已经|都|现在|刚刚?|谢谢[^,，]{0,6}[,，])*(?:(?:修|"
        r"弄|搞|处理|疏通|清理|换)(?:好|完|通|干净)(?:了|啦|咯|咗)|解决(?:了|啦)|[来有](?:水|电|气|网)(?:了|啦)|"
        r"通(?:水|电)(?:了|啦)|恢复(?:正常)?(?:了|啦)|(?:不漏|不堵|不吵|亮|热)(?:了|啦)|好了好了)[。!！~,， "
        r"]*(?:(?:谢谢|感谢|辛苦|多谢|谢了).{0,8}|(?:(?!你(?!们)|[找叫去再请]).){0,8})"
    ),
    Act.WITHDRAW: re.compile(
        r"(?:那?就?算了(?:吧|啊|哈)?)?(?:算了|不用了|[不别]修了吧?|不用修了?|不用来了?|不用管了?|不需要了|不用处理了?|撤销|撤了吧?|取消吧?|误报|不报了|"
        r"(?:算了[,，]?)?不(?:投诉|举报|反映|追究|计较|麻烦你们)了|不找了|别发了?|别找了|不用找了|不用发了|不要发了?|作废|搞错了|弄错了|误会了?|(?:我)?自己(?:修|弄|"
        r"解决)好?了)[,，。!！吧啊哈]*(?:谢谢|误会|搞错了|不用了|自己修好了|自己弄好了|麻烦了)?[。!！啊哈了]*"
    ),
    Act.CLAIM: re.compile(
        r"(?:我|俺)(?:来|去|接)(?:吧|了|哈|啦|处理|修|看看|看一下|弄|办|跑一趟|帮忙|帮他|帮她|解决|接单|修吧|"
        r"处理吧|看看吧|单)*[。!！~]*|交给我(?:吧|了)?|(?:我)?(?:马上|这就)(?:到|过去|过来|"
        r"上门)(?:看看)?[。!！了]*|包我身上|我(?:会|能)修|让我来吧?|我接单"
    ),
    Act.SAME: re.compile(
        r"\+\s?1|加一|同(?:问|求|上|感|样?(?:停[水电气暖]|没[水电气网暖]|不[热亮通]|漏[水气]?))?|附议|(?:我|俺|咱)也(?:是|一样)|(?:我|俺|咱|我们|俺们|咱们)(?:家|这|这边|"
        r"这里|楼|们楼|这栋|单元|屋|屋头|屋里|家里)[^,，。]{0,4}也(?:是|一样|没|不|停|漏|坏|堵|有|冇|吵|臭|断|"
        r"这样|同样)[^,，。]{0,8}|(?:我们|咱们?)?\d{1,3}(?:栋|号楼|单元|楼|幢)[^,，。]{0,4}也(?:是|一样|没|停|不|"
        r"有)[^,，。]{0,8}|我?也停[水电]了?"
    ),
}  # fmt: skip
# The repeats below are possessive: no text makes them try again and again.
_SECRECY = re.compile(
    r"(?:格格|请|麻烦|希望|你们?|您|大家|我们?家|我(?!不)|报|的|说|刚才|"
    r"[这那件个号]|事情?|事儿|先|千万|能不能|可不可以|能|[,， ])*+"
    r"(?:(?:别|不要|不想|勿)再?(?:(?:在|往|发到?)(?:微信)?(?:大|小区|村)?群里?(?:再)?(?:说|发|讲|提|公布|公开)?|公开|声张|外传)|"
    r"(?:[替给帮为]我|要|想|需要)*保(?:个)?密(?:处理|办理)?|私下(?:里)?(?:说|处理|办理?|解决|联系我?))"
    r"(?:就[好行]|行吗|可以吗|好吗|[了吧啊呀哈吗么嘛,，。.!！?？~ ]|谢谢您?|影响不好|怕人?(?:知道|报复))*+"
)
THIS = re.compile(r"[这那][件个]?事|我(?:报|说|们?家)?的")
"""Without a number, a quote or a mention, 别在群里说 may be said to a neighbour."""
_WHEN = re.compile(
    r"(?:那|请问|师傅|你们|物业|工人|维修工?|电工|水工|人|大概|大约|还|得|要|到底|究竟|[,， ])*+"
    r"(?:多久|多长时间|啥时候?|什么时候|几时|何时|哪天|几点)钟?才?(?:能|可以|会)?(?:给|帮)?(?:我们?家?)?"
    r"(?:修[好完]?|好|来(?:人|修|水|电|气)?修?|有人来|上门|弄好?|处理好?|解决|通|恢复|到)[了啊呀呢嘛]*[?？。!！]*"
)
"""多久能修: of a matter only where the writer has one, or speaks to the bot."""
THING_WHEN = re.compile(rf"[^,，。?？!！\s]{{1,8}}?(?:{_WHEN.pattern})")
_THING_DONE = re.compile(
    r"[^,，。?？!！\s]{1,8}?(?:修好?|弄好|处理好?|解决|恢复|疏通|换好?|[来通][水电气网])了?(?:没有?|吗|么|嘛)[啊呀呢]*[?？。!！]*"
)
_UNTENDED = re.compile(
    r"[^,，。?？!！]{0,8}还(?:是)?没有?人来?"
    r"(?:收|拉|清理?|打扫|扫|修|管|处理|挪|搬|移|拖|装|换|剪|砍|填|补|盖|疏通|查|理)[了呢啊呀]*[。!！]*"
)
"""垃圾桶还没人收: of the writer's own matter, where that is of such things."""
_IMPATIENT = re.compile(
    r"(?:那|所以|喂|你们|物业|社区|网格员?|居委会|村里|有关部门|领导|这事儿?|我家|我们|[,， ])*+(?:到底|究竟|还)?"
    r"(?:(?:管|修|来|处理|解决|弄)(?:不|还是不)(?:管|修|来|处理|解决|弄)了?|"
    r"有没有人?来?(?:管|修|处理|来|理)[修管]?(?:一下)?|有人来?(?:管|修|处理)(?:没有?|吗|么|嘛)|[管修来](?:吗|么)|"
    r"没人来?(?:管|修|理|处理)了?(?:吗|么|是吧)?)[了啊呀呢嘛]*[?？。!！]*"
)
"""那你们到底管不管: from somebody with an open matter this is about that matter, not a new complaint."""
_HASTE = re.compile(
    r"(?:那|麻烦|请|能不能|能否|能|可不可以|可以|再|帮忙|帮我们?|给我们?|你们?|师傅|物业|网格员|工人|他们?|[,， ])*+"
    r"(?:催(?:一?下|一催|催|办|促一下)?(?:他们?|师傅|物业|工人|你们)?|"
    r"(?:快|赶紧|赶快|抓紧|尽快|早)(?:一?点儿?|些|一些)?(?:的)?"
    r"(?:安排)?(?:派人|来人|来|修|弄|处理|解决|办|过来)?(?:来|修|看|弄|处理)?(?:一下|看看|好)?)"
    r"(?:谢谢|好吗|行吗|行不行|可以吗|[吗么吧呗啊呀嘛了呢,，。!！?？ ])*+"
)
_NOBODY_YET = re.compile(
    r"(?:那|师傅|工人|维修工?的?|电工|水工|人|物业|供电所|自来水|你们|网格员|说好的?|怎么|咋|为啥|为什么|到现在|现在|"
    r"这么久|半天了?|今天|都|一?个?人?影|[,， ])*+"
    r"(?:还|都|一直)(?:没|冇|不)(?:有|见)?(?:人|师傅|谁)?(?:来人?|到|上门|动静|过来|影)(?:修|看|弄|处理)?"
    r"[呢啊呀了吗么嘛。!！?？~]*"
)
_DROPPED = re.compile(
    r"[^,，。?？!！\s]{1,10}?(?:已经|现在|先|就|也|都)*+"
    r"(?:(?:不用|不需要|不必|别|甭|不)(?:再|你们?|师傅|派人|人|过)*+(?:修|来|管|处理|弄|派|清|换|查)(?:修|看|弄|人|理)?|"
    r"(?:我们?|俺|自己|自家|找人){1,3}(?:修|弄|解决|处理|疏通|换)(?:好|完|通)?)了"
    r"(?:[,，。!！~ ]*(?:(?:谢谢|感谢|多谢|辛苦|麻烦|撤|算|不用)[^?？]{0,12})?)"
)
_TO_KIN = re.compile(
    r"(?:(?:孩子|娃儿?|他|她)[他她]?[爸妈爹娘爷奶]|老[公婆伴]|老头子?|媳妇|[爸妈爹娘]{1,2}|爷爷|奶奶|儿子|闺女|女儿|姑娘|亲爱的|宝贝?)"
    r"[,，!！ ]*你?(?:们)?(?:就|也|先|都|今[天晚])*(?:不用|别|甭|不要|不必)(?!人)"
)
_DISPLEASED = re.compile(r"(?:很|非常|一点[都也]?|根本|还是|我)?不(?:太)?满意")
_NOT_THE_SAME = re.compile(
    r"(?:[这那]两?[个件]?|我[们家]?|说|的|跟|和|他|她|们|根本|又|[,， ])*不是(?:一|同一?)[回件码个桩]?事[儿情]?"
    r"[啊呀呢哦吧嘛。!！ ]*(?:[,， ]+[^?？]{0,12})?"
)
_DENIES = re.compile(
    r"(?:我|俺|咱|们|家|这里|这边|这儿|哪里|哪儿|哪|楼|[,， ])*+(?:还|都|也|并|根本|压根)*+(?:没|冇|不)(?:有|得)?"
    r"(?:来|好|亮|通|热|修|换|弄|收|清|处理|解决)(?:好|过|水|电|气|人)?[了啊呀呢嘛哦哟,，。!！~ ]*"
)
_DONE = re.compile(
    r"(?:我|俺|这|那|师傅|已经|已|刚刚?|都|现在|水管?|电|灯|路灯|电梯|暖气|下水道?|管道|井盖|线路?|门禁?|垃圾|[,， ])*+"
    r"(?:[^,，。?？!！\s我俺你他她没未不别要想会能该是谁]{1,6}(?=已经?|都|给|刚))?(?:已经?|都|刚刚?)*(?:给|帮)?(?:他家|她家|他们?|人家|你们?)?"
    r"(?:(?:换|装|安|补|配)[上了好]?(?:一?[个块盏根把]?新的?|[一二两三四五六七八九十几\d]*[个块盏根把]新的?)[^?？,，。]{0,4}?[了啦]?|"
    r"(?:修|弄|搞|整|办|处理|解决|疏通|通|换|清理?|打扫|装|安装|补|搬)(?:好|完|通|妥|干净|掉|走|上)?[了啦咯咗]|接[好通上][了啦]|"
    r"(?:(?:药|菜|饭|东西|[拿取买][到好])了?[,， ]?)*送(?:到|回|过去)(?:[他她人]?家里?|门口|手[上里])?[了啦]|"
    r"(?:搞定|完工|办结|解决)[了啦]?|完成[了啦])"
    r"(?:[,，。!！]+ ?[^?？]{0,16})?[。!！~]*"
)
"""What who did the work says of it, as a whole line; what was done may follow."""
_OFFERS = re.compile(
    r"(?:那|要不|行|好的?|[,， ])*(?:(?:让|还是|[我俺])?[我俺]"
    r"(?:来|有空|可以|能去|去(?=吧|帮|取|拿|送|买|跑|一趟|给)|(?<=那我)去)[吧呀啊哈,，。!！~ ]*)+"
    r"(?:[帮取拿送买跑][^?？]{0,6})?[吧呀啊哈了,，。!！~ ]*"
)
"""我来我来, 那我去吧: a volunteer's answer to who can help; 我去 alone is an exclamation."""
_MENDERS = (
    r"(?:供电|电力|电工|自来水|水务|物业|师傅|维修|环卫|城管|交警|派出所|民警|施工|燃气|热力|电梯|维保|厂家|工人|保洁|"
    r"园林)"
)
_TALKS = (
    r"(?:去|过去|上门|到(?:他|她|那|人)家)*+(?:(?:找|跟|和|给)(?:他|她|它|那|这|对方|人家|楼[上下]|隔壁|物业|住户|商户|店|老板|业主|邻居|双方)"
    r"(?:们|家|边|里|老板)*(?:去|都)?|(?<=[去门家]))"
)
_TALKED = (
    r"(?:说|谈|讲|劝|聊|沟通|协调|调解|商量|反映|核实|了解|做?做?(?:思想)?工作)(?:说|谈|讲|劝|聊|一声|一?下?情况)?"
)
"""跟他们说说, 上门沟通: what a grid worker does about people."""
_TAKES_ON = re.compile(
    r"(?:收到|好的?|行|嗯+|知道了|[,，。!！ ])*+(?:这[个件]事?)?"
    r"(?P<what>[^我俺让谁你,，。?？!！\s]{1,8}(?=[我俺]))?(?:我|俺)?"
    r"(?:来|先|都|马上|这就|立刻|一会儿?|等[下会]儿?|待会儿?|现在|就|今天|下午|上午|晚上|中午|明天|明早)*"
    r"(?:接(?:单|手|下)?了|接单|去(?:看看?|瞧瞧?|处理|办|修|一趟|现场)|过去(?:看看?|处理)?|来?(?:处理(?!了)|安排(?:师傅|人)?)|"
    r"(?:都|全部?|一起|一块儿?|尽快|抓紧)+(?:去|来|给)?(?:安排(?!了)(?:上|处理|下去|师傅|人)?|处理(?!了))|"
    r"(?:马上|这就|立刻)(?:去|来|到|过来|过去)|"
    rf"{_TALKS}{_TALKED}|(?:我|已经?|刚刚?|刚才)*{_TALKS}{_TALKED}(?:[过好]?了|过)(?!.{{0,12}}(?:没用|不听|不管|没人|[几三多]遍|[几三多好]+次))[^?？]{{0,16}}?|"
    rf"(?:我|已经?|刚刚?)+(?:(?:联系|叫|约|安排|报给?)(?:好|过)?了?(?:一?个)?{_MENDERS}|给{_MENDERS}[^?？]{{0,4}}打[过了]?电话)"
    r"[^?？]{0,16}?)"
    r"(?:一下|看看?|[了吧啦哈的])*+[。!！~ ]*"
)
"""What who is to do the work says when they take it on, as a whole line."""
OVER = re.compile(
    r"(?:(?:[人火烟他她也都刚被给]|大家|大伙|我[妈爸们]?|孩子|老人|里面的|已经?|现在|终于|总算|全部?|消防员?|师傅)*+"
    r"(?:[救放弄拉抬]?出来|获救|脱困|救[下上]来|扑灭|灭|熄灭?|浇灭)[了啦咯咗][,，。!！~ ]*+){1,3}"
    r"(?:人?(?:都|已经)?(?:没事|平安|安全)[了啦儿]*|虚惊一场|(?:大家)?放心吧?|不用担心|[,，。!！~ ])*+"
    r"(?:[谢感]谢.{0,10})?"
)
"""An emergency is over: 人救出来了, 火已经灭了."""
DANGERS = frozenset({"安全隐患", "公共设施"})
"""What lifts and fires are filed under: of these, others too say that it is over."""
CONSEQUENCE = re.compile(
    r"(?:(?:真的?|实在|简直|快要?|都|也|已经|完全|根本|全家|一家人|我们?家?里?|俺家?|咱们?|家里|屋里|大家|老人|孩子|娃|宝宝|"
    r"窗户?|门窗|阳台|衣服|晚上|夜里|白天|现在|天天|这|觉|睡(?!不)|谁|人|连|[弄搞害]得|[,，。!！~ ])*+"
    r"(?:不敢(?:开窗?|晾|出门|睡)|没法(?:睡|住|过|休息|开窗|待|呆|学习|写作业|晾|活)|开不了窗?|睡不[着好了成]|睡不踏实|"
    r"受不[了住]|[吵熏臭呛震闹烦][得的][^,，。]{1,6}|[吵臭熏呛烦难闻]{1,2}死|头[疼痛晕]|想吐|恶心|吓[得的]?直?哭|吓坏|"
    r"难受|崩溃|要疯|没完没了|(?:越来越|更)(?:吵|臭|大|响|难闻|厉害|严重|呛))"
    r"(?:觉|衣服|人|我|[了啊呀呢的啦,，。!！~ ])*+){1,3}"
)
"""Only what a nuisance does to people, without what it is: 窗户都不敢开, 吵得头疼."""
NUISANCES = frozenset({"噪音", "环境卫生", "占道经营", "宠物", "邻里纠纷", "违建"})
SHORTLY = timedelta(minutes=10)
RATING = re.compile(
    r"(?:很|非常|挺|比较|特别|不|不太|很不|一点也不)?满意(?:了|的|啊|[,，。!！~ ].{0,16})?|好评.{0,8}|差评.{0,12}"
)
_CLAUSE_ENDS = re.compile(r"[,，。!！~ ]+")
KIND_WORDS = re.compile(
    r"(?!(?:好|行|可以|快|都行|都可以)[的了啊吧嘞]*[。!！~]*$)"
    r"(?:师傅|这[次回]|[修弄办]得?|处理得?|服务|态度|速度|效率|真|很|挺|非常|特别|太|都|已经|现在|[给打还蛮,，~ ])*"
    r"(?:好用?|不错|可以|满意|给力|快|棒|赞|到位|及时|专业|好评|[五5]星|[五5]分|满分|行|凑合|一般|👍|\[强\])"
    r"(?:好评|[了的啊呀哈吧般])*(?:[,，。!！~ ]*(?:谢谢|感谢|多谢|辛苦|麻烦|满意)[^,，。?？]{0,10})*[。!！~]*"
)
"""What people say of work well done, as a whole line; 一般 and 凑合 reopen nothing either."""
_TROUBLE_AGAIN = r"又.{0,2}(?:灭|坏|漏|停|不亮|不热|不通|堵|响|跳闸|塞|断|没[水电气]|开始|吵|臭|满)[^?？]{0,10}"
AGAIN = re.compile(
    r"(?:还是)?(?:不行|没用|不好用|不管用|不顶用|白修)[啊呀了的]*(?:[,，。!！ ].{0,14})?|"
    r"(?:根本|都|从来|压根|哪有)?没有?人来(?:修|看|弄|处理|管)?过?[啊呀的了吧]*|"
    r"(?:你们)?(?:就)?(?:这么|这样|咋|怎么)(?:修|弄|处理)的[啊呀]*[?？]*(?:[,，。 ]?.{0,12})?|"
    r"(?:今天|今晚|昨天|昨晚|早上|晚上|刚才|现在|怎么|咋|这|那|它|才?[一两三没几]+天|刚?[修弄]完|[修弄]好没几天|路灯|灯|水管?|下水道|马桶|"
    r"电梯|门锁?|锁|暖气|网|信号|楼道|还|就|也|都|可|[,，])*"
    rf"{_TROUBLE_AGAIN}"
)
"""What people say when it did not last."""
_MENDED_ONCE = re.compile(rf"[^,，。?？!！]{{0,6}}[修弄换补通清](?:好|完|过|上)[^?？]{{0,8}}?{_TROUBLE_AGAIN}")
"""The same with what was done before: 昨天刚修好今天又漏上了."""
JUST_DONE = timedelta(hours=2)
"""How long after its end a line without a number is taken for a word about the work."""
SHORT = 30

GOOD_NOW = re.compile(
    r"(?:这[下回次]|总算|终于|都|已经|现在|刚刚?|我家|我们家?|[,， ])*好了[,，。!！~ ]*"
    r"(?:(?:谢谢|感谢|多谢|辛苦|麻烦).{0,10})?"
)
"""Said shortly after 办结 by somebody who has the trouble."""

_MIDDLING = re.compile(r"一般|凑合")
MARKED = re.compile(r"[星⭐🌟★]|[给打评].{0,6}(?:分|好评)")
"""What can be nothing else than a mark, however long after the end it comes."""
NO_REASON = re.compile(
    r"(?:没(?:有|什么|啥|事)?|算了|不用了?|谢谢?|好|嗯+|哦+|噢|收到|知道|辛苦|哈|呵|[了的啊吧呀,，。.!！~ ])+|\W*"
)

_STATED = (
    (_CORRECT, Act.CORRECT), (_ASK, Act.ASK), (_NOT_FIXED, Act.NOT_FIXED), (_FIXED, Act.FIXED),
    (_WITHDRAW, Act.WITHDRAW), (_CLAIM, Act.CLAIM), (_SAME, Act.SAME),
)  # fmt: skip


def says_same(text: str) -> bool:
    """Whether a short line says that its writer has what others have too: 我家也停电了, 我们楼也是."""
    return len(text) <= MAX_LINE and _SAME.search(text.strip()) is not None


def plainly_fixed(text: str) -> bool:
    """Whether the words say that it is done, and not only that it is better for now: 修好了, but not 今晚安静了."""
    text, patterns = fold(text), (_FIXED.search, WHOLE[Act.FIXED].fullmatch, OVER.fullmatch, GOOD_NOW.fullmatch)
    return any(one(text) for one in patterns) or supply_back(text) or _in_a_clause(text) is Act.FIXED


_SUPPLY_BACK = re.compile(
    r"(?:[^,，。!！?？;；\s没未不还请望求想等才又什啥几]{0,14}[,，\s])?[^,，。!！?？;；\s没未不还请望求想等才又什啥几]{0,12}?"
    r"(?:恢复[^,，。!！?？;；\s]{0,8}?(?:供[水电气暖热]|[水电气暖网])|(?:供[水电气暖热]|[水电气暖网])恢复|[来通][水电气暖])"
    r"[了啦咯喽][。!！~\s]*"
)


def supply_back(text: str) -> bool:
    """Whether all of a line says that water, power or gas is there again: 恢复12号楼供水了, 12号楼来水了."""
    return len(text) <= MAX_LINE and _SUPPLY_BACK.fullmatch(text.strip()) is not None


def is_done(text: str) -> bool:
    """Whether all of a short line says that work is done, as who did it would say: 修好了, 办好了，换了个新的."""
    done = _DONE.fullmatch(fold(text)) is not None or supply_back(fold(text))
    return len(text) <= SHORT and not QUESTION.search(text) and done


def takes_on(text: str) -> bool:
    """Whether all of a short line says that its writer takes something on: 接了, 我马上去看看, 井盖我去看看."""
    return len(text) <= SHORT and _TAKES_ON.fullmatch(fold(text)) is not None


def takes_what(text: str) -> str:
    """What who takes something on says that they take on: the 井盖 of 井盖我去看看; empty where they do not say."""
    said = _TAKES_ON.fullmatch(fold(text)) if len(text) <= SHORT else None
    return (said["what"] or "") if said else ""


def offers(text: str) -> bool:
    """Whether all of a short line offers to help: 我来, 我去取吧."""
    return len(text) <= SHORT and _OFFERS.fullmatch(fold(text.strip())) is not None


def urges(text: str) -> bool:
    """Whether all of a short line asks for more haste, or says that nobody has come yet: 催一下, 师傅怎么还没来."""
    return len(text) <= SHORT and any(one.fullmatch(fold(text)) for one in (_HASTE, _NOBODY_YET))


def to_kin(text: str) -> bool:
    """Whether a line tells one of the writer's own family to let something be: 孩子他爸不用管了."""
    return _TO_KIN.match(fold(text)) is not None


def drops(text: str) -> bool:
    """Whether all of a short line says of a thing that nobody need see to it any more: 水管不用修了."""
    return len(text) <= SHORT and _DROPPED.fullmatch(fold(text)) is not None


def displeased(text: str) -> bool:
    """Whether a line begins by saying that its writer is not content: 不满意，又不亮了."""
    return len(text) <= MAX_LINE and _DISPLEASED.match(fold(text)) is not None


def asks_secrecy(text: str) -> bool:
    """Whether a line asks for nothing but that a matter be kept out of the group: 这事别在群里说."""
    return len(text) <= SHORT and _SECRECY.fullmatch(targets.without_number(text)) is not None


_UNNAMED = re.compile(
    r"(?:你们?|您|格格|请|可|千万|麻烦|记得|一定|就|先|[,，])*(?:别|不要|不能|甭|莫)(?:再)?(?:跟[他她们人家对方邻居楼上下]{1,4}|对[他她们人家]{1,2})?"
    r"(?:说|讲|提|透露|告诉[他她们人家对方邻居楼上下]{1,4})(?:出去)?(?:是|我的名字|我姓名)(?:我|俺)?们?家?(?:说|讲|反映|举报|告|报|投诉)?的?"
    r"[啊哈呀哦噢了吧,，。!！~ ]*"
)


def asks_not_to_be_named(text: str) -> bool:
    """Whether all of a short line asks that nobody be told who reported a matter: 别说是我说的."""
    return len(text) <= SHORT and _UNNAMED.fullmatch(fold(text)) is not None


def asks_when(text: str) -> bool:
    """Whether a short line asks nothing but how a matter stands, or when it will be right: 几点来水, 路灯修好了吗."""
    if len(text) > SHORT:
        return False
    return any(one.fullmatch(text) for one in (WHOLE[Act.ASK], _WHEN, THING_WHEN, _THING_DONE))


def not_yet(text: str, *, sure: bool = True) -> bool:
    """Whether a line says that it is not good, or bad again; `sure`: and nothing else."""
    if sure:
        return len(text) <= SHORT and (WHOLE[Act.NOT_FIXED].fullmatch(text) or AGAIN.fullmatch(text)) is not None
    return len(text) <= MAX_LINE and not QUESTION.search(text) and _NOT_FIXED.search(text) is not None


_DOES_AGAIN = re.compile(
    r"(?:[他她]们?家?|那家|人家|楼[上下]|隔壁|对门|今[天晚早]|现在|刚才|这会儿?|"
    r"没过?[一两几]天|没几天|怎么|咋|这[不就]?|[,， ])*+"
    r"又(?:在|开始|给|把)*(?P<does>[一-鿿]{1,4}?)(?:上|起来|开|着)?[了啦呢][啊呀,，。!！~ ]*"
)
"""又烧了, 楼上又在打牌了: what was wrong is done again, whatever it was."""


def done_again(text: str) -> str:
    """What all of a short line says to be done again: the 烧 of 又烧了; empty where it says no such thing."""
    said = _DOES_AGAIN.fullmatch(fold(text.strip())) if len(text) <= SHORT else None
    return said["does"] if said else ""


def says_apart(text: str) -> bool:
    """Whether all of a line says that two matters are not the same: 不是一回事, 我说的不是一件事."""
    return len(text) <= MAX_LINE and _NOT_THE_SAME.fullmatch(text.strip()) is not None


def denies(text: str) -> bool:
    """Whether all of a line denies what was just said to be done: 没来啊, 我们这边没亮."""
    return len(text) <= SHORT and _DENIES.fullmatch(text.strip()) is not None


def stated_in(text: str) -> Act | None:
    """What the rules find in a line, wherever it stands in it."""
    return next((act for pattern, act in _STATED if pattern.search(text)), None)


def is_good(text: str, given: int | None, unhappy: bool) -> bool | None:
    """Whether a mark, or words, say that it is good; None for what is neither."""
    if given is not None:
        return None if given == 3 else given > 3
    return False if unhappy else None if _MIDDLING.search(text) else True


def ends_rated(text: str) -> bool:
    """Whether a short line ends with a rating: 有水有电了，非常满意."""
    return len(text) <= SHORT and RATING.fullmatch(_CLAUSE_ENDS.split(text.rstrip(" ,，。!！~"))[-1]) is not None


def said(text: str, pointed: bool, own: bool) -> Act | None:
    """The act that a line states: anywhere in one that names its matter, else by the whole line.

    `own` says that the writer has an open matter, or speaks to the bot.
    """
    if OVER.fullmatch(text):
        return Act.FIXED
    if pointed:
        return stated_in(targets.without_number(text))
    if len(text) > SHORT:
        return None
    if _CORRECT.search(text):
        return Act.CORRECT
    if own and (_WHEN.fullmatch(text) or _IMPATIENT.fullmatch(text)):
        return Act.ASK
    if own and (_UNTENDED.fullmatch(text) or _MENDED_ONCE.fullmatch(text)):
        return Act.NOT_FIXED
    whole = next((act for act, pattern in WHOLE.items() if pattern.fullmatch(text)), None)
    return whole or (_in_a_clause(text) if own else None)


_ANYWHERE, _AT_THE_END = (Act.NOT_FIXED, Act.ASK), (Act.WITHDRAW, Act.FIXED)
"""What a clause of a line may say of the writer's own matter: 昨天好了，今天又漏了. What ends it stands at the end of
the line, as 算了，我明天在家 goes on."""
_THANKS = re.compile(r"(?:谢|感谢|多谢|辛苦|麻烦).*")


def _in_a_clause(text: str) -> Act | None:
    clauses = [clause for clause in _CLAUSE_ENDS.split(text) if clause and not _THANKS.match(clause)]
    if not clauses:
        return None
    anywhere = next((act for act in _ANYWHERE if any(map(WHOLE[act].fullmatch, clauses))), None)
    return anywhere or next((act for act in _AT_THE_END if WHOLE[act].fullmatch(clauses[-1])), None)
