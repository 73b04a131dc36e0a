# SPDX-License-Identifier: Apache-2.0
"""How a law is read, cited, compared and dated: pure functions."""

READ = "library.law.read"
EDIT = "library.law.edit"
REVIEW = "library.law.review"
TASKS = "library.task.read"
HANDLE = "library.task.handle"

KINDS = {
    "constitution": "宪法",
    "law": "法律",
    "administrative": "行政法规",
    "local": "地方性法规",
    "department": "部门规章",
    "local_rule": "地方政府规章",
    "normative": "规范性文件",
}
"""By force, the strongest first (立法法第九十八条至第一百零二条)."""
RANKS = {
    "constitution": 0,
    "law": 1,
    "administrative": 2,
    "local": 3,
    "department": 4,
    "local_rule": 4,
    "normative": 5,
}
STATES = {"draft": "编辑中", "review": "待审核", "published": "已发布"}
NOT_FOUND = "没有找到，或者不在你的管理范围内。"
