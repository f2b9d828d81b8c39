"""The same confirmation from two windows at the same moment, and two reviewers with the same cases (R-REG-12)."""

import uuid
from functools import partial

import pytest
from django.urls import reverse

from registration.models import Decision
from swms.audit import trail
from swms.casework.models import BatchDecision, BatchRow
from tests import factories
from tests.people import signed_in
from tests.registration.test_application_together import at_once

pytestmark = pytest.mark.django_db(transaction=True)

BATCH = reverse("admin:registration_application_batch")


def confirmation(cases) -> dict:
    rows = [f"{case.ref} 1 pass_first" for case in cases]
    return {"row": rows, "key": uuid.uuid4(), "attest": "yes", "carry_out": "yes"}


def test_a_double_click_decides_each_case_once_and_leads_to_one_sheet(people):
    cases = [factories.submitted(name) for name in ("王芳", "陈晨", "孙梅")]
    said = confirmation(cases)
    windows = [signed_in(people.li_jing) for _ in range(2)]
    answers = at_once(*(partial(window.post, BATCH, said) for window in windows))
    assert len({answer["Location"] for answer in answers}) == 1
    assert BatchDecision.objects.count() == 1
    # A row that one request held was left to it by the other, so the sheet ends complete either way.
    assert set(BatchRow.objects.values_list("outcome", flat=True)) == {"done"}
    assert Decision.objects.count() == 3
    assert BatchDecision.objects.get().finished_at is not None
    assert trail.verify().ok


def test_of_two_reviewers_who_confirm_the_same_cases_each_case_is_decided_by_one(people):
    cases = [factories.submitted(name) for name in ("王芳", "陈晨", "孙梅")]
    colleague = factories.staff("刘洋", ("first_review", "110105"))
    browsers = [signed_in(each) for each in (people.li_jing, colleague)]
    at_once(*(partial(each.post, BATCH, confirmation(cases)) for each in browsers))
    codes = sorted(BatchRow.objects.values_list("outcome", "code"))
    assert codes == [("done", "")] * 3 + [("refused", "wrong_state")] * 3
    assert Decision.objects.count() == 3
