# SPDX-License-Identifier: Apache-2.0
"""The columns of the officers' sheet, as offices head them."""

from core.api.clock import today
from core.api.imports import SheetColumn
from core.api.people import read_id_number, unified_code_problem
from plugins.certificates.rules import check_number


def id_number_problem(text: str) -> str:
    """What is wrong with an identity number; ``""`` when nothing is."""
    read = read_id_number(text, today())
    return read if isinstance(read, str) else ""


SHEET: tuple[SheetColumn, ...] = (
    SheetColumn("name", ("姓名",), required=True, longest=60),
    SheetColumn(
        "id_number",
        ("身份证号", "公民身份号码", "身份证号码"),
        required=True,
        as_text=True,
        check=id_number_problem,
    ),
    SheetColumn("phone", ("手机", "手机号", "联系电话"), as_text=True),
    SheetColumn("position", ("职务",), longest=60),
    SheetColumn("category", ("执法类别",), longest=60),
    SheetColumn("number", ("执法证号", "证号"), as_text=True, check=check_number),
    SheetColumn("valid_from", ("有效期起", "发证日期"), kind="date"),
    SheetColumn("valid_until", ("有效期止", "有效期至"), kind="date"),
    SheetColumn("inspection_due", ("年审应完成日期",), kind="date"),
)


ESTABLISHMENT: tuple[SheetColumn, ...] = (
    SheetColumn("name", ("姓名",), required=True, longest=60),
    SheetColumn(
        "id_number",
        ("身份证号", "公民身份号码", "身份证号码"),
        required=True,
        as_text=True,
        check=id_number_problem,
    ),
    SheetColumn("unit", ("单位", "单位名称", "编制单位"), longest=120),
)
"""在编名单, as the 编办 sends it."""

FORCED: tuple[SheetColumn, ...] = (
    *ESTABLISHMENT[:2],
    SheetColumn("unit", ("单位", "单位名称", "原单位"), longest=120),
    SheetColumn("reason", ("原因", "注销原因"), longest=300),
)
"""强制注销名单."""

OLD_OFFICERS: tuple[SheetColumn, ...] = (
    *SHEET[:5],
    SheetColumn("unit", ("单位", "单位名称", "所属单位")),
    SheetColumn(
        "unit_code", ("单位代码", "单位统一社会信用代码", "统一社会信用代码"), as_text=True
    ),
    SheetColumn(
        "number", ("执法证号", "证号", "证件编号"), required=True, as_text=True, check=check_number
    ),
    SheetColumn("valid_from", ("发证日期", "有效期起"), kind="date", required=True),
    SheetColumn("valid_until", ("有效期至", "有效期止"), kind="date", required=True),
    SheetColumn("inspection_due", ("年审应完成日期", "下次年审日期"), kind="date"),
    SheetColumn("state", ("状态", "证件状态"), required=True),
)
"""The officers of the 2008 system."""

OLD_BODIES: tuple[SheetColumn, ...] = (
    SheetColumn("name", ("单位名称", "单位", "名称"), required=True, longest=120),
    SheetColumn(
        "unified_code",
        ("统一社会信用代码", "组织机构代码", "单位代码"),
        as_text=True,
        check=unified_code_problem,
    ),
    SheetColumn("kind", ("类别", "单位类别")),
    SheetColumn("superior_code", ("上级代码", "上级统一社会信用代码"), as_text=True),
    SheetColumn("region", ("地区", "行政区划", "行政区划代码", "区划代码")),
)
"""The bodies of the 2008 system; without a region they belong to whoever brings them over."""
