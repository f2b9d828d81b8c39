"""The office that the look of the console is tested in: something on every screen; everybody is fictitious."""

import datetime as dt
import io
import uuid

from django.urls import reverse
from django.utils import timezone

from registration import actions, roster
from registration.models import (
    Application,
    DeadlineReminder,
    Escalation,
    RosterConflict,
    RosterImport,
    RosterKept,
)
from registration.promise import PROMISE_VERSION
from registration.queries.versions import Seen, version_of
from swms import claims
from swms.calendar import actions as calendar
from swms.casework.batches import Choice, carry_out, open_batch
from swms.casework.notes import write_note
from swms.notices.send import notify
from swms.regions.models import Duty
from swms.workflow import Refused
from tests import factories
from tests.people import signed_in

QUEUE = "/console/registration/application/"
KEYS = ("ethnicity", "work_years")
POLICY = {
    "first_review_level": "county",
    "final_review_level": "province",
    "makeup_first_from": dt.date(2039, 1, 4),
    "makeup_first_until": dt.date(2039, 3, 31),
    "makeup_renew_from": None,
    "makeup_renew_until": None,
    "ce_waived_from": dt.date(2039, 1, 4),
    "ce_waived_until": dt.date(2039, 3, 31),
    "ce_waived_notice": "关于集中办理补登记的通知（示例）",
    "note": "年初集中办理。",
}
NEXT_YEAR = dt.date.today().year + 1  # noqa: DTZ011 - any year that is offered
ANNOUNCED = {
    "do": "check",
    "list-text": f"{NEXT_YEAR}-01-01 {'休' if dt.date(NEXT_YEAR, 1, 1).weekday() < 5 else '班'}",
    "list-source": "关于节假日安排的通知（示例）",
}


def furnished(people) -> dict:
    """Return who sits there, by duty, what lies on their desks, and the addresses of it."""
    case = factories.submitted("王芳")
    late, near = factories.submitted("陈晨"), factories.submitted("买买提·阿卜杜拉")
    today = dt.date.today()  # noqa: DTZ011 - only for colours
    Application.objects.filter(pk=late.pk).update(due_on=today - dt.timedelta(days=6))
    Application.objects.filter(pk=near.pk).update(due_on=today + dt.timedelta(days=5))
    claims.claim(near, by=factories.staff("刘洋", (Duty.FIRST_REVIEW, "110105")))
    factories.evidence(case.worker, case.worker.user)
    factories.new_photo(late.worker)
    write_note(case, "已电话联系本人，\n原件下周送达。", by=people.li_jing, uid=uuid.uuid4())
    choices = [Choice(each, 1, "pass_first", "初审通过") for each in (near.ref, late.ref, "DJ-110105-2026-99999")]
    batch = open_batch(uuid.uuid4(), "registration.application", choices, by=people.li_jing, attestation="已逐件查看")
    carry_out(batch, _none_but(late.ref))
    corrected = _sent_again(factories.submitted("孙梅"), people.li_jing)
    feedback = factories.feedback("李娜", note="证书上的姓名写错了。")
    owners = [factories.worker(name, region=factories.region("110105")) for name in ("林悦", "刘波")]
    appeal, objected = (factories.appeal(owner, reason="原手机号已停机，补不了卡。") for owner in owners)
    objected.move("approve", actor=people.li_jing, seen=1).move("block")
    told = notify(case.worker.user, kind="test", title="补正即将截止", body="请及时提交。", about=case, outside=True)
    DeadlineReminder.objects.create(
        worker=case.worker, kind="correction", subject="x", rung=7, last_day=today, application=case, notice=told
    )
    Escalation.objects.create(
        kind="registration.application",
        case_id=late.pk,
        ref=late.ref,
        state=late.state,
        duty=Duty.FIRST_REVIEW,
        due_on=today - dt.timedelta(days=6),
        late_id="110105",
        level=1,
        office_id="110000",
    )
    factories.institution()
    factories.region("440305")
    mei = factories.staff("何梅", (Duty.FINAL_REVIEW, "440000"), username="hemei")
    settled = POLICY | {"effective_from": today + dt.timedelta(days=9)}
    actions.set_policy(factories.region("440000"), settled, by=mei, seen=0)
    system = factories.staff("郑凯", (Duty.SYSTEM, None), username="zhengkai")
    monday = next(day for day in (dt.date(NEXT_YEAR, 5, 6 + n) for n in range(7)) if day.weekday() == 0)
    calendar.announce_day(monday, is_working=False, source=ANNOUNCED["list-source"], year=NEXT_YEAR, by=system)
    target = factories.institution()
    change = factories.change(
        case.worker, into=target, to_region=factories.region("110108"), kind="INST_AND_REGION", state="PENDING_OUT"
    )
    change.new_contract = factories.evidence(change, case.worker.user)
    change.leave_proof = factories.document(change, case.worker.user)
    change.save()
    employer = factories.institution_feedback(case.worker, "春风 社会工作服务中心")
    institution = factories.registering("春风社会工作服务中心", uscc=factories.uscc(kind="51"))
    keeper = factories.staff("周燕", (Duty.CERTIFICATE, None), username="zhouyan2")
    lines = [
        "考试年度,级别,姓名,证件类型,证件号码,管理号,签发日期,省份",
        f"2025,助理社会工作师,赵一,居民身份证,{factories.id_number()},202511000100000017,2025-09-15,北京市",
        "2025,助理社会工作师,钱二,居民身份证,110000199003070011,202511000100000025,2025-09-15,北京市",
    ]
    tried = roster.stage(io.BytesIO("\n".join(lines).encode()), name="名单.csv", by=keeper)
    roster.run(tried.pk)
    row = factories.qualification("赵一", mgmt_no="202511000100000033", exam_year=2025)
    lines[1:] = [
        f"2025,助理社会工作师,赵义,居民身份证,{row.id_number},{row.mgmt_no},2025-09-15,北京市",
        f"2025,助理社会工作师,周七,居民身份证,{factories.id_number()},202511000100000041,2025-09-15,北京市",
    ]
    done = roster.stage(io.BytesIO("\n".join(lines).encode()), name="名单.csv", by=keeper)
    done = roster.run(roster.confirm(roster.run(done.pk), by=keeper).pk)
    conflict = RosterConflict.objects.get()
    undone = RosterImport.objects.create(
        file_name="旧名单.csv",
        sha256="1" * 64,
        by=keeper,
        outcome="undone",
        undone_by=keeper,
        rows_undone=118,
        undone_at=timezone.now(),
        undo_reason="名单是去年的旧文件，导入有误。",
        rows_created=119,
    )
    RosterKept.objects.create(roster_import=undone, qualification=row, reason="account")
    pair = factories.qualification("周七"), factories.qualification("周七", level=2)
    merge = actions.merging.propose(*pair, reason="公安机关出具的证件号码变更证明。", by=people.zhou_yan)
    named = {
        "keep": pair[0].mgmt_no,
        "join": case.qualification.mgmt_no,
        "reason": "公安机关出具的变更证明。",
        "do": "check",
    }
    return {
        "imported": reverse("admin:registration_rosterimport_change", args=[done.uid]),
        "undo": reverse("admin:registration_rosterimport_undo", args=[done.uid]),
        "undone": reverse("admin:registration_rosterimport_change", args=[undone.uid]),
        "conflict": reverse("admin:registration_rosterconflict_change", args=[conflict.uid]),
        "take": {"move": "take", "version": str(conflict.form_version)},
        "merging": reverse("admin:registration_rostermerge_change", args=[merge.uid]),
        "merge": reverse("admin:registration_rostermerge_add"),
        "named": named,
        "nameable": named | {"join": row.mgmt_no},
        "case": case,
        "late": late,
        "corrected": corrected,
        "feedback": feedback,
        "appeal": reverse("admin:registration_appeal_change", args=[appeal.ref]),
        "objected": reverse("admin:registration_appeal_change", args=[objected.ref]),
        "release": reverse("admin:registration_appeal_release", args=[objected.ref]),
        "change": change,
        "employer": reverse("admin:registration_institutionfeedback_change", args=[employer.ref]),
        "institution": reverse("admin:registration_institution_change", args=[institution.uid]),
        "jing": signed_in(people.li_jing),
        "wei": signed_in(people.zhang_wei),
        "hao": signed_in(people.sun_hao),
        "narrowed": f"{QUEUE}?part=first&region=110105&clock=late",
        "narrowed to nothing": f"{QUEUE}?part=final&region=110108&clock=near",
        "mei": signed_in(mei),
        "keeper": signed_in(keeper),
        "system": signed_in(system),
        "security": signed_in(factories.staff("吴敏", (Duty.SECURITY, None), username="wumin")),
        "audit": signed_in(factories.staff("冯雪", (Duty.AUDIT, None), username="fengxue")),
        "tried": reverse("admin:registration_rosterimport_change", args=[tried.uid]),
        "year": reverse("admin:swms_announcedday_change", args=[today.year + 1]),
        "policy": reverse("admin:registration_provincepolicy_change", args=["440000"]),
        "new policy": reverse("admin:registration_provincepolicy_add", args=["440000"]),
        "sheet": reverse("admin:registration_application_sheet", args=[batch.uid]),
        "unattested": {"row": [f"{case.ref} {case.form_version} pass_first"], "key": batch.uid, "carry_out": "yes"},
        "reveal": reverse("admin:registration_application_reveal", args=[case.ref]),
        "person": reverse("admin:accounts_user_change", args=[people.li_jing.uid]),
    }


def _none_but(ref):
    """Return what decides the cases of a batch: all but one are refused."""

    def decide(row):
        if row.ref != ref:
            raise Refused("changed", "资料已更新，请重新查看")

    return decide


def _sent_again(case, by):
    """Return a case that was sent back for two things, one of which was mended."""
    items = [{"section": "basic", "entry": "", "key": key, "code": "basic_untrue", "remark": "请核对"} for key in KEYS]
    told = {"reason": "民族与从业年限请核对后更正。", "refusal_kind": "fixable", "items": items}
    case.move("fail_first", actor=by, seen=1, **told)
    actions.reopen(case, by=case.worker.user)
    seen = Seen(("work_years",), version_of(case.worker, ("work_years",)))
    actions.save_answers(case.worker, {"work_years": 4}, part="basic", by=case.worker.user, seen=seen)
    case = Application.objects.get(pk=case.pk)
    return actions.apply(case, by=case.worker.user, promise_version=PROMISE_VERSION)
