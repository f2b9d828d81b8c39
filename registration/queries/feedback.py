"""Feedback to the roster, as its giver follows it by receipt number and mobile, and what is due on it."""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from registration.models import Feedback, Qualification
from registration.queries.progress import ProgressStep, local_office
from registration.workflows import FeedbackState, QualificationState
from registration.workflows.feedback import DECISION_WORKING_DAYS, completion_last_day
from swms.audit import trail
from swms.crypto import index_candidates
from swms.dates import midnight, today, working_days_after
from swms.ui import cn_date
from swms.uploads.models import StoredFile

OPEN = (FeedbackState.PENDING, FeedbackState.NEED_MORE)
ENDED_WITHOUT_ENTRY = (FeedbackState.REJECTED, FeedbackState.WITHDRAWN)
FILES_STAY = dt.timedelta(days=90)  # §2.1


def of_mobile(ref: str, mobile: str) -> Feedback | None:
    """Return the feedback with this receipt number that was given with this mobile.

    Call it for who has proven to hold the mobile: its giver has no account that could be asked.
    """
    found = Feedback.objects.filter(ref=ref, mobile_index__in=index_candidates("mobile", mobile))
    return found.select_related("region", "certificate_image").first()


def given_on(ref: str) -> dt.datetime | None:
    """Return when the feedback with this receipt number was given, all that a bare receipt shows."""
    return Feedback.objects.filter(ref=ref).values_list("created_at", flat=True).first()


def answer_by(given_at: dt.datetime) -> dt.date:
    """Return the day by which a feedback given at this moment is answered."""
    return working_days_after(timezone.localdate(given_at), DECISION_WORKING_DAYS)


def open_for(id_number: str) -> Feedback | None:
    """Return the one feedback about this identity number that is not decided yet (R-ACC-07)."""
    return Feedback.objects.filter(id_index__in=index_candidates("identity", id_number), state__in=OPEN).first()


def earlier(feedback: Feedback, user) -> QuerySet[Feedback]:
    """Return the other feedbacks about the same person that the reviewer may see, newest first (R-ACC-07)."""
    same = Feedback.objects.visible_to(user).filter(id_index=feedback.id_index)
    return same.exclude(pk=feedback.pk).order_by("-id")


def mended(feedback: Feedback) -> list[str]:
    """Return the labels of what its giver changed before the present round."""
    edit = trail.history(feedback).filter(verb="registration.feedback.edit").last()
    return [str(Feedback._meta.get_field(name).verbose_name) for name in edit.changes["fields"]] if edit else []


# --- what its giver is told ----------------------------------------------------------------------


@dataclass(frozen=True)
class FeedbackStep:
    """The one thing to do next, in words; without ``url_name`` there is nothing to press."""

    title: str
    text: str
    action_label: str = ""
    url_name: str = ""
    url_args: tuple = ()


def next_step(feedback: Feedback) -> FeedbackStep:
    """Return what the giver should do or know now."""
    match feedback.state:
        case FeedbackState.PENDING:
            text = f"{local_office(feedback.region)}最迟在{cn_date(feedback.due_on)}前答复，结果会发短信通知您。"
            return FeedbackStep("等待审核，目前不需要您做什么", text)
        case FeedbackState.NEED_MORE:
            last_day = completion_last_day(feedback)
            if today() > last_day:
                return FeedbackStep("已超过补正期限", f"补正期限到{cn_date(last_day)}为止，这件反馈即将按不通过办结。")
            text = f"请按审核意见修改，在{cn_date(last_day)}前重新提交。逾期未补正的，按不通过办结。"
            return FeedbackStep("修改后重新提交", text, "修改并重新提交", "registration:feedback_edit", (feedback.ref,))
        case FeedbackState.APPROVED:
            text = "您的信息已在社工库中，注册时请填写与反馈一致的姓名和证件号码。已有账户的，新证书已关联到账户。"
            return FeedbackStep("现在可以注册账户", text, "注册账户", "registration:register")
        case FeedbackState.REJECTED:
            text = "请核对审核意见。确认信息无误或补齐材料后，可以重新反馈。"
            return FeedbackStep("可以重新反馈", text, "重新反馈", "registration:feedback")
    return FeedbackStep("反馈已撤回", "审核已经停止。需要时可以重新反馈。", "重新反馈", "registration:feedback")


def steps(feedback: Feedback) -> list[ProgressStep]:
    """Return the step list of the current round, as ``ui/steps.html`` takes it."""
    state = feedback.state
    ended = state in ENDED_WITHOUT_ENTRY
    waits = state == FeedbackState.PENDING
    return [
        ProgressStep("提交反馈", "done", "本人", timezone.localdate(feedback.created_at)),
        ProgressStep(
            "审核",
            "failed" if ended else "done" if state == FeedbackState.APPROVED else "current",
            local_office(feedback.region),
            date=None if waits else timezone.localdate(feedback.decided_at),
            expected=feedback.due_on,
            note=feedback.get_state_display() if ended or state == FeedbackState.NEED_MORE else "",
        ),
        ProgressStep("列入社工库", "done" if state == FeedbackState.APPROVED else "next", settings.AUTHORITY_LABEL),
        ProgressStep("注册账户", "current" if state == FeedbackState.APPROVED else "next", "本人"),
    ]


# --- what is due -----------------------------------------------------------------------------------


def arrivals() -> QuerySet[int]:
    """Return the keys of the open feedbacks whose certificate is in the roster by now, oldest first."""
    this = Q(mgmt_no=OuterRef("mgmt_no")) | Q(level=OuterRef("level"), exam_year=OuterRef("exam_year"))
    there = Qualification.objects.filter(
        this, id_index=OuterRef("id_index"), name=OuterRef("name"), state=QualificationState.VALID
    )
    return Feedback.objects.filter(Exists(there), state__in=OPEN).order_by("pk").values_list("pk", flat=True)


def files_due() -> QuerySet[StoredFile]:
    """Return the images of feedbacks that ended without an entry more than 90 days ago (§2.1)."""
    first_day = midnight(today())
    ended = Feedback.objects.filter(state__in=ENDED_WITHOUT_ENTRY, decided_at__lt=first_day - FILES_STAY)
    return StoredFile.objects.filter(pk__in=ended.values("certificate_image"), purged_at=None)
