"""The keeper of the roster and the provinces of the people in it; whom and what a theme in two files begins with.

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


@pytest.fixture
def registration(people):
    """陈晨's registration, from 2024-03-01 to 2027-03-01."""
    from tests.registration.renewals import registered

    return registered(people)


@pytest.fixture
def wang_fang(people):
    """王芳, registered in 朝阳区 and working at 春风."""
    from tests.registration.changes import at_institution, registered

    return at_institution(registered("王芳"), people.spring)


@pytest.fixture
def bo(people):
    """刘波, first reviewer of 海淀区, where 王芳 wants to go."""
    from tests import factories
    from tests.registration.changes import HAIDIAN

    return factories.staff("刘波", ("first_review", HAIDIAN), username="liubo")


@pytest.fixture
def pending(people):
    from tests.registration.steps import submit

    return submit(people.application)


@pytest.fixture
def worker(client, people):
    """王芳, signed in."""
    client.force_login(people.wang_fang.user)
    return people.wang_fang


@pytest.fixture
def fill(client):
    """Return a function that opens a page, changes some answers and sends it as a browser would."""

    def send(address, /, **changes):
        form = client.get(address).context["form"]
        data = {}
        for field in form:
            value = field.value()
            if value is True and field.is_choice_box:
                value = "on"
            if value not in (None, False) or (value is False and not field.is_choice_box):
                data[field.html_name] = value
        data |= changes
        return client.post(address, {name: value for name, value in data.items() if value is not None})

    return send


@pytest.fixture
def guangdong(people):
    """南山区, 深圳市 and 广东省 at work, and the administrator."""
    from swms.regions.models import Duty
    from tests import factories

    return {
        "440305": factories.staff("南山初审", (Duty.FIRST_REVIEW, "440305")),
        "440300": factories.staff("深圳初审", (Duty.FIRST_REVIEW, "440300"), mobile=factories.mobile()),
        "440000": factories.staff("广东终审", (Duty.FINAL_REVIEW, "440000")),
        "admin": factories.staff("郑凯", (Duty.SYSTEM, None)),
    }


@pytest.fixture
def settle(people):
    """Return a function that writes the next version of a province's policy, in force since yesterday."""
    from datetime import timedelta

    from registration.models import ProvincePolicy
    from swms.dates import today
    from tests import factories

    def settle(province="440000", **fields):
        place = factories.region(province)
        fields.setdefault("effective_from", today() - timedelta(days=1))
        fields.setdefault("version", place.policies.count() + 1)
        fields.setdefault("by", people.zhang_wei)
        return ProvincePolicy.objects.create(province=place, **fields)

    return settle
