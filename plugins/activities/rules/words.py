# SPDX-License-Identifier: Apache-2.0
"""The words of records and activities, and what the code on the screen looks like. Pure data."""

import re
from typing import Final

READ, HANDLE = "activities.record.read", "activities.record.handle"
OWN, MANAGE = "activities.record.write", "activities.activity.manage"

RECORD, ACTIVITY, INVITATION = (
    "activities.record",
    "activities.activity",
    "activities.invitation",
)

CODE = re.compile(r"/activities/in\?(?:code=[a-z2-7]{1,32}&)?id=(\d{1,18})(?:&|\Z)")
"""The address behind the code on the screen, with its activity."""

SELF: Final = "self"
INVITED: Final = "invited"
TYPES = {SELF: "自主", INVITED: "应邀"}
"""类型, as S0-20 has them."""

KINDS: dict[str, tuple[str, str]] = {
    "watch": ("社会监督", "一"),
    "survey": ("执法情况调研", "二"),
    "opinions": ("听取社会意见", "三"),
    "supervision": ("执法监督", "四"),
    "appraisal": ("执法评议", "四"),
    "inspection": ("执法检查", "四"),
    "research": ("专题调查研究", "五"),
    "other": ("交办的其他事项", "六"),
}
"""Kinds of activities: the duties of S3 art. 8 and the item each comes from (S3-15)."""

DUTIES = (
    "按规定的权限和程序履职，不代替执法人员作决定。",
    "不以权谋私，不妨碍执法，不损害行政相对人的合法权益。",
    "保守国家秘密、工作秘密、商业秘密和个人隐私，现场拍到的不转发。",
    "不私自接受有关单位或者当事人的财物。",
    "不以社会监督员名义从事与监督无关的活动。",
)
"""Obligations read before one goes (S3 art. 9, S3-16)."""

ENTRIES = {
    "submitted": "提交登记",
    "completed": "补充后重新提交",
    "noted": "已阅",
    "returned": "退回补充",
    "comment": "回复",
}


def kind_title(kind: str) -> str:
    """The words for a kind of activity."""
    return KINDS.get(kind, (kind, ""))[0]
