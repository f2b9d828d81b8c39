"""The oracle of all fault tests is a command of the product, and it does find what is broken."""

import json

from certificates.models import Certificate
from registration.models import Application


def test_the_command_says_that_every_promise_holds(site):
    site.crew.work()
    site.issued(site.completed())
    said = site.portal.manage("check_invariants", "--json", SWMS_CHECK_EVERY_FILE="1")
    verdicts = json.loads(said.stdout)
    assert said.returncode == 0, verdicts
    assert len(verdicts) >= 10
    assert not any(verdicts.values())


def test_the_command_finds_a_certificate_whose_file_was_changed(site):
    """Promise 4: one bit is enough."""
    site.crew.work()
    (document,) = site.issued(site.completed())
    whole = document.file.read_bytes()
    document.file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    try:
        said = site.portal.manage("check_invariants", SWMS_CHECK_EVERY_FILE="1")
    finally:
        document.file.write_bytes(whole)
    assert said.returncode == 1
    assert f"{Certificate.objects.get(pk=document.pk)}: its file is missing or changed" in said.stdout


def test_the_command_finds_an_application_that_was_acknowledged_and_is_gone(site):
    """Promise 1: the trail remembers every receipt."""
    application = site.submitted()
    Application.objects.filter(pk=application.pk).update(ref="DJ-ELSEWHERE")
    try:
        said = site.portal.manage("check_invariants")
    finally:
        Application.objects.filter(pk=application.pk).update(ref=application.ref)
    assert said.returncode == 1
    assert f"{application.ref}: was acknowledged and is gone" in said.stdout
