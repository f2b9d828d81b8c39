"""``manage.py demo``: fill an installation with fictitious people in every state."""

from __future__ import annotations

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from certificates.management.demo import build, employers
from certificates.management.demo.offices import NAMED_STAFF
from certificates.management.demo.stories import STORIES
from registration.models import Worker
from registration.workflows import RegistrationState
from swms.accounts.models import User
from swms.regions.models import Duty


class Command(BaseCommand):
    help = "生成演示数据：各种状态的虚构人员、机构和审核人员；同一种子得到同样的数据，可重复执行"

    def add_arguments(self, parser):
        parser.add_argument("--seed", type=int, default=1, help="种子（默认 1）")
        parser.add_argument("--most", type=int, help="每种情形最多几人（默认不限），用于快速生成")
        parser.add_argument("--accounts", action="store_true", help="只列出演示账号")

    def handle(self, *args, seed: int, most: int | None, accounts: bool, **options):
        if settings.PRODUCTION or not settings.DEMO:
            raise CommandError("演示数据只能用于演示环境（SWMS_DEMO=1），不能用于生产环境")
        console = Console(file=self.stdout, highlight=False, soft_wrap=True)
        if not accounts:
            self._build(console, seed, most)
        if build.is_there():
            console.print(_accounts())
        else:
            console.print("还没有演示数据，请先执行 manage.py demo")

    def _build(self, console: Console, seed: int, most: int | None) -> None:
        if build.is_there():
            console.print("演示数据已经存在，没有改动")
            return
        with Progress(TextColumn("{task.description}"), BarColumn(), console=console, transient=True) as bar:
            task = bar.add_task("演示数据", total=None)
            build.build(
                seed, lambda what, done, of: bar.update(task, description=what, completed=done, total=of), most=most
            )
        console.print("演示数据已生成；其中的人员、机构和号码都是虚构的")


def _accounts() -> Table:
    table = Table(title=f"演示账号（密码都是 {build.PASSWORD}；工作人员和机构还需动态验证码，见 /demo/outbox/）")
    for header in ("登录名", "姓名", "身份"):
        table.add_column(header)
    staff = User.objects.filter(username__in=[username for username, _, _ in NAMED_STAFF]).order_by("pk")
    for user in staff.prefetch_related("jurisdictions__region"):
        duties = "、".join(f"{duty.region or '全国'}{Duty(duty.duty).label}" for duty in user.jurisdictions.all())
        table.add_row(user.username, user.name, duties)
    institution = User.objects.filter(username=employers.ACCOUNT).first()
    if institution:
        table.add_row(institution.username, institution.name, "机构")
    named = [story.username for story in STORIES if story.username]
    for user in User.objects.filter(username__in=named).select_related("worker").order_by("pk"):
        table.add_row(user.mobile, user.name, "社会工作者，" + _standing(user.worker))
    return table


def _standing(worker: Worker) -> str:
    registration = worker.registrations.exclude(state=RegistrationState.VALID).first()
    if registration:
        return f"登记{registration.get_state_display()}"
    return worker.applications.latest("pk").get_state_display()
