"""Every screen of the console in a real browser: axe, the policy, and the narrowest screen (S8)."""

import contextvars
import datetime as dt
import io
import mimetypes
import os
import shutil
import uuid
from copy import deepcopy
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import connections, transaction
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import sync_playwright

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
from tests.people import People, signed_in

pytestmark = pytest.mark.django_db

QUEUE = "/console/registration/application/"
KEYS = ("ethnicity", "work_years")
ORIGIN = "http://localhost"  # browsers trust it like https
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
TYPED = {
    "do": "check",
    "effective_from": "2039-01-01",
    "first_review_level": "prefecture",
    "final_review_level": "province",
    "makeup_first_from": "2039-01-04",
    "makeup_first_until": "2039-04-30",
    "note": "改由地市级初审。",
}
NEXT_YEAR = dt.date.today().year + 1  # noqa: DTZ011 - any year that is offered
ANNOUNCED = {
    "do": "check",
    "list-text": f"{NEXT_YEAR}-01-01 {'休' if dt.date(NEXT_YEAR, 1, 1).weekday() < 5 else '班'}",
    "list-source": "关于节假日安排的通知（示例）",
}
REFUSAL = {"move": "fail_first", "version": "1", "reason": "短"}
NAMED = REFUSAL | {"item": ["basic..school", "work.."], "code-basic..school": "other", "code-work..": "work_incomplete"}


@pytest.fixture(scope="module")
def browser():
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright's own loop runs in this thread, and Django takes it for an asynchronous program.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()
        connections.close_all()  # those of that "asynchronous" program


@pytest.fixture
def see(browser):
    """Return a function that opens a page as ``client``; every request is answered by Django's test client."""
    contexts = []

    def answer(route, request, client, here, shown):
        path = request.url.removeprefix(ORIGIN)
        if path.startswith(settings.STATIC_URL):
            found = finders.find(path.removeprefix(settings.STATIC_URL))
            route.fulfill(body=Path(found).read_bytes(), content_type=mimetypes.guess_type(found)[0])
            return
        got = shown if path == "/shown" else here.run(client.get, path, headers={"host": "localhost"})
        body = got.getvalue() if hasattr(got, "getvalue") else got.content
        # Browsers report a page that came with 409 as an error, which is what its reader is told anyway.
        status = 200 if path == "/shown" else got.status_code
        route.fulfill(status=status, headers=dict(got.items()), body=body)

    def show(client, url, *, post=None, width=1280, name=""):
        client = deepcopy(client)  # what one page leaves in the session is not the next one's
        shown = client.post(url, post) if post else client.get(url)
        context = browser.new_context(viewport={"width": width, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda m: m.type in {"error", "warning"} and page.complaints.append(m.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        # Playwright answers in a context of its own, where Django would open another connection.
        here = contextvars.copy_context()
        page.route("**/*", lambda route, request: answer(route, request, client, here, shown))
        page.goto(f"{ORIGIN}/shown")
        if (folder := os.environ.get("SWMS_SCREENSHOTS")) and name:
            page.screenshot(path=Path(folder) / f"{name.replace(' ', '-')}-{width}.png", full_page=True)
        return page

    yield show
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def desk(django_db_setup, django_db_blocker, browser, tmp_path_factory):
    """An office with something on every screen, made once: who sits there, by duty."""
    folder = tmp_path_factory.mktemp("desk")
    files = override_settings(MEDIA_ROOT=folder / "media", CERTIFICATE_ROOT=folder / "certificates")
    with django_db_blocker.unblock(), files, transaction.atomic():
        yield _office(People())
        transaction.set_rollback(True)


def _office(people) -> dict:
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


#: Name: who looks, at which page, and what is posted there.
SCREENS = {
    "front": ("jing", "admin:index", None),
    "queue": ("jing", "admin:registration_application_changelist", None),
    "queue of a province": ("hao", "admin:registration_application_changelist", None),
    "queue narrowed": ("hao", "narrowed", None),
    "queue narrowed to nothing": ("hao", "narrowed to nothing", None),
    "queue with nothing in it": ("mei", "admin:registration_application_changelist", None),
    "nothing found": ("jing", "admin:registration_application_changelist", {"text": "无此人"}),
    "found": ("jing", "admin:registration_application_changelist", {"text": "王芳"}),
    "review": ("jing", "case", None),
    "note with errors": ("jing", "case", {"note": "电话 19900000001", "note_id": "x"}),
    "batch to confirm": ("jing", "admin:registration_application_batch", {"row": ["DJ-110105-2026-99999 1"]}),
    "batch without attestation": ("jing", "admin:registration_application_batch", "unattested"),
    "batch too large": ("jing", "admin:registration_application_batch", {"row": [f"DJ-{n} 1" for n in range(201)]}),
    "batches": ("jing", "admin:registration_application_batch", None),
    "batch sheet": ("jing", "sheet", None),
    "new photo": ("jing", "late", None),
    "refusal with errors": ("jing", "case", REFUSAL),
    "refusal that names items with errors": ("jing", "case", NAMED),
    "correction": ("jing", "corrected", None),
    "decision on another version": ("jing", "case", {"move": "pass_first", "version": "7"}),
    "number shown": ("jing", "reveal", {"field": "id_number"}),
    "front with alarms": ("wei", "admin:index", None),
    "escalations": ("wei", "admin:registration_escalation_changelist", None),
    "raised": ("wei", "late", None),
    "policies": ("system", "admin:registration_provincepolicy_changelist", None),
    "change queue": ("jing", "admin:registration_transfer_changelist", None),
    "change": ("jing", "change", None),
    "change refused with errors": ("jing", "change", {"move": "reject", "version": "1", "reason": "短"}),
    "feedback queue": ("jing", "admin:registration_feedback_changelist", None),
    "feedback": ("jing", "feedback", None),
    "policy": ("mei", "policy", None),
    "new policy": ("mei", "new policy", None),
    "new policy with errors": ("mei", "new policy", TYPED | {"makeup_first_until": "2038-12-31"}),
    "new policy to confirm": ("mei", "new policy", TYPED),
    "appeal queue": ("jing", "admin:registration_appeal_changelist", None),
    "appeal": ("jing", "appeal", None),
    "appeal refused with errors": ("jing", "appeal", {"move": "reject", "version": "1", "reason": "短"}),
    "locked account": ("security", "objected", None),
    "release with errors": ("security", "release", {"keep": "", "reason": "短"}),
    "statistics": ("wei", "admin:registration_decision_changelist", None),
    "statistics of nothing": ("mei", "admin:registration_decision_changelist", {"kind": "csv", "purpose": "短"}),
    "export": ("jing", "admin:registration_application_export", None),
    "export with errors": ("jing", "admin:registration_registration_export", {"kind": "xlsx", "purpose": "短"}),
    "reminders": ("jing", "admin:registration_deadlinereminder_changelist", None),
    "register": ("jing", "admin:registration_registration_changelist", None),
    "institutions": ("jing", "admin:registration_institution_changelist", None),
    "institution": ("jing", "institution", None),
    "institution returned with errors": ("jing", "institution", {"move": "return_for_more", "reason": "短"}),
    "institution feedback queue": ("jing", "admin:registration_institutionfeedback_changelist", None),
    "institution feedback": ("jing", "employer", None),
    "merge with errors": ("jing", "employer", {"move": "merge", "uscc": "52"}),
    "certificates": ("jing", "admin:certificates_certificate_changelist", None),
    "roster": ("keeper", "admin:registration_qualification_changelist", None),
    "qualification": ("keeper", "qualification", None),
    "imports": ("keeper", "admin:registration_rosterimport_changelist", None),
    "imports with errors": ("keeper", "admin:registration_rosterimport_changelist", {"file": ""}),
    "list tried": ("keeper", "tried", None),
    "imported with conflicts": ("keeper", "imported", None),
    "undo an import": ("keeper", "undo", None),
    "undo with errors": ("keeper", "undo", {"reason": "短"}),
    "import undone": ("keeper", "undone", None),
    "conflicts": ("keeper", "admin:registration_rosterconflict_changelist", None),
    "conflict": ("keeper", "conflict", None),
    "conflict to take": ("keeper", "conflict", "take"),
    "conflict returned with errors": ("keeper", "conflict", {"move": "return_to_source", "reason": "短"}),
    "merges": ("keeper", "admin:registration_rostermerge_changelist", None),
    "merging": ("keeper", "merging", None),
    "propose a merge": ("keeper", "merge", None),
    "propose a merge with errors": ("keeper", "merge", {"do": "check", "keep": "1", "reason": "短"}),
    "merge checked": ("keeper", "merge", "nameable"),
    "merge impossible": ("keeper", "merge", "named"),
    "annotations": ("keeper", "admin:certificates_annotation_changelist", None),
    "notices": ("system", "admin:notices_notice_changelist", None),
    "messages": ("system", "admin:notices_delivery_changelist", None),
    "calendar": ("system", "admin:swms_announcedday_changelist", None),
    "calendar of a year": ("system", "year", None),
    "calendar with errors": ("system", "year", ANNOUNCED | {"list-text": "2027-02-30 休\n明天 休"}),
    "calendar to confirm": ("system", "year", ANNOUNCED),
    "promises": ("system", "admin:swms_heartbeat_changelist", None),
    "promises judged": ("system", "admin:swms_heartbeat_changelist", {"now": "1"}),
    "staff": ("security", "admin:accounts_user_changelist", None),
    "new staff": ("security", "admin:accounts_user_add", None),
    "new staff with errors": ("security", "admin:accounts_user_add", {"name": "", "username": "A"}),
    "person": ("security", "person", None),
    "grant with errors": ("security", "person", {"do": "grant", "duty": "first_review"}),
    "trail": ("audit", "admin:audit_auditevent_changelist", None),
    "chain": ("audit", "admin:audit_auditevent_chain", None),
    "gallery": ("jing", "admin:gallery", None),
}


def _url(desk, target):
    if target in ("case", "late"):
        return reverse("admin:registration_application_change", args=[desk[target].ref])
    if target == "change":
        return reverse("admin:registration_transfer_change", args=[desk["change"].ref])
    if target == "corrected":
        return reverse("admin:registration_application_change", args=[desk["corrected"].ref])
    if target == "feedback":
        return reverse("admin:registration_feedback_change", args=[desk["feedback"].ref])
    if target == "qualification":
        return reverse("admin:registration_qualification_change", args=[desk["case"].qualification.mgmt_no])
    return desk.get(target) or reverse(target)


#: The pages of a record under review, in each of their states: looked at on a telephone and at 200 % too.
REVIEWED = (
    *("review", "new photo", "refusal with errors", "refusal that names items with errors", "correction"),
    *("decision on another version", "number shown", "note with errors", "change", "change refused with errors"),
    *("feedback", "appeal", "appeal refused with errors", "institution", "batch to confirm", "batch sheet"),
)


@pytest.mark.parametrize("name", SCREENS)
def test_axe_and_the_browser_find_nothing_and_nothing_scrolls_sideways(see, desk, name):
    who, target, post = SCREENS[name]
    post = desk.get(post) if isinstance(post, str) else post
    page = see(desk[who], _url(desk, target), post=post, name=name)
    assert [(v["id"], v["nodes"][0]["html"]) for v in Axe().run(page).response["violations"]] == []
    for width in (640, 375) if name in REVIEWED else ():
        page.set_viewport_size({"width": width, "height": 800})
        assert [(v["id"], v["nodes"][0]["html"]) for v in Axe().run(page).response["violations"]] == []
    assert page.complaints == []
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    if folder := os.environ.get("SWMS_SCREENSHOTS"):
        page.set_viewport_size({"width": 375, "height": 800})
        page.screenshot(path=Path(folder) / f"{name.replace(' ', '-')}-375.png", full_page=True)


def test_on_a_telephone_the_menu_is_one_line_that_unfolds_and_on_a_wide_screen_it_stands_open(see, desk):
    page = see(desk["jing"], _url(desk, "case"), width=375)
    fold, link = page.locator(".side-nav__fold"), page.locator(".side-nav a", has_text="总览")
    assert fold.bounding_box()["height"] < 60
    assert fold.locator("summary").inner_text() == "栏目：登记审核"
    assert not link.is_visible()
    fold.locator("summary").click()
    assert link.is_visible()
    page.set_viewport_size({"width": 1280, "height": 900})
    wide = see(desk["jing"], _url(desk, "case"))
    assert wide.locator(".side-nav a", has_text="总览").is_visible()
    assert not wide.locator(".side-nav summary").is_visible()
