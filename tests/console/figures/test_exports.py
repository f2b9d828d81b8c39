"""Exports: what may be taken along of lists and numbers (decision 0028, S16)."""

import io

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registration.models import Application, Registration
from swms.audit.models import AuditEvent
from swms.console import exports
from swms.regions.models import Duty
from tests import factories
from tests.console.figures.spring import BEIJING, CASES, FOR, HAIDIAN, PAGE, RECORDS, sheet
from tests.people import signed_in

pytestmark = pytest.mark.django_db


# --- sheets ------------------------------------------------------------------------------------------


def test_the_list_is_taken_along_as_it_is_filtered_and_the_trail_says_by_whom_and_what_for(spring, people):
    """S16: =王芳 is a name and no formula; nobody's identity number is in the sheet."""
    wei = signed_in(people.zhang_wei)
    rows = sheet(wei.post(CASES + "?part=done", FOR | {"kind": "csv", "region": BEIJING}))
    user = spring.worker.user
    assert rows[0][:4] == ["受理编号", "类别", "状态", "申请人"]
    assert [row[:4] for row in rows[1:]] == [[spring.ref, "首次登记", "首次登记已完成", "'=王芳"]]
    assert rows[1][5] == f"{user.id_number[:6]}********{user.id_number[-4:]}"
    assert rows[1][7] == spring.qualification.mgmt_no
    event = AuditEvent.objects.get(verb=exports.EXPORTED)
    assert (event.actor, event.reason) == (people.zhang_wei, FOR["purpose"])
    assert event.changes == {"名单": "登记审核", "范围": "已办结", "区域": "北京市", "格式": "CSV", "行数": 1}
    assert user.id_number not in str(event.changes)

    narrowed = sheet(wei.post(CASES + "?part=all", FOR | {"kind": "csv", "region": HAIDIAN}))
    assert {row[3] for row in narrowed[1:]} == {"孙梅", "赵一"}
    auditor = signed_in(factories.staff("何欣", (Duty.AUDIT, None), username="hexin"))
    shown = auditor.get(reverse("admin:audit_auditevent_changelist"), {"part": "exports"}).content.decode()
    assert shown.count("用途：年度工作总结使用") == 2
    assert "行数: 2" in shown


def test_a_workbook_of_the_register_keeps_numbers_as_text_and_dates_as_dates(spring, people):
    answer = signed_in(people.zhang_wei).post(RECORDS + "?part=in_force", FOR | {"kind": "xlsx", "region": BEIJING})
    cells = list(openpyxl.load_workbook(io.BytesIO(answer.getvalue())).active.iter_rows())[1]
    record = Registration.objects.get()
    assert [cell.value for cell in cells[:6]] == [
        "=王芳", "居民身份证", f"{record.worker.user.id_number[:6]}********{record.worker.user.id_number[-4:]}",
        record.number, record.qualification.mgmt_no, "助理社会工作师",
    ]  # fmt: skip
    assert cells[0].data_type == "s"
    assert cells[9].value.date() == record.valid_until
    assert "filename*=utf-8''" in answer["Content-Disposition"]
    assert "no-store" in answer["Cache-Control"]


def test_nothing_is_taken_along_without_saying_what_for_and_what_was_chosen_stays(spring, people):
    wei = signed_in(people.zhang_wei)
    for url in (CASES, RECORDS):
        answer = wei.post(url, {"kind": "csv", "region": HAIDIAN, "purpose": "看"})
        page = answer.content.decode()
        assert "请写5字以上" in page
        assert f'<option value="{HAIDIAN}" selected>' in page
    assert "请写5字以上" in wei.post(PAGE, {"kind": "csv", "purpose": "看"}).content.decode()
    assert not AuditEvent.objects.filter(verb=exports.EXPORTED).exists()


def test_more_rows_than_a_sheet_may_have_are_asked_for_in_parts(spring, people, monkeypatch):
    monkeypatch.setattr(exports, "MOST", 1)
    wei = signed_in(people.zhang_wei)
    answer = wei.post(CASES + "?part=all", FOR | {"kind": "csv", "region": BEIJING})
    assert "北京市的记录超过1条" in answer.content.decode()
    assert "1以上" in wei.get(CASES, {"part": "all"}).content.decode()
    assert not AuditEvent.objects.filter(verb=exports.EXPORTED).exists()


def test_rows_are_read_in_steps_and_none_is_missed_or_twice(spring, monkeypatch):
    monkeypatch.setattr(exports, "STEP", 3)
    everything = Application.objects.order_by("due_on", "id")
    with CaptureQueriesContext(connection) as asked:
        read = [case.pk for case in exports.in_steps(everything)]
    assert read == sorted((case.pk for case in everything), reverse=True)
    assert len(asked) == len(read) // 3 + 1


def test_the_sheets_of_the_page_hold_its_numbers(spring, people):
    wei = signed_in(people.zhang_wei)
    address = f"{PAGE}?region={BEIJING}&first=2026-01-01&last=2026-06-01"
    flat = {(table, row, name): cell for table, row, name, cell in sheet(wei.post(address, FOR | {"kind": "csv"}))}
    assert flat["待办", "首次登记 等待初审", "已逾期"] == "1"
    assert flat["登记审核", "2026年4月", "撤回"] == "1"
    assert flat["登记审核", "合计", "用时中位数"] == "5"
    assert flat["下级区域", "朝阳区", "登记合计"] == "1"
    book = openpyxl.load_workbook(io.BytesIO(wei.post(address, FOR | {"kind": "xlsx"}).getvalue()))
    assert book.sheetnames == [
        "待办", "已等待的工作日", "登记审核", "不通过的原因",
        "现行有效的登记", "今后12个月到期", "再登记受理期", "下级区域",
    ]  # fmt: skip
    months = {row[0]: row[1:] for row in book["登记审核"].iter_rows(min_row=2, values_only=True)}
    assert months["合计"][:5] == (3, 1, 1, 1, 1)
    event = AuditEvent.objects.filter(verb=exports.EXPORTED).latest("pk")
    assert event.changes["时间"] == "2026-01-01至2026-06-01"

    page = wei.get(address).content.decode()
    assert '现有 <strong class="number">4</strong> 件' in page
    assert page.count('role="img"') == 1
    assert "最多的是2026年3月，2件" in page
