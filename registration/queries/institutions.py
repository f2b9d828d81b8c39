"""Institutions: who waits, how one is followed without an account, who is told, and what is due."""

import datetime as dt
import hashlib
import unicodedata

from django.db.models import Q, QuerySet
from django.utils import timezone

from registration.models import Institution, InstitutionFeedback, InstitutionLink, Worker, WorkExperience
from registration.queries.feedback import FeedbackStep
from registration.queries.progress import ProgressStep, office
from registration.workflows import InstitutionFeedbackState, InstitutionState
from registration.workflows.institution import DECISION_WORKING_DAYS
from registration.workflows.institution_feedback import JOINABLE, REGISTRATION_DAYS
from swms.codes import EmployerType
from swms.crypto import index_candidates
from swms.dates import midnight, today, working_days_after
from swms.regions.models import Duty, jurisdictions_of
from swms.ui import cn_date

_BRACKETS = str.maketrans("【〔［{『「", "((((((") | str.maketrans("】〕］}』」", "))))))")

# --- by receipt and mobile, as feedback (decision 0013) ----------------------------------------------------


def of_mobile(ref: str, mobile: str) -> Institution | None:
    """Return the institution with this receipt number whose contact has this mobile.

    Call it for who has proven to hold the mobile: the contact has no account that could be asked.
    """
    found = Institution.objects.filter(ref=ref, contact_index__in=index_candidates("mobile", mobile))
    return found.select_related("region", "certificate_scan").first()


def given_on(ref: str) -> dt.datetime | None:
    """Return when the form with this receipt number was last sent, all that a bare receipt shows."""
    return Institution.objects.filter(ref=ref).values_list("submitted_at", flat=True).first()


def answer_by(given_at: dt.datetime) -> dt.date:
    """Return the day by which a form that was sent at this moment is answered."""
    return working_days_after(timezone.localdate(given_at), DECISION_WORKING_DAYS)


def hashed(token: str) -> str:
    """Return what is kept of a link's token: it has 192 random bits, so a plain hash tells nothing of it."""
    return hashlib.sha256(token.encode()).hexdigest()


def link_of(token: str, purpose: str, *, locked: bool = False) -> InstitutionLink | None:
    """Return the link with this token, if it still opens something."""
    links = InstitutionLink.objects.select_for_update(of=("self",)) if locked else InstitutionLink.objects
    alive = links.filter(token_hash=hashed(token), purpose=purpose, used_at=None, expires_at__gt=timezone.now())
    link = alive.select_related("institution__region", "institution__account").first()
    if link and purpose == InstitutionLink.Purpose.INVITATION and link.institution.state != InstitutionState.INVITED:
        return None
    return link


def next_step(institution: Institution) -> FeedbackStep:
    """Return what the contact should do or know now."""
    match institution.state:
        case InstitutionState.SUBMITTED:
            text = f"{office(institution.region)}最迟在{cn_date(institution.due_on)}前答复，结果会发短信通知联系人。"
            return FeedbackStep("等待审核，目前不需要您做什么", text)
        case InstitutionState.RETURNED:
            text = "请按审核意见修改后重新提交。"
            edit = "registration:institution_edit"
            return FeedbackStep("修改后重新提交", text, "修改并重新提交", edit, (institution.ref,))
        case InstitutionState.ACTIVE | InstitutionState.SUSPENDED:
            text = "审核已通过，设置密码的链接已发到联系人手机。链接过期的，请联系审核的民政部门重新发送。"
            return FeedbackStep("登录机构账户", text, "登录", "signin:sign_in")
        case InstitutionState.REJECTED:
            text = "请核对审核意见。情况有变化或材料补齐后，可以重新申请注册。"
            return FeedbackStep("可以重新申请", text, "重新申请", "registration:institution")
    return FeedbackStep("机构已注销", "机构已办理注销，不能再使用本系统。")


def steps(institution: Institution) -> list[ProgressStep]:
    """Return the step list of the current round, as ``ui/steps.html`` takes it."""
    state = institution.state
    waits, returned = state == InstitutionState.SUBMITTED, state == InstitutionState.RETURNED
    refused = state == InstitutionState.REJECTED
    return [
        ProgressStep("提交注册", "done", "机构", timezone.localdate(institution.submitted_at)),
        ProgressStep(
            "审核",
            "failed" if refused else "current" if waits or returned else "done",
            office(institution.region),
            date=None if waits else timezone.localdate(institution.decided_at),
            expected=institution.due_on,
            note=institution.get_state_display() if refused or returned else "",
        ),
        ProgressStep("设置密码并登录", "next" if waits or returned or refused else "current", "机构"),
    ]


# --- among the reviewers -----------------------------------------------------------------------------


def awaiting(user) -> QuerySet[Institution]:
    """Return the institutions that wait for this first reviewer's decision, the most urgent first."""
    return _mine(user, Institution.objects.filter(state=InstitutionState.SUBMITTED))


def feedbacks_awaiting(user) -> QuerySet[InstitutionFeedback]:
    """Return the feedbacks about institutions that wait for this first reviewer, the most urgent first."""
    pending = InstitutionFeedback.objects.filter(state=InstitutionFeedbackState.PENDING)
    return _mine(user, pending).select_related("worker__user")


def _mine(user, rows: QuerySet) -> QuerySet:
    mine = Q(pk__in=())
    for each in jurisdictions_of(user):
        if each.duty == Duty.FIRST_REVIEW:
            mine |= Q(region__path__startswith=each.path)
    return rows.visible_to(user).filter(mine).select_related("region").order_by("due_on", "id")


def plain_name(text: str) -> str:
    """Return an institution's name as names are compared: without blanks, and with one kind of brackets."""
    narrow = unicodedata.normalize("NFKC", text).translate(_BRACKETS)
    return "".join(narrow.split()).casefold()


def namesakes(institution: Institution) -> list[Institution]:
    """Return the other institutions of the region that have this name, however it is spelt."""
    there = Institution.objects.filter(region=institution.region, state__in=JOINABLE).exclude(pk=institution.pk)
    wanted = plain_name(institution.name)
    return [each for each in there if plain_name(each.name) == wanted]


def alike(feedback: InstitutionFeedback) -> list[Institution]:
    """Return the institutions that a feedback may be about: of its code, or of its name in the region.

    Asked once for each instance: the checks, the page and the form of a merge all look at them.
    """
    if not hasattr(feedback, "_alike"):
        wanted = plain_name(feedback.name)
        near = Q(region=feedback.region, state__in=JOINABLE)
        if feedback.uscc:
            near |= Q(uscc=feedback.uscc)
        there = Institution.objects.filter(near).select_related("region").order_by("pk")
        feedback._alike = [each for each in there if has_code_of(each, feedback) or plain_name(each.name) == wanted]
    return feedback._alike


def has_code_of(institution: Institution, feedback: InstitutionFeedback) -> bool:
    """Whether the institution has the code that a worker gave."""
    return bool(feedback.uscc) and institution.uscc == feedback.uscc


def merge_candidates(feedback: InstitutionFeedback) -> list[Institution]:
    """Return those among the alike that a feedback can be merged into, those of its code first."""
    joinable = [each for each in alike(feedback) if each.state in JOINABLE]
    return sorted(joinable, key=lambda each: not has_code_of(each, feedback))


# --- workers --------------------------------------------------------------------------------------------


def about(institution: Institution) -> QuerySet[InstitutionFeedback]:
    """Return the feedbacks that turn out to be about this institution: merged into it, or of its code (R-PRO-10)."""
    this = Q(institution=institution)
    if institution.uscc:
        this |= Q(uscc=institution.uscc) | Q(institution__released_uscc=institution.uscc)
    return InstitutionFeedback.objects.filter(this).select_related("worker__user").order_by("pk")


def offered(worker: Worker, uid) -> Institution | None:
    """Return an institution that the worker is offered to link: in good standing, and one of the own feedbacks."""
    found = Institution.objects.filter(uid=uid, state=InstitutionState.ACTIVE).select_related("region").first()
    return found if found and about(found).filter(worker=worker).exists() else None


def names_told(worker: Worker, institution: Institution) -> set[str]:
    """Return the institution's name, and how the worker called it in feedback, as names are compared."""
    told = about(institution).filter(worker=worker).values_list("name", flat=True)
    return {plain_name(name) for name in (institution.name, *told)}


def typed_experiences(worker: Worker) -> list[WorkExperience]:
    """Return the employments with a typed employer, the newest first."""
    typed = worker.experiences.filter(institution=None).exclude(employer_type=EmployerType.NOT_EMPLOYED)
    return list(typed)


def staff_of(institution: Institution) -> QuerySet[Worker]:
    """Return the workers whose current employer is this institution."""
    here = Worker.objects.filter(experiences__institution=institution, experiences__end_date=None)
    return here.select_related("user").order_by("pk")


# --- what is due ------------------------------------------------------------------------------------------


def expiries_due() -> QuerySet[int]:
    """Return the keys of the approved feedbacks whose institution did not register in 180 days, oldest first."""
    first_day = midnight(today())
    late = InstitutionFeedback.objects.filter(
        state=InstitutionFeedbackState.APPROVED, decided_at__lt=first_day - dt.timedelta(days=REGISTRATION_DAYS)
    ).exclude(institution__state=InstitutionState.SUBMITTED)
    return late.order_by("pk").values_list("pk", flat=True)
