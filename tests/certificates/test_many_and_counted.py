"""查验 for the holder's eyes and for institutions: counted by day and way, and a file of hundreds at once."""

import csv
import io
import os
import zipfile
from datetime import timedelta

import openpyxl
import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from certificates.models import VerificationCount
from swms.accounts.models import User
from swms.audit.models import AuditEvent
from swms.console.history import title_of
from tests import factories
from tests.certificates.makers import agreed_holder
from tests.people import signed_in

pytestmark = pytest.mark.django_db
BULK = "/certificates/bulk"


# -- counted -------------------------------------------------------------------------------------


def counts() -> dict[str, int]:
    return {row.way: row.count for row in VerificationCount.objects.all()}


def test_each_way_is_counted_by_day_and_nothing_about_who_asked(annotation, client):
    qualification = annotation.qualification
    link = f"/v/{annotation.verify_token}"
    client.get(link)
    client.get(link)
    client.get(link, headers={"accept": "application/json"})
    file = SimpleUploadedFile("证书.pdf", annotation.read())
    client.post(reverse("certificates:verify_file"), {"pdf-file": file})
    asked = {"number": qualification.mgmt_no, "name": "王芳"}
    client.post(reverse("certificates:api_verify"), asked, content_type="application/json")
    assert counts() == {"code": 2, "api": 2, "file": 1}
    names = {field.name for field in VerificationCount._meta.fields}
    assert names == {"id", "qualification", "registration", "day", "way", "count"}
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
        client.get(link)
    assert VerificationCount.objects.filter(way="code").count() == 2


def test_a_wrong_name_an_unknown_token_and_a_strange_file_are_not_counted(annotation, client):
    client.get("/v/nothing")
    asked = {"number": annotation.number, "name": "王方"}
    client.post(reverse("certificates:api_verify"), asked, content_type="application/json")
    client.post(reverse("certificates:verify_file"), {"pdf-file": SimpleUploadedFile("1.pdf", b"%PDF-1.7")})
    assert counts() == {}


def test_the_holder_reads_it_on_the_certificates_page_and_nobody_elses(annotation, client):
    client.get(f"/v/{annotation.verify_token}")
    holder, other = annotation.qualification.worker.user, agreed_holder("陈晨")
    client.force_login(holder)
    page = client.get(annotation.qualification.get_absolute_url()).content.decode()
    assert "共被查验 1 次" in page
    assert "二维码" in page
    client.force_login(other.worker.user)
    assert "没有人查验过" in client.get(other.get_absolute_url()).content.decode()


# -- many at once --------------------------------------------------------------------------------


@pytest.fixture
def spring(db) -> Client:
    """春风, an institution with an account."""
    user = User.objects.create_user(kind=User.Kind.INSTITUTION, name="春风社会工作服务中心", username="chunfeng")
    return signed_in(user)


def send(client, content: bytes, kind="page", name="名单.csv"):
    return client.post(BULK, {"file": SimpleUploadedFile(name, content), "kind": kind})


def csv_of(*rows, header="证书编号,姓名") -> bytes:
    return "\r\n".join([header, *rows]).encode()


def test_an_institution_gets_a_verdict_for_every_row_and_bad_rows_are_told(annotation, spring):
    qualification = annotation.qualification
    rows = (
        f"{qualification.mgmt_no},王芳",
        f"{annotation.number}, 王 芳",
        f"{qualification.mgmt_no},王方",
        "123,",
        "1.1E+17,王芳",
    )
    page = send(spring, csv_of(*rows))
    text = page.content.decode()
    assert "共 5 行，查到 2 行，2 行填写有误" in text
    assert [cell[3]["text"] for cell in page.context["rows"]] == [
        "证书有效", "证书有效，加注有效", "没有查到这份证书", "这一行无法查验", "这一行无法查验"
    ]  # fmt: skip
    assert "科学计数法" in text
    assert qualification.id_number not in text
    assert counts() == {"bulk": 2}
    event = AuditEvent.objects.get(verb="certificates.bulk_verified")
    assert event.changes == {"rows": 5, "found": 2, "bad": 2}
    assert event.actor.username == "chunfeng"


def test_the_result_comes_as_a_file_that_no_formula_gets_past(annotation, spring):
    content = csv_of(f"{annotation.number},王芳", "=1+1,'=HYPERLINK(1)")
    as_csv = list(csv.reader(io.StringIO(send(spring, content, "csv").content.decode("utf-8-sig"))))
    assert as_csv[0][:3] == ["行号", "证书编号", "姓名"]
    assert [row[5] for row in as_csv[1:]] == ["valid", "not_found"]
    assert as_csv[2][1].startswith("'=")
    answer = send(spring, content, "xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert [cell.data_type for cell in sheet[3]].count("f") == 0
    assert sheet["B2"].value == annotation.number
    assert "attachment" in answer["Content-Disposition"]


def test_a_workbook_with_numbers_that_lost_their_end_is_told_so(qualification, spring):
    book = openpyxl.Workbook()
    for row in (["姓名", "备注", "管理号"], ["王芳", "", qualification.mgmt_no], ["王芳", "", 202511000200001236]):
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    rows = send(spring, file.getvalue(), name="名单.xlsx").context["rows"]
    assert rows[0][3]["text"] == "证书有效"
    assert "数字格式" in rows[1][4]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "文件是空的"), (csv_of(), "没有要查验的内容"), (csv_of("1,2", header="甲,乙"), "“证书编号”和“姓名”两列"),
        (csv_of(*["1,王芳"] * 501), "最多查验500行"), (b"%PDF-1.7", "请上传CSV或XLSX"),
        (b"PK\x03\x04" + bytes(100), "损坏"),
        (b"\xff" * 99, "编码无法识别"), (bytes(2 * 1024 * 1024 + 1), "不能超过 2MB"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_checked_is_refused_beside_its_field(spring, content, words):
    answer = send(spring, content)
    assert answer.status_code == 200
    assert words in " ".join(answer.context["form"].errors["file"])
    assert not AuditEvent.objects.filter(verb="certificates.bulk_verified").exists()


def test_five_hundred_rows_cost_as_many_queries_as_ten(qualification, spring, django_assert_max_num_queries):
    with django_assert_max_num_queries(60):
        send(spring, csv_of(*[f"{qualification.mgmt_no},王芳"] * 500))
    assert counts() == {"bulk": 500}


def test_seven_files_in_an_hour_are_one_too_many(spring):
    for _ in range(6):
        assert send(spring, csv_of("1,王芳")).status_code == 200
    assert send(spring, csv_of("1,王芳")).status_code == 429


def test_a_worker_is_not_let_in_and_a_reviewer_is(people):
    worker = signed_in(people.wang_fang.user)
    assert worker.get(BULK).status_code == 404
    assert send(worker, csv_of("1,王芳")).status_code == 404
    assert signed_in(people.li_jing).get(BULK).status_code == 200
    nobody = factories.staff("吴强", ("system", None), username="wuqiang")
    assert signed_in(nobody).get(BULK).status_code == 404


# -- what an outsider tried ------------------------------------------------------------------------


def test_names_of_one_number_are_not_tried_out_by_the_hundred(annotation, spring):
    """One at a time a number allows few misses; a file is no way around it (S3)."""
    number = annotation.number
    page = send(spring, csv_of(*(f"{number},示例{n}" for n in range(50)), f"{number},王芳"))
    assert page.context["found"] == 0
    assert page.context["bad"] == 51
    assert "同一编号" in page.content.decode()
    page = send(spring, csv_of(f"{number},王方", f"{number},王 芳", f"{number},王芳"))
    assert page.context["found"] == 2


def test_a_small_workbook_that_unpacks_to_much_is_refused_before_it_is_read(spring):
    """No bomb by the measure of the roster, whose files are large; five hundred rows need no such thing (S16)."""
    plain, packed = io.BytesIO(), io.BytesIO()
    book = openpyxl.Workbook()
    book.active.append(["证书编号", "姓名"])
    book.save(plain)
    filling = b"<row/>" * 6_000_000 + b"<!--" + os.urandom(200_000).hex().encode() + b"-->"
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            archive.writestr(name, source.read(name).replace(b"</sheetData>", filling + b"</sheetData>"))
    assert len(packed.getvalue()) < 2 * 1024 * 1024
    page = send(spring, packed.getvalue(), name="名单.xlsx")
    assert "展开后过大" in page.content.decode()


def test_files_that_cannot_be_read_have_a_limit_too(spring):
    for _ in range(30):
        assert send(spring, b"%PDF-1.7").status_code == 200
    assert send(spring, b"%PDF-1.7").status_code == 429


def test_those_who_may_check_many_find_it_from_where_they_are(people):
    """The institution's own page, and the menu of reviewers and keepers; whom it is closed to sees no link."""
    account = factories.user_of_institution("春风社会工作服务中心")
    factories.institution(account=account)
    for user, page in (
        (account, reverse("registration:institution_own")),
        (people.li_jing, reverse("admin:index")),
        (people.zhou_yan, reverse("admin:index")),
    ):
        browser = signed_in(user)
        assert f'href="{BULK}"' in browser.get(page).content.decode()
        assert browser.get(BULK).status_code == 200
    nobody = factories.staff("吴强", ("system", None), username="wuqiang")
    assert BULK not in signed_in(nobody).get(reverse("admin:index")).content.decode()
    assert title_of("certificates.bulk_verified") == "批量查验证书"
