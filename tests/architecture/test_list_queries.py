"""A list asks as many queries for a hundred rows as for one."""

from datetime import timedelta

import pytest

from certificates.actions import collecting
from certificates.models import PaperBatch
from registration.models import DeadlineReminder
from swms.bulletins import actions as bulletins
from swms.dates import today
from swms.notices.send import notify
from swms.throttle import Window
from tests import factories
from tests.architecture.counting import queries_of
from tests.certificates import makers, papers
from tests.people import signed_in

pytestmark = pytest.mark.django_db


def _application(people):
    factories.submitted()


def _qualification(people):
    factories.qualification()


def _institution(people):
    factories.institution()


def _appeal(people):
    factories.appeal(factories.worker("林悦", region=factories.region("110105")))


def _institution_feedback(people):
    Window.objects.all().delete()  # five a day for one worker
    factories.institution_feedback(people.chen_chen, f"{factories.mobile()}中心")


def _staff(people):
    factories.staff("林晓", ("first_review", "110105"), username=factories.mobile())


def _project(people):
    factories.past_project(people.chen_chen)


def _experience(people):
    factories.experience(people.chen_chen, end_date=today() - timedelta(days=1))


def _change(people):
    factories.change(factories.worker())


def _ended_change(people):
    factories.change(people.chen_chen, state="REJECTED", decided_reason="入职证明不清晰", due_on=None)


def _notice(people):
    notify(people.chen_chen.user, kind="test", title="通知", body="内容", outside=True)


def _reminder(people):
    case = factories.submitted()
    notice = notify(case.worker.user, kind="test", title="补正即将截止", body="内容", about=case, outside=True)
    DeadlineReminder.objects.create(
        worker=case.worker, kind="correction", subject="x", rung=7, last_day=today(), application=case, notice=notice
    )


def _batch(people):
    papers.drafted(people.zhou_yan, year=2008 + PaperBatch.objects.count())


def _paper(people):
    row = makers.holder()
    batch = PaperBatch.objects.first() or papers.published(people.zhou_yan, row)
    collecting.fill(batch)


def _bulletin(people):
    said = {"title": "通知", "body": "内容"}
    draft = bulletins.draft(region=factories.region("110000"), module="certificates", by=people.zhou_yan, **said)
    bulletins.publish(draft, by=people.zhou_yan)


#: Address, who opens it (an attribute of ``people`` or a duty over 北京市), and what makes one more row of it.
LISTS = (
    ("/console/registration/application/", "li_jing", _application),
    ("/console/registration/application/?part=all", "zhang_wei", _application),
    ("/console/registration/transfer/", "li_jing", _change),
    ("/console/registration/transfer/?part=all", "zhang_wei", _change),
    ("/registration/transfers/", "chen_chen", _ended_change),
    ("/console/registration/qualification/", "zhou_yan", _qualification),
    ("/console/registration/institution/", "li_jing", _institution),
    ("/console/registration/appeal/", "li_jing", _appeal),
    ("/console/registration/deadlinereminder/", "li_jing", _reminder),
    ("/console/registration/institutionfeedback/", "li_jing", _institution_feedback),
    ("/registration/employers/", "chen_chen", _institution_feedback),
    ("/console/accounts/user/", "security", _staff),
    ("/console/audit/auditevent/", "audit", _application),
    ("/registration/profile/projects/", "chen_chen", _project),
    ("/registration/profile/experience/", "chen_chen", _experience),
    ("/notices/", "chen_chen", _notice),
    ("/bulletins/", "chen_chen", _bulletin),
    ("/console/certificates/paperbatch/", "zhou_yan", _batch),
    ("/console/certificates/papercertificate/", "zhou_yan", _paper),
    ("/console/bulletins/bulletin/", "zhou_yan", _bulletin),
)


def _browser(people, who: str):
    if who in ("security", "audit"):
        return signed_in(factories.staff("郑凯", (who, None), username=who))
    person = getattr(people, who)
    return signed_in(getattr(person, "user", person))


@pytest.mark.parametrize(("path", "who", "one_more"), LISTS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_list_asks_as_many_queries_for_a_hundred_rows_as_for_one(path, who, one_more, people):
    browser = _browser(people, who)
    one_more(people)
    browser.get(path)  # the first page notes in the session when it was seen
    asked_for, rows = {1: len(queries_of(browser, path))}, 1
    for size in (3, 100):
        for _ in range(size - rows):
            one_more(people)
        rows = size
        asked_for[size] = len(queries_of(browser, path))
    assert len(set(asked_for.values())) == 1, asked_for
