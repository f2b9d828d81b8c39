"""Fictitious certificate holders in any number: nobody in here exists.

Identity numbers have a province's prefix alone (such as 110000), which no resident's number has, and
management numbers carry the mark of `synthetic_management_number`. The same seed gives the same people,
one after another, in memory that does not grow.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from swms.codes import CertificateLevel
from swms.idnumbers import check_digit
from swms.references import synthetic_management_number

MOST = 9_999_999  # the sequence in a management number has seven digits

#: Province, name, and how many of a thousand certificates it has, very roughly by population.
PROVINCES = (
    ("110000", "北京市", 45), ("120000", "天津市", 15), ("130000", "河北省", 40), ("140000", "山西省", 22),
    ("150000", "内蒙古自治区", 16), ("210000", "辽宁省", 26), ("220000", "吉林省", 16), ("230000", "黑龙江省", 16),
    ("310000", "上海市", 50), ("320000", "江苏省", 85), ("330000", "浙江省", 90), ("340000", "安徽省", 38),
    ("350000", "福建省", 30), ("360000", "江西省", 26), ("370000", "山东省", 62), ("410000", "河南省", 45),
    ("420000", "湖北省", 35), ("430000", "湖南省", 32), ("440000", "广东省", 150), ("450000", "广西壮族自治区", 24),
    ("460000", "海南省", 6), ("500000", "重庆市", 28), ("510000", "四川省", 44), ("520000", "贵州省", 14),
    ("530000", "云南省", 17), ("540000", "西藏自治区", 2), ("610000", "陕西省", 22), ("620000", "甘肃省", 12),
    ("630000", "青海省", 3), ("640000", "宁夏回族自治区", 6), ("650000", "新疆维吾尔自治区", 12),
)  # fmt: skip

#: New certificates of each examination, in ten thousands; the examinations of 2026 are fresh.
YEARS = {
    2008: 2, 2009: 1.5, 2010: 1.4, 2011: 1.5, 2012: 3, 2013: 4, 2014: 4, 2015: 5, 2016: 8, 2017: 4, 2018: 11, 2019: 9,
    2020: 13.8, 2021: 6.8, 2022: 19.2, 2023: 23.2, 2024: 35.5, 2025: 38, 2026: 34,
}  # fmt: skip
LEVELS = ((CertificateLevel.ASSISTANT, 740), (CertificateLevel.WORKER, 257), (CertificateLevel.SENIOR, 3))
#: Month and first day of issue: the results come out in late summer, the certificates follow.
ISSUED_FROM = (9, 8)

_SURNAMES = (
    "王王王王李李李李张张张张刘刘刘陈陈陈杨杨黄黄赵赵吴吴周周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓韩冯曹彭曾"
    "肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫雷龙黎史"
    "陶贺毛段郝顾龚邵覃武钱戴严莫孔向常汤葛"
)
_COMPOUND = ("欧阳", "司马", "上官", "诸葛", "司徒", "皇甫", "夏侯", "慕容")
_FEMALE = "芳娜敏静丽艳娟霞秀玲桂兰英华慧巧美蓉萍燕红雪琳晶欣怡佳颖倩婷雯洁梅莉瑶璐思梦嘉诗雨晴蕾薇涵月琴凤"
_MALE = "伟强磊军洋勇杰涛明超刚平辉鹏飞鑫波斌宇浩凯健俊帆帅峰建国志文博轩宁海东旭阳成龙林毅恒安康德睿子涵晨"
_RARE = "喆堃昇玥珺瑄璟翀旻焜甯淼犇骉㛃䶮𬘭𬭎𫖯㬎"
_MINORITY = (
    "买买提·阿卜杜拉", "古丽巴哈尔·艾力", "阿依古丽·吐尔逊", "艾尔肯·买买提", "热依拉·依明", "扎西顿珠", "次仁卓玛",
    "格桑·德吉", "乌日娜", "巴特尔", "其其格", "阿里木江·卡德尔", "努尔兰·哈力克", "沙依拉·木拉提",
    "玛依努尔·阿不都热合曼",
)  # fmt: skip

_FIRST_BIRTH, _BIRTH_DAYS = date(1962, 1, 1), 14_610  # forty years
_SERIALS = 997  # prime, and so is the step: births and serials do not meet again before all were used
_STEP = 7_368_787


@dataclass(frozen=True, slots=True)
class Holder:
    """A fictitious row of the roster."""

    name: str
    male: bool
    id_number: str
    mgmt_no: str
    level: int
    exam_year: int
    issue_date: date
    province: str
    province_name: str

    @property
    def cells(self) -> list[str]:
        """The row as a roster file has it."""
        level = CertificateLevel(self.level).label
        return [str(self.exam_year), level, self.name, "居民身份证", self.id_number, self.mgmt_no,
                self.issue_date.isoformat(), self.province_name]  # fmt: skip


def holders(count: int, seed: int, *, until: date) -> Iterator[Holder]:
    """Yield ``count`` certificates issued until ``until``; some people hold two, of rising levels.

    Raises ValueError for more than there are numbers.
    """
    if not 0 <= count <= MOST:
        raise ValueError(f"between 0 and {MOST} people")
    chance = random.Random(seed)
    offset, start = chance.randrange(_BIRTH_DAYS * _SERIALS), chance.randrange(MOST)
    last: Holder | None = None
    for place in range(offset, offset + count):
        sequence = (start + place) % MOST + 1
        again = last if last and last.level == 1 and last.exam_year < until.year - 2 and chance.random() < 0.2 else None
        last = _second(again, sequence, chance, until) if again else _first(place, sequence, chance, until)
        yield last


def _first(place: int, sequence: int, chance: random.Random, until: date) -> Holder:
    born, _ = _birth_and_serial(place)
    province, province_name, _ = chance.choices(PROVINCES, [share for _, _, share in PROVINCES])[0]
    level = chance.choices([level for level, _ in LEVELS], [share for _, share in LEVELS])[0]
    youngest = born.year + {1: 19, 2: 22, 3: 32}[level]
    years = {year: share for year, share in YEARS.items() if max(youngest, 2008) <= year}
    year = chance.choices(list(years), list(years.values()))[0] if years else max(YEARS)
    return _holder(place, sequence, chance, province, province_name, level, year, _issued(year, chance, until))


def holder(place: int, chance: random.Random, *, province: str, level: int, exam_year: int, issue_date: date) -> Holder:
    """Return a holder of one given certificate; another ``place`` (below ten million) is another person."""
    named = {code: title for code, title, _ in PROVINCES}[province]
    return _holder(place, place % MOST + 1, chance, province, named, level, exam_year, issue_date)


def _holder(place, sequence, chance, province, province_name, level, exam_year, issue_date) -> Holder:
    born, serial = _birth_and_serial(place)
    digits = f"{province}{born:%Y%m%d}{serial:03}"
    male = bool(serial % 2)
    return Holder(
        name=name(chance, male=male),
        male=male,
        id_number=digits + check_digit(digits),
        mgmt_no=synthetic_management_number(exam_year, province[:2], level, sequence),
        level=int(level),
        exam_year=exam_year,
        issue_date=issue_date,
        province=province,
        province_name=province_name,
    )


def _birth_and_serial(place: int) -> tuple[date, int]:
    """Return a birth and a serial number that no other place below fourteen million has."""
    place = place * _STEP % (_BIRTH_DAYS * _SERIALS)
    return _FIRST_BIRTH + timedelta(days=place // _SERIALS), place % _SERIALS + 1


def _second(holder: Holder, sequence: int, chance: random.Random, until: date) -> Holder:
    year = chance.randint(holder.exam_year + 2, until.year)
    return Holder(
        name=holder.name,
        male=holder.male,
        id_number=holder.id_number,
        mgmt_no=synthetic_management_number(year, holder.province[:2], 2, sequence),
        level=2,
        exam_year=year,
        issue_date=_issued(year, chance, until),
        province=holder.province,
        province_name=holder.province_name,
    )


def _issued(year: int, chance: random.Random, until: date) -> date:
    return min(until, date(year, *ISSUED_FROM) + timedelta(days=chance.randrange(60)))


def name(chance: random.Random, *, male: bool) -> str:
    """Return a name: mostly common, a few compound surnames, names of minorities and rare characters."""
    kind = chance.random()
    if kind < 0.012:
        return chance.choice(_MINORITY)
    surname = chance.choice(_COMPOUND) if kind < 0.022 else chance.choice(_SURNAMES)
    characters = _MALE if male else _FEMALE
    given = "".join(chance.choice(characters) for _ in range(1 if chance.random() < 0.25 else 2))
    if kind > 0.99:
        given = given[:-1] + chance.choice(_RARE)
    return surname + given
