"""What the tests of renewals do again and again."""

from datetime import date, timedelta

from certificates import actions as papers
from registration import actions, tasks
from registration.models import Application, Registration
from registration.promise import PROMISE_VERSION
from registration.workflows import ApplicationKind as K
from tests import factories
from tests.registration.steps import at


def registered(people, name="陈晨", on="2024-03-01", **options) -> Registration:
    with at(f"{on} 10:00"):
        issued = date.fromisoformat(on) - timedelta(days=100)
        application = factories.submitted(name, issue_date=issued, **options)
        through(application, people)
    return application.registration


def through(application, people):
    """Pass both reviews and enter into the register."""
    application.refresh_from_db()
    application.move("pass_first", actor=people.li_jing, seen=application.form_version)
    application.move("pass_final", actor=people.zhang_wei, seen=application.form_version)
    assert actions.complete(application.pk)
    papers.issue(application.pk)
    application.refresh_from_db()
    application.registration.refresh_from_db()


def send(application, **data):
    return actions.apply(application, by=application.worker.user, promise_version=PROMISE_VERSION, **data)


def renewal(registration) -> Application:
    """Return the open renewal; the daily job of today opens it."""
    tasks.open_renewals()
    return Application.objects.get(registration=registration, kind=K.RENEW)


def night(day: str) -> None:
    """Let the jobs of the night run."""
    with at(f"{day} 00:30"):
        tasks.expire()
        tasks.open_renewals()
