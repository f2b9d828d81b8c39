"""职业水平证书 and 登记证书 walked by everybody in every order (rulebook §2.16, §2.3 F9)."""

import pytest
from hypothesis.stateful import invariant, run_state_machine_as_test

from certificates.models import Certificate
from certificates.workflows import DocumentState as D
from registration.models import Application, Qualification
from registration.workflows import QualificationState as Q
from tests import factories
from tests.walks import Walk, walks

REVIEWERS = ("li_jing", "zhang_wei", "sun_hao", "zhao_min", "zhou_yan")


class QualificationWalk(Walk):
    """One row of the roster; its keeper alone ends it, and never twice."""

    law = {
        ("revoke", Q.VALID, Q.REVOKED): {"zhou_yan"},
        ("cancel", Q.VALID, Q.CANCELLED): {"zhou_yan"},
    }
    judged = (Qualification,)

    def start(self):
        self.users |= {name: getattr(self.people, name) for name in REVIEWERS}
        self.users["worker"] = self.people.wang_fang.user
        self.users["keeper_elsewhere"] = factories.staff("钱丽", ("certificate", "310000"), username="qianli")
        self.pk = self.people.application.qualification_id

    @property
    def case(self):
        return Qualification.objects.select_related("province").get(pk=self.pk)

    @invariant()
    def what_has_ended_registers_nobody(self):
        """F1: only a valid certificate is registered."""
        if self.case.state == Q.VALID:
            return
        application = Application.objects.get(qualification=self.pk)
        refused = Application.workflow.refusal(application, "apply", actor=self.users["worker"])
        assert refused.code == "certificate_not_valid"


class DocumentWalk(Walk):
    """One version of a registration certificate: the system alone makes it, and puts the next one in its place."""

    law = {
        ("issue", D.QUEUED, D.ISSUED): {"system"},
        ("supersede", D.ISSUED, D.SUPERSEDED): {"system"},
    }
    judged = (Certificate,)

    def start(self):
        from tests.registration.renewals import registered

        record = registered(self.people, name="王芳芳", on="2026-03-02")
        self.users |= {name: getattr(self.people, name) for name in REVIEWERS}
        self.users["worker"] = record.worker.user
        self.pk = record.certificates.get().pk

    @property
    def case(self):
        return Certificate.objects.get(pk=self.pk)

    def said(self, case, name):
        return {"path": "x", "sha256": "0" * 64, "signer": "0" * 64, "signed_at": case.created_at}


@pytest.mark.parametrize("walk", [QualificationWalk, DocumentWalk], ids=lambda walk: walk.__name__)
def test_the_table_is_the_rulebooks(walk):
    model = walk.judged[0]
    assert {(each.name, each.source, each.target) for each in model.workflow} == set(walk.law)


@pytest.mark.django_db
@pytest.mark.parametrize("walk", [QualificationWalk, DocumentWalk], ids=lambda walk: walk.__name__)
def test_everybody_pressing_everything_only_walks_listed_paths(walk, settings, tmp_path):
    settings.MEDIA_ROOT, settings.CERTIFICATE_ROOT = tmp_path / "media", tmp_path / "certificates"
    run_state_machine_as_test(walk, settings=walks(8, 8))
