"""Who sees what: every read starts from its reader (rulebook §0.1)."""

import pytest
from django.contrib.auth.models import AnonymousUser

from registration.models import Application, Feedback, Qualification, Registration, Transfer, Worker, WorkExperience
from swms.regions.models import Duty, Jurisdiction, holds_duty
from tests import factories

PERSONAL = (Application, Worker, WorkExperience, Qualification, Registration, Feedback, Transfer)


def test_a_worker_sees_the_own_and_nothing_of_another(people):
    own, other = people.application, factories.submitted("陈晨")
    user = own.worker.user
    assert list(Application.objects.visible_to(user)) == [own]
    assert list(Worker.objects.visible_to(user)) == [own.worker]
    assert list(Qualification.objects.visible_to(user)) == [own.qualification]
    assert set(WorkExperience.objects.visible_to(user)) == set(own.worker.experiences.all())
    assert not Application.objects.visible_to(user).filter(pk=other.pk).exists()


@pytest.mark.parametrize("model", PERSONAL)
def test_strangers_and_disabled_accounts_see_nothing(people, model):
    user = people.application.worker.user
    user.is_active = False
    for nobody in (None, AnonymousUser(), user):
        assert not model.objects.visible_to(nobody).exists()


def test_a_reviewer_sees_the_region_and_all_below_it(people):
    here, there = people.application, factories.submitted("陈晨", code="440305")
    assert list(Application.objects.visible_to(people.li_jing)) == [here]
    assert list(Application.objects.visible_to(people.zhang_wei)) == [here]
    assert not Application.objects.visible_to(people.zhao_min).exists()
    country = factories.staff("全国", (Duty.FINAL_REVIEW, None))
    assert set(Application.objects.visible_to(country)) == {here, there}


def test_a_county_does_not_see_its_neighbour_nor_the_region_above(people):
    neighbour = factories.staff("邻区", (Duty.FIRST_REVIEW, "110108"))
    assert people.application
    assert not Application.objects.visible_to(neighbour).exists()


def test_a_record_between_two_offices_is_seen_by_both_once_it_is_sent_and_by_no_third(people):
    """R-CHG-07: 李静 of 朝阳 and 刘波 of 海淀 see the change; 赵敏 does not, and nobody sees a draft."""
    bo = factories.staff("刘波", (Duty.FIRST_REVIEW, "110108"))
    country = factories.staff("全国", (Duty.FINAL_REVIEW, None))
    change = factories.change(people.chen_chen, to_region=factories.region("110108"), kind="INST_AND_REGION")
    factories.change(factories.worker(), to_region=factories.region("110108"), state="DRAFT", submitted_at=None)
    for each in (people.li_jing, bo, people.zhang_wei, country):
        assert list(Transfer.objects.visible_to(each)) == [change]
    assert not Transfer.objects.visible_to(people.zhao_min).exists()
    assert list(Transfer.objects.visible_to(people.chen_chen.user)) == [change]


@pytest.mark.parametrize("duty", [Duty.SYSTEM, Duty.SECURITY, Duty.AUDIT])
def test_an_administrator_sees_no_cases(people, duty):
    """S15: the three administrators are kept apart from the work."""
    admin = factories.staff("管理员", (duty, None))
    factories.submitted("陈晨")
    for model in PERSONAL:
        assert not model.objects.visible_to(admin).exists()


def test_a_keeper_of_certificates_sees_the_roster_of_the_province_and_no_cases(people):
    row = people.application.qualification
    assert list(Qualification.objects.visible_to(people.zhou_yan)) == [row]
    assert not Application.objects.visible_to(people.zhou_yan).exists()


def test_a_duty_that_was_taken_away_is_gone_with_the_next_request(people):
    assert people.application
    Jurisdiction.objects.filter(user=people.li_jing).delete()
    again = type(people.li_jing).objects.get(pk=people.li_jing.pk)
    assert not Application.objects.visible_to(again).exists()
    assert not holds_duty(again, Duty.FIRST_REVIEW)


def test_a_worker_holds_no_duty_even_with_a_jurisdiction(people):
    user = people.wang_fang.user
    Jurisdiction.objects.create(user=user, duty=Duty.FIRST_REVIEW, region=None)
    assert not holds_duty(user, Duty.FIRST_REVIEW)
    factories.submitted("陈晨")
    assert list(Application.objects.visible_to(user)) == [people.application]


def test_the_duties_are_read_once_for_all_questions_of_a_request(people, django_assert_num_queries):
    user = people.li_jing
    place = factories.region("110105")
    with django_assert_num_queries(1):
        assert holds_duty(user, Duty.FIRST_REVIEW, place)
        assert not holds_duty(user, Duty.FINAL_REVIEW, place)
