# SPDX-License-Identifier: Apache-2.0
"""What a card's code is worth, found out without a network: nine answers and a sentence for each.

The page on a telephone (``static/card.js``) goes through the same steps in the same order; the
tests run both over the same codes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from plugins.certificates.rules import cose, status_list, token
from plugins.certificates.rules.cose import Damaged, Verify
from plugins.certificates.rules.token import CardClaims
from plugins.certificates.rules.trust import KeyStatement, Trust


@dataclass(frozen=True, slots=True)
class Words:
    """How an answer is told."""

    title: str
    sentence: str
    tone: str
    """ok, no, unsure."""


WORDS: Final[Mapping[str, Words]] = {
    "valid": Words(
        "证件有效",
        "签名真实，证件在有效期内。请核对照片与本人是否一致；执法人员不得少于两人。",
        "ok",
    ),
    "expired": Words(
        "证件已过期", "这张证已过有效期，持证人不得凭此证执法。你可以拒绝检查并反映。", "no"
    ),
    "suspended": Words(
        "证件暂扣中",
        "这张证被暂扣，或者还没有发到本人手里，持证人不得凭此证执法。你可以拒绝检查。",
        "no",
    ),
    "cancelled": Words(
        "证件已注销", "这张证已经注销或者吊销，持证人不得凭此证执法。你可以拒绝检查并反映。", "no"
    ),
    "not_inspected": Words(
        "证件未年审", "这张证逾期没有通过年审，通过以前持证人不得执法。你可以拒绝检查。", "no"
    ),
    "bad_signature": Words(
        "签名不符", "证件内容与签名对不上，可能是伪造的。请不要配合检查，并向当地司法局反映。", "no"
    ),
    "unknown_issuer": Words(
        "未知签发机关",
        "本平台不认识签发这张证的机关，不能说明真假。请让执法人员说明发证机关，向其核实。",
        "unsure",
    ),
    "list_stale": Words(
        "名单过旧",
        "签名真实，但手机里没有证件状态名单，或者名单太旧、比这张证还早，不知道这张证现在是否已经发出、暂扣、注销。有网络时请再扫一次。",
        "unsure",
    ),
    "damaged": Words(
        "二维码损坏",
        "二维码读出的内容不完整，不能核验。请擦净卡面再扫一次，或者按证号查询。",
        "unsure",
    ),
    "not_yet": Words(
        "证件尚未生效", "按现在的时间，这张证还没有到生效的日子。请先核对手机的日期。", "no"
    ),
}

NO_OFFICER: Final = "持有人不是行政执法人员，凭此证无权检查、处罚或者收费。"
"""Said of every paper that is not an enforcement card, whatever it is worth."""

PAPER_WORDS: Final[Mapping[str, Words]] = {
    "valid": Words(
        "聘期有效", f"签名真实，聘期没有结束。{NO_OFFICER}请核对本人与网上所示照片是否一致。", "ok"
    ),
    "expired": Words("聘期已满", f"聘期已经结束，不能再作为身份凭证。{NO_OFFICER}", "no"),
    "suspended": Words("暂停履职", f"这份证书现在不能作为身份凭证。{NO_OFFICER}", "no"),
    "cancelled": Words(
        "聘任已终止", f"持有人已经解聘、辞职或者聘期已满，不能再作为身份凭证。{NO_OFFICER}", "no"
    ),
    "list_stale": Words(
        "名单过旧",
        f"签名真实，但手机里没有状态名单，或者名单太旧、比这份证书还早，不知道持有人现在是否仍在聘。"
        f"有网络时请再扫一次。{NO_OFFICER}",
        "unsure",
    ),
    "not_yet": Words(
        "聘期尚未开始", f"按现在的时间，聘期还没有开始。请先核对手机的日期。{NO_OFFICER}", "no"
    ),
    "moved_on": Words(
        "动态码已失效",
        f"手机上出示的码两分钟一换，这一个已经过时，可能是截图。请对方当面刷新后再扫，并核对手机的时间。"
        f"{NO_OFFICER}",
        "unsure",
    ),
}
"""What differs when the holder is no enforcement officer."""

_LISTED: Final = {
    status_list.SUSPENDED: "suspended",
    status_list.NOT_INSPECTED: "not_inspected",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer, and what it rests on."""

    code: str
    card: CardClaims | None = None
    key: KeyStatement | None = None
    listed_at: int = 0
    """When the status list that was asked is from; 0 = there was none."""
    clock_behind: bool = False
    """The device's clock says less than the list was issued at, so it is certainly wrong."""

    @property
    def words(self) -> Words:
        # Of a signature that does not hold nothing is believed, also not what the holder is.
        if self.card is not None and self.card.title and self.genuine:
            return PAPER_WORDS[self.code]
        return WORDS[self.code]

    @property
    def genuine(self) -> bool:
        """The office did sign it, whatever became of the card."""
        return self.code not in {"bad_signature", "unknown_issuer", "damaged"}


_DOUBTS: Final[Mapping[str, str]] = {
    "moved_on": "这个动态码已经失效，可能是截图。请持有人在手机上刷新，当面再扫一次。",
    "bad_signature": "码里的内容与签名对不上，可能是伪造的。请核对证件原件和本人。",
    "unknown_issuer": "码上的签名不是本平台认识的机关签的。请核对证件原件和本人。",
    "damaged": "码没有读完整，请擦净再扫一次，或者换一台设备扫。",
}
"""What a desk says, where the register itself knows the rest: expired, suspended, cancelled."""

_SIGNED = re.compile(r"/certificates/check/[^?#]+#.")


def signed_by_us(text: str) -> bool:
    """Whether what was scanned leads to the verifier and brings a signature along."""
    return _SIGNED.search(text) is not None


def doubt(found: Verdict) -> str:
    """Why nobody is let in by this code at a desk; empty when the code itself is sound."""
    return _DOUBTS.get(found.code, "")


def judge(
    text: str, trust: Trust, moment: int, algorithms: Mapping[int, Verify] = cose.ALGORITHMS
) -> Verdict:
    """What the code ``text`` is worth at ``moment`` (seconds), against what is trusted."""
    try:
        message = token.message_of(text)
        card = token.claims_of(message)
    except Damaged:
        return Verdict("damaged")
    key = trust.keys.get(message.kid)
    if key is None or key.use != "card":
        return Verdict("unknown_issuer", card)
    if message.algorithm != key.algorithm or not cose.holds(message, key.public, algorithms):
        return Verdict("bad_signature", card, key)
    if not key.begins <= card.issued_at <= key.expires:
        # Whoever finds a key that is no longer in use must not be able to make cards with it.
        return Verdict("bad_signature", card, key)
    listed = trust.lists.get(key.root)
    behind = listed is not None and moment < listed.issued_at
    if listed is not None and behind:
        moment = listed.issued_at
    at = listed.issued_at if listed is not None else 0

    def answer(code: str) -> Verdict:
        return Verdict(code, card, key, at, behind)

    state = listed.of(card.index) if listed is not None else status_list.VALID
    if state == status_list.CANCELLED:  # which is for good, however old the list
        return answer("cancelled")
    if moment > card.last:
        return answer("expired")
    if card.moving and not card.begins <= moment <= card.expires:
        return answer("moved_on")
    if moment < card.begins:
        return answer("not_yet")
    if listed is None or moment > listed.expires or not listed.knows(card.index, card.placed):
        return answer("list_stale")
    return answer(_LISTED.get(state, "valid"))
