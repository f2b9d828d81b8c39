"""The migrations say what the models say, and can be applied while the portal serves."""

import pytest
from django.conf import settings
from django.core.management import call_command
from django_migration_linter import MigrationLinter

OURS = (
    "accounts",
    "audit",
    "bulletins",
    "casework",
    "certificates",
    "education",
    "notices",
    "regions",
    "registration",
    "services",
    "swms",
    "uploads",
)


@pytest.mark.django_db
def test_no_change_of_a_model_lacks_its_migration():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db
def test_no_migration_locks_out_the_version_that_still_serves():
    """Initial migrations are exempt: an empty database has nobody to lock out."""
    linter = MigrationLinter(
        str(settings.BASE_DIR),
        include_apps=OURS,
        ignore_initial_migrations=True,
        no_cache=True,
    )
    linter.lint_all_migrations()
    assert not linter.has_errors
