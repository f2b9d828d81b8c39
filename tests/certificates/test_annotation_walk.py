"""加注 walked by everybody in every order: the holder, the system, revocations, and days that pass (rulebook §2.13)."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from certificates import actions
from certificates.models import Annotation
from certificates.queries import quota
from certificates.workflows import AnnotationState as S
from swms.dates import today
from tests.certificates import makers
from tests.walks import Walk, walks

LAW = {
    ("generate", S.SUBMITTED, S.ACTIVE): {"system"},
    ("fail", S.SUBMITTED, S.FAILED): {"system"},
    ("expire", S.ACTIVE, S.EXPIRED): {"system"},
    ("end", S.ACTIVE, S.ENDED): {"holder"},
    ("revoke", S.SUBMITTED, S.REVOKED): {"system"},
    ("revoke", S.ACTIVE, S.REVOKED): {"system"},
}


def test_the_table_of_annotations_is_the_rulebooks():
    """§2.13: no move more, no move less."""
    assert {(each.name, each.source, each.target) for each in Annotation.workflow} == set(LAW)


class AnnotationWalk(Walk):
    """One certificate and one annotation after another."""

    law, judged = LAW, (Annotation,)
    guards = {"certificate_not_valid", "still_valid"}

    def start(self):
        self.qualification = makers.agreed_holder("陈晨")
        self.users["holder"] = self.qualification.worker.user
        self.users["keeper"] = self.people.zhou_yan
        for name in ("li_jing", "zhang_wei", "zhao_min"):
            self.users[name] = getattr(self.people, name)
        self.users["stranger"] = self.people.chen_chen.user
        self.pk = makers.ask(self.qualification).pk

    @property
    def case(self):
        return Annotation.objects.select_related("qualification__worker").get(pk=self.pk)

    def said(self, case, name):
        return {"path": "x", "sha256": "0" * 64, "signer": "0" * 64, "signed_at": case.submitted_at, "printed": ""}

    @rule(days=st.integers(1, 90))
    def the_holder_asks_again(self, days):
        case, used = self.case, quota(self.qualification)
        valid = self.case.qualification.is_valid
        outcome = self.outcome_of(makers.ask, self.qualification, valid_days=days)
        if not valid:
            assert outcome == "certificate_not_valid"
        elif case.state == S.SUBMITTED:
            assert outcome == "in_hand"
        else:
            assert outcome == ("done" if used.left else "quota_used")
        if outcome == "done":
            self.pk = Annotation.objects.latest("pk").pk

    @rule(sure=st.integers(0, 4))
    def the_certificate_is_revoked(self, sure):
        if not sure:
            self.outcome_of(
                self.qualification.move, "revoke", actor=self.users["keeper"], reason="考试中有违纪违规行为，依法撤销。"
            )

    @rule()
    def a_night_passes(self):
        actions.expire()

    @invariant()
    def what_can_be_opened_is_active_in_date_and_of_a_valid_certificate(self):
        """R-ANN-04, R-ANN-10: judged at the moment of asking."""
        case = self.case
        may = case.state == S.ACTIVE and case.valid_until >= today() and case.qualification.is_valid
        assert case.is_open == may

    @invariant()
    def never_more_than_three_within_ninety_days(self):
        """R-ANN-08."""
        assert quota(self.qualification).used <= 3

    @invariant()
    def nobody_else_sees_it(self):
        assert not Annotation.objects.visible_to(self.users["stranger"]).exists()


@pytest.mark.django_db
def test_everybody_pressing_everything_on_an_annotation_only_walks_listed_paths(settings, tmp_path):
    settings.MEDIA_ROOT, settings.CERTIFICATE_ROOT = tmp_path / "media", tmp_path / "certificates"
    run_state_machine_as_test(AnnotationWalk, settings=walks(25, 18))
