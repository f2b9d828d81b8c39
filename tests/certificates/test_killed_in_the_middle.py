"""A worker killed at any point of issuing or annotating loses nothing and makes nothing twice (promises 2, 4)."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

import certificates
from certificates import actions
from certificates.models import Annotation, Certificate
from certificates.workflows import AnnotationState
from registration.workflows import ApplicationState
from swms.crashpoints import ARMED, declared
from swms.invariants import judge
from tests.certificates.makers import ask

POINTS = declared(Path(certificates.__file__).parent)
RUN = """
import django
django.setup()
from django.conf import settings
settings.CERTIFICATE_ROOT = {root!r}
from certificates import actions
actions.{job}({argument!r})
"""

pytestmark = pytest.mark.django_db(transaction=True)


def run_killed_at(point: str, job: str, argument, root: Path) -> None:
    """Run a job in a process of its own, which dies at ``point`` as by ``kill -9``."""
    base = os.environ["DATABASE_URL"].rpartition("/")[0]
    environment = os.environ | {ARMED: point, "DATABASE_URL": f"{base}/{connection.settings_dict['NAME']}"}
    code = RUN.format(root=root, job=job, argument=argument).replace("PosixPath(", "__import__('pathlib').Path(")
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2000:]


def nothing_is_broken() -> bool:
    return not any(verdict.violations for verdict in judge() if verdict.promise.split()[0] in ("2b.", "3.", "4."))


def test_there_is_a_point_between_every_two_steps():
    assert len(POINTS) >= 9


@pytest.mark.parametrize("point", [point for point in POINTS if point.startswith("issue.")])
def test_issuing_that_was_killed_is_finished_by_the_next_worker(point, completed, certificate_root):
    run_killed_at(point, "issue", completed.pk, certificate_root)
    assert nothing_is_broken()
    before = Certificate.objects.get()
    Certificate.objects.filter(sha256="").update(lease_until=None)  # time passes
    actions.issue(completed.pk)
    completed.refresh_from_db()
    after = Certificate.objects.get()
    assert completed.state == ApplicationState.CERT_ISSUED
    assert after.read()
    assert (after.verify_token, after.content) == (before.verify_token, before.content)
    assert nothing_is_broken()


@pytest.mark.parametrize("point", [point for point in POINTS if point.startswith("annotate.")])
def test_annotating_that_was_killed_is_finished_by_the_next_worker(point, qualification, certificate_root):
    row = ask(qualification)
    run_killed_at(point, "annotate", [row.pk], certificate_root)
    assert nothing_is_broken()
    Annotation.objects.filter(state=AnnotationState.SUBMITTED).update(lease_until=None)  # time passes
    actions.annotate([row.pk])
    row.refresh_from_db()
    assert row.is_open
    assert row.read()
    assert nothing_is_broken()
