"""``manage.py recompute_draw FILE``: draw again from what was published, and say whether the same came out."""

from __future__ import annotations

import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from registration.workflows.sampling.drawing import parse, recompute


class Command(BaseCommand):
    help = "按公布的名单和种子重新抽取，核对公布的抽取结果；只读文件，不连接数据库"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="公示页下载的JSON文件")

    def handle(self, *args, file: Path, **options):
        try:
            published = json.loads(file.read_text(encoding="utf-8"))
            wrong = list(recompute(published))
            rows = len(parse(published["committed"]).rows)
        except OSError as error:
            raise CommandError(f"不能读文件：{error.strerror}（{error.filename}）") from error
        except (ValueError, KeyError, TypeError) as error:
            raise CommandError(f"不是公示页下载的文件：{error}") from error
        if wrong:
            raise CommandError("核对不符：" + "；".join(wrong))
        if not published["seed"]:
            self.stdout.write(f"名单{rows}件，与公布的SHA-256一致；种子还没有公布，尚未抽取")
            return
        self.stdout.write(f"名单{rows}件，按种子“{published['seed']}”抽取{len(published['drawn'])}件，与公布的结果一致")
