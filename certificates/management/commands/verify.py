"""``manage.py verify``: say what a certificate's file, or the text of its QR code, is worth."""

import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from certificates.queries.offline import judge_file, judge_text
from certificates.queries.verification import LARGEST_FILE

#: The exit code of each answer: for scripts, which must not read Chinese.
EXIT = {
    "valid": 0, "altered": 1, "appended": 1, "cut": 1, "unrecorded": 1, "not_ours": 2, "not_pdf": 2, "no_statement": 2,
    "encrypted": 3, "too_large": 3, "expired": 4, "unknown_key": 5, "unknown_version": 6, "wrong_time": 7,
}  # fmt: skip
UNREADABLE = 8


class Command(BaseCommand):
    """Needs the published keys and no network; with the database at hand it also asks the register."""

    help = (
        "Verify a certificate PDF, or the text of a QR code. 查验证书文件或二维码文字。 "
        "Exit codes: 0 valid, 1 altered, cut or not recorded, 2 not ours, 3 cannot be read (encrypted, too large), "
        "4 expired, 5 unknown key, 6 unknown version, 7 signed outside the life of its key, 8 no such file."
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("what", metavar="FILE.pdf|TEXT", help="a PDF, or the text of a QR code; - reads text")
        parser.add_argument("--offline", action="store_true", help="do not ask the register / 不查登记库")

    def handle(self, *, what: str, offline: bool, **options):
        if what == "-":
            answer = judge_text(sys.stdin.read(100_000))
        elif "/v/" in what and not Path(what).is_file():
            answer = judge_text(what)
        else:
            answer = judge_file(self._read(what), offline=offline)
        self.stdout.write(f"{answer.title}\n{answer.text}")
        for row in answer.facts:
            self.stdout.write(f"  {row.label}：{row.value}")
        for line in answer.notes:
            self.stdout.write(line)
        if code := EXIT.get(answer.code, 4):
            raise CommandError(f"结论：{answer.title}（{answer.code}）", returncode=code)

    def _read(self, name: str) -> bytes:
        try:
            with Path(name).open("rb") as file:
                return file.read(LARGEST_FILE + 1)  # a byte more is enough to say that it is too large
        except OSError as error:
            raise CommandError(f"无法读取 {name}：{error.strerror}", returncode=UNREADABLE) from error
