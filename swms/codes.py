"""Reference data: the national code tables and closed lists that forms offer (rulebook §3, §4.3, §4.4).

A value is the code of the standard named beside it, so that records can be exchanged with other systems.
"""

from __future__ import annotations

from django.db.models import IntegerChoices, TextChoices


class Sex(TextChoices):
    """性别 (GB/T 2261.1)."""

    MALE = "1", "男"
    FEMALE = "2", "女"


class IdType(TextChoices):
    """证件类型 (§3.1)."""

    ID_CARD = "ID_CARD", "居民身份证"
    HK_MACAO_RESIDENCE = "HK_MACAO", "港澳居民居住证"
    TAIWAN_RESIDENCE = "TAIWAN", "台湾居民居住证"
    TRAVEL_PERMIT = "TRAVEL_PERMIT", "来往内地（大陆）通行证"
    PASSPORT = "PASSPORT", "护照"
    OTHER = "OTHER", "其他"

    @classmethod
    def with_citizen_number(cls) -> frozenset[IdType]:
        """Return the types whose number is an 18-character one of GB 11643."""
        return frozenset({cls.ID_CARD, cls.HK_MACAO_RESIDENCE, cls.TAIWAN_RESIDENCE})


class CertificateLevel(IntegerChoices):
    """证书级别, in rising order; the digit stands in the numbers of §3.14."""

    ASSISTANT = 1, "助理社会工作师"
    WORKER = 2, "社会工作师"
    SENIOR = 3, "高级社会工作师"


_ETHNICITIES = (
    "汉 蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 傈僳 佤 畲 高山 拉祜 水 东乡 纳西 "
    "景颇 柯尔克孜 土 达斡尔 仫佬 羌 布朗 撒拉 毛南 仡佬 锡伯 阿昌 普米 塔吉克 怒 乌孜别克 俄罗斯 鄂温克 德昂 保安 "
    "裕固 京 塔塔尔 独龙 鄂伦春 赫哲 门巴 珞巴 基诺"
)

ETHNICITIES: list[tuple[str, str]] = [
    *((f"{code:02}", f"{name}族") for code, name in enumerate(_ETHNICITIES.split(), start=1)),
    ("97", "其他"),
    ("98", "外国血统中国籍人士"),
]
"""民族 (GB 3304): 01 to 56, 97 and 98, as choices of a field."""


class PoliticalStatus(TextChoices):
    """政治面貌 (GB/T 4762)."""

    PARTY_MEMBER = "01", "中共党员"
    PROBATIONARY = "02", "中共预备党员"
    YOUTH_LEAGUE = "03", "共青团员"
    MINGE = "04", "民革党员"
    MINMENG = "05", "民盟盟员"
    MINJIAN = "06", "民建会员"
    MINJIN = "07", "民进会员"
    NONGGONG = "08", "农工党党员"
    ZHIGONG = "09", "致公党党员"
    JIUSAN = "10", "九三学社社员"
    TAIMENG = "11", "台盟盟员"
    NO_PARTY = "12", "无党派人士"
    MASSES = "13", "群众"


EDUCATION: list[tuple[str, str]] = [
    ("10", "研究生教育"),
    ("11", "博士研究生毕业"),
    ("12", "博士研究生结业"),
    ("13", "博士研究生肄业"),
    ("14", "硕士研究生毕业"),
    ("15", "硕士研究生结业"),
    ("16", "硕士研究生肄业"),
    ("17", "研究生班毕业"),
    ("18", "研究生班结业"),
    ("19", "研究生班肄业"),
    ("20", "大学本科教育"),
    ("21", "大学本科毕业"),
    ("22", "大学本科结业"),
    ("23", "大学本科肄业"),
    ("28", "大学普通班毕业"),
    ("30", "大学专科教育"),
    ("31", "大学专科毕业"),
    ("32", "大学专科结业"),
    ("33", "大学专科肄业"),
    ("40", "中等职业教育"),
    ("41", "中等专科毕业"),
    ("42", "中等专科结业"),
    ("43", "中等专科肄业"),
    ("44", "职业高中毕业"),
    ("45", "职业高中结业"),
    ("46", "职业高中肄业"),
    ("47", "技工学校毕业"),
    ("48", "技工学校结业"),
    ("49", "技工学校肄业"),
    ("60", "普通高级中学教育"),
    ("61", "普通高中毕业"),
    ("62", "普通高中结业"),
    ("63", "普通高中肄业"),
    ("70", "初级中学教育"),
    ("71", "初中毕业"),
    ("73", "初中肄业"),
    ("80", "小学教育"),
    ("81", "小学毕业"),
    ("83", "小学肄业"),
    ("90", "其他"),
]
"""学历 (GB/T 4658): every code that a record may carry."""

EDUCATION_OFFERED: list[tuple[str, str]] = [
    (code, label) for code, label in EDUCATION if code in {"11", "14", "21", "31", "41", "44", "47", "61", "71", "90"}
]
"""学历 that a form offers: completed ones only."""


class Degree(TextChoices):
    """学位. 无 is an answer, so that a compulsory field never blocks (R-PRO-02)."""

    DOCTOR = "DOCTOR", "博士"
    MASTER = "MASTER", "硕士"
    BACHELOR = "BACHELOR", "学士"
    NONE = "NONE", "无"


class HonourLevel(TextChoices):
    """荣誉级别: exactly these six (R-PRO-13)."""

    VILLAGE = "VILLAGE", "村（居）"
    STREET = "STREET", "街道（乡镇）"
    COUNTY = "COUNTY", "区（县）"
    CITY = "CITY", "地市"
    PROVINCE = "PROVINCE", "省"
    MINISTRY = "MINISTRY", "部"


class EmployerType(TextChoices):
    """单位类型 of a work experience (§3.3); 待业或在校 lets the jobless complete it (R-PRO-08)."""

    SOCIAL_WORK_INSTITUTION = "SOCIAL_WORK_INSTITUTION", "社会工作服务机构"
    GOVERNMENT = "GOVERNMENT", "机关"
    PUBLIC_INSTITUTION = "PUBLIC_INSTITUTION", "事业单位"
    COMMUNITY = "COMMUNITY", "社区"
    ASSOCIATION = "ASSOCIATION", "社会团体"
    ENTERPRISE = "ENTERPRISE", "企业"
    NOT_EMPLOYED = "NOT_EMPLOYED", "待业或在校"
    OTHER = "OTHER", "其他"


class SpecialPlan(TextChoices):
    """The two national plans that a past project may belong to (R-PRO-11, R-PRO-12)."""

    THREE_AREAS = "THREE_AREAS", "三区计划"
    HAND_IN_HAND = "HAND_IN_HAND", "牵手计划"


class InstitutionType(TextChoices):
    """机构类型 (§3.6)."""

    PRIVATE_NON_ENTERPRISE = "PRIVATE_NON_ENTERPRISE", "民办非企业单位"
    ASSOCIATION = "ASSOCIATION", "社会团体"
    FOUNDATION = "FOUNDATION", "基金会"
    PUBLIC_INSTITUTION = "PUBLIC_INSTITUTION", "事业单位"
    OTHER = "OTHER", "其他"
