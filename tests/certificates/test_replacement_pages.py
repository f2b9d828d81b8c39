"""The pages of 换发, for the worker and at the reviewers' desk (R-REP-01…03, R-ACC-13, R-REG-24)."""

import datetime as dt

import pytest

from certificates import actions, queries
from certificates.models import Annotation, Replacement
from certificates.workflows import ReplacementState as S
from registration.models import Registration
from swms.audit.models import AuditEvent
from tests import factories
from tests.certificates import makers
from tests.people import signed_in

pytestmark = pytest.mark.django_db
REASON = "上传的证明没有印章，请上传加盖印章的证明。"


@pytest.fixture
def record(scenario):
    one = makers.registered()
    makers.new_version(one)
    return one


@pytest.fixture
def fang(record):
    return signed_in(record.worker.user)


def proof(name="证明.jpg"):
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile(name, factories._picture(600, 400, name), "image/jpeg")


def begin(fang, record, reason="correction") -> str:
    """Choose a reason and return the reference of the draft."""
    answer = fang.post(f"/certificates/r/{record.number}/replace", {"reason": reason})
    assert answer.status_code == 302
    return Replacement.objects.get().ref


def test_the_worker_goes_from_the_certificate_to_the_receipt_and_the_version_record(fang, record, people):
    assert "换发登记证书" in fang.get(f"/certificates/r/{record.number}").content.decode()
    ref = begin(fang, record)
    number = factories.id_number(dt.date(1991, 4, 8))
    answers = {"new_name": "王 方", "new_id_number": number.lower(), "note": "", "files_added": proof()}
    assert fang.post(f"/certificates/replacements/{ref}/edit", answers).url == f"/certificates/replacements/{ref}/check"
    check = fang.get(f"/certificates/replacements/{ref}/check").content.decode()
    assert "申请尚未提交" in check
    assert number in check, "the digits just typed can be checked"
    assert record.worker.user.id_number not in check
    for _ in range(2):  # pressed twice
        answer = fang.post(f"/certificates/replacements/{ref}/check")
        assert answer.status_code == 302
    receipt = fang.get(f"/certificates/replacements/{ref}/receipt").content.decode()
    assert ref in receipt
    assert "最迟在" in receipt
    status = fang.get(f"/certificates/replacements/{ref}").content.decode()
    assert number not in status
    assert "待审核" in status
    assert "撤回申请" in status


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({}, "请填写更正后的姓名，或更正后的证件号码"),
        ({"new_name": "王芳"}, "与现在登记的姓名一样"),
        ({"new_name": "W王"}, "姓名只能用汉字"),
        ({"new_id_number": "110000199003070010"}, "最后一位校验不通过"),
        ({"new_id_number": "1" * 31}, "30"),
        ({"new_name": "王方\u202e"}, "无法显示的字符"),
        ({"new_name": "王方", "note": "长" * 201}, "200"),
        ({"new_name": "王方"}, "请上传公安机关出具的证明"),
    ],
)
def test_bad_answers_get_a_message_beside_the_field_and_what_was_typed_stays(fang, record, answers, words):
    ref = begin(fang, record)
    page = fang.post(f"/certificates/replacements/{ref}/edit", answers)
    assert page.status_code == 200
    assert words in page.content.decode()
    assert all(typed in page.content.decode() for typed in answers.values())
    assert Replacement.objects.get().asked == {}


def test_a_stale_page_after_sending_changes_nothing_and_leads_to_the_case(fang, record):
    ref = begin(fang, record, "lost")
    fang.post(f"/certificates/replacements/{ref}/edit", {"note": "搬家时遗失"})
    fang.post(f"/certificates/replacements/{ref}/check")
    stale = fang.post(f"/certificates/replacements/{ref}/edit", {"note": "改"})
    assert stale.url == f"/certificates/replacements/{ref}"
    again = fang.post(f"/certificates/r/{record.number}/replace", {"reason": "layout"})
    assert again.url == f"/certificates/replacements/{ref}"
    assert Replacement.objects.get().note == "搬家时遗失"


def test_a_refusal_is_read_with_its_reason_and_one_can_apply_again(fang, record, people):
    one = makers.replacement(record, "correction")
    one.move("fail_first", actor=people.li_jing, reason=REASON)
    page = fang.get(one.get_absolute_url()).content.decode()
    assert REASON in page
    assert "重新申请" in page
    assert begin_again(fang, record).state == S.DRAFT


def begin_again(fang, record) -> Replacement:
    fang.post(f"/certificates/r/{record.number}/replace", {"reason": "correction"})
    return Replacement.objects.latest("pk")


def test_the_desk_shows_old_beside_new_masked_and_writes_down_who_unmasked(record, people):
    """R-ACC-13: 李静 sees both numbers masked; showing one is written down; 赵敏 of 上海市 finds no such case."""
    number = factories.id_number(dt.date(1991, 4, 8))
    one = makers.replacement(record, "correction", new_id_number=number)
    jing, url = signed_in(people.li_jing), f"/console/certificates/replacement/{one.ref}/"
    page = jing.get(url).content.decode()
    assert number not in page
    assert record.worker.user.id_number not in page
    assert "diff" in page
    shown = jing.post(f"{url}reveal/", {"field": "new_id_number"}).content.decode()
    assert number in shown
    event = AuditEvent.objects.get(verb="certificates.replacement.reveal")
    assert (event.actor, event.changes) == (people.li_jing, {"field": "new_id_number"})
    assert signed_in(people.zhao_min).get(url).status_code == 404
    assert signed_in(people.zhao_min).post(url, {"move": "pass_first"}).status_code == 404


def test_the_desk_refuses_a_number_of_somebody_else_in_words(record, people):
    number = factories.id_number()
    one = makers.replacement(record, "correction", new_id_number=number)
    factories.qualification("陈晨", number=number)
    url = f"/console/certificates/replacement/{one.ref}/"
    answer = signed_in(people.li_jing).post(url, {"move": "pass_first"})
    assert answer.status_code == 409
    assert "合并办理" in answer.content.decode()


def test_a_correction_passes_two_desks_and_a_stale_button_is_refused(record, people):
    one = makers.replacement(record, "correction")
    url = f"/console/certificates/replacement/{one.ref}/"
    jing, hao, wei = (signed_in(each) for each in (people.li_jing, people.sun_hao, people.zhang_wei))
    assert jing.post(url, {"move": "pass_first"}).status_code == 302
    assert hao.post(url, {"move": "fail_first", "reason": REASON}).status_code == 409, "the page was opened before"
    assert wei.post(url, {"move": "pass_final"}).status_code == 302
    assert wei.post(url, {"move": "pass_final"}).status_code == 409, "pressed twice"
    assert Replacement.objects.get().state == S.APPROVED


def test_copies_made_before_a_correction_keep_what_they_print_and_say_so(annotation, people):
    """Verification shows what the copy prints; the next copy prints the new name on a base laid out anew."""
    from registration.actions import correct_identity

    qualification = annotation.qualification
    base = qualification.base_copy.sha256
    assert queries.verify_token(annotation.verify_token).code == "valid"
    correct_identity(qualification.worker, name="王方", by=people.zhang_wei, basis="HF-1", proof=[])
    found = queries.verify_token(annotation.verify_token)
    assert (found.code, found.title) == ("annotation_outdated", "持证人信息已更正")
    assert {row.label: row.value for row in found.facts}["姓名"] == "王芳"
    assert queries.verify_number(annotation.number, "王芳").code == "annotation_outdated"
    assert annotation.is_open
    assert annotation.read()
    qualification.refresh_from_db()
    newer = makers.ask(qualification)
    actions.annotate([newer.pk])
    newer = Annotation.objects.get(pk=newer.pk)
    assert newer.qualification.base_copy.sha256 != base
    shown = {row.label: row.value for row in queries.verify_token(newer.verify_token).facts}
    assert shown["姓名"] == "王方"
    assert queries.verify_number(newer.number, "王方").code == "valid"


@pytest.mark.parametrize(("move", "said"), [("revoke", {}), ("cancel", {"cause": "incapacity"})])
def test_the_final_reviewer_ends_a_registration_after_one_more_question(record, people, move, said):
    """R-REG-24, §2.3: the reason is asked for, then the consequences are shown, then it is done and seen at once."""
    wei, url = signed_in(people.zhang_wei), f"/console/registration/registration/{record.number}/"
    answers = {"move": move, "reason": "经核实，依规定处理这份登记。", **said}
    asked = wei.post(url, answers)
    assert asked.status_code == 200
    assert "不能恢复" in asked.content.decode()
    assert Registration.objects.get().state == "VALID"
    assert wei.post(url, answers | {"confirmed": "yes"}).status_code == 302
    record = Registration.objects.get()
    assert record.cancel_cause == said.get("cause", "")
    code = {"revoke": "revoked", "cancel": "cancelled"}[move]
    assert queries.verify_number(record.number, "王芳").code == code
    assert wei.post(url, answers | {"confirmed": "yes"}).status_code == 409, "pressed twice"


def test_a_cancellation_without_its_cause_is_asked_for_it_and_the_words_stay(record, people):
    url = f"/console/registration/registration/{record.number}/"
    page = signed_in(people.zhang_wei).post(
        url, {"move": "cancel", "reason": "本人申请注销，经核实。", "confirmed": "yes"}
    )
    assert page.status_code == 200
    assert "请选择注销原因" in page.content.decode()
    assert "本人申请注销，经核实。" in page.content.decode()
    assert Registration.objects.get().state == "VALID"
    assert (
        signed_in(people.li_jing)
        .post(url, {"move": "cancel", "reason": "本人申请注销，经核实。", "cause": "death"})
        .status_code
        == 403
    )


def test_the_next_version_is_drawn_signed_and_takes_the_place_of_the_first(issued, people):
    """R-REP-03: version 2 under the same number; the QR code of version 1 says 已换发 at once."""
    record = issued.registration
    first = record.certificates.get()
    one = makers.replacement(record, "correction")
    one.move("pass_first", actor=people.li_jing)
    one.move("pass_final", actor=people.zhang_wei)
    assert queries.verify_token(first.verify_token).code == "valid", "until the new one is there"
    assert actions.replace(one.pk)
    assert not actions.replace(one.pk), "once"
    one.refresh_from_db()
    assert one.state == S.ISSUED
    second = one.certificate
    assert (second.version, second.content["name"]) == (2, "王方")
    assert queries.verify_file(second.read()).code == "valid"
    old = queries.verify_file(first.read())
    assert (old.code, {row.label: row.value for row in old.facts}["姓名"]) == ("replaced", "王芳")
    assert queries.verify_number(record.number, "王方").code == "valid"
    page = signed_in(record.worker.user).get(f"/certificates/r/{record.number}").content.decode()
    assert "第 2 版" in page
    assert "换发：个人信息更正" in page


def test_a_second_order_waits_until_the_version_in_production_is_done(completed, people, monkeypatch):
    """Two orders of one registration never make one version, and none is lost."""
    one = makers.replacement(completed.registration)
    one.move("approve", actor=people.li_jing)
    monkeypatch.setattr("certificates.actions.issuing._claim", lambda document: False)
    actions.issue(completed.pk)
    assert not queries.due_replacements().exists()
    assert not actions.replace(one.pk)
    monkeypatch.undo()
    assert actions.make(completed.certificate.pk)
    assert [each.pk for each in queries.due_replacements()] == [one.pk]
    assert actions.replace(one.pk)
    assert completed.registration.certificates.count() == 2
