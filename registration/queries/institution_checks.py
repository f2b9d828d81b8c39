"""What the system compares by itself before a reviewer decides about an institution (shown, never binding)."""

from registration.models import Institution, InstitutionFeedback
from registration.queries.checks import AutomaticCheck
from registration.queries.institutions import alike, has_code_of, namesakes
from registration.workflows import InstitutionState
from registration.workflows.institution_feedback import JOINABLE
from swms.codes import InstitutionType
from swms.idnumbers import InvalidIdNumber, clean_uscc
from swms.signin.actions import user_of_mobile

#: What the first two characters of a code registered by 民政 say (R-SVC-07).
KINDS = {
    "51": InstitutionType.ASSOCIATION,
    "52": InstitutionType.PRIVATE_NON_ENTERPRISE,
    "53": InstitutionType.FOUNDATION,
}
REGISTERED_BY_CIVIL_AFFAIRS = "5"
SHARE = 3  # R-SVC-08: a third of the staff


def of_feedback(feedback: InstitutionFeedback) -> list[AutomaticCheck]:
    """Return the comparison with the institutions that are there, and with other feedbacks."""
    told = InstitutionFeedback.objects.filter(region=feedback.region, name=feedback.name)
    if feedback.uscc:
        told |= InstitutionFeedback.objects.filter(uscc=feedback.uscc)
    others = told.exclude(pk=feedback.pk).count()
    there = [each for each in alike(feedback) if each != feedback.institution]
    return [
        *_code(feedback.uscc),
        _same_code(feedback, there),
        _same_name([each for each in there if each.state in JOINABLE and not has_code_of(each, feedback)]),
        AutomaticCheck(
            "others",
            "没有其他社工反馈过这家机构",
            None if others else True,
            f"另有{others}件反馈" if others else "",
            "",
        ),
    ]


def of_institution(institution: Institution) -> list[AutomaticCheck]:
    """Return the checks of an institution's form: its code, its namesakes, its staff."""
    if institution.state == InstitutionState.INVITED:
        return []
    uscc = institution.uscc or institution.released_uscc
    taken = institution.account is None and institution.contact_mobile and user_of_mobile(institution.contact_mobile)
    return [
        *_code(uscc),
        _kind(institution, uscc),
        _same_name(namesakes(institution)),
        _staff(institution),
        AutomaticCheck(
            "mobile",
            "联系人手机号没有用于其他账户",
            None if taken else True,
            "已用于另一个账户，机构账户将不绑定手机号，用统一社会信用代码登录" if taken else "",
            "",
        ),
    ]


def _code(uscc: str) -> list[AutomaticCheck]:
    label = "统一社会信用代码校验正确"
    if not uscc:
        return [AutomaticCheck("uscc", label, None, "未填写", "")]
    try:
        clean_uscc(uscc)
    except InvalidIdNumber as invalid:
        return [AutomaticCheck("uscc", label, False, invalid.message, "")]
    return [AutomaticCheck("uscc", label, True, "", "")]


def _kind(institution: Institution, uscc: str) -> AutomaticCheck:
    """R-SVC-07: 52 is what an institution of social work normally has; everything else is worth a look."""
    label = "代码是民政部门登记的民办非企业单位（52）"
    prefix = uscc[:2]
    if prefix == "52":
        agrees = institution.org_type == KINDS["52"]
        note = "" if agrees else f"代码是民办非企业单位，机构类型填写的是{institution.get_org_type_display()}"
        return AutomaticCheck("kind", label, True if agrees else None, note, "")
    kind = KINDS.get(prefix)
    if kind:
        note = f"代码以{prefix}开头，是{kind.label}"
    elif prefix.startswith(REGISTERED_BY_CIVIL_AFFAIRS):
        note = f"代码以{prefix}开头，是民政部门登记的其他组织"
    else:
        note = f"代码以{prefix}开头，不是民政部门登记的组织，请核对是否属于社会工作服务机构"
    return AutomaticCheck("kind", label, None, note, "")


def _same_code(feedback: InstitutionFeedback, there: list[Institution]) -> AutomaticCheck:
    label = "系统中没有同一统一社会信用代码的机构"
    if not feedback.uscc:
        return AutomaticCheck("same_code", label, None, "未填写代码，无法核对", "")
    known = [each for each in there if has_code_of(each, feedback)]
    return AutomaticCheck("same_code", label, not known, _named(known), "")


def _same_name(known: list[Institution]) -> AutomaticCheck:
    return AutomaticCheck("same_name", "该区域没有同名的机构", None if known else True, _named(known), "")


def _named(institutions: list[Institution]) -> str:
    return "、".join(f"“{each.name}”（{each.get_state_display()}）" for each in institutions)


def _staff(institution: Institution) -> AutomaticCheck:
    """R-SVC-08: shown to the reviewer, never enforced."""
    label = "专职人员中持证或社工专业本科以上的不少于三分之一"
    total, licensed = institution.staff_total, institution.staff_licensed
    if not total or licensed is None:
        return AutomaticCheck("staff", label, None, "未填写人数", "")
    enough = licensed * SHARE >= total
    return AutomaticCheck("staff", label, True if enough else None, f"{total}人中有{licensed}人", "")
