# SPDX-License-Identifier: Apache-2.0
"""Whom this installation believes: its own roots, and the trust files of other provinces."""

import json
from typing import Any

from core.api import clock
from core.api.db import SubjectRef, current_scope, execute, lock_subjects, row, transaction, value
from core.api.errors import Conflict, Invalid, NotFound
from core.api.facts import record
from core.api.plugin import Place
from plugins.certificates.facts_signing import TrustChanged
from plugins.certificates.queries.checking import foreign_files, newest_list, own_keys
from plugins.certificates.rules import trust, verdict
from plugins.certificates.rules.cose import Damaged
from plugins.certificates.rules.trust import Root, Trust
from plugins.certificates.services.signers import algorithms


async def trust_file(*, everybody: bool, with_list: bool) -> dict[str, Any]:
    """The trust file of this installation.

    ``everybody``: with the provinces believed here, for our own verifier; without them for other
    provinces, who decide themselves. ``with_list``: with the newest status list in it.
    """
    keys = await own_keys()
    roots = [
        Root(bytes(each["public"]), each["name"], each["algorithm"])
        for each in keys
        if each["use"] == "root"
    ]
    statements = [bytes(each["statement"]) for each in keys if each["use"] != "root"]
    newest = await newest_list() if with_list else None
    lists = [bytes(newest["body"])] if newest else []
    if everybody:
        for content in await foreign_files():
            try:
                told = trust.read_file(content, algorithms())
            except Damaged:
                continue  # a signer's plugin was taken away
            roots += told.roots
            statements += told.statements
            lists += told.lists
    return trust.write_file(roots, statements, lists, int(clock.now().timestamp()))


async def everything_trusted() -> Trust:
    """Own and foreign keys and lists, ready for ``rules.verdict.judge``."""
    told = await trust_file(everybody=True, with_list=True)
    if not told["keys"]:
        return Trust()
    return trust.read_file(json.dumps(told), algorithms()).trust


async def doubt(code: str) -> str:
    """Why a code with a signature is not to be relied on at a desk now, else empty.

    Codes without one lead to the register itself, which says how the card stands.
    """
    if not verdict.signed_by_us(code):
        return ""
    found = verdict.judge(code, await everything_trusted(), int(clock.now().timestamp()))
    return verdict.doubt(found)


async def believe(text: str, fingerprint: str) -> int:
    """Take the trust file of another province; its root's fingerprint was compared by hand.

    A newer file of the same root takes the place of the older. Raises Invalid.
    """
    try:
        told = trust.read_file(text, algorithms())
    except Damaged as error:
        raise Invalid({"file": str(error)}) from error
    if len(told.roots) != 1:
        raise Invalid({"file": "请分别导入：一个信任文件只应有一个签发机关的根密钥。"})
    root = told.roots[0]
    mark = trust.fingerprint_words(root.public)
    if "".join(fingerprint.split()).upper() != mark.replace(" ", ""):
        raise Invalid(
            {"fingerprint": f"与文件里的指纹不一致（文件里是 {mark}）。请打电话向对方核对。"}
        )
    listed = told.trust.lists.get(root.kid)
    async with transaction():
        await lock_subjects(SubjectRef("certificates.trust", 0))
        if await value("select 1 from certificates_key where public = $1", root.public):
            raise Invalid({"file": "这是本平台自己的信任文件，不用导入。"})
        await execute(
            "update certificates_trust set removed_at = $2"
            " where fingerprint = $1 and removed_at is null",
            mark,
            clock.now(),
        )
        made: int = await value(
            """insert into certificates_trust (name, fingerprint, content, keys, listed_at,
                                               imported_at, imported_by)
               values ($1, $2, $3, $4, to_timestamp($5::float8), $6, $7) returning id""",
            root.name,
            mark,
            text,
            len(told.trust.keys),
            listed.issued_at if listed else None,
            clock.now(),
            current_scope().actor,
        )
        await record(
            "certificates.trust_added",
            SubjectRef("certificates.trust", made),
            TrustChanged(root.name, mark, len(told.trust.keys)),
            Place(0),
        )
    return made


async def disbelieve(number: int) -> None:
    """No longer believe a province. Raises NotFound, Conflict."""
    async with transaction():
        await lock_subjects(SubjectRef("certificates.trust", number))
        found = await row("select * from certificates_trust where id = $1", number)
        if found is None:
            raise NotFound
        if found["removed_at"] is not None:
            raise Conflict("已经移除。")
        await execute(
            "update certificates_trust set removed_at = $2 where id = $1", number, clock.now()
        )
        await record(
            "certificates.trust_removed",
            SubjectRef("certificates.trust", number),
            TrustChanged(found["name"], found["fingerprint"], found["keys"]),
            Place(0),
        )
