"""李静 passes what is plain in one go; two of them change while she confirms, and the sheet says so (R-REG-12)."""

from django.db import transaction

from registration import actions
from registration.models import Application, Decision, Qualification
from registration.promise import PROMISE_VERSION
from registration.workflows import ApplicationState
from tests.journeys.steps import applicant

NAMES = ("王芳", "陈晨", "孙梅", "林悦", "刘波")


def sent(name):
    one = applicant(name)
    return actions.apply(one, by=one.worker.user, promise_version=PROMISE_VERSION)


def state(case):
    return Application.objects.get(pk=case.pk).state


def test_batch_approval_with_two_rows_that_fail(visit, li_jing):
    cases = [sent(name) for name in NAMES]
    jing = visit()
    jing.sign_in(li_jing)
    jing.open("/console/registration/application/")
    boxes = {case.ref: jing.page.locator(f"[data-pick][value^='{case.ref} ']") for case in cases}
    # With the keyboard the first, with Shift the stretch from there to the last.
    jing.page.get_by_role("row").filter(has_text=cases[0].ref).get_by_role("link").focus()
    jing.page.keyboard.press("x")
    assert boxes[cases[0].ref].is_checked()
    boxes[cases[-1].ref].click(modifiers=["Shift"])
    assert all(box.is_checked() for box in boxes.values())
    assert "所选" in jing.text
    jing.page.locator("#batch button[type=submit]:visible").click()
    jing.page.wait_for_load_state()
    jing.look()
    assert "批量通过" in jing.text
    assert all(case.ref in jing.text for case in cases)

    # Meanwhile 陈晨 edits her form, and the roster corrects the name of 孙梅.
    worker = cases[1].worker
    with transaction.atomic():
        worker.school = "另一所大学"
        worker.save()
        actions.profile_changed(worker, by=worker.user, part="basic")
    Qualification.objects.filter(pk=cases[2].qualification_id).update(name="孙玫")

    jing.page.check("#id_attest")
    confirm = jing.page.locator("button[name=carry_out]")
    confirm.dblclick()
    jing.page.wait_for_url("**/batch/*-*/")
    jing.look()
    address = jing.page.url
    assert "5 件中已办理 3 件，未办理 2 件" in jing.text
    assert "资料已更新，请重新查看" in jing.text
    assert "姓名、证件号码与社工库一致" in jing.text
    passed = [case for case in cases if state(case) == ApplicationState.INITIAL_APPROVED]
    assert [case.ref for case in passed] == [cases[0].ref, cases[3].ref, cases[4].ref]
    assert Decision.objects.filter(application__in=cases).count() == 3

    jing.open("/console/registration/application/batch/")  # the sheet is kept, and leads to what is left
    assert jing.page.locator(f"main a[href='{address.removeprefix(jing.portal.address)}']").count() == 1
    jing.open(address)
    jing.page.get_by_role("row").filter(has_text=cases[1].ref).get_by_role("link").click()
    jing.page.wait_for_load_state()
    assert "另一所大学" in jing.text
    jing.press("初审通过")
    assert state(cases[1]) == ApplicationState.INITIAL_APPROVED
