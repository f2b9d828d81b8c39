"""What must hold before a case moves. Each guard raises ``Refused``."""

from datetime import timedelta

from django.apps import apps
from django.utils import timezone

from registration.reasons import REASONS, Item, ItemRefused, Named, items_of, named_items
from registration.requirements import check_requirements
from registration.workflows.application.filing import accepted_as, filed_in_time, filing_refused, window_closed
from registration.workflows.application.states import MAKEUP_KINDS, RENEWAL_KINDS
from registration.workflows.application.states import ApplicationKind as K
from registration.workflows.application.states import ApplicationState as A
from registration.workflows.qualification import QualificationState
from registration.workflows.registration import REGISTERED_STATES, RegistrationState
from swms.codes import IdType
from swms.dates import add_years, today
from swms.ui import cn_date
from swms.workflow import Refused, Step

REAPPLY_DAYS = 30  # F10
EXPLANATION_LENGTH = 500


def profile_complete(application, step: Step):
    """R-REG-08: refuse with the list of what is missing."""
    missing = application.worker.missing()
    if missing:
        names = "、".join(label for _, label in missing)
        raise Refused("profile_incomplete", f"个人信息尚未完善：{names}", missing=[name for name, _ in missing])


def promise_ticked(application, step: Step):
    """R-REG-08: 承诺声明."""
    if not step.data.get("promise_version"):
        raise Refused("promise_missing", "请先阅读并勾选承诺声明")


def certificate_valid(application, step: Step):
    """R-REG-01, F1: the qualification certificate is 有效."""
    if application.qualification.state != QualificationState.VALID:
        raise Refused("certificate_not_valid", "该职业水平证书当前不是有效状态，不能申请登记")


def region_belongs(application, step: Step):
    """R-PRO-07: 登记区域 is where 户籍 or 工作单位 is, also after either was changed.

    A registered person's 登记区域 only moves by 变更 (R-CHG-07), which asks for its own proof.
    """
    worker = application.worker
    if application.kind not in RENEWAL_KINDS and worker.region_fit(worker.region) == "elsewhere":
        raise Refused("region_elsewhere", "登记区域须是户籍所在地或工作单位所在地，请先核对个人信息中的登记区域")


def no_change_under_review(application, step: Step):
    """R-CHG-08, seen from the other side: what moves the person to another region is decided first."""
    change = application.worker.change_under_review
    if change:
        raise Refused("change_in_review", f"变更申请{change.ref}正在审核，请等它办结，或撤回变更后再申请登记")


def of_age(application, step: Step):
    """R-REG-07: full civil capacity, at least 18 years old."""
    born = application.worker.birth_date
    if born is None or add_years(born, 18) > today():
        raise Refused("under_age", "未满18周岁，不能申请登记")


def in_window(application, step: Step):
    """R-REG-03…05, R-REREG-03: inside the window, or late with an explanation where the province takes late ones."""
    if accepted_as(application) in MAKEUP_KINDS:
        explanation = step.data.get("late_reason", "").strip()
        if not explanation:
            raise Refused("late_reason_required", "补登记须说明逾期的原因")
        if len(explanation) > EXPLANATION_LENGTH:
            raise Refused("late_reason_too_long", f"逾期原因不能超过{EXPLANATION_LENGTH}个字")


def record_open(application, step: Step):
    """§2.4: only a record in force is renewed, and only a lapsed one is made up for (R-REREG-07, R-REREG-08)."""
    if application.kind not in RENEWAL_KINDS:
        return
    record = application.registration
    lapsed = record.state == RegistrationState.EXPIRED
    if record.state not in (RegistrationState.VALID, RegistrationState.IN_REREG, RegistrationState.EXPIRED):
        raise Refused("record_closed", f"登记{record.get_state_display()}，不能再登记")
    if application.kind == K.MAKEUP_RENEW and not lapsed:
        raise Refused("record_not_lapsed", "登记仍在有效期内，请在受理期限内办理再登记")


def requirements_met(application, step: Step):
    """R-REREG-04: hours, at submission and again at the final review, unless the province waives them (R-REREG-11)."""
    if application.kind not in RENEWAL_KINDS:
        return
    sent = timezone.localdate(application.submitted_at) if application.submitted_at else today()
    policies = apps.get_model("registration", "ProvincePolicy")
    if not policies.of(application.registration.region, sent).ce_waived_on(sent):
        check_requirements(application)


def still_in_time(application, step: Step):
    """F6: an edit during the review, such as taking back the local certificate, must not open a closed window."""
    if not filed_in_time(application):
        raise window_closed(application)


def another_reviewer(application, step: Step):
    """R-REG-18: nobody makes both reviews of one case, whatever the round."""
    other = "final" if step.transition.source == A.PENDING_REVIEW else "first"
    if application.decisions.filter(stage=other, reviewer=step.actor).exists():
        raise Refused("four_eyes", "初审和终审须由不同的人员进行")


def reason_coded(application, step: Step):
    """R-REG-15: a refusal names its kind, and at least one item of the form or coded reason.

    补正 names something that can be mended: nothing else is open in the next round (R-REG-14).
    """
    codes, kind = step.data.get("reason_codes") or [], step.data.get("refusal_kind")
    if kind not in application.RefusalKind.values:
        raise Refused("kind_required", "请选择“补正”或“不予登记”")
    if any(code not in REASONS for code in codes) or not (codes or step.data.get("items")):
        raise Refused("reason_code_required", "请至少选择一项原因，或者指出具体内容")
    if not named_in(application, step) and kind == application.RefusalKind.FIXABLE:
        raise Refused("nothing_named", "补正须指出需要修改的内容，请在表单中勾选，或者选择有对应内容的原因")


def named_in(application, step: Step) -> list[Named]:
    """Return what a refusal names of the form that was looked at; raises ``Refused`` with ``ItemRefused``'s codes."""
    asked, codes = step.data.get("items") or [], step.data.get("reason_codes") or []
    try:
        return named_items(asked, codes, nameable(application))
    except ItemRefused as refused:
        raise Refused(refused.code, refused.message) from refused


def nameable(application, content: dict | None = None) -> list[Item]:
    """Return the items of the present form that a refusal may name."""
    worker, renewed = application.worker, application.registration
    registered = renewed is not None and renewed.state in REGISTERED_STATES  # what is read already need not be asked
    registered = registered or worker.registrations.filter(state__in=REGISTERED_STATES).exists()
    derived = ("sex", "birth_date") if worker.user.id_type in IdType.with_citizen_number() else ()  # R-ACC-11
    return items_of(content or application.form.content, registered=registered, derived=derived)


def may_apply_again(application, step: Step):
    """F10: at once after 补正, after 30 days when it was 不予登记; a renewal only while it can still be sent."""
    if application.refusal_kind == application.RefusalKind.REFUSED:
        free = timezone.localdate(application.refused_at) + timedelta(days=REAPPLY_DAYS)
        if today() < free:
            raise Refused("too_early", f"不予登记后满{REAPPLY_DAYS}日方可重新申请，{cn_date(free)}起可以申请")
    if application.kind in RENEWAL_KINDS:
        refused = filing_refused(application)
        if refused:
            raise refused


def time_is_over(application, step: Step):
    """§2.4: a renewal lapses when nothing can be sent any more."""
    refused = filing_refused(application)
    if application.kind not in RENEWAL_KINDS or refused is None or refused.code != "window_closed":
        raise Refused("still_open", "受理期限未到")


def nothing_to_renew(application, step: Step):
    """A renewal of a record that was revoked, cancelled or superseded meanwhile has lost its object (R-REG-22)."""
    gone = (RegistrationState.REVOKED, RegistrationState.CANCELLED, RegistrationState.SUPERSEDED)
    if application.kind not in RENEWAL_KINDS or application.registration.state not in gone:
        raise Refused("record_open", "登记仍可以再登记")
