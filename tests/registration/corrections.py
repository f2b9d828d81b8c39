"""What the tests of refusals that name items do again and again."""

from django.db import transaction

from registration import actions
from registration.models import Application
from tests.registration.steps import decide

REASON = "请按逐项的说明修改后重新提交。"


def item(section, key="", entry="", code="other", remark="请更正"):
    return {"section": section, "entry": str(entry), "key": key, "code": code, "remark": remark}


SCHOOL = item("basic", "school", code="education_untrue", remark="以毕业证书为准")
PHOTO = item("photo", code="photo_not_id", remark="")


def refuse(application, by, *items, kind="fixable", codes=(), stage="first"):
    said = {"reason": REASON, "refusal_kind": kind, "reason_codes": list(codes), "items": list(items)}
    return decide(application, f"fail_{stage}", by, **said)


def reopened(application, by, *items, **said):
    """Return the application in the round that is to mend ``items``, as everybody finds it."""
    actions.reopen(refuse(application, by, *items, **said), by=application.worker.user)
    return Application.objects.select_related("worker__user").get(pk=application.pk)


def edit(worker, part="basic", **answers):
    """Edit the way every page does: write, then let the applications follow, in one transaction."""
    with transaction.atomic():
        for name, value in answers.items():
            setattr(worker, name, value)
        worker.save()
        actions.profile_changed(worker, by=worker.user, part=part)
