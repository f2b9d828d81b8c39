"""``manage.py import_roster FILE``: bring a file of certificate holders into the roster."""

from __future__ import annotations

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from registration import roster
from registration.models import RosterImport
from swms.accounts.models import User

SHOWN = 20


class Command(BaseCommand):
    help = "导入社工库文件（CSV 或 XLSX，模板见管理后台）；可重复执行，同一文件不会重复入库"

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="CSV 或 XLSX 文件")
        parser.add_argument("--dry-run", action="store_true", help="只检查，不写入")
        parser.add_argument("--errors", type=Path, help="有误的行连同原因写到这个 .csv 或 .xlsx 文件")
        parser.add_argument("--by", help="操作人的用户名，记入审计；不填为系统")

    def handle(self, *args, file: Path, dry_run: bool, errors: Path | None, by: str | None, **options):
        operator = self._operator(by)
        if errors and errors.resolve() == file.resolve():
            raise CommandError("--errors 不能是要导入的文件本身")
        console = Console(file=self.stdout, highlight=False, soft_wrap=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        try:
            with Progress(*columns, console=console, transient=True) as bar:
                task = bar.add_task("检查" if dry_run else "导入", total=None)

                def advance(import_: RosterImport) -> None:
                    done = roster.processed(import_)
                    bar.update(task, completed=done, total=max(import_.rows_total, done))

                import_ = roster.import_file(file, by=operator, dry_run=dry_run, errors=errors, on_progress=advance)
        except roster.FileRefused as refused:
            raise CommandError(refused.message) from refused
        except OSError as error:
            raise CommandError(f"不能读写文件：{error.strerror}（{error.filename}）") from error
        self._report(console, import_, errors)

    def _operator(self, username: str | None) -> User | None:
        if username is None:
            return None
        operator = User.objects.filter(username=username, kind=User.Kind.STAFF, is_active=True).first()
        if operator is None:
            raise CommandError("没有这个用户名的工作人员")
        return operator

    def _report(self, console: Console, import_: RosterImport, errors: Path | None) -> None:
        table = Table(title="试运行结果（没有写入）" if import_.dry_run else "导入结果")
        for header in ("总行数", "新增", "更新", "未变", "有误", "冲突", "提醒"):
            table.add_column(header, justify="right")
        counts = ("total", "created", "updated", "unchanged", "refused", "conflicting", "warned")
        table.add_row(*(str(getattr(import_, f"rows_{name}")) for name in counts))
        console.print(table)
        found = roster.problems(import_)
        for problem in found[:SHOWN]:
            console.print(f"  第{problem.row}行　{problem.get_kind()}　{problem}", markup=False)
        left_out = import_.rows_refused + import_.rows_conflicting
        if left_out + import_.rows_warned > SHOWN:
            console.print("  ……")
        if left_out:
            place = f"有误的行在 {errors}，改正后可再次导入" if errors else "加上 --errors 文件名，可得到有误的行"
            console.print(place, markup=False)
