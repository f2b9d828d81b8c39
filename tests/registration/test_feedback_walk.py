"""反馈 walked by everybody in every order (rulebook §2.1)."""

import pytest
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from registration import actions
from registration.models import Feedback, Qualification
from registration.queries.due import lapses_due
from registration.workflows import FeedbackState as F
from swms.dates import today, working_days_after
from tests import factories
from tests.walks import Walk, walks

DECIDE = {"li_jing", "sun_hao"}  # first reviewers of 朝阳区 and of 北京市
LAW = {
    ("approve", F.PENDING, F.APPROVED): DECIDE,
    ("return_for_more", F.PENDING, F.NEED_MORE): DECIDE,
    ("reject", F.PENDING, F.REJECTED): DECIDE,
    ("resubmit", F.NEED_MORE, F.PENDING): {"system"},  # whoever holds receipt and mobile, without an account
    ("lapse", F.NEED_MORE, F.REJECTED): {"system"},
    ("withdraw", F.PENDING, F.WITHDRAWN): {"system"},
    # Decision 0013: an import that brings the person closes the feedback.
    ("arrive", F.PENDING, F.APPROVED): {"system"},
    ("arrive", F.NEED_MORE, F.APPROVED): {"system"},
}


def test_the_table_of_feedback_is_the_rulebooks():
    """§2.1: no move more, no move less."""
    assert {(each.name, each.source, each.target) for each in Feedback.workflow} == set(LAW)


class FeedbackWalk(Walk):
    """One feedback about somebody who may come into the roster by an import at any time."""

    law, judged = LAW, (Feedback,)
    guards = {"changed", "too_late", "still_open", "not_in_roster"}

    def start(self):
        self.one = factories.feedback(due_on=working_days_after(today(), 15))
        names = ("li_jing", "zhang_wei", "sun_hao", "zhao_min", "zhou_yan")
        self.users |= {name: getattr(self.people, name) for name in names}
        self.users["stranger"] = self.people.chen_chen.user

    @property
    def case(self):
        return Feedback.objects.get(pk=self.one.pk)

    def version(self, case):
        return case.round

    @rule()
    def an_import_brings_the_person(self):
        if not Qualification.objects.filter(mgmt_no=self.one.mgmt_no).exists():
            factories.qualification(
                self.one.name, number=self.one.id_number, mgmt_no=self.one.mgmt_no, level=1, exam_year=2025
            )

    @rule()
    def a_night_passes(self):
        for pk in lapses_due():
            actions.lapse(pk)
        actions.feedback.close_arrived()

    @invariant()
    def approved_means_in_the_roster(self):
        if self.case.state == F.APPROVED:
            row = Qualification.objects.get(mgmt_no=self.one.mgmt_no)
            assert (row.name, row.id_number) == (self.one.name, self.one.id_number)

    @invariant()
    def the_clock_runs_only_while_somebody_decides(self):
        assert (self.case.due_on is not None) == (self.case.state == F.PENDING)

    @invariant()
    def nobody_else_sees_it(self):
        for name in ("stranger", "zhao_min"):
            assert not Feedback.objects.visible_to(self.users[name]).exists()


@pytest.mark.django_db
def test_everybody_pressing_everything_on_a_feedback_only_walks_listed_paths():
    run_state_machine_as_test(FeedbackWalk, settings=walks(20, 15))
