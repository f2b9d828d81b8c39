"""The numbers beside the console's links: kept for some seconds, and counted anew for whoever acts (decision 0035)."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from registration.models import Application
from swms.console import counting
from swms.regions.models import Duty, Jurisdiction
from tests import factories
from tests.people import signed_in

LIST = reverse("admin:registration_application_changelist")
OTHERS = reverse("admin:registration_transfer_changelist")


@pytest.fixture(autouse=True)
def keeping(settings):
    settings.NUMBERS_KEPT_SECONDS = 15
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def yang(people):
    """刘洋, first reviewer of 朝阳区 beside 李静."""
    return signed_in(factories.staff("刘洋", (Duty.FIRST_REVIEW, "110105")))


def part(client) -> int:
    """Return how many cases wait for the reader by the link of that part."""
    return next(each["count"] for each in client.get(LIST).context["filters"] if each["label"] == "等我审核")


def menu(client, url: str = OTHERS) -> int:
    """Return how many cases wait for the reader by the menu of another page."""
    items = [item for group in client.get(url).context["console_nav"] for item in group["items"]]
    return next(item["count"] for item in items if item["label"] == "登记审核")


def pass_first(client, case):
    url = reverse("admin:registration_application_change", args=[case.ref])
    return client.post(url, {"move": "pass_first", "version": case.form_version})


def test_what_a_colleague_decides_is_seen_within_seconds_and_the_rows_at_once(jing, yang, case, time_machine):
    time_machine.move_to("2026-06-10 10:00+08:00")
    assert (part(jing), menu(jing)) == (1, 1)
    assert pass_first(yang, case).status_code == 302
    assert (part(jing), menu(jing)) == (1, 1)
    assert jing.get(LIST).context["rows"] == []
    time_machine.move_to("2026-06-10 10:00:16+08:00")
    assert (part(jing), menu(jing)) == (0, 0)


def test_what_a_reviewer_decides_is_seen_on_the_very_next_page_by_herself(jing, case):
    assert (part(jing), menu(jing)) == (1, 1)
    pass_first(jing, case)
    assert (part(jing), menu(jing)) == (0, 0)


def test_who_acted_in_one_process_is_told_anew_by_another(jing, yang, case):
    """Each process keeps numbers of its own: the mark travels with the reader."""
    assert (part(jing), part(yang)) == (1, 1)
    pass_first(jing, case)
    jing.get(LIST)
    old = {"审核": [{"label": "登记审核", "url": LIST, "count": 7}]}
    cache.set(f"numbers:{jing.session['_auth_user_id']}:menu", old, 15)
    assert menu(jing) == 0


def test_a_search_and_a_refused_decision_count_nothing_anew(jing, case):
    part(jing)
    assert "acted" not in jing.post(LIST, {"text": case.ref}).cookies
    refused = jing.post(reverse("admin:registration_application_change", args=[case.ref]), {"move": "pass_first"})
    assert refused.status_code != 302
    assert "acted" not in refused.cookies


def test_nobody_is_shown_the_numbers_of_another(jing, wei, case):
    assert menu(jing) == 1
    assert menu(wei) == 0


def test_another_region_and_another_part_have_numbers_of_their_own(people, case):
    factories.region("110108")
    wei = signed_in(factories.staff("周北", (Duty.FIRST_REVIEW, "110000")))
    shown = [wei.get(f"{LIST}?{asked}") for asked in ("", "region=110105", "region=110108")]
    assert [each.context["filters"][0]["count"] for each in shown] == [1, 1, 0]


def test_what_is_asked_is_put_together_once_and_answered_each_time(jing, yang, case, time_machine, monkeypatch):
    put_together = []
    question = counting.question
    monkeypatch.setattr(counting, "question", lambda lists: put_together.append(1) or question(lists))
    time_machine.move_to("2026-06-10 23:57+08:00")
    assert (part(jing), menu(jing)) == (1, 1)
    before = len(put_together)
    pass_first(yang, case)
    time_machine.move_to("2026-06-10 23:58+08:00")
    assert (part(jing), menu(jing)) == (0, 0)
    assert len(put_together) == before
    time_machine.move_to("2026-06-11 00:01+08:00")
    part(jing)
    assert len(put_together) > before


def test_a_reviewer_who_was_moved_is_asked_for_by_her_new_office(jing, case, time_machine):
    time_machine.move_to("2026-06-10 10:00+08:00")
    assert (part(jing), menu(jing)) == (1, 1)
    factories.region("110108")
    Jurisdiction.objects.filter(user=jing.session["_auth_user_id"]).update(region="110108")
    time_machine.move_to("2026-06-10 10:01+08:00")
    assert (part(jing), menu(jing)) == (0, 0)


def test_where_nothing_can_be_there_is_nothing_to_ask():
    lists = {"none": Application.objects.none(), "never": Application.objects.filter(pk__in=())}
    assert counting.question(lists).answer() == {"none": 0, "never": 0}
    assert counting.question({}).answer() == {}
