"""A small country over years of daily jobs; `bench.country` lives it with ten thousand people."""

import pytest
from django.db import transaction

from bench.country import Country, shared_paper
from registration.models import Application, Registration
from registration.workflows import ApplicationKind as K
from registration.workflows import ApplicationState as A
from registration.workflows import RegistrationState as R

PEOPLE, YEARS = 24, 3.9


@pytest.fixture
def lived(db, settings, tmp_path):
    """Live a country, judge it, return what it came to, and let it be gone."""
    settings.MEDIA_ROOT, settings.CERTIFICATE_ROOT = tmp_path / "media", tmp_path / "certificates"

    def live(*, silent: bool) -> tuple[list, set]:
        with transaction.atomic(), shared_paper():
            country = Country(people=PEOPLE, years=YEARS, silent=silent)
            assert country.live() == {}
            states = set(Registration.objects.values_list("state", flat=True))
            states |= set(Application.objects.filter(kind=K.RENEW).values_list("state", flat=True))
            end = country.end()
            transaction.set_rollback(True)
        return end, states

    return live


def test_years_of_daily_jobs_keep_every_promise_and_ten_days_without_beat_change_nothing(lived):
    """Registered, renewed, lapsed, revoked, cancelled: all of it happens, and the end does not depend on the jobs."""
    end, states = lived(silent=False)
    assert {R.VALID, R.EXPIRED, A.CERT_ISSUED, A.LAPSED} <= states
    assert lived(silent=True)[0] == end
