# SPDX-License-Identifier: Apache-2.0
"""Invented parties and what is written about them. Places are real, everybody else is not."""

from dataclasses import dataclass
from random import Random

from plugins.cases.rules.party import PartyDraft

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
GIVEN = [
    "建军",
    "国强",
    "秀英",
    "桂兰",
    "玉梅",
    "海燕",
    "志刚",
    "永红",
    "春生",
    "文华",
    "立新",
    "晓东",
    "丽娜",
    "凤霞",
    "明辉",
    "振国",
    "淑珍",
    "小兵",
    "红梅",
    "德福",
    "雪峰",
    "青山",
    "俊杰",
    "爱民",
    "金花",
    "长林",
    "新民",
    "云飞",
    "福来",
    "宝山",
]


@dataclass(frozen=True)
class Town:
    """What a place calls its streets and how its codes begin."""

    name: str
    code: str
    area: str
    streets: tuple[str, ...]
    names: tuple[str, ...]


DENGKOU = Town(
    "磴口县",
    "150822",
    "0478",
    ("团结路", "巴彦高勒大街", "黄河路", "三盛公路", "滨河西路", "胜利街", "草原路", "河套大街"),
    (
        "鲜味园",
        "河套人家",
        "三盛公",
        "乌兰布和",
        "黄河湾",
        "沙漠绿洲",
        "阳光",
        "顺发",
        "金穗",
        "草原情",
        "福满多",
        "老磴口",
        "万家乐",
        "红柳林",
        "西部风",
        "大漠香",
        "祥和",
        "聚鑫",
        "天赋",
        "宏达",
    ),
)
HUANCUI = Town(
    "环翠区",
    "371002",
    "0631",
    ("新威路", "海滨北路", "世昌大道", "昆明路", "文化中路", "古寨东路", "统一路", "青岛北路"),
    (
        "海之味",
        "刘公岛",
        "威海湾",
        "渔家乐",
        "金海岸",
        "环翠楼",
        "蓝海",
        "顺风",
        "半岛",
        "望海",
        "福瑞",
        "老码头",
        "鲁东",
        "海草房",
        "东方",
        "胶东人家",
        "和顺",
        "聚源",
        "天润",
        "宏业",
    ),
)
TOWNS = {"dk": DENGKOU, "hc": HUANCUI}

FOOD = ("餐饮店", "超市", "便利店", "烘焙坊", "粮油店", "熟食店", "水产店", "生鲜超市")
TRADE = ("商贸有限公司", "家居有限公司", "电子商务有限公司", "保健品有限公司", "装饰有限公司")
WEIGHING = ("加油站", "粮油收购站", "农贸市场", "废品收购站", "煤炭经销部")
BURNING = ("供热有限公司", "建材有限公司", "化工有限公司", "食品加工有限公司", "铸造有限公司")


def id_number(chance: Random, area: str) -> str:
    """A number with a right check digit that nobody can have: no person's ends its area in 00."""
    head = f"{area[:4]}00{chance.randint(1955, 2002)}{chance.randint(1, 12):02d}"
    head += f"{chance.randint(1, 28):02d}{chance.randint(100, 999)}"
    total = sum(int(d) * w for d, w in zip(head, _WEIGHTS, strict=True))
    return head + _CHECK[total % 11]


def credit_code(chance: Random, area: str, *, business: bool) -> str:
    """A unified social credit code with a right check character."""
    head = f"{'92' if business else '91'}{area}MA"
    head += "".join(chance.choice(_ALPHABET) for _ in range(7))
    total = sum(_ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(head))
    return head + _ALPHABET[(31 - total % 31) % 31]


def person_name(chance: Random) -> str:
    """A common name."""
    return chance.choice(SURNAMES) + chance.choice(GIVEN)


def phone(chance: Random, town: Town) -> str:
    """A number of the town's exchange."""
    return f"{town.area}-{chance.randint(3, 8)}{chance.randint(0, 999999):06d}"


def firm(chance: Random, town: Town, trades: tuple[str, ...]) -> PartyDraft:
    """A shop or company of the town."""
    trade = chance.choice(trades)
    company = trade.endswith("公司")
    return PartyDraft(
        "organisation" if company else "business",
        f"{town.name}{chance.choice(town.names)}{trade}",
        credit_code(chance, town.code, business=not company),
        "",
        person_name(chance),
        f"{town.name}{chance.choice(town.streets)} {chance.randint(1, 168)} 号",
        phone(chance, town),
    )


def citizen(chance: Random, town: Town) -> PartyDraft:
    """A natural person of the town."""
    return PartyDraft(
        "person",
        person_name(chance),
        "",
        id_number(chance, town.code),
        "",
        f"{town.name}{chance.choice(town.streets)} {chance.randint(1, 60)} 号院",
        phone(chance, town),
    )
