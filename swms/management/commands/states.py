"""``manage.py states``: draw docs/states.md from the tables, or check that it is up to date."""

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from swms.histories import reviewed_models

PAGE = settings.BASE_DIR / "docs" / "states.md"

HEAD = """# States

Drawn from the tables in each app's `workflows` by `manage.py states`; a test holds that it is up to date.
A move without a permission is the system's own. "Reason" means that one must be given in words, "version"
that the move must name the version of the form that was looked at.
"""


def page() -> str:
    """Return the whole document."""
    parts = [HEAD]
    for model in sorted(reviewed_models(), key=_place):
        parts += [
            f"## {model._meta.verbose_name} (`{model._meta.label}`)\n",
            _legend(model),
            _diagram(model),
            _table(model),
        ]
    return "\n".join(parts)


def _place(model) -> tuple[int, str]:
    """The order of INSTALLED_APPS, so that the hub comes before its spokes."""
    labels = [config.label for config in apps.get_app_configs()]
    return labels.index(model._meta.app_label), model._meta.label_lower


def _legend(model) -> str:
    choices = model._meta.get_field("state").choices
    return "\n".join(f"- `{value}` {label}" for value, label in choices) + "\n"


def _diagram(model) -> str:
    first = model._meta.get_field("state").default
    head, *arrows = model.workflow.mermaid().splitlines()
    return "\n".join(["```mermaid", head, f"    [*] --> {first}", *arrows, "```\n"])


def _table(model) -> str:
    lines = ["| move | label | from | to | permission | needs |", "|---|---|---|---|---|---|"]
    for each in model.workflow:
        needs = ", ".join(name for name, asked in (("reason", each.needs_reason), ("version", each.versioned)) if asked)
        cells = (f"`{each.name}`", each.label, each.source, each.target, each.perm or "system", needs)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


class Command(BaseCommand):
    help = "Draw docs/states.md from the tables of transitions"

    def add_arguments(self, parser):
        parser.add_argument("--check", action="store_true", help="only tell whether the page is up to date")

    def handle(self, *args, check, **options):
        text = page()
        if not check:
            PAGE.write_text(text, encoding="utf-8")
            self.stdout.write(f"{PAGE.relative_to(settings.BASE_DIR)} written")
        elif not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != text:
            raise CommandError("docs/states.md is out of date: run manage.py states")
