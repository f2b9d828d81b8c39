"""``manage.py load_regions``: bring the table of regions up to date."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from swms.regions import loader


class Command(BaseCommand):
    help = "载入行政区划（可重复执行；已撤销的区划保留）"

    def add_arguments(self, parser):
        parser.add_argument("--divisions", type=Path, default=loader.DIVISIONS, help="现行区划 CSV：code,name")
        parser.add_argument(
            "--abolished",
            type=Path,
            default=loader.ABOLISHED,
            help="已撤销区划 CSV：code,name,valid_to,successor",
        )

    def handle(self, *args, divisions, abolished, **options):
        try:
            report = loader.load(divisions, abolished)
        except loader.UnusableFile as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"行政区划：新增 {report.created}，更新 {report.updated}，未变 {report.unchanged}。")
        self.stdout.write(
            f"现行：省级 {report.provinces}，地级 {report.prefectures}，县级 {report.counties}，"
            f"可作登记区域 {report.leaves}；已撤销 {report.abolished}。"
        )
        if report.unlisted:
            self.stdout.write(
                f"有 {len(report.unlisted)} 个区划不在文件中，保留不动，请在已撤销区划文件中说明去向："
                + "、".join(report.unlisted)
            )
