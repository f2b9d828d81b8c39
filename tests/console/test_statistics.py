"""统计 and exports: the numbers of an office, and what may be taken along (decision 0028, S16)."""

import csv
import io
import itertools
import re
from collections import Counter
from datetime import date

import openpyxl
import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registration import actions
from registration.models import Application, Decision, Registration
from registration.queries.statistics import AGES, Period, figures, in_force, presets
from registration.queries.statistics.decisions import item_label
from registration.reasons import items_of
from registration.workflows import RegistrationState
from swms import dates
from swms.audit.models import AuditEvent
from swms.console import exports
from swms.regions.models import Duty, Region
from swms.regions.places import Place, offices_of, place_of
from tests import factories
from tests.people import People, signed_in
from tests.registration.steps import at

pytestmark = pytest.mark.django_db

PAGE = reverse("admin:registration_decision_changelist")
CASES = reverse("admin:registration_application_export")
RECORDS = reverse("admin:registration_registration_export")
CHAOYANG, HAIDIAN, PUDONG, BEIJING, SHANGHAI = "110105", "110108", "310115", "110000", "310000"
FOR = {"purpose": "年度工作总结使用"}
YEAR = Period(date(2026, 1, 1), date(2026, 6, 1))


@pytest.fixture(autouse=True)
def _fresh_numbers():
    """What a slow machine keeps for ten minutes is no business of the next test."""
    cache.clear()
    yield
    cache.clear()


def sent(name: str, day: str, code: str = CHAOYANG) -> Application:
    with at(f"{day}T10:00"):
        return factories.submitted(name, code=code, issue_date=date(2026, 1, 5))


def decide(case: Application, move: str, day: str, by, **said):
    with at(f"{day}T15:00"):
        case.move(move, actor=by, seen=case.form_version, **said)


def refusal(*codes: str, items=()) -> dict:
    said = {"reason": "请按意见修改后重新提交。", "refusal_kind": "fixable"}
    return said | {"reason_codes": list(codes), "items": list(items)}


SCHOOL = {"section": "basic", "entry": "", "key": "school", "code": "education_untrue", "remark": "校名"}


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, tmp_path_factory):
    """The people, and what happened in the spring of 2026; made once for all tests here, which undo what they do."""
    files = override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("world"))
    with django_db_blocker.unblock(), files, transaction.atomic():
        people = People()
        yield people, _live(people)
        transaction.set_rollback(True)


@pytest.fixture
def people(world):
    """Everybody of the world, on the evening of 1 June 2026."""
    with transaction.atomic():
        with at("2026-06-01T18:00"):
            yield world[0]
        transaction.set_rollback(True)


@pytest.fixture
def spring(world, people):
    """王芳's case, the one that is done."""
    return Application.objects.get(pk=world[1].pk)


def _live(people: People) -> Application:
    """Let things happen in 朝阳区, 海淀区 and 浦东新区 that can be counted on one's fingers on 1 June."""
    jing, wei = people.li_jing, people.zhang_wei
    ye = factories.staff("田野", (Duty.FIRST_REVIEW, HAIDIAN), username="tianye")
    done = sent("=王芳", "2026-03-02")
    decide(done, "pass_first", "2026-03-04", jing)
    decide(done, "pass_final", "2026-03-09", wei)
    with at("2026-03-09T15:01"):
        actions.complete(done.pk)
    decide(sent("陈晨", "2026-03-02"), "fail_first", "2026-03-03", jing, **refusal("photo_not_id", items=[SCHOOL]))
    undone = sent("孙梅", "2026-03-02", HAIDIAN)
    decide(undone, "pass_first", "2026-04-01", ye)
    decide(undone, "fail_final", "2026-04-20", wei, **refusal("photo_not_id", "not_eligible"))
    regretted = sent("林悦", "2026-04-20")
    with at("2026-04-21T09:00"):
        actions.withdraw(regretted, by=regretted.worker.user)
    sent("刘波", "2026-03-02")
    sent("赵一", "2026-04-30", HAIDIAN)
    decide(sent("钱二", "2026-05-29"), "pass_first", "2026-06-01", jing)
    with at("2026-05-25T10:00"):
        change = factories.change(undone.worker, to_region=factories.region(PUDONG))
        change.kind, change.state, change.due_on = "INST_AND_REGION", "PENDING_OUT", date(2026, 7, 1)
        change.save()
    decide(sent("周三", "2026-03-02", PUDONG), "pass_first", "2026-03-03", people.zhao_min)
    return done


def place(code: str) -> Place:
    return Place(Region.objects.get(pk=code))


# --- the numbers -----------------------------------------------------------------------------------


def test_the_backlog_says_what_waits_how_long_and_how_near_its_end(spring):
    """R-REG-16: 30 working days; 10 of them are near."""
    waiting = figures(place(BEIJING), YEAR).backlog
    lines = {(each.kind, each.stage): each for each in waiting.lines if each.waiting}
    assert {key: (each.waiting, each.near, each.late) for key, each in lines.items()} == {
        ("首次登记", "等待初审"): (2, 1, 1),
        ("首次登记", "等待终审"): (1, 0, 0),
        ("变更", "等待转出地审核"): (1, 0, 0),
    }
    assert (waiting.waiting, waiting.near, waiting.late) == (4, 1, 1)
    first = lines["首次登记", "等待初审"]
    assert first.oldest == dates.working_days_left(date(2026, 3, 2), date(2026, 6, 1)) > 30
    counted = Counter(words for (_, words), count in zip(AGES, waiting.ages, strict=True) for _ in range(count))
    assert counted == {"0至5": 2, "16至20": 1, "超过30": 1}


def test_decisions_are_counted_where_and_when_they_were_made(spring):
    numbers = figures(place(BEIJING), YEAR)
    months = {each.label: each for each in numbers.steps}
    assert list(months) == [f"2026年{month}月" for month in range(1, 7)]
    told = {
        label: (each.passed_first, each.failed_first, each.passed_final, each.failed_final, each.withdrawn)
        for label, each in months.items()
    }
    assert told["2026年3月"] == (1, 1, 1, 0, 0)
    assert told["2026年4月"] == (1, 0, 0, 1, 1)
    assert told["2026年6月"] == (1, 0, 0, 0, 0)
    assert told["2026年5月"] == (0, 0, 0, 0, 0)
    # 5 working days for 王芳, 1 for 陈晨, and 孙梅 waited over 清明.
    long = dates.working_days_left(date(2026, 3, 2), date(2026, 4, 20))
    assert (numbers.total.median, numbers.total.most) == (5, long)
    assert (months["2026年3月"].median, months["2026年3月"].most) == (1, 5)
    assert (months["2026年5月"].median, months["2026年5月"].most) == (None, None)
    weeks = figures(place(BEIJING), Period(date(2026, 3, 3), date(2026, 3, 9)))
    assert [(each.label, each.passed_final) for each in weeks.steps] == [("3月3日至3月8日", 0), ("3月9日至3月9日", 1)]


def test_what_was_decided_stays_with_the_office_when_the_case_goes_on_elsewhere(spring):
    """孙梅 is refused in 海淀区 and moves: the refusal was 北京市's all the same."""
    Application.objects.filter(worker__user__name="孙梅").update(region=factories.region(PUDONG), submitted_at=None)
    assert figures(place(HAIDIAN), YEAR).total.failed_final == 1
    assert figures(place(SHANGHAI), YEAR).total.failed_final == 0


def test_reasons_are_counted_with_what_they_named(spring):
    """R-REG-15; what a general reason brought along was not named."""
    found = [(each.label, each.count, each.items) for each in figures(place(BEIJING), YEAR).reasons]
    assert found == [
        ("照片不是本人近期证件照，或不清晰", 2, []),
        ("不符合登记条件", 1, []),
        ("学历或学位信息有误", 1, [("毕业院校", 1)]),
    ]


def test_items_are_called_as_the_form_calls_them(spring):
    for item in items_of(Application.objects.get(worker__user__name="刘波").form.content):
        if not item.entry and not item.is_document:
            assert item_label(item.section, item.key) == item.label


def test_the_register_counts_what_is_in_force_and_says_what_ends_and_what_may_be_renewed(spring):
    """R-REREG-03: three months before the end; R-TIME-04: the last day counts."""
    record = Registration.objects.get()
    for until, in_months, opened in (
        (date(2026, 6, 1), ("2026年6月", 1, 0), 1),
        (date(2026, 9, 1), ("2026年9月", 1, 0), 1),
        (date(2026, 9, 2), ("2026年9月", 1, 0), 0),
        (date(2027, 5, 31), ("2027年5月", 1, 0), 0),
        (date(2027, 6, 1), None, 0),
    ):
        Registration.objects.update(valid_until=until)
        found = figures(place(BEIJING), YEAR).register
        assert found.levels == {"助理社会工作师": 1, "社会工作师": 0, "高级社会工作师": 0}
        assert [each for each in found.months if each[1]] == ([in_months] if in_months else [])
        assert (len(found.months), found.open, found.begun) == (12, opened, 0), until
    Registration.objects.update(valid_until=date(2026, 6, 20), state="IN_REREG")
    found = figures(place(BEIJING), YEAR).register
    assert (found.months[0], found.open, found.begun) == (("2026年6月", 1, 1), 1, 1)
    Registration.objects.update(valid_until=date(2026, 5, 31), state="VALID")  # the nightly job is late
    assert figures(place(BEIJING), YEAR).register.total == 0
    Registration.objects.update(valid_until=date(2028, 5, 31))
    record.qualification.move("revoke", actor=_keeper(), reason="考试中有违纪违规行为，予以撤销。")
    assert figures(place(BEIJING), YEAR).register.total == 0


def _keeper():
    return factories.staff("周燕", (Duty.CERTIFICATE, None), username="zhouyan9")


def test_in_force_is_what_the_record_itself_says(spring):
    days = (date(2026, 5, 31), date(2026, 6, 1))
    for state, until, correct_by in itertools.product(RegistrationState, days, (None, *days)):
        with transaction.atomic():
            cause = "death" if state == RegistrationState.CANCELLED else ""
            Registration.objects.update(state=state, valid_until=until, correct_by=correct_by, cancel_cause=cause)
        stands = Registration.objects.get().standing in (RegistrationState.VALID, RegistrationState.IN_REREG)
        assert Registration.objects.filter(in_force()).exists() == stands, (state, until, correct_by)


def test_the_parts_add_up_to_the_whole_and_each_is_what_its_own_page_says(spring):
    """List and detail agree; the municipal level named like its province is passed over."""
    whole = figures(place(BEIJING), YEAR)
    assert [(each.name, each.waiting, each.near, each.late, each.registered) for each in whole.parts] == [
        ("朝阳区", 3, 0, 1, 1),
        ("海淀区", 1, 1, 0, 0),
    ]
    assert sum(each.waiting for each in whole.parts) == whole.backlog.waiting
    for part in whole.parts:
        own = figures(place(part.code), YEAR)
        assert (own.backlog.waiting, own.backlog.near, own.backlog.late) == (part.waiting, part.near, part.late)
        assert own.register.total == part.registered
        assert own.parts == []
    country = figures(Place(None), YEAR)
    assert [(each.name, each.waiting) for each in country.parts if each.waiting] == [("北京市", 4), ("上海市", 1)]


def test_the_numbers_are_those_of_the_lists_behind_them(spring, people):
    """An independent count, case by case, of what 张伟 sees in his lists."""
    from registration.queries import in_region

    numbers = figures(place(BEIJING), YEAR)
    mine = [case for case in in_region(people.zhang_wei) if case.state in ("PENDING_REVIEW", "INITIAL_APPROVED")]
    of_cases = [each for each in numbers.backlog.lines if each.kind == "首次登记"]
    assert sum(each.waiting for each in of_cases) == len(mine)
    assert sum(each.late for each in of_cases) == sum(case.due_on < dates.today() for case in mine)
    made = Decision.objects.filter(application__in=in_region(people.zhang_wei))
    total = numbers.total
    assert total.passed_first + total.passed_final == sum(each.passed for each in made)
    assert total.failed == sum(not each.passed for each in made)


def test_an_empty_office_has_numbers_too(people):
    numbers = figures(Place(factories.region("440000")), YEAR)
    assert (numbers.backlog.waiting, numbers.register.total, numbers.reasons, numbers.total.median) == (0, 0, [], None)
    page = signed_in(factories.staff("何梅", (Duty.FINAL_REVIEW, "440000"), username="hemei")).get(PAGE)
    assert "没有等待办理的事项" in page.content.decode()
    assert "这段时间没有审核决定" in page.content.decode()


def test_the_queries_do_not_grow_with_the_office(spring):
    for where in (place(CHAOYANG), place(BEIJING), Place(None)):
        where.below()  # the snapshot of the regions is nobody's
        with CaptureQueriesContext(
            connection,
        ) as asked:
            figures(where, YEAR)
        assert len(asked) <= 10, [each["sql"][:80] for each in asked]


def test_what_is_heavy_is_kept_for_a_while_and_the_page_says_of_when_it_is(spring, monkeypatch):
    monkeypatch.setattr("registration.queries.statistics.office.HEAVY", -1)
    kept = figures(place(BEIJING), YEAR)
    with at("2026-06-01T18:09"), CaptureQueriesContext(connection) as asked:
        assert figures(place(BEIJING), YEAR).at == kept.at
    assert len(asked) == 1, "the place"
    with at("2026-06-02T18:05"):
        assert figures(place(BEIJING), YEAR).at != kept.at


# --- whose numbers -----------------------------------------------------------------------------------


def test_zhao_min_of_shanghai_has_no_number_of_beijing(spring, people):
    """赵敏 must be refused: neither by choosing the region nor by leaving it out, and no sheet either."""
    min_ = signed_in(people.zhao_min)
    page = min_.get(PAGE).content.decode()
    assert "统计 · 上海市" in page
    assert "北京市" not in page
    for code in (BEIJING, CHAOYANG, "000000", "999999", "x", "１１００００"):
        assert min_.get(PAGE, {"region": code}).status_code == 404
        assert min_.post(f"{PAGE}?region={code}", FOR | {"kind": "csv"}).status_code == 404
        for url in (CASES, RECORDS):
            assert min_.post(url, FOR | {"kind": "csv", "region": code}).status_code == 404
    rows = sheet(min_.post(CASES + "?part=all", FOR | {"kind": "csv", "region": SHANGHAI}))
    assert [row[3] for row in rows[1:]] == ["周三"]
    assert (
        not AuditEvent.objects.filter(verb=exports.EXPORTED, actor=people.zhao_min)
        .exclude(changes__区域="上海市")
        .exists()
    )


def test_offices_inside_one_another_are_one_and_others_are_chosen_among(people):
    factories.region(CHAOYANG), factories.region(HAIDIAN)
    held = [(Duty.FINAL_REVIEW, BEIJING), (Duty.FIRST_REVIEW, CHAOYANG), (Duty.FIRST_REVIEW, "440305")]
    both = factories.staff("孟洁", *held, (Duty.CERTIFICATE, PUDONG), username="mengjie")
    assert [office.code for office in offices_of(both)] == [BEIJING, "440305"]
    assert place_of(both, "").code == BEIJING
    assert place_of(both, HAIDIAN).name == "北京市 海淀区"
    assert place_of(both, PUDONG) is None
    assert place_of(both, "000000") is None
    page = signed_in(both).get(PAGE, {"region": CHAOYANG}).content.decode()
    assert re.findall(r'<option value="(\d+)"', page) == [BEIJING, "440305", CHAOYANG]


def test_a_period_that_makes_no_sense_is_refused_beside_its_field(people):
    wei = signed_in(people.zhang_wei)
    for given, said in (
        ({"first": "2026-05-01", "last": "2026-04-01"}, "结束日期不能早于开始日期"),
        ({"first": "2015-05-01", "last": "2026-04-01"}, "一次最多统计5年"),
        ({"first": "1026-05-01", "last": "2026-04-01"}, "请填写2000年以后"),
        ({"first": "9999-12-31", "last": "9999-12-31"}, "请填写2000年以后"),
        ({"first": "昨天", "last": "2026-04-01"}, "请输入正确的日期"),
        ({"first": "\x00", "last": ""}, "到"),
    ):
        with at("2026-06-01T10:00"):
            page = wei.get(PAGE, given)
        assert page.status_code == 200
        assert said in page.content.decode()
        assert 'aria-invalid="true"' in page.content.decode()


@pytest.mark.parametrize("day", [date(2026, 6, 1), date(2028, 2, 29), date(2026, 12, 31)])
def test_every_usual_period_is_cut_into_steps_that_cover_it(day):
    for period in presets(day).values():
        steps = [first for first, _ in period.steps()]
        assert steps[0] <= period.first
        assert all(later > earlier for earlier, later in itertools.pairwise(steps))
        assert len(steps) <= 15


# --- sheets ------------------------------------------------------------------------------------------


def sheet(response) -> list[list[str]]:
    """Read a CSV as it was sent."""
    assert response.status_code == 200, response.content
    assert response["Content-Type"].startswith("text/csv")
    data = response.getvalue()
    assert len(data) == int(response["Content-Length"])
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


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
