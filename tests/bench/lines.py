"""What a neighbourhood group talks about: nine lines in ten are chat.

The lines are the project's own: `tests/understanding/examples.jsonl`, and chat put together here. Where a folder
`shared/data` with collected chat lies beside the checkout, its lines take the place of half of the latter.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

EXAMPLES = Path(__file__).parent.parent / "understanding" / "examples.jsonl"
COLLECTED = Path(__file__).parents[3] / "shared" / "data" / "chat.jsonl"

MATTERS_IN_TEN = 1

SHARES = {
    "request": 30, "complaint": 28, "question": 22, "suggestion": 8, "emergency": 4, "missing": 3, "sighting": 2,
    "found": 1, "stray": 1,
}  # fmt: skip
"""How often each kind comes among what is not chat; a guess, in the order that 12345 lines report."""

_WHO = "楼上张姐 老李 我家那位 隔壁王叔 孩子他爸 我婆婆 小刘 门口保安 三楼陈老师 我同事 我闺女 快递小哥"
_WHEN = "今天 昨晚 刚才 早上 周末 明天 下午 中午 这两天 晚上"
_WHAT = "买菜 做饭 接孩子 跳舞 遛弯 加班 包饺子 看球 钓鱼 打牌 练车 晒被子 吃火锅 赶集 写作业 看电影"
_GOODS = "草莓 土鸡蛋 豆腐 红薯 橘子 排骨 青菜 玉米 馒头 苹果 带鱼 羊肉"
_WORD = "哈哈哈 好的 收到 谢谢 真的假的 辛苦了 可以的 太好了 是的 嗯嗯 没事 行 👍 [强] [玫瑰] 早上好 晚安 赞"

_FRAMES = (
    "{when}{who}说要去{what}，你们去不去",
    "{who}{when}{what}去了，回来跟你们说",
    "{when}的{goods}真新鲜，六块钱一斤，我买了两斤",
    "谁家{goods}吃不完，匀我一点呗，{when}来拿",
    "{when}天气真好，适合{what}",
    "{word}，{when}一起{what}",
    "{who}家的{goods}太好吃了{word}",
    "{word}",
    "{word}{word}",
    "@{who} {word}",
    "{when}没空，{what}呢，改天吧",
    "我{when}{what}回来才看到消息，{word}",
    "{goods}还有吗？给我留两份，{when}去取",
    "{who}{when}发的照片我看了，{what}那张拍得最好",
    "{when}小区门口有卖{goods}的，{who}买了一大袋",
    "孩子{when}非要{what}，拦都拦不住，{word}",
    "{word}，我们家{when}也是{what}",
    "{when}几点{what}来着？我忘了",
)


def chat_lines(count: int, rng: random.Random) -> list[str]:
    """Lines that ask nothing of anybody, about half of them short."""
    return [_chat(rng) for _ in range(count)]


def _chat(rng: random.Random) -> str:
    frame = rng.choice(_FRAMES)
    slots = {"who": _WHO, "when": _WHEN, "what": _WHAT, "goods": _GOODS, "word": _WORD}
    return frame.format(**{name: rng.choice(words.split()) for name, words in slots.items()})


def examples() -> dict[str, list[str]]:
    """The project's own example lines by kind."""
    found: dict[str, list[str]] = {}
    with EXAMPLES.open(encoding="utf-8") as source:
        for line in source:
            example = json.loads(line)
            found.setdefault(example["kind"], []).append(example["text"])
    return found


def collected(limit: int) -> list[str]:
    """Chat of real groups, where it is at hand; never part of the project."""
    if not COLLECTED.is_file():
        return []
    with COLLECTED.open(encoding="utf-8") as source:
        return [json.loads(line)["text"] for line, _ in zip(source, range(limit), strict=False)]


def stream(count: int, seed: int = 1) -> list[str]:
    """A mixed stream of `count` lines; the last is always a request, so that the end of the stream can be heard."""
    rng = random.Random(seed)
    by_kind = examples()
    chat = by_kind["chat"] + chat_lines(count, rng)
    if real := collected(20 * count):
        chat = by_kind["chat"] + chat_lines(count // 2, rng) + rng.sample(real, min(len(real), count // 2))
    kinds, weights = list(SHARES), list(SHARES.values())
    lines = []
    for number in range(count):
        kind = rng.choices(kinds, weights)[0] if number % 10 < MATTERS_IN_TEN else "chat"
        lines.append(rng.choice(chat if kind == "chat" else by_kind[kind]))
    rng.shuffle(lines)
    lines[-1:] = ["楼道里的灯坏了好几天了，晚上黑得看不见，麻烦派人来修一下"]
    return lines
