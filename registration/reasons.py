"""Coded reasons for a refusal, each tied to the part of the form that it speaks of."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """``item`` names the part of the personal information to mend; empty when nothing can be."""

    code: str
    label: str
    item: str


REASONS = {
    reason.code: reason
    for reason in (
        Reason("photo_not_id", "照片不是本人近期证件照，或不清晰", "photo"),
        Reason("basic_untrue", "基础信息与证明材料不一致", "basic"),
        Reason("education_untrue", "学历或学位信息有误", "basic"),
        Reason("address_incomplete", "户籍或通讯地址不完整", "basic"),
        Reason("region_wrong", "登记区域不是户籍或工作单位所在地", "region"),
        Reason("work_incomplete", "工作经历不完整，或时间不衔接", "work"),
        Reason("employer_wrong", "工作单位信息有误", "work"),
        Reason("project_evidence", "三区计划或牵手计划的证明材料不符合要求", "projects"),
        Reason("honour_evidence", "个人荣誉的证明材料不符合要求", "honours"),
        Reason("local_certificate", "地方登记证书的信息或扫描件有误", "local"),
        Reason("not_eligible", "不符合登记条件", ""),
        Reason("false_material", "提供虚假材料", ""),
        Reason("other", "其他（请在意见中说明）", ""),
    )
}
