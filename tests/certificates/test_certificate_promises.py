"""``check_invariants`` on certificates: quiet on a healthy system, and it finds what each promise forbids."""

import datetime as dt

import pytest
from django.utils import timezone

from certificates import actions
from certificates.models import Annotation, Certificate
from certificates.workflows import AnnotationState
from registration.models import Application
from swms.invariants import judge
from tests.certificates.makers import ask

pytestmark = pytest.mark.django_db
MINE = ("2b.", "3.", "4.", "9b.")


def broken() -> dict[str, list[str]]:
    """Return the violations of these promises, by their number."""
    found = {verdict.promise.split()[0]: verdict.violations for verdict in judge()}
    return {number: found[number] for number in MINE if found[number]}


def test_a_healthy_system_breaks_no_promise(issued, annotation):
    assert broken() == {}


def test_an_issued_application_without_its_certificate_is_found(issued):  # promise 2
    Certificate.objects.all().delete()
    assert list(broken()) == ["2b."]


def test_a_late_annotation_without_an_alarm_is_found_and_the_alarm_settles_it(qualification):  # promise 3
    ask(qualification)
    Annotation.objects.update(deadline_at=timezone.now() - dt.timedelta(hours=1))
    assert "3." in broken()
    actions.raise_alarms()
    assert "3." not in broken()


def test_a_missing_file_is_found(annotation):  # promise 4
    annotation.file.unlink()
    assert list(broken()) == ["4."]


def test_a_changed_file_is_found(issued):  # promise 4
    file = Certificate.objects.get().file
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    assert list(broken()) == ["4."]


def test_a_file_that_should_be_deleted_is_found(annotation):  # R-ANN-13
    Annotation.objects.update(state=AnnotationState.EXPIRED, purged_at=timezone.now())
    assert list(broken()) == ["4."]


def test_work_that_nobody_claims_is_found(completed, qualification):  # promise 9
    ask(qualification)
    long_ago = timezone.now() - dt.timedelta(hours=1)
    Annotation.objects.update(next_attempt_at=long_ago)
    Application.objects.filter(pk=completed.pk).update(completed_at=long_ago)
    assert len(broken()["9b."]) == 2
    Annotation.objects.update(lease_until=timezone.now() + dt.timedelta(minutes=5))
    actions.issue(completed.pk)
    assert broken() == {}
