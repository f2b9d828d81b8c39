"""Two holders of a mobile at the same moment: the owner is never the one who loses (S14)."""

from functools import partial

import pytest

from registration import actions
from registration.models import Appeal
from registration.workflows import AppealState as S
from registration.workflows.appeal import hash_of
from swms.accounts.models import User
from swms.histories import broken_histories
from tests import factories
from tests.registration.test_application_together import at_once

pytestmark = pytest.mark.django_db(transaction=True)

CHANGED = "Xinmima-2026"
KEYS = {"link_hash": "to-the-new-mobile", "objection_hash": "to-the-old-mobile"}


def approved(people, name: str) -> Appeal:
    """Return an approved appeal whose links have the keys that are written above."""
    one = factories.appeal(factories.worker(name, region=factories.region("110105")))
    one.move("approve", actor=people.li_jing, seen=1)
    Appeal.objects.filter(pk=one.pk).update(**{field: hash_of(f"{key}-{name}") for field, key in KEYS.items()})
    return one


def test_a_new_password_and_an_objection_at_once_leave_the_account_locked_and_the_password_void(people):
    """R-APL-04: in either order."""
    for name in ("王芳", "林悦", "陈晨"):
        one = approved(people, name)
        outcome = at_once(
            partial(actions.appeals.reset_password, f"{KEYS['link_hash']}-{name}", CHANGED),
            partial(actions.appeals.object_to, f"{KEYS['objection_hash']}-{name}"),
        )
        assert outcome in ([one, one], ["link_dead", one])
        one.refresh_from_db()
        account = User.objects.get(pk=one.account_id)
        assert (one.state, account.is_active, account.mobile) == (S.BLOCKED, False, one.old_mobile)
        assert not account.check_password(CHANGED)
    assert list(broken_histories(Appeal)) == []


def test_a_link_pressed_four_times_sets_one_password_and_an_appeal_sent_four_times_is_one(people):
    """R-APL-04, R-APL-05."""
    approved(people, "王芳")
    passwords = [f"{CHANGED}{turn}" for turn in range(4)]
    key = f"{KEYS['link_hash']}-王芳"
    outcome = at_once(*(partial(actions.appeals.reset_password, key, each) for each in passwords))
    assert outcome.count("link_dead") == 3
    account = User.objects.get(name="王芳")
    assert [account.check_password(each) for each in passwords].count(True) == 1

    owner = factories.worker("林悦", region=factories.region("110105"))
    outcome = at_once(*[partial(factories.appeal, owner)] * 4)
    assert outcome.count("already_open") == 3
    assert Appeal.objects.filter(name="林悦").count() == 1
