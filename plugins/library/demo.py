# SPDX-License-Identifier: Apache-2.0
"""A few laws of the demo: articles the shipped powers cite, and a county's own rule in two versions."""

from core.api.access import Visitor
from core.api.db import transaction, value
from core.api.demo import DemoContext
from plugins.library.services.base import keeper_of
from plugins.library.services.importing import import_source, read_source

EXCERPTS: tuple[tuple[str, str, str], ...] = (
    (
        "中华人民共和国食品安全法",
        "2021-04-29",
        """# 中华人民共和国食品安全法

2009年2月28日 第十一届全国人民代表大会常务委员会第七次会议通过

2021年4月29日 第十三届全国人民代表大会常务委员会第二十八次会议第二次修正

2021年4月29日 施行

<!-- INFO END -->

第五十三条 食品经营者采购食品，应当查验供货者的许可证和食品出厂检验合格证或者其他合格证明（以下称合格证明文件）。

食品经营企业应当建立食品进货查验记录制度，如实记录食品的名称、规格、数量、生产日期或者生产批号、保质期、进货日期以及供货者名称、地址、联系方式等内容，并保存相关凭证。

第一百二十六条 违反本法规定，有下列情形之一的，由县级以上人民政府食品安全监督管理部门责令改正，给予警告；拒不改正的，处五千元以上五万元以下罚款；情节严重的，责令停产停业，直至吊销许可证：

（一）食品、食品添加剂生产者未按规定对采购的食品原料和生产的食品、食品添加剂进行检验；

（二）食品生产经营企业未按规定建立食品安全管理制度，或者未按规定配备或者培训、考核食品安全管理人员；

（三）食品、食品添加剂生产经营者进货时未查验许可证和相关证明文件，或者未按规定建立并遵守进货查验记录、出厂检验记录和销售记录制度。
""",
    ),
    (
        "中华人民共和国大气污染防治法",
        "2018-10-26",
        """# 中华人民共和国大气污染防治法

1987年9月5日 第六届全国人民代表大会常务委员会第二十二次会议通过

2018年10月26日 第十三届全国人民代表大会常务委员会第六次会议第二次修正

2018年10月26日 施行

<!-- INFO END -->

第九十九条 违反本法规定，有下列行为之一的，由县级以上人民政府生态环境主管部门责令改正或者限制生产、停产整治，并处十万元以上一百万元以下的罚款；情节严重的，报经有批准权的人民政府批准，责令停业、关闭：

（一）未依法取得排污许可证排放大气污染物的；

（二）超过大气污染物排放标准或者超过重点大气污染物排放总量控制指标排放大气污染物的；

（三）通过逃避监管的方式排放大气污染物的。
""",
    ),
)
"""Title, day, text; only articles the powers of the demo cite."""
OWN: tuple[tuple[str, str, str], ...] = (
    (
        "磴口县食品摊贩备案管理办法",
        "2024-03-01",
        """# 磴口县食品摊贩备案管理办法

2024年3月1日 磴口县人民政府第五次常务会议通过

<!-- INFO END -->

## 第一章 总则

第一条 为了规范食品摊贩备案，保障食品安全，根据《中华人民共和国食品安全法》第五十三条，结合本县实际，制定本办法。

第二条 本县行政区域内食品摊贩的备案和监督管理，适用本办法。

## 第二章 备案

第三条 食品摊贩应当在经营前向所在地苏木镇人民政府备案，提交下列材料：

（一）经营者身份证明；

（二）从业人员健康证明；

（三）拟经营的食品种类和时段。

第四条 苏木镇人民政府应当自收到材料之日起五个工作日内发放备案卡。

第五条 食品摊贩应当遵守本办法第三条的规定，在划定的区域和时段内经营。

## 第三章 附则

第六条 本办法自2024年4月1日起施行。
""",
    ),
    (
        "磴口县食品摊贩备案管理办法",
        "2026-06-10",
        """# 磴口县食品摊贩备案管理办法

2024年3月1日 磴口县人民政府第五次常务会议通过

2026年6月10日 磴口县人民政府第三十一次常务会议修订

<!-- INFO END -->

## 第一章 总则

第一条 为了规范食品摊贩备案，保障食品安全，根据《中华人民共和国食品安全法》第五十三条，结合本县实际，制定本办法。

第二条 本县行政区域内食品摊贩的备案和监督管理，适用本办法。

## 第二章 备案

第三条 食品摊贩应当在经营前向所在地苏木镇人民政府备案，提交下列材料：

（一）经营者身份证明；

（二）从业人员健康证明；

（三）拟经营的食品种类和时段；

（四）食品安全承诺书。

第四条 苏木镇人民政府应当自收到材料之日起三个工作日内发放备案卡。

第四条之一 备案卡有效期三年，期满前三十日内可以延续。

第五条 食品摊贩应当遵守本办法第三条的规定，在划定的区域和时段内经营。

## 第三章 附则

第六条 本办法自2026年8月1日起施行。
""",
    ),
)
LAWS = (*EXCERPTS, *OWN)
OFFICE = "zhaojianguo"
"""Who keeps the laws of the demo: the bureau of 磴口县."""


async def plan_library(context: DemoContext) -> None:
    """The laws, published at once by the county's bureau; a second run changes nothing."""
    visitors: dict[str, Visitor] = context.shared["core.visitors"]
    who = visitors.get(OFFICE)
    if who is None:
        return
    async with transaction(who.scope):
        if await value("select 1 from library_law where region_lo = $1 limit 1", who.region.lo):
            return
        keeper = await keeper_of(who)
        for title, day, text in LAWS:
            source = read_source(f"{title}({day}).md", text.encode())
            await import_source(source, keeper, excerpt=(title, day, text) in EXCERPTS)
