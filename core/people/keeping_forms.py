# SPDX-License-Identifier: Apache-2.0
"""What the pages of units and persons post."""

from typing import Annotated

import msgspec
from msgspec import Meta


class OrganisationForm(msgspec.Struct):
    """A new unit."""

    name: Annotated[str, Meta(title="机构名称", min_length=2, max_length=120)]
    kind: Annotated[str, Meta(title="类型", min_length=1, max_length=16, extra={"choose": True})]
    region: Annotated[int, Meta(title="行政区划")]
    parent: Annotated[int | None, Meta(title="上级机构")] = None
    short_name: Annotated[str, Meta(title="简称", max_length=40)] = ""
    unified_code: Annotated[str, Meta(title="统一社会信用代码", max_length=18)] = ""


class OrganisationChangeForm(msgspec.Struct):
    """Corrected particulars of a unit."""

    name: Annotated[str, Meta(title="机构名称", min_length=2, max_length=120)]
    short_name: Annotated[str, Meta(title="简称", max_length=40)] = ""
    unified_code: Annotated[str, Meta(title="统一社会信用代码", max_length=18)] = ""


class ReasonForm(msgspec.Struct):
    """Why a unit or a person is closed."""

    reason: Annotated[str, Meta(title="原因", min_length=2, max_length=200)]


class PersonForm(msgspec.Struct):
    """A new person."""

    name: Annotated[str, Meta(title="姓名", min_length=1, max_length=60)]
    organisation: Annotated[int, Meta(title="单位", extra={"choose": True})]
    id_number: Annotated[str, Meta(title="公民身份号码", max_length=18)] = ""
    phone: Annotated[str, Meta(title="电话", max_length=20)] = ""
    position: Annotated[str, Meta(title="职务", max_length=60)] = ""
    heads: Annotated[bool, Meta(title="负责人")] = False


class PersonChangeForm(msgspec.Struct):
    """Corrected particulars of a person; an empty number stays as it is."""

    name: Annotated[str, Meta(title="姓名", min_length=1, max_length=60)]
    phone: Annotated[str, Meta(title="电话", max_length=20)] = ""
    position: Annotated[str, Meta(title="职务", max_length=60)] = ""
    heads: Annotated[bool, Meta(title="负责人")] = False


class MoveForm(msgspec.Struct):
    """To which unit a person goes."""

    organisation: Annotated[int, Meta(title="调往单位", extra={"choose": True})]
    position: Annotated[str, Meta(title="新职务", max_length=60)] = ""
