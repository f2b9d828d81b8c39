"""`manage.py make_administrator`: the first security administrator, who then makes all other accounts."""

import sys

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from swms.console import staff
from swms.console.staff_pages import NewStaffForm
from swms.workflow import Refused


class Command(BaseCommand):
    """Asks for what the options do not say, and prints a password that must be changed at the first sign-in."""

    help = (
        "Make the first security administrator of this installation. Refused when there is one already, "
        "unless --again is given because none of them can sign in any more. / 创建首位安全管理员。"
    )

    def add_arguments(self, parser):
        parser.add_argument("--name", default="", help="the person's name / 姓名")
        parser.add_argument("--username", default="", help="the name to sign in with / 用户名")
        parser.add_argument("--again", action="store_true", help="make one more although there is one / 再建一位")

    def handle(self, *args, name: str, username: str, again: bool, **options):
        form = NewStaffForm({
            "name": name or self._ask("Name / 姓名", "--name"),
            "username": username or self._ask("User name / 用户名", "--username"),
        })  # fmt: skip
        if not form.is_valid():
            told = [f"{form[field].label}：{message}" for field, found in form.errors.items() for message in found]
            raise CommandError("\n".join(told))
        try:
            user, password = staff.create_administrator(**form.cleaned_data, again=again)
        except Refused as refused:
            hint = " (--again makes one more / 加 --again 再建一位)" if refused.code == "has_administrator" else ""
            raise CommandError(f"{refused.message}{hint}") from refused
        self.stdout.write(
            f"{user.name}: security administrator / 安全管理员\n"
            f"  {settings.SITE_URL}{reverse('signin:sign_in')}\n"
            f"  user name / 用户名    {user.username}\n"
            f"  password / 初始密码   {password}\n"
            "The password is shown only now. At the first sign-in the second factor is set up and another password\n"
            "chosen; nothing else opens before. / 密码只显示这一次。首次登录须先设置第二步验证并修改密码。"
        )

    def _ask(self, words: str, option: str) -> str:
        if not sys.stdin.isatty():
            raise CommandError(f"{option} is missing, and there is nobody to ask / 缺少 {option}")
        return input(f"{words}: ")
