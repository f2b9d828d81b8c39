"""Where a social worker works: institutions to choose from, and those that were missing (R-PRO-09, R-PRO-10)."""

from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from registration.models import Institution, InstitutionFeedback
from registration.queries.feedback import FeedbackStep
from registration.queries.progress import ProgressStep, office
from registration.workflows import InstitutionFeedbackState, InstitutionState
from registration.workflows.institution_feedback import registration_last_day
from swms.ui import cn_date

SHOWN = 20
SHORTEST = 2


def institutions_named(text: str) -> QuerySet[Institution]:
    """Return at most 20 institutions in good standing whose name holds ``text``, for everybody (R-PRO-09, R-SVC-09).

    Fewer than two characters find nothing.
    """
    if len(text) < SHORTEST or "\0" in text:  # no name holds a NUL, and the database takes none
        return Institution.objects.none()
    found = Institution.objects.filter(name__icontains=text, state=InstitutionState.ACTIVE)
    return found.select_related("region").order_by("name", "pk")[:SHOWN]


def institution_chosen(uid: str) -> Institution | None:
    """Return an institution in good standing by what a page of the search said of it; ``None`` for anything else."""
    try:
        number = UUID(uid)
    except ValueError:
        return None
    good = Institution.objects.filter(state=InstitutionState.ACTIVE)
    return good.select_related("region").filter(uid=number).first()


def offer_of(feedback: InstitutionFeedback) -> Institution | None:
    """Return the institution that this feedback's worker can link now."""
    if feedback.institution and feedback.institution.is_active:
        return feedback.institution
    if feedback.uscc:
        return Institution.objects.filter(uscc=feedback.uscc, state=InstitutionState.ACTIVE).first()
    return None


def next_step(feedback: InstitutionFeedback) -> FeedbackStep:
    """Return what the worker should do or know now about an institution that was missing."""
    offered = offer_of(feedback)
    if offered:
        if feedback.worker.experiences.filter(institution=offered).exists():
            return FeedbackStep("已关联，不需要您做什么", f"您的工作经历已关联到“{offered.name}”。")
        text = f"“{offered.name}”已在系统中。确认是您的工作单位后，可以把工作经历关联到它。"
        return FeedbackStep("确认关联工作经历", text, "查看并确认", "registration:employer_link", (offered.uid,))
    match feedback.state:
        case InstitutionFeedbackState.PENDING:
            text = (
                f"{office(feedback.region)}最迟在{cn_date(feedback.due_on)}前答复。工作经历中可以先直接填写单位名称。"
            )
            return FeedbackStep("等待审核，目前不需要您做什么", text)
        case InstitutionFeedbackState.APPROVED:
            text = (
                f"注册邀请已发给机构联系人，机构可以在{cn_date(registration_last_day(feedback))}前注册。"
                "机构注册并通过审核后，会通知您确认关联。"
            )
            return FeedbackStep("等待机构注册，目前不需要您做什么", text)
        case InstitutionFeedbackState.MERGED:
            text = "您反馈的机构已在系统中，但还没有完成注册，或者已暂停。可以关联时会通知您。"
            return FeedbackStep("等待机构可以关联，目前不需要您做什么", text)
        case InstitutionFeedbackState.REGISTERED:
            return FeedbackStep("机构现在不能关联", "机构已暂停或注销。工作经历中可以继续使用填写的单位名称。")
        case InstitutionFeedbackState.EXPIRED:
            text = "机构没有在期限内注册。工作经历中填写的单位名称保留；需要时可以重新反馈。"
            return FeedbackStep("可以重新反馈", text, "重新反馈", "registration:employer_report")
    text = "请核对审核意见。工作经历中填写的单位名称保留；情况有变化时可以重新反馈。"
    return FeedbackStep("可以重新反馈", text, "重新反馈", "registration:employer_report")


def steps(feedback: InstitutionFeedback) -> list[ProgressStep]:
    """Return the step list, as ``ui/steps.html`` takes it."""
    state, decided = feedback.state, feedback.decided_at and timezone.localdate(feedback.decided_at)
    refused, expired = state == InstitutionFeedbackState.REJECTED, state == InstitutionFeedbackState.EXPIRED
    waits, invited = state == InstitutionFeedbackState.PENDING, state == InstitutionFeedbackState.APPROVED
    there = state in (InstitutionFeedbackState.REGISTERED, InstitutionFeedbackState.MERGED)
    reviewed = "current" if waits else "failed" if refused else "done"
    registered = "done" if there else "failed" if expired else "current" if invited else "next"
    return [
        ProgressStep("提交反馈", "done", "本人", timezone.localdate(feedback.created_at)),
        ProgressStep("审核", reviewed, office(feedback.region), date=decided, expected=feedback.due_on),
        ProgressStep("机构注册", registered, "机构", expected=registration_last_day(feedback) if invited else None),
        ProgressStep("确认关联工作经历", "current" if offer_of(feedback) else "next", "本人"),
    ]
