"""The keeper of the roster, and the provinces of the people in it.

Imports of models stand inside the fixtures: this file is read before Django is set up.
"""

import pytest


@pytest.fixture
def provinces(db):
    from tests import factories
    from tests.registration.rosters import PLACES

    for code in PLACES:
        factories.region(f"{code}0000")


@pytest.fixture
def keeper(db):
    """周宁, who keeps the roster of the whole country."""
    from swms.regions.models import Duty
    from tests import factories

    return factories.staff("周宁", (Duty.CERTIFICATE, None), username="zhouning")
