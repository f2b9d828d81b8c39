"""职称对应 in Tianjin: what corresponds to what, from which day, and to whom it does not apply (R-TTL-01…09)."""

import csv
import io
import json
from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse

from certificates import titles
from certificates.titles import Question, answers
from certificates.views.titles import title_url

ON = date(2026, 3, 1)
OBTAINED = date(2024, 3, 1)

#: SEED 71–74 once more, read from the notice: holding, years, counted from, result, in what manner.
NOTICE = {
    ("assistant_social_worker", 0, "", "直接对应初级职称"),
    ("social_worker", 0, "", "直接对应中级职称"),
    ("senior_social_worker", 0, "", "直接对应高级职称"),
    ("senior_worker", 2, "work", "可由单位自主聘任初级职称"),
    ("technician", 3, "work", "可申报评审中级职称"),
    ("senior_technician", 4, "work", "可申报评审副高级职称"),
    ("special_technician", 5, "work", "可申报评审正高级职称"),
    ("assistant_title", 1, "holding", "可申报高级工职业技能评价"),
    ("middle_title", 1, "holding", "可申报技师职业技能评价"),
    ("assistant_title", 4, "work", "可申报技师职业技能评价"),
    ("associate_title", 1, "holding", "可申报高级技师职业技能评价"),
    ("middle_title", 4, "work", "可申报高级技师职业技能评价"),
    ("full_title", 1, "holding", "可申报特级技师职业技能评价"),
    ("associate_title", 5, "work", "可申报特级技师职业技能评价"),
    ("digital_training", 0, "", "可直接认定为技术员"),
    ("digital_junior", 0, "", "可直接认定为助理工程师"),
    ("digital_middle", 0, "", "可直接认定为工程师"),
    ("digital_senior", 0, "", "可申报评审高级工程师"),
    ("overseas", 0, "", "符合标准条件的，最高可对应副高级职称"),
}


def asked(holding: str, **given):
    """Ask about somebody in engineering, on 1 March 2026."""
    return answers(Question(holding, **{"on": ON, "series": "engineering"} | given))


def test_the_rules_are_those_of_the_notice():
    """R-TTL-01, R-TTL-04, R-TTL-05, R-TTL-08, R-TTL-09, against a second reading of the text."""
    rules = titles.edition_on(ON).rules
    assert {(rule.holding, rule.years, rule.counted, rule.words) for rule in rules} == NOTICE
    assert len({rule.code for rule in rules}) == len(rules) == len(NOTICE)


@pytest.mark.parametrize("rule", titles.edition_on(ON).rules, ids=lambda rule: f"{rule.code} {rule.holding}")
def test_the_years_of_a_rule_are_full_on_the_anniversary_and_not_a_day_before(rule):
    """R-TTL-06, for every rule with years."""
    full = OBTAINED.replace(year=OBTAINED.year + rule.years)
    for day, standing in ((full - timedelta(days=1), "later" if rule.years else "yes"), (full, "yes")):
        found = asked(rule.holding, obtained_on=OBTAINED, working_since=OBTAINED, on=day)
        mine = next(answer for answer in found.answers if answer.rule == rule)
        assert (mine.standing, mine.since) == (standing, full if rule.years else None)


def test_a_leap_day_has_its_anniversary_on_the_28th():
    """R-TTL-06: 2024-02-29 → 满1年 on 2025-02-28."""
    (answer,) = asked("full_title", obtained_on=date(2024, 2, 29), on=date(2025, 2, 28)).answers
    assert (answer.standing, answer.since) == ("yes", date(2025, 2, 28))


def test_work_before_the_certificate_does_not_count_and_later_work_counts_from_its_begin():
    """R-TTL-04: years of work after obtaining."""
    (early,) = asked("senior_worker", obtained_on=OBTAINED, working_since=date(2010, 1, 1)).answers
    (late,) = asked("senior_worker", obtained_on=OBTAINED, working_since=date(2025, 1, 1)).answers
    assert early.since == date(2026, 3, 1)
    assert late.since == date(2027, 1, 1)


def test_where_a_date_is_missing_nothing_is_promised():
    assert [each.standing for each in asked("middle_title", obtained_on=OBTAINED).answers] == ["yes", "unknown"]
    assert [each.standing for each in asked("middle_title").answers] == ["unknown", "unknown"]


@pytest.mark.parametrize("holding", ["senior_worker", "special_technician", "assistant_title", "full_title"])
@pytest.mark.parametrize("series", ["social_work", "other", ""])
def test_skills_and_titles_do_not_open_to_each_other_in_social_work(holding, series):
    """R-TTL-07."""
    found = asked(holding, obtained_on=date(2010, 1, 1), working_since=date(2010, 1, 1), series=series)
    assert found.answers == []
    assert found.barred.startswith("不适用")


def test_an_overseas_qualification_never_stands_for_a_social_workers():
    """R-TTL-09: social work is 以考代评."""
    assert "以考代评" in asked("overseas", series="social_work").barred
    assert asked("overseas").answers[0].rule.result == "副高级职称"


@pytest.mark.parametrize(("day", "code"), [(date(2023, 12, 31), "tianjin-2019"), (date(2024, 1, 1), "tianjin-2024")])
def test_each_day_has_the_document_that_was_in_force(day, code):
    """SEED 77: in force from 1 January 2024, the older one repealed the same day."""
    assert [each.code for each in titles.EDITIONS if each.is_in_force(day)] == [code]


def test_before_2024_the_page_says_that_it_does_not_know_the_repealed_document():
    found = asked("social_worker", on=date(2023, 12, 31))
    assert found.answers == []
    assert "津人社办发〔2019〕96号" in found.barred


# --- the page --------------------------------------------------------------------------------------


def page(client, **asked):
    return client.get(reverse("certificates:titles"), asked)


@time_machine.travel("2026-03-01 10:00+08:00", tick=False)
def test_a_stranger_reads_the_answer_with_its_rule_and_its_city(client):
    answer = page(client, holding="social_worker", obtained_on="2024-03-01")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "仅适用于天津市" in text
    assert "直接对应中级职称" in text
    assert "不需要换发天津市职称证书" in text  # R-TTL-02
    assert "取得的合格证书继续有效" in text  # R-TTL-03
    assert "规则 1-2" in text


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"holding": ""}, "请选择已取得"),
        ({"holding": "nothing"}, "选择一个有效的选项"),
        ({"holding": "technician"}, "请选择系列或专业"),
        ({"holding": "social_worker", "obtained_on": "2099-01-01"}, "不能晚于按其计算的那一天"),
        ({"holding": "social_worker", "obtained_on": "31.2."}, "请输入正确的日期"),
        (
            {"holding": "social_worker", "obtained_on": "0001-01-01", "on": "9999-12-31"},
            "请填写1950年到2100年之间的日期",
        ),
        (
            {"holding": "full_title", "series": "arts", "obtained_on": "9999-01-01", "on": "9999-12-31"},
            "请填写1950年到2100年之间的日期",
        ),
    ],
)
def test_what_cannot_be_answered_is_said_beside_its_field(client, given, message):
    answer = page(client, **given)
    assert answer.status_code == 200
    assert message in answer.content.decode()


def test_the_open_data_say_what_the_page_says_and_when_it_was_repealed(client):
    rows = client.get(reverse("certificates:titles_csv")).content.decode("utf-8-sig")
    first, *rules = list(csv.reader(io.StringIO(rows)))
    assert tuple(first) == titles.COLUMNS
    assert {row[10] for row in rules} == {words for _, _, _, words in NOTICE}
    answer = client.get(reverse("certificates:titles_json"))
    data = json.loads(answer.content)
    assert {each["code"]: each["repealed_on"] for each in data["editions"]} == {
        "tianjin-2024": None,
        "tianjin-2019": "2024-01-01",
    }
    assert answer["Access-Control-Allow-Origin"] == "*"


@pytest.mark.django_db
def test_a_certificate_leads_to_its_own_answer(client, completed):
    """The holder need not type what is known."""
    url = title_url(completed.qualification)
    assert url.split("?")[0] == reverse("certificates:titles")
    assert "直接对应" in client.get(url).content.decode()
