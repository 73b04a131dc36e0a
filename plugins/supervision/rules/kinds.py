# SPDX-License-Identifier: Apache-2.0
"""Kinds, contents, ways and triggers of supervision (S4:29-41, 行政执法监督条例)."""

from collections.abc import Collection
from dataclasses import dataclass

READ = "supervision.matter.read"
MANAGE = "supervision.matter.manage"
ANSWER = "supervision.matter.answer"

KINDS: dict[str, str] = {
    "daily": "日常监督",
    "special": "专项监督",
    "individual": "个案监督",
    "key": "重点监督",
}

CONTENTS: dict[str, tuple[str, str]] = {
    "general": (
        "行政执法总体情况",
        "学习贯彻法律法规规章、组织领导、履行法定职责、信息化、执法责任制、专项行动、复议诉讼",
    ),
    "people": ("执法主体和执法人员", "主体合法适格、权责清单编制公布、人员资格"),
    "conduct": ("执法规范化建设", "依法办理案件和政务事项、执法程序、执法质量"),
    "systems": (
        "制度建设及执行",
        "三项制度、包容审慎监管、裁量权、双随机一公开、行刑衔接",
    ),
}
"""The four contents: key → (words, what belongs to it)."""

WAYS: dict[str, str] = {
    "special": "专项监督",
    "individual": "个案监督",
    "platform": "监督平台",
}
"""The three ways."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """What may start the supervision of a single case, and what its source must name."""

    title: str
    source: str
    """Words of the field that names the source."""
    link: bool = False
    """The source is on the network and its address is wanted."""


TRIGGERS: dict[str, Trigger] = {
    "complaint": Trigger("群众投诉", "投诉举报编号"),
    "media": Trigger("媒体曝光", "媒体和报道标题", link=True),
    "reconsideration": Trigger("行政复议被撤销", "行政复议决定书文号"),
    "lawsuit": Trigger("行政诉讼败诉", "行政判决书案号"),
}
"""The four triggers of S4:40."""

PROPOSED: dict[str, str] = {
    **{key: each.title for key, each in TRIGGERS.items()},
    "alarm": "维持的报警",
}
"""What a supervision is proposed by: a trigger, or an alarm that was upheld after its order."""

STATES: dict[str, tuple[str, str]] = {
    "open": ("doing", "办理中"),
    "waiting": ("doing", "等待答复"),
    "overdue": ("late", "逾期未答复"),
    "replied": ("replied", "待复核"),
    "closed": ("done", "已办结"),
    "dropped": ("revoked", "已终止"),
}
"""State → (chip, words)."""
ENDED = ("closed", "dropped")


def kind_proposed(by: str) -> str:
    """The kind a proposal leads to: only the triggers open the supervision of a single case."""
    return "individual" if by in TRIGGERS else "daily"


def way_of(kind: str, *, by_platform: bool = False) -> str:
    """The way a kind of supervision goes: what the platform shows is online supervision."""
    if kind == "special":
        return "special"
    if kind == "individual":
        return "individual"
    return "platform" if by_platform else "special" if kind == "key" else "platform"


def trigger_faults(kind: str, trigger: str, source: str, link: str) -> dict[str, str]:
    """What is missing of the source an individual supervision starts from; by form field."""
    if kind != "individual":
        return {"trigger": "只有个案监督才有启动情形。"} if trigger else {}
    if trigger not in TRIGGERS:
        return {"trigger": "选择个案监督的启动情形。"}
    it, faults = TRIGGERS[trigger], {}
    if len(source.strip()) < 2:
        faults["source"] = f"写明{it.source}。"
    if link.strip() and not link.strip().lower().startswith(("http://", "https://")):
        faults["link"] = "网址以 http:// 或 https:// 开头。"
    elif it.link and not link.strip():
        faults["link"] = "写明报道的网址；没有网址的纸质报道，请在附件里上传并填写保存处的网址。"
    return faults


def content_faults(contents: Collection[str]) -> dict[str, str]:
    """At least one of the four contents, and none that is not among them."""
    if not contents or not set(contents) <= CONTENTS.keys():
        return {"contents": "至少选择一项监督内容。"}
    return {}


def why_not_supervise(body_lo: int, organ_lo: int, organ_hi: int) -> list[str]:
    """Nobody supervises his own house: the organ itself and what stands below it."""
    if organ_lo <= body_lo <= organ_hi:
        return ["不能监督本单位及其内设、所属机构，请报上一级司法行政机关办理。"]
    return []
