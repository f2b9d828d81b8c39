"""证书查验 (R-VER-01): the same for everybody, as of now, and nothing beyond what is printed."""

import datetime as dt

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from certificates import actions, queries
from certificates.models import Annotation, Certificate
from registration.models import Registration
from registration.workflows import RegistrationState
from swms.dates import today
from tests.certificates.makers import ask
from tests.hostile import documents
from tests.pdf import test_verify as hostile

pytestmark = pytest.mark.django_db
REASON = "经核实证书信息有误，予以处理"


def facts(found) -> dict[str, str]:
    return {row.label: row.value for row in found.facts}


# --- by number and name --------------------------------------------------------------------------


def test_a_valid_certificate_shows_every_printed_field_with_the_numbers_masked(qualification):
    found = queries.verify_number(qualification.mgmt_no, "王芳")
    assert (found.code, found.tone, found.title) == ("valid", "good", "证书有效")
    shown = facts(found)
    assert list(shown) == [
        "证书状态", "姓名", "性别", "出生日期", "证件号码", "级别", "考试年度", "管理号", "考区", "签发日期"
    ]  # fmt: skip
    assert shown["证件号码"] == qualification.masked_id
    assert shown["出生日期"] == "1990年**月**日"
    assert qualification.id_number not in str(found)


def test_an_unknown_number_and_a_wrong_name_get_the_same_answer(qualification, issued, annotation):
    registration = Registration.objects.get()
    unknown = queries.verify_number("000000000000000000", "王芳")
    for number in (qualification.mgmt_no, registration.number, annotation.number):
        wrong = queries.verify_number(number, "王方")
        assert (wrong.code, wrong.title, wrong.text, wrong.facts) == ("not_found", unknown.title, unknown.text, [])


def test_known_and_unknown_numbers_cost_the_same_look_ups(qualification, django_assert_num_queries):
    for number, name in ((qualification.mgmt_no, "王方"), ("000000000000000000", "王芳")):
        with django_assert_num_queries(3):
            queries.verify_number(number, name)


@pytest.mark.parametrize("typed", ["王　芳", " 王 芳 "])
def test_blanks_in_a_name_are_forgiven(qualification, typed):
    assert queries.verify_number(qualification.mgmt_no, typed).is_found


@pytest.mark.parametrize(
    ("move", "code", "title"), [("revoke", "revoked", "证书已撤销"), ("cancel", "cancelled", "证书已注销")]
)
def test_a_revoked_or_cancelled_certificate_says_so_at_once(qualification, people, move, code, title):
    qualification.move(move, actor=people.zhou_yan, reason=REASON)
    found = queries.verify_number(qualification.mgmt_no, "王芳")
    assert (found.code, found.tone, found.title) == (code, "bad", title)


def test_a_registration_certificate_is_found_by_its_own_number(issued):
    registration = Registration.objects.get()
    found = queries.verify_number(registration.number, "王芳")
    assert (found.code, found.subject) == ("valid", "registration")
    shown = facts(found)
    assert shown["登记证书编号"] == registration.number
    assert "*" in shown["证件号码"]


def test_a_registration_without_its_pdf_yet_can_be_verified(completed):
    assert queries.verify_number(Registration.objects.get().number, "王芳").code == "valid"


def test_the_day_after_its_last_a_registration_is_expired_whatever_the_job_does(issued):
    registration = Registration.objects.get()
    last = dt.datetime.combine(registration.valid_until, dt.time(23, 59, 59), timezone.get_current_timezone())
    with time_machine.travel(last, tick=False):
        assert queries.verify_number(registration.number, "王芳").code == "valid"
    with time_machine.travel(last + dt.timedelta(seconds=1), tick=False):
        found = queries.verify_number(registration.number, "王芳")
        assert (found.code, found.title) == ("registration_expired", "登记已过期")
        assert Registration.objects.get().state == RegistrationState.VALID
        assert queries.verify_number(issued.qualification.mgmt_no, "王芳").code == "valid"  # R-REREG-07


@pytest.mark.parametrize(("move", "code"), [("revoke", "revoked"), ("cancel", "cancelled")])
def test_a_revoked_or_cancelled_registration_says_so_at_once(issued, people, move, code):  # R-REG-24
    registration = Registration.objects.get()
    registration.move(move, actor=people.zhang_wei, reason="申请材料虚假，依规定处理", cause="own_request")
    token = Certificate.objects.get().verify_token
    assert queries.verify_number(registration.number, "王芳").code == code
    assert queries.verify_token(token).code == code


def test_a_registration_that_gave_way_to_a_higher_level_says_so(issued):  # R-REG-22
    registration = Registration.objects.get()
    registration.move("supersede")
    assert queries.verify_number(registration.number, "王芳").code == "superseded"


# --- by QR code ----------------------------------------------------------------------------------


def test_an_annotated_copy_shows_its_purpose_and_last_day_beside_the_certificate(annotation):
    found = queries.verify_token(annotation.verify_token)
    assert (found.code, found.subject) == ("valid", "annotation")
    shown = facts(found)
    assert shown["使用场景"] == "本人调用"
    assert shown["加注编号"] == annotation.number


def test_an_expired_annotation_says_so_and_the_certificate_stays_valid(annotation):  # R-ANN-13
    Annotation.objects.update(valid_until=today() - dt.timedelta(days=1))
    found = queries.verify_token(annotation.verify_token)
    assert (found.code, found.title) == ("annotation_expired", "加注已过期")
    assert facts(found)["证书状态"] == "有效"


def test_an_ended_annotation_says_so(annotation):
    actions.end(annotation, by=annotation.qualification.worker.user)
    assert queries.verify_token(annotation.verify_token).code == "annotation_ended"


def test_when_the_certificate_is_revoked_its_copies_say_so(annotation, people):  # R-ANN-10
    annotation.qualification.move("revoke", actor=people.zhou_yan, reason=REASON)
    assert queries.verify_token(annotation.verify_token).code == "revoked"


def test_a_copy_that_is_not_made_yet_is_not_found(qualification):
    assert not queries.verify_token(ask(qualification).verify_token).is_found


def test_the_link_answers_a_stranger_with_a_page_and_a_program_with_json(annotation, client):
    url = f"/v/{annotation.verify_token}"
    page = client.get(url)
    assert page.status_code == 200
    assert "证书有效，加注有效" in page.content.decode()
    answer = client.get(url, headers={"accept": "application/json"})
    assert answer.json()["valid"] is True
    assert "no-store" in answer["Cache-Control"]
    assert annotation.qualification.id_number not in answer.content.decode() + page.content.decode()


def test_an_unknown_token_is_404_in_words_and_in_json(client, db):
    assert client.get("/v/nothing").status_code == 404
    answer = client.get("/v/nothing", headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


# --- by file -------------------------------------------------------------------------------------


def test_an_untouched_file_is_valid_and_says_when_it_was_signed(annotation):
    found = queries.verify_file(annotation.read())
    assert (found.code, found.subject) == ("valid", "annotation")
    signed = {row.label: row.value for row in found.signed}
    assert list(signed) == ["签名时间", "签名证书", "签名证书有效期至"]
    assert signed["签名证书"] == "SWMS 示例签名证书·非官方，由SWMS 示例根证书·非官方签发"


def test_the_registration_certificate_is_told_by_its_file(issued):
    assert queries.verify_file(Certificate.objects.get().read()).subject == "registration"


@pytest.mark.parametrize("place", [0.2, 0.5, 0.8, 0.98])
def test_one_flipped_byte_is_an_altered_file(annotation, place):
    data = bytearray(annotation.read())
    data[int(len(data) * place)] ^= 1
    found = queries.verify_file(bytes(data))
    assert (found.code, found.tone, found.facts) == ("altered", "bad", [])


def test_with_something_appended_the_register_is_laid_beside_the_altered_file(annotation):
    found = queries.verify_file(annotation.read() + b"\n% more")
    assert found.code == "appended"
    assert facts(found)["加注编号"] == annotation.number


def test_an_intact_file_of_an_expired_annotation_is_told_apart_after_its_own_copy_was_deleted(annotation):
    data = annotation.read()
    Annotation.objects.update(valid_until=today() - dt.timedelta(days=1))
    actions.expire()
    actions.purge()
    assert queries.verify_file(data).code == "annotation_expired"


def test_a_signed_file_that_was_never_recorded_is_not_believed(annotation):
    data = annotation.read()
    Annotation.objects.update(sha256="0" * 64)
    assert queries.verify_file(data).code == "unrecorded"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "not_pdf"),
        (b"GIF89a", "not_pdf"),
        (b"%PDF-1.7\n%%EOF", "not_ours"),
        (b"%PDF" + b"x" * 11_000_000, "too_large"),
    ],
)
def test_other_files_are_told_apart(db, data, code):
    assert queries.verify_file(data).code == code


def _without_its_end(data: bytes) -> bytes:
    return data[: len(data) * 3 // 4]


def _flipped(data: bytes) -> bytes:
    return data[:9000] + bytes([data[9000] ^ 1]) + data[9001:]


@pytest.mark.parametrize(
    ("harm", "code", "words"),
    [
        (_flipped, "altered", "文件已被改动"),
        (hostile.resaved, "altered", "文件已被改动"),
        (_without_its_end, "cut", "文件不完整"),
        (hostile.appended, "appended", "后面又加了内容"),
        (hostile.encrypted, "encrypted", "加了密码"),
        (lambda data: hostile.bomb(), "not_ours", "没有本系统的签名"),
        (lambda data: documents.plain(1), "not_ours", "没有本系统的签名"),
        (lambda data: b"GIF89a" + data[6:], "not_pdf", "不是 PDF 文件"),
    ],
)
def test_a_stranger_is_told_what_is_wrong_with_each_kind_of_file(annotation, client, harm, code, words):
    """Ours, and one byte, another program, the end missing, an update, a password, a bomb, somebody else's, no PDF."""
    page = upload(client, harm(annotation.read()))
    assert page.status_code == 200
    assert page.context["result"].code == code
    assert words in page.content.decode()
    assert "no-store" in page["Cache-Control"]


def upload(client, data: bytes, name: str = "证书.pdf"):
    return client.post(reverse("certificates:verify_file"), {"pdf-file": SimpleUploadedFile(name, data)})


def test_a_stranger_drops_a_file_and_reads_the_verdict(annotation, client):
    page = upload(client, annotation.read()).content.decode()
    assert "证书有效，加注有效" in page
    assert annotation.qualification.id_number not in page


def test_a_file_over_10_mb_is_refused_beside_its_field(client, db):
    page = upload(client, b"x" * (10 * 1024 * 1024 + 1)).content.decode()
    assert "文件不能超过 10MB" in page


def test_no_file_is_refused_beside_its_field(client, db):
    assert "请上传证书文件" in client.post(reverse("certificates:verify_file")).content.decode()


# --- limits, the page, the API -------------------------------------------------------------------


def answered(client, number: str, name: str) -> dict:
    """Return the form's data with the question answered."""
    form = client.get(reverse("certificates:verify")).context["form"]
    asked = form._asked
    return {"number": number, "name": name, "asked": form["asked"].value(), "answer": asked["a"] + asked["b"]}


def test_a_stranger_verifies_by_number_and_name(qualification, client):
    url = reverse("certificates:verify")
    page = client.post(url, answered(client, qualification.mgmt_no, "王芳"))
    assert page.status_code == 200
    assert "证书有效" in page.content.decode()
    assert "no-store" in page["Cache-Control"]


def test_a_wrong_answer_keeps_what_was_typed(qualification, client):
    data = answered(client, qualification.mgmt_no, "王芳") | {"answer": "999"}
    page = client.post(reverse("certificates:verify"), data).content.decode()
    assert qualification.mgmt_no in page
    assert "回答不正确" in page


def test_the_field_of_the_front_page_leads_here_with_what_was_typed(qualification, client):
    page = client.post(reverse("certificates:verify"), {"number": qualification.mgmt_no, "name": "王芳"})
    assert page.status_code == 200
    assert page.context["form"].initial["name"] == "王芳"
    assert "错误" not in page.content.decode()


def ask_api(client, number: str, name: str, **extra):
    body = {"number": number, "name": name}
    return client.post(reverse("certificates:api_verify"), body, content_type="application/json", **extra)


def test_a_program_verifies_without_an_account(qualification, client):
    answer = ask_api(client, qualification.mgmt_no, "王芳")
    assert (answer.status_code, answer.json()["code"]) == (200, "valid")
    assert answer.json()["facts"]


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"number": 1}', "null", "nonsense", '{"number":"x","name":"\\u0000"}']
)
def test_a_malformed_request_is_400_and_never_500(client, db, body):
    answer = client.post(reverse("certificates:api_verify"), body, content_type="application/json")
    assert answer.status_code == 400


def test_ten_misses_close_a_number_to_the_address_that_guesses_and_to_nobody_else(qualification, client):
    """S3, S4: known or not; who knows the name still gets the answer, and an hour later so does the guesser."""
    guesser, other = {"REMOTE_ADDR": "192.0.2.1"}, {"REMOTE_ADDR": "192.0.2.2"}
    with time_machine.travel("2026-11-23 09:00:00+08:00", tick=False) as clock:
        for number in (qualification.mgmt_no, "000000000000000000"):
            statuses = [ask_api(client, number, "王方", **guesser).status_code for _ in range(12)]
            assert statuses == [200] * 10 + [429] * 2
            clock.shift(60)  # the twenty tries a minute
        assert ask_api(client, qualification.mgmt_no, "王芳", **guesser).status_code == 429
        assert ask_api(client, qualification.mgmt_no, "王芳", **other).json()["valid"]
        clock.shift(3600)
        assert ask_api(client, qualification.mgmt_no, "王芳", **guesser).json()["valid"]


def test_a_hundred_misses_from_everywhere_close_a_number_for_the_rest_of_the_hour(qualification, client):
    """S4: guessing from many addresses gets no further; finding is never counted."""
    with time_machine.travel("2026-11-23 09:00:00+08:00", tick=False) as clock:
        for number in (qualification.mgmt_no, "000000000000000000"):
            statuses = [
                ask_api(client, number, "王方", REMOTE_ADDR=f"198.51.{number[-1]}.{last}").status_code
                for last in range(101)
            ]
            assert statuses == [200] * 100 + [429]
        fresh = {"REMOTE_ADDR": "203.0.113.9"}
        refused = ask_api(client, qualification.mgmt_no, "王芳", **fresh)
        assert (refused.status_code, refused["Retry-After"]) == (429, "3600")
        clock.shift(3600)
        for _ in range(15):
            assert ask_api(client, qualification.mgmt_no, "王芳", **fresh).json()["valid"]


def test_one_address_has_twenty_tries_a_minute(client, db):  # S3
    statuses = [ask_api(client, f"{number}", "王方").status_code for number in range(22)]
    assert statuses == [200] * 20 + [429] * 2
