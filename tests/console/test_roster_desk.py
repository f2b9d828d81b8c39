"""The roster in the console: looking up, undoing, importing, and feedback to it (R-ACC-05…07, §2.16)."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook

from registration import actions, roster
from registration.models import Qualification, RosterConflict, RosterImport, RosterMerge
from registration.workflows import QualificationState
from swms.audit.models import AuditEvent
from swms.regions.models import Duty
from tests import factories
from tests.people import signed_in

ROSTER = reverse("admin:registration_qualification_changelist")
IMPORTS = reverse("admin:registration_rosterimport_changelist")
HEADER = "考试年度,级别,姓名,证件类型,证件号码,管理号,签发日期,省份"
REASON = "考试作弊，证书已由发证机构撤销。"


@pytest.fixture
def keeper(office):
    """周燕, keeper of certificates of the whole country."""
    return office("周燕", (Duty.CERTIFICATE, None), username="keeper")


def page_of(row):
    return reverse("admin:registration_qualification_change", args=[row.mgmt_no])


def upload(client, *lines, name="名单.csv"):
    text = "\n".join([HEADER, *lines])
    return client.post(IMPORTS, {"file": SimpleUploadedFile(name, text.encode())})


def line(name="赵一", number=None, mgmt_no="202511000100000017"):
    return f"2025,助理社会工作师,{name},居民身份证,{number or factories.id_number()},{mgmt_no},2025-09-15,北京市"


def test_a_row_is_found_by_number_by_name_and_by_identity_number_which_is_written_down(keeper):
    number = factories.id_number()
    row = factories.qualification("赵一", number=number)
    for text in (row.mgmt_no, "赵一"):
        assert page_of(row) in keeper.post(ROSTER, {"text": text}).content.decode()
    assert not AuditEvent.objects.filter(verb="console.search_identity").exists()
    page = keeper.post(ROSTER, {"text": number}).content.decode()
    assert page_of(row) in page
    assert number not in page
    assert AuditEvent.objects.get(verb="console.search_identity").changes["found"] == [row.mgmt_no]


def test_a_keeper_of_another_province_finds_nothing(office):
    row = factories.qualification("赵一")
    shanghai = office("何平", (Duty.CERTIFICATE, "310000"))
    assert shanghai.get(page_of(row)).status_code == 404
    assert "没有找到" in shanghai.post(ROSTER, {"text": row.mgmt_no}).content.decode()
    assert shanghai.post(page_of(row), {"move": "revoke", "reason": REASON}).status_code == 404


def test_a_certificate_is_revoked_with_a_reason(keeper):
    row = factories.qualification("赵一")
    assert "请填写理由" in keeper.post(page_of(row), {"move": "revoke", "reason": ""}).content.decode()
    keeper.post(page_of(row), {"move": "revoke", "reason": REASON})
    row.refresh_from_db()
    assert row.state == QualificationState.REVOKED
    page = keeper.get(page_of(row)).content.decode()
    assert REASON in page
    assert 'name="move"' not in page


def test_a_final_reviewer_may_look_and_not_revoke(people):
    row = factories.qualification("赵一")
    wei = signed_in(people.zhang_wei)
    assert 'name="move"' not in wei.get(page_of(row)).content.decode()
    assert wei.post(page_of(row), {"move": "revoke", "reason": REASON}).status_code == 403
    row.refresh_from_db()
    assert row.state == QualificationState.VALID


def test_a_list_is_tried_first_and_enters_the_roster_only_when_confirmed(keeper):
    factories.region("110000")
    tried = keeper.get(upload(keeper, line())["Location"])
    assert tried.context["running"]
    dry = RosterImport.objects.get()
    roster.run(dry.pk)
    url = reverse("admin:registration_rosterimport_change", args=[dry.uid])
    page = keeper.get(url).content.decode()
    assert "还没有导入" in page
    assert "确认导入" in page
    assert not Qualification.objects.exists()
    started = keeper.post(reverse("admin:registration_rosterimport_confirm", args=[dry.uid]))
    real = RosterImport.objects.get(dry_run=False)
    assert started["Location"].endswith(f"{real.uid}/")
    roster.run(real.pk)
    assert "已经导入" in keeper.get(started["Location"]).content.decode()
    assert Qualification.objects.get().name == "赵一"
    twice = keeper.post(reverse("admin:registration_rosterimport_confirm", args=[dry.uid]))
    assert "已经开始导入" in keeper.get(twice["Location"]).content.decode()


def test_bad_rows_are_named_and_come_back_as_a_file_to_correct(keeper):
    factories.region("110000")
    upload(keeper, line(), line("钱二", number="110000199003070011", mgmt_no="202511000100000025"))
    dry = roster.run(RosterImport.objects.get().pk)
    page = keeper.get(reverse("admin:registration_rosterimport_change", args=[dry.uid])).content.decode()
    assert "证件号码" in page
    assert "110000199003070011" not in page
    answer = keeper.get(reverse("admin:registration_rosterimport_errors", args=[dry.uid]))
    rows = list(load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active.values)
    assert "错误" in rows[0]
    assert "钱二" in rows[1]
    assert "attachment" in answer["Content-Disposition"]


@pytest.mark.parametrize(("data", "said"), [(b"%PDF-1.7", "只能导入CSV或XLSX文件"), (b"a,b\n1,2\n", "缺少这些列")])
def test_a_file_that_is_no_list_is_refused_beside_its_field(keeper, data, said):
    page = keeper.post(IMPORTS, {"file": SimpleUploadedFile("x.csv", data)}).content.decode()
    assert said in page
    assert not RosterImport.objects.exists()


def test_no_file_at_all_is_asked_for(keeper):
    assert "请上传名单文件" in keeper.post(IMPORTS).content.decode()


def test_the_template_is_a_sheet(keeper):
    answer = keeper.get(reverse("admin:registration_rosterimport_template"))
    assert answer.content[:2] == b"PK"
    assert "attachment" in answer["Content-Disposition"]


def test_a_keeper_of_one_province_imports_nothing(office):
    beijing = office("周燕", (Duty.CERTIFICATE, "110000"))
    assert beijing.get(IMPORTS).status_code == 404
    assert upload(beijing, line()).status_code == 404


def run_through(keeper, *lines) -> RosterImport:
    """Try a list, confirm it, and return the import."""
    upload(keeper, *lines)
    dry = roster.run(RosterImport.objects.filter(dry_run=True).latest("pk").pk)
    keeper.post(reverse("admin:registration_rosterimport_confirm", args=[dry.uid]))
    return roster.run(RosterImport.objects.filter(dry_run=False).latest("pk").pk)


def import_page(run, name="change"):
    return reverse(f"admin:registration_rosterimport_{name}", args=[run.uid])


def test_a_conflict_is_counted_before_it_is_imported_and_taken_after_it_was_confirmed(keeper):
    row = factories.qualification("赵一", mgmt_no="202511000100000017", exam_year=2025)
    theirs = line("赵义", number=row.id_number)
    run = run_through(keeper, theirs)
    page = keeper.get(import_page(run)).content.decode()
    assert "有冲突待处理" in page
    queue = keeper.get(reverse("admin:registration_rosterconflict_changelist")).content.decode()
    conflict = RosterConflict.objects.get()
    url = reverse("admin:registration_rosterconflict_change", args=[conflict.uid])
    assert url in queue
    page = keeper.get(url).content.decode()
    assert row.id_number not in page
    assert "赵一" in page
    press = {"move": "take", "version": str(conflict.form_version)}
    asked = keeper.post(url, press).content.decode()
    assert 'name="confirmed"' in asked
    row.refresh_from_db()
    assert row.name == "赵一"
    keeper.post(url, press | {"confirmed": "yes"})
    row.refresh_from_db()
    assert row.name == "赵义"
    assert "采用来件" in keeper.get(url).content.decode()


def test_a_conflict_that_was_looked_at_too_long_is_shown_again(keeper):
    row = factories.qualification("赵一", mgmt_no="202511000100000017", exam_year=2025)
    run_through(keeper, line("赵义", number=row.id_number))
    conflict = RosterConflict.objects.get()
    version = str(conflict.form_version)
    row.save()
    url = reverse("admin:registration_rosterconflict_change", args=[conflict.uid])
    answer = keeper.post(url, {"move": "take", "version": version, "confirmed": "yes"})
    assert answer.status_code == 409
    assert "请重新核对" in answer.content.decode()


def test_an_import_is_undone_with_a_reason_and_says_who_stayed(keeper):
    factories.region("110000")
    number = factories.id_number()
    run = run_through(keeper, line(number=number), line("钱二", mgmt_no="202511000100000025"))
    assert "撤回这次导入" in keeper.get(import_page(run)).content.decode()
    actions.attach_qualifications(factories.worker("赵一", number=number))
    page = keeper.get(import_page(run, "undo")).content.decode()
    assert "恢复原样" in page
    assert "请写10字以上" in keeper.post(import_page(run, "undo"), {"reason": "短"}).content.decode()
    keeper.post(import_page(run, "undo"), {"reason": "名单是去年的旧文件，导入有误。"})
    assert keeper.get(import_page(run)).context["running"]
    roster.run(run.pk)
    page = keeper.get(import_page(run)).content.decode()
    assert "本人已注册账户" in page
    assert "202511000100000017" in page
    assert "202511000100000025" not in page
    assert keeper.get(import_page(run, "undo")).status_code == 302


def test_two_people_are_proposed_checked_and_confirmed_by_another(keeper, people):
    keep, join = factories.qualification("周七"), factories.qualification("周七", level=2)
    add = reverse("admin:registration_rostermerge_add")
    assert f'value="{keep.mgmt_no}"' in keeper.get(f"{add}?keep={keep.mgmt_no}").content.decode()
    page = keeper.post(add, {"do": "check", "keep": "1" * 18, "join": "", "reason": "短"}).content.decode()
    for words in ("社工库中没有这个管理号或证件号码", "请写10字以上"):
        assert words in page
    said = {"keep": keep.mgmt_no, "join": join.id_number, "reason": "公安机关出具的证件号码变更证明。"}
    page = keeper.post(add, said | {"do": "check"}).content.decode()
    assert "提交复核" in page
    assert join.id_number not in page
    assert AuditEvent.objects.filter(verb="console.search_identity").exists()
    made = keeper.post(add, said | {"do": "save"})
    page = keeper.get(made["Location"]).content.decode()
    assert "须由另一位证书管理人员复核" in page
    assert 'value="approve"' not in page
    yan = signed_in(people.zhou_yan)
    version = str(RosterMerge.objects.get().form_version)
    yan.post(made["Location"], {"move": "approve", "version": version, "confirmed": "yes"})
    join.refresh_from_db()
    assert join.id_number == keep.id_number


def test_scientific_notation_is_refused_with_words_that_say_how_to_mend_it(keeper):
    factories.region("110000")
    upload(keeper, line(number="1.10105E+17"), line("钱二", mgmt_no="2.02511E+17"))
    dry = roster.run(RosterImport.objects.get().pk)
    assert (dry.rows_created, dry.rows_refused) == (0, 2)
    page = keeper.get(import_page(dry)).content.decode()
    assert page.count("设置单元格格式") == 2


@pytest.fixture
def feedback(people):
    return factories.feedback("李娜")


def test_feedback_is_decided_by_the_office_of_its_region_r_acc_05(jing, min_, feedback):
    url = reverse("admin:registration_feedback_change", args=[feedback.ref])
    assert feedback.ref in jing.get(reverse("admin:registration_feedback_changelist")).content.decode()
    assert min_.get(url).status_code == 404
    assert min_.post(url, {"move": "approve"}).status_code == 404
    page = jing.get(url).content.decode()
    assert feedback.id_number not in page
    assert "社工库中没有这个管理号" in page
    jing.post(url, {"move": "approve", "version": "1"})
    assert Qualification.objects.get().name == "李娜"


def test_feedback_is_rejected_with_a_reason_r_acc_07(jing, feedback):
    url = reverse("admin:registration_feedback_change", args=[feedback.ref])
    jing.post(url, {"move": "reject", "version": "1", "reason": "证书图片不清晰，无法辨认管理号。"})
    feedback.refresh_from_db()
    assert feedback.state == "REJECTED"
    assert not Qualification.objects.exists()


def test_what_contradicts_the_roster_is_refused_in_words(jing, feedback):
    factories.qualification("孙六", mgmt_no=feedback.mgmt_no)
    url = reverse("admin:registration_feedback_change", args=[feedback.ref])
    assert "社工库中这个管理号属于另一人" in jing.get(url).content.decode()
    answer = jing.post(url, {"move": "approve", "version": "1"})
    assert answer.status_code == 409
    assert "该管理号在社工库中属于另一人" in answer.content.decode()


def test_the_roster_and_the_staff_are_listed_with_as_many_queries_for_three_as_for_one(
    keeper, office, django_assert_max_num_queries
):
    security = office("吴敏", (Duty.SECURITY, None), username="wumin")
    lists = [(keeper, ROSTER), (security, reverse("admin:accounts_user_changelist"))]
    duties = [(Duty.FIRST_REVIEW, "110105"), (Duty.FINAL_REVIEW, "110000")]
    factories.qualification("赵一")
    factories.staff("李静", *duties)
    for client, url in lists:
        client.get(url)
    asked = []
    for client, url in lists:
        with django_assert_max_num_queries(20) as one:
            client.get(url)
        asked.append(len(one))
    for name in ("钱二", "孙三"):
        factories.qualification(name)
        factories.staff(name, *duties)
    for (client, url), most in zip(lists, asked, strict=True):
        with django_assert_max_num_queries(most):
            client.get(url)
