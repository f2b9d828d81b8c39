"""Correcting a name or an identity number: everywhere at once, or not at all (R-REP-03)."""

import datetime as dt

import pytest
from django.db import DatabaseError, transaction

from registration import actions
from registration.models import IdentityCorrection, Qualification, Worker
from swms.accounts.models import User
from swms.audit.models import AuditEvent
from swms.crypto import index_candidates
from swms.workflow import Refused
from tests import factories
from tests.people import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def fang():
    """王芳 with two certificates; a third was imported and waits to be attached."""
    number = factories.id_number()
    one = factories.worker("王芳", number=number)
    for level in (1, 2):
        factories.qualification("王芳", number=number, level=level, worker=one)
    factories.qualification("王芳", number=number, level=3)
    return one


def correct(worker, people, **said):
    return actions.correct_identity(worker, **said, by=people.zhang_wei, basis="HF-1", proof=[])


def identities() -> set[tuple[str, str]]:
    """Every name and number that the account and the roster hold."""
    holders = [*User.objects.filter(kind="worker"), *Qualification.objects.all()]
    return {(each.name, each.id_number) for each in holders}


def test_a_corrected_identity_number_changes_account_roster_indexes_sex_and_birth_together(fang, people):
    """The police correct an identity number: the worst case of bad input, since everything hangs on it."""
    old = fang.user.id_number
    new = factories.id_number(dt.date(1991, 4, 8), male=True)
    correction = correct(fang, people, id_number=new)
    assert identities() == {("王芳", new)}
    assert User.objects.get(id_index__in=index_candidates("identity", new)) == fang.user
    assert Qualification.objects.filter(id_index__in=index_candidates("identity", new)).count() == 3
    assert not Qualification.objects.filter(id_index__in=index_candidates("identity", old)).exists()
    fang.refresh_from_db()
    assert (fang.sex, fang.birth_date) == ("1", dt.date(1991, 4, 8))
    assert fang.qualifications.count() == 3, "the row that waited is attached"
    assert (correction.old["id_number"], correction.new["id_number"]) == (old, new)
    assert (correction.changed, correction.by, correction.basis) == (["id_number"], people.zhang_wei, "HF-1")


def test_a_corrected_name_leaves_the_number_and_a_later_row_under_the_new_name_is_found(fang, people):
    later = factories.qualification("王方", number=fang.user.id_number, exam_year=2019)
    correct(fang, people, name=" 王 方 ")
    assert identities() == {("王方", fang.user.id_number)}
    later.refresh_from_db()
    assert later.worker == fang


def test_sessions_stay_and_the_new_number_signs_in(fang, people):
    browser = signed_in(fang.user)
    correct(fang, people, id_number=factories.id_number())
    assert browser.get("/registration/").status_code == 200


def test_neither_number_nor_name_is_readable_in_the_database_or_the_trail(fang, people):
    """S11: both identities are sealed as a whole; the trail says which fields, and no value."""
    old, new = fang.user.id_number, factories.id_number()
    correct(fang, people, id_number=new)
    stored = bytes(IdentityCorrection.objects.values_list("sealed", flat=True).get())
    assert old.encode() not in stored
    assert new.encode() not in stored
    events = AuditEvent.objects.filter(verb__endswith=".correct")
    assert events.count() == 4, "the account and three rows"
    assert all(event.changes == {"fields": ["id_number"], "basis": "HF-1"} for event in events)


def taken_by_an_account(number):
    factories.worker("陈晨", number=number)


def taken_by_a_member_of_staff(number):
    factories.staff("孙浩", id_number=number, id_type="ID_CARD")


def taken_by_a_row_of_another_name(number):
    factories.qualification("陈晨", number=number, level=3)


def taken_by_a_row_of_the_same_name_with_an_account(number):
    other = factories.worker("王芳", number=factories.id_number())
    factories.qualification("王芳", number=number, level=3, worker=other)


def one_certificate_would_be_there_twice(number):
    factories.qualification("王芳", number=number, level=2)


@pytest.mark.parametrize(
    "taken",
    [
        taken_by_an_account,
        taken_by_a_member_of_staff,
        taken_by_a_row_of_another_name,
        taken_by_a_row_of_the_same_name_with_an_account,
        one_certificate_would_be_there_twice,
    ],
)
def test_a_number_that_is_anothers_is_refused_and_sent_to_the_merge_desk(fang, people, taken):
    new = factories.id_number()
    taken(new)
    before = identities()
    with pytest.raises(Refused) as caught, transaction.atomic():
        correct(fang, people, id_number=new)
    assert caught.value.code == "identity_taken"
    assert "合并" in caught.value.message
    assert identities() == before
    assert not IdentityCorrection.objects.exists()


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"id_number": "11010519900307000X0"}, "identity_invalid"),
        ({"name": "王"}, "identity_invalid"),
        ({"name": "王芳"}, "nothing_changed"),
        ({}, "nothing_changed"),
    ],
)
def test_what_is_no_identity_or_no_change_is_refused(fang, people, said, code):
    with pytest.raises(Refused) as caught:
        correct(fang, people, **said)
    assert caught.value.code == code


def test_nobody_is_corrected_while_a_form_with_the_old_identity_is_under_review(people):
    application = factories.submitted("王芳")
    with pytest.raises(Refused) as caught:
        correct(application.worker, people, name="王方")
    assert caught.value.code == "case_open"


def test_a_correction_stays_as_it_was_written(fang, people):
    correction = correct(fang, people, name="王方")
    with pytest.raises(DatabaseError), transaction.atomic():
        correction.delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        IdentityCorrection.objects.update(basis="HF-2")
    assert Worker.objects.get(pk=fang.pk).corrections.get() == correction
