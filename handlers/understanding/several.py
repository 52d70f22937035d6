"""One message that tells of several matters: 3栋路灯坏了，另外垃圾没人收; 1、门禁坏了 2、井盖没了."""

from __future__ import annotations

import re

MOST, LEAST, LONGEST, LONGEST_NUMBERED = 4, 4, 160, 600
"""How many matters one message is taken apart into, the fewest characters of one, and the most of them all: who writes
more tells one matter at length, unless they number what they say."""

_NUMBERED = re.compile(
    r"(?:(?:^|(?<=[,，。.;；:：!！~\s]))\s*(?:第?[一二三四](?:是|[、.,，:：])|其[一二三四]是?|[1-4](?:[、.．)）](?!\d)))|[①②③④])[,，:：\s]*"
)
_ADDED = re.compile(
    r"[,，。.;；!！~\s]+(?:还有(?!(?:[一二两三四五六七八九十几\d]|多)+(?:个?(?:小时|钟|月)|[分秒天点年里])|[人谁没])(?:就是|一[个件](?:事|问题)?)?|"
    r"另外(?:[还也]有)?(?:一[个件]事)?|再(?:就是|一个(?:就是)?|一件事?)|顺便(?:再)?(?:说|反映|提|报)(?:一?[下句声])?|对了)[,，:：\s]*"
)
_OF_THE_FIRST = re.compile(r"[他她它](?:们?家)?|[这那](?:[家户个人边里儿]|$)")
"""How a part begins that cannot be understood alone: 他家还养鸡."""
_SIGN = re.compile(r"还有|另外|再[就一]|顺便|对了|[一1①][是、.,，:：．)）②]|其一|①")
"""What such a text must hold, which is looked for much faster."""
_ENDS = " ,，。.;；:：!！~\n"
_TOO = re.compile(r"(?<=[一-鿿])也(?=[一-鿿])")


def may_be(text: str) -> bool:
    """Whether a text holds a word that adds one thing to another, or numbers them."""
    return len(text) <= LONGEST_NUMBERED and _SIGN.search(text) is not None


def parts(text: str) -> tuple[list[str], bool]:
    """What a text says of one thing after the other, and whether its writer numbers them; only the text itself where
    it is of one thing."""
    if len(text) > LONGEST_NUMBERED:
        return [text], False
    if len(list(_NUMBERED.finditer(text))) > 1:
        said = _NUMBERED.split(text)[1:]
        numbered = True
    elif len(text) > LONGEST:
        return [text], False
    else:
        said, numbered = _ADDED.split(text), False
    said = [_TOO.sub("", one.strip(_ENDS), count=1) for one in said]
    if not 2 <= len(said) <= MOST or any(len(one) < LEAST or _OF_THE_FIRST.match(one) for one in said):
        return [text], False
    return said, numbered
