"""Paper certificates at the same moment: one list, one address, one outcome."""

import pytest

from certificates.actions import collecting
from certificates.models import PaperBatch, PaperExport
from certificates.workflows import PaperState as S
from tests.certificates import makers, papers
from tests.registration.test_application_together import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asked(people):
    """The batch of 王芳 and three others who asked for the courier."""
    rows = [makers.holder(name) for name in ("王芳", "李雷", "韩梅", "张强")]
    papers.published(people.zhou_yan, rows[0])
    for row in rows:
        collecting.request_mail(papers.paper_of(row), papers.address(), by=row.worker.user)
    return rows


def test_two_colleagues_who_make_a_list_at_once_make_one(people, asked):
    batch, keeper = papers.paper_of(asked[0]).batch, people.zhou_yan

    def make():
        return collecting.export_requests(PaperBatch.objects.get(pk=batch.pk), by=keeper).number

    assert sorted(map(str, at_once(make, make, make))) == ["1", "nothing_new", "nothing_new"]
    assert PaperExport.objects.get().papers.count() == 4


def test_an_address_that_changes_while_the_list_is_made_is_the_one_on_the_list_or_is_refused(people, asked):
    """王芳 saves a new address at the moment of the export: nobody's parcel goes to an address that she gave up."""
    keeper = people.zhou_yan
    batch, row = papers.paper_of(asked[0]).batch, asked[0]

    def change():
        paper = papers.paper_of(row)
        return collecting.request_mail(paper, papers.address(address="新址5号楼"), by=row.worker.user).address

    def make():
        export = collecting.export_requests(PaperBatch.objects.get(pk=batch.pk), by=keeper)
        return export.papers.get(qualification=row).address

    changed, listed = at_once(change, make)
    stored = papers.paper_of(row).address
    assert stored == listed
    assert changed in ("exported", stored)


def test_a_request_taken_back_while_it_is_sent_is_one_or_the_other(people, asked):
    keeper = people.zhou_yan
    collecting.export_requests(papers.paper_of(asked[0]).batch, by=keeper)
    for turn, row in enumerate(asked):
        outcome = at_once(
            lambda row=row: collecting.cancel_mail(papers.paper_of(row), by=row.worker.user).state,
            lambda row=row, turn=turn: collecting.mail(papers.paper_of(row), f"EX00000000{turn}CN", by=keeper).state,
        )
        assert outcome.count("wrong_state") == 1, outcome
        assert papers.paper_of(row).state in outcome
        assert papers.paper_of(row).state in (S.PRODUCING, S.MAILED)
