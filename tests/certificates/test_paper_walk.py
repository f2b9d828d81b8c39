"""Paper certificates and their batches walked by everybody in every order (rulebook §2.15, written down again)."""

from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from certificates.actions import collecting
from certificates.models import PaperBatch, PaperCertificate
from certificates.workflows import BatchState as B
from certificates.workflows import PaperState as S
from swms.dates import today
from tests.certificates import makers, papers
from tests.walks import Walk, walks

LAW = {
    ("make_available", S.PRODUCING, S.AVAILABLE): {"keeper"},
    ("request_mail", S.PRODUCING, S.MAIL_REQUESTED): {"holder"},
    ("request_mail", S.AVAILABLE, S.MAIL_REQUESTED): {"holder"},
    ("cancel_mail", S.MAIL_REQUESTED, S.AVAILABLE): {"holder"},
    ("cancel_mail_early", S.MAIL_REQUESTED, S.PRODUCING): {"holder"},
    ("hand_over", S.AVAILABLE, S.COLLECTED): {"keeper"},
    ("mail", S.MAIL_REQUESTED, S.MAILED): {"keeper"},
    ("deliver", S.MAILED, S.DELIVERED): {"keeper"},
    ("give_back", S.MAILED, S.RETURNED): {"keeper"},
    ("lose", S.MAILED, S.LOST): {"keeper"},
    ("shelve", S.RETURNED, S.AVAILABLE): {"keeper"},
    ("remake", S.LOST, S.PRODUCING): {"keeper"},
    ("seal_up", S.AVAILABLE, S.UNCLAIMED): {"system"},
    ("unseal", S.UNCLAIMED, S.AVAILABLE): {"system"},
}
BATCH_LAW = {
    ("publish", B.DRAFT, B.PUBLISHED): {"keeper"},
    ("close", B.PUBLISHED, B.CLOSED): {"system"},
    ("reopen", B.CLOSED, B.REOPENED): {"keeper"},
    ("close", B.REOPENED, B.CLOSED): {"system"},
}


@pytest.mark.parametrize(("model", "law"), [(PaperCertificate, LAW), (PaperBatch, BATCH_LAW)])
def test_the_tables_of_paper_are_the_rulebooks_and_every_state_can_be_reached(model, law):
    """§2.15: no move more, no move less."""
    assert {(each.name, each.source, each.target) for each in model.workflow} == set(law)
    field = model._meta.get_field("state")
    reached = {field.default}
    while more := {each.target for each in model.workflow if each.source in reached} - reached:
        reached |= more
    assert reached == {value for value, _ in field.choices}


class _Office(Walk):
    """Whoever might touch paper of 北京市."""

    def start(self):
        self.users["keeper"] = self.people.zhou_yan
        for name in ("li_jing", "zhang_wei", "zhao_min"):
            self.users[name] = getattr(self.people, name)
        self.users["stranger"] = self.people.chen_chen.user


class PaperWalk(_Office):
    """One certificate in a published batch, while lists are made, days pass and nights work."""

    law, judged = LAW, (PaperCertificate, PaperBatch)
    guards = {
        "certificate_not_valid",
        "collection_over",
        "window_closed",
        "still_open",
        "not_made_yet",
        "made_already",
        "not_exported",
    }

    def start(self):
        super().start()
        self.qualification = makers.holder("王芳")
        self.users["holder"] = self.qualification.worker.user
        self.batch = papers.published(self.users["keeper"], self.qualification)
        self.sent = 0

    @property
    def case(self):
        return papers.paper_of(self.qualification)

    def said(self, case, name):
        if name == "request_mail":
            return papers.address()
        self.sent += 1
        return {"tracking_no": f"EX{self.sent:09}CN", "collected_by": "self", "id_checked": True}

    @rule()
    def a_list_is_made(self):
        state = self.case.state
        outcome = self.outcome_of(collecting.export_requests, self.batch, by=self.users["keeper"])
        assert outcome in ("done", "nothing_new")
        assert outcome == "nothing_new" or (state == S.MAIL_REQUESTED and self.case.export_id)

    @rule(house=st.integers(1, 99))
    def the_holder_changes_the_address(self, house):
        before = self.case
        new = f"示例街道{house}号"
        outcome = self.outcome_of(collecting.request_mail, before, papers.address(address=new), by=self.users["holder"])
        if before.export_id and before.state == S.MAIL_REQUESTED:
            assert outcome == "exported"
            assert self.case.address == before.address
        elif outcome == "done":
            assert self.case.address == new

    @rule(days=st.integers(1, 20))
    def the_batch_is_opened_again(self, days):
        batch = PaperBatch.objects.get(pk=self.batch.pk)
        if batch.state == B.CLOSED:
            collecting.reopen_batch(batch, today() + timedelta(days=days), by=self.users["keeper"])

    @rule()
    def a_night_passes(self):
        collecting.close_batches()
        collecting.move_on()

    @invariant()
    def what_is_sealed_away_was_not_collected_by_its_last_day(self):
        """R-PAP-06: nobody's certificate disappears before."""
        case = self.case
        if case.state == S.UNCLAIMED:
            assert case.batch.collect_until < today() or case.batch.state == B.REOPENED

    @invariant()
    def an_address_is_kept_only_of_what_is_or_was_to_be_sent(self):
        case = self.case
        assert case.mobile is None or case.requested_at
        assert case.state not in (S.MAIL_REQUESTED, S.MAILED) or (case.mobile and case.address)

    @invariant()
    def nobody_else_sees_it(self):
        for name in ("stranger", "zhao_min", "li_jing"):
            assert not PaperCertificate.objects.visible_to(self.users[name]).exists()


class BatchWalk(_Office):
    """One batch from its draft on."""

    law, judged = BATCH_LAW, (PaperBatch,)
    guards = {"over_already", "still_open", "incomplete"}

    def start(self):
        super().start()
        self.pk = papers.drafted(self.users["keeper"], collect_until=today() + timedelta(days=30)).pk

    @property
    def case(self):
        return PaperBatch.objects.select_related("region").get(pk=self.pk)

    def said(self, case, name):
        return {"collect_until": today() + timedelta(days=10)} if name == "reopen" else {}


@pytest.mark.django_db
@pytest.mark.parametrize(("walk", "examples", "steps"), [(PaperWalk, 25, 20), (BatchWalk, 10, 12)])
def test_everybody_pressing_everything_on_paper_only_walks_listed_paths(walk, examples, steps, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    run_state_machine_as_test(walk, settings=walks(examples, steps))
