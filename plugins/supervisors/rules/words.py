# SPDX-License-Identifier: Apache-2.0
"""The code tables of the two source documents, with the article each comes from. Pure."""

from collections.abc import Mapping

ROUTES: Mapping[str, str] = {"self": "个人申报", "unit": "单位推荐", "invited": "特邀"}
"""选聘类型 (S0-2, S3-5): 个人自荐, 单位推荐, 定向邀请 under the names of the app."""

SOURCES: Mapping[str, str] = {
    "deputy": "人大代表",
    "member": "政协委员",
    "expert": "专家学者",
    "business": "民营企业家",
    "lawyer": "律师",
    "group": "人民团体",
    "association": "行业协会",
    "grassroots": "基层自治组织",
    "media": "新闻媒体",
    "office": "党政机关人员",
    "other": "其他界别",
}
"""界别 (S3-2): from whom supervisors are engaged; open at the end, as the article is."""

DECLARATIONS: Mapping[str, str] = {
    "no_crime": "遵守法律法规，没有受过刑事处罚",
    "no_sanction": "没有受过行政处分（政务处分）、党纪处分",
    "no_security_penalty": "没有因违反治安管理受过行政处罚",
    "good_credit": "信用良好，没有严重不良信用记录",
    "fair": "关注法治政府建设，公道正派，坚持原则",
    "secrets": "具有履行职责需要的法律知识，遵守保密规定",
    "healthy": "热心监督工作，身体健康，有时间和精力",
    "not_officer": "现在不是行政执法人员",
}
"""What an applicant declares (S3-10 … S3-13, S3-3): one box each, all of them needed."""

OBLIGATIONS: tuple[str, ...] = (
    "按照规定的权限和程序履职，积极参加组织的监督、检查活动",
    "不以权谋私，不妨碍执法公务，不损害行政相对人的合法权益",
    "保守国家秘密、工作秘密以及履职中知悉的商业秘密和个人隐私",
    "不私自接受有关单位或者当事人的财物",
    "不以社会监督员名义从事与执法监督无关的活动",
)
"""What every supervisor owes (S3-16), printed on the certificate and shown before applying."""

DUTIES: tuple[str, ...] = (
    "对行政执法机关及其执法人员进行社会监督",
    "关注和调研行政执法情况，提出意见和建议",
    "反映社会各界对行政执法工作的意见和建议",
    "参加组织的行政执法监督、评议、检查活动",
    "受委托就行政执法中的问题开展专题调研",
    "办理交办的其他行政执法监督事项",
)
"""What supervisors do (S3-15)."""

GROUNDS: Mapping[str, str] = {
    "crime": "受刑事处罚或者有其他严重不良信用记录",
    "secrets": "泄露国家秘密、工作秘密、商业秘密和个人隐私",
    "property": "私自收受有关单位或者当事人的财物",
    "gain": "利用行政执法监督权为服务处所或者个人谋取利益",
    "image": "参与有损政府形象的相关活动",
    "absence": "连续两次以上无故不参加组织的活动",
    "unfit": "因工作调离、退休、健康状况等原因不宜继续担任",
    "other": "其他需要解聘和追责的",
}
"""The eight grounds of dismissal (S3-24), in the order of the article."""

NUMERALS = "一二三四五六七八"

RELATIONS: Mapping[str, str] = {
    "self": "与本人有关",
    "relative": "与近亲属有关",
    "workplace": "与本人服务的处所有关",
    "other": "其他可能影响公正履职的情形",
}
"""Why somebody has to withdraw (S3-17)."""

SEXES: Mapping[str, str] = {"男": "男", "女": "女"}

BREACHES: Mapping[str, str] = {
    "power": "超越权限或者违反程序",
    "gain": "以权谋私",
    "obstruct": "妨碍执行公务",
    "secrets": "泄露秘密或者个人隐私",
    "property": "收受财物",
    "name": "以监督员名义从事无关活动",
    "other": "其他",
}
"""What a body may report of a supervisor (S3-21): the breaches of the five obligations."""


def plain_number(text: str) -> str:
    """A certificate number as it is stored, however its brackets were typed."""
    opened = "".join("〔" if each in "[(（【［{" else each for each in "".join(text.split()))
    return "".join("〕" if each in "])）】］}" else each for each in opened)[:60]


def ground_words(ground: str) -> str:
    """``第（六）项：连续两次以上…`` as it stands on papers."""
    numbers = dict(zip(GROUNDS, NUMERALS, strict=True))
    return f"第（{numbers[ground]}）项：{GROUNDS[ground]}"
