"""What the tests of an application do again and again."""

import pytest
import time_machine

from registration import actions
from registration.promise import PROMISE_VERSION
from swms.workflow import Refused

REASON = "照片不清晰，请重新上传近期证件照。"
FIXABLE = {"reason": REASON, "refusal_kind": "fixable", "reason_codes": ["photo_not_id"]}
REFUSED = {"reason": "不符合登记条件，不予登记。", "refusal_kind": "refused", "reason_codes": ["not_eligible"]}


def submit(application):
    return actions.apply(application, by=application.worker.user, promise_version=PROMISE_VERSION)


def decide(application, name, by, **data):
    return application.move(name, actor=by, seen=application.form_version, **data)


def refusal(code, call, *args, **kwargs) -> Refused:
    with pytest.raises(Refused) as caught:
        call(*args, **kwargs)
    assert caught.value.code == code
    return caught.value


def at(moment: str):
    """Stand at a moment of Asia/Shanghai."""
    return time_machine.travel(f"{moment}+08:00", tick=False)
