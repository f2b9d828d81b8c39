"""Every permission that a table or a page names exists, and none exists for nothing."""

import re
from pathlib import Path

from django.apps import apps
from django.conf import settings
from rules.permissions import permissions

from swms.workflow import Reviewed

APPS = ("swms", "registration", "education", "services", "certificates")


def named_in_tables() -> set[str]:
    tables = (model.workflow for model in apps.get_models() if issubclass(model, Reviewed))
    return {move.perm for table in tables for move in table if move.perm}


def named_elsewhere() -> set[str]:
    """Return every permission that stands between quotes in the product, but where it is made."""
    sources = [
        path
        for app in APPS
        for path in (Path(settings.BASE_DIR) / app).rglob("*.py")
        if path.name != "rules.py" and "migrations" not in path.parts
    ]
    quoted = {word for path in sources for word in re.findall(r'"([a-z_]+\.[a-z_]+)"', path.read_text("utf-8"))}
    return quoted & set(permissions)


def test_every_permission_of_a_table_is_made_in_rules():
    assert named_in_tables() - set(permissions) == set(), "nobody could ever make these moves"


def test_no_permission_is_made_that_nothing_asks_for():
    assert set(permissions) - named_in_tables() - named_elsewhere() == set()


def test_who_may_make_a_move_is_in_a_table_and_nobody_is_above_it():
    """There are no superusers: the account has no such field (four-eyes review holds for everybody)."""
    from swms.accounts.models import User

    assert not hasattr(User, "is_superuser")
