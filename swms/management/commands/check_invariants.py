import json

from django.core.management.base import BaseCommand, CommandError

from swms.invariants import judge


class Command(BaseCommand):
    help = "Judge the system's promises on live data; exits with 1 when one is broken."

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="print the verdicts as JSON")

    def handle(self, **options):
        verdicts = judge()
        if options["json"]:
            self._print_json(verdicts)
        else:
            for verdict in verdicts:
                mark = "✗" if verdict.violations else "✓"
                self.stdout.write(f"{mark} {verdict.promise}")
                for line in verdict.violations:
                    self.stdout.write(f"    {line}")
        if any(verdict.violations for verdict in verdicts):
            raise CommandError("some promises do not hold", returncode=1)

    def _print_json(self, verdicts):
        self.stdout.write(json.dumps({v.promise: v.violations for v in verdicts}, ensure_ascii=False))
