"""再登记 walked by everybody in every order, nights and a clock included (rulebook §2.4; S13, promises 2, 6, 7)."""

from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from registration import actions, queries, tasks
from registration.invariants import four_eyes, passed_forms_are_frozen, registrations_match_applications
from registration.invariants import terms_follow_one_another as terms
from registration.models import Registration
from registration.workflows import IN_REVIEW_STATES
from registration.workflows import ApplicationState as A
from registration.workflows import RegistrationState as R
from swms.dates import add_years, today
from tests.registration import test_tables
from tests.registration.test_tables import Everybody
from tests.walks import walks

GUARDS = test_tables.GUARDS | {"window_not_open", "record_closed"}
GONE = (R.REVOKED, R.CANCELLED, R.SUPERSEDED)
JUDGES = (registrations_match_applications, terms, four_eyes, passed_forms_are_frozen)


class Renewal(Everybody):
    """One registration in the last months of its term, its renewal, and everybody who might touch either."""

    guards = GUARDS

    def __init__(self):
        super().__init__()
        first = self.case
        first.move("pass_first", actor=self.users["li_jing"], seen=1)
        first.move("pass_final", actor=self.users["zhang_wei"], seen=1)
        actions.complete(first.pk)
        first.refresh_from_db()
        first.move("issue")
        self.record_pk = first.registration_id
        self.number = first.registration.number
        self.traveller.shift(first.registration.valid_until - today() - timedelta(days=60))
        self.pk = actions.open_renewal(first.registration).pk

    def teardown(self):
        broken = [line for judge in JUDGES for line in judge()]
        super().teardown()
        assert broken == []

    @property
    def record(self) -> Registration:
        """The registration as it is stored now."""
        return Registration.objects.select_related("qualification").get(pk=self.record_pk)

    @rule()
    def a_night_passes(self):
        self.traveller.shift(timedelta(days=1))
        tasks.expire()
        tasks.sweep()
        tasks.open_renewals()

    @rule(name=st.sampled_from(["revoke", "cancel"]), who=st.sampled_from(test_tables.ACTORS), sure=st.integers(0, 5))
    def the_registration_is_undone(self, name, who, sure):
        """Rarely by who may, often tried by who may not."""
        if who in ("zhang_wei", "sun_hao") and sure:
            return
        record = self.record
        told = {"reason": "经核实材料虚假，依法处理。", "cause": "own_request"}
        outcome = self.outcome_of(record.move, name, actor=self.users[who], **told)
        assert outcome in ({"done", "wrong_state"} if who in ("zhang_wei", "sun_hao") else {"denied", "wrong_state"})

    @invariant()
    def the_record_agrees_with_the_state(self):
        case, record = self.case, self.record
        assert record.number == self.number
        if case.state in IN_REVIEW_STATES and record.state not in GONE:
            assert (record.state, record.correct_by, record.standing) == (R.IN_REREG, None, R.IN_REREG)
        if record.state == R.IN_REREG and case.state not in IN_REVIEW_STATES:
            assert record.correct_by is not None
        done = case.state in (A.REGISTERED, A.CERT_ISSUED)
        assert record.periods.count() == (2 if done else 1)
        assert record.valid_until == add_years(record.anchor, 6 if done else 3)
        assert case.certificate_viewable == done
        if record.standing == R.EXPIRED:
            assert record.valid_until < today()

    @invariant()
    def what_may_begin_is_what_can_begin(self):
        """The button and the server agree."""
        record = self.record
        begin = queries.may_begin(record)
        assert begin in ("", "renew")
        if begin:
            assert actions.open_renewal(record) is not None


@pytest.mark.django_db
def test_everybody_pressing_everything_on_a_renewal_only_walks_listed_paths(settings, tmp_path):
    """Every role, every move, revocations, nights and a clock."""
    settings.MEDIA_ROOT = tmp_path
    run_state_machine_as_test(Renewal, settings=WALKS)


WALKS = walks(25, 20)
