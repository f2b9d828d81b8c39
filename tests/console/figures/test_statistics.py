"""统计: the numbers of an office, and who sees which (decision 0028, S16)."""

import itertools
import re
from collections import Counter
from datetime import date

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from registration.models import Application, Decision, Registration
from registration.queries.statistics import AGES, Period, figures, in_force, presets
from registration.queries.statistics.decisions import item_label
from registration.reasons import items_of
from registration.workflows import RegistrationState
from swms import dates
from swms.audit.models import AuditEvent
from swms.console import exports
from swms.regions.models import Duty
from swms.regions.places import Place, offices_of, place_of
from tests import factories
from tests.console.figures.spring import (
    BEIJING,
    CASES,
    CHAOYANG,
    FOR,
    HAIDIAN,
    PAGE,
    PUDONG,
    RECORDS,
    SHANGHAI,
    YEAR,
    place,
    sheet,
)
from tests.people import signed_in
from tests.registration.steps import at

pytestmark = pytest.mark.django_db


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
