"""What the tests of an application do again and again."""

import pytest
import time_machine

from registration import actions
from registration.models import Application, Registration
from registration.promise import PROMISE_VERSION
from swms.workflow import Refused
from tests import factories

REASON = "照片不清晰，请重新上传近期证件照。"
FIXABLE = {"reason": REASON, "refusal_kind": "fixable", "reason_codes": ["photo_not_id"]}
REFUSED = {"reason": "不符合登记条件，不予登记。", "refusal_kind": "refused", "reason_codes": ["not_eligible"]}


def submit(application):
    return actions.apply(application, by=application.worker.user, promise_version=PROMISE_VERSION)


def decide(application, name, by, **data):
    return application.move(name, actor=by, seen=application.form_version, **data)


def passed(people, name: str = "陈晨", **options) -> Application:
    """Return an application in 终审通过."""
    application = factories.submitted(name, **options)
    decide(application, "pass_first", people.li_jing)
    return decide(application, "pass_final", people.zhang_wei)


def registered(people, name: str = "陈晨", **options) -> Registration:
    """Return the registration of somebody who went all the way."""
    application = passed(people, name, **options)
    actions.complete(application.pk)
    return Registration.objects.get(qualification=application.qualification)


def refusal(code, call, *args, **kwargs) -> Refused:
    with pytest.raises(Refused) as caught:
        call(*args, **kwargs)
    assert caught.value.code == code
    return caught.value


def at(moment: str):
    """Stand at a moment of Asia/Shanghai."""
    return time_machine.travel(f"{moment}+08:00", tick=False)
