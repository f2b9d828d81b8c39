"""Coded reasons for a refusal, each tied to the part of the form that it speaks of (R-REG-15)."""

from dataclasses import dataclass

Place = tuple[str, str]


@dataclass(frozen=True)
class Reason:
    """``places`` are ``(section, key)`` of the form to mend, the whole section without a key; none: nothing can be.

    ``documents``: it may be said of any piece of evidence, and of nothing in general.
    """

    code: str
    label: str
    places: tuple[Place, ...] = ()
    documents: bool = False


EDUCATION = ("education", "degree", "school", "major", "is_sw_major")
#: Answers that are one matter: who is told to mend one may mend the other.
MATTERS = (frozenset({"education", "degree"}), frozenset({"major", "is_sw_major"}))
OTHER = "other"
DOCUMENT = "file:"

REASONS = {
    reason.code: reason
    for reason in (
        Reason("photo_not_id", "照片不是本人近期证件照，或不清晰", (("photo", ""),)),
        Reason("basic_untrue", "基础信息与证明材料不一致", (("basic", ""),)),
        Reason("education_untrue", "学历或学位信息有误", tuple(("basic", key) for key in EDUCATION)),
        Reason("address_incomplete", "户籍或通讯地址不完整", (("basic", "household"), ("basic", "address"))),
        Reason("region_wrong", "登记区域不是户籍或工作单位所在地", (("region", "region"),)),
        Reason("work_incomplete", "工作经历不完整，或时间不衔接", (("work", ""),)),
        Reason("employer_wrong", "工作单位信息有误", (("work", ""),)),
        Reason("project_evidence", "三区计划或牵手计划的证明材料不符合要求", (("projects", ""),)),
        Reason("project_untrue", "以往项目的信息有误", (("projects", ""),)),
        Reason("honour_evidence", "个人荣誉的证明材料不符合要求", (("honours", ""),)),
        Reason("honour_untrue", "个人荣誉的信息有误", (("honours", ""),)),
        Reason("local_certificate", "地方登记证书的信息或扫描件有误", (("region", "has_local_cert"),)),
        Reason("condition_short", "再登记的条件没有满足", (("renewal", ""),)),
        Reason("late_unexplained", "逾期原因没有说清楚", (("late", "late_reason"),)),
        Reason("material_unclear", "材料不清晰或不完整", documents=True),
        Reason("material_mismatch", "材料与填写的内容不一致", documents=True),
        Reason("not_eligible", "不符合登记条件"),
        Reason("false_material", "提供虚假材料"),
        Reason(OTHER, "其他（请在意见中说明）"),
    )
}

#: What may be said of the form in general; the rest needs an item that it is said of.
GENERAL = tuple(reason for reason in REASONS.values() if not reason.documents)


def codes_for(section: str, key: str) -> list[Reason]:
    """Return the reasons that may be given for an item of the form, the most fitting first, 其他 last."""
    if key.startswith(DOCUMENT):
        fitting = [reason for reason in REASONS.values() if reason.documents]
    else:
        fitting = [each for each in REASONS.values() if any(_meets(place, section, key) for place in each.places)]
        fitting.sort(key=lambda each: (section, key) not in each.places)
    return [*fitting, REASONS[OTHER]]


def _meets(place: Place, section: str, key: str) -> bool:
    where, what = place
    if where != section:
        return False
    if section == "region":  # what is not the region itself is about the local certificate
        return not key or (what == "region") == (key == "region")
    return not what or not key or what == key
