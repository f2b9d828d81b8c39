"""统计: what waits, what was decided and what is registered, for an office and all below it (decision 0028)."""

from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import Http404
from django.views.decorators.http import require_http_methods

from registration.models import Decision
from registration.queries.statistics import AGES, Figures, Period, figures, presets
from registration.queries.statistics.period import LONGEST_YEARS
from swms import charts, sheets
from swms.codes import CertificateLevel
from swms.console.exports import ExportForm, new_file, send, told
from swms.console.screens import Screen
from swms.dates import add_years, today
from swms.forms import DateField, Form
from swms.regions.models import REVIEW_DUTIES
from swms.regions.places import Place, place_of, places_to_choose
from swms.ui import cn_date, cn_datetime

EARLIEST = 2000  # the first year that a period may begin in
_CELL = {"badge": "", "url": "", "date": None}  # looking for what a cell has not costs a template most


class PeriodForm(Form):
    """Which division, and from when to when."""

    region = forms.ChoiceField(label="区域")
    first = DateField(label="从")
    last = DateField(label="到")

    def __init__(self, data=None, *, places, **rest):
        super().__init__(data, **rest)
        self.fields["region"].choices = places

    def clean(self):
        """In order, not in the future and not longer than the page can show."""
        said = super().clean()
        first, last = said.get("first"), said.get("last")
        if first and last:
            if last < first:
                self.add_error("last", "结束日期不能早于开始日期")
            elif last > add_years(first, LONGEST_YEARS):
                self.add_error("last", f"一次最多统计{LONGEST_YEARS}年，请缩短时间范围")
        return said

    def clean_first(self):
        day = self.cleaned_data["first"]
        if day.year < EARLIEST or day > today():
            raise ValidationError(f"请填写{EARLIEST}年以后、今天以前的日期")
        return day

    def clean_last(self):
        return min(self.cleaned_data["last"], today())


@admin.register(Decision)
class StatisticsScreen(Screen):
    """The numbers of one office over a period, as tables, charts and sheets."""

    group = "审核"
    label = "统计"
    duties = REVIEW_DUTIES

    def list_page(self, request):
        """The numbers (GET), and the same as a sheet (POST)."""
        return require_http_methods(["GET", "HEAD", "POST"])(self._page)(request)

    def _page(self, request):
        place = place_of(request.user, request.GET.get("region", ""))
        if place is None:
            raise Http404
        usual = presets(today())
        chosen = next(iter(usual.values()))
        places = places_to_choose(request.user, place)
        given = {"region": place.code, "first": chosen.first, "last": chosen.last}
        asked = {name: request.GET[name] for name in ("first", "last") if name in request.GET}
        form = PeriodForm(given | asked, places=places)
        if form.is_valid():
            chosen = Period(form.cleaned_data["first"], form.cleaned_data["last"])
        export = ExportForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid() and export.is_valid():
            return self._sheet(request, export.cleaned_data, place, chosen)
        numbers = figures(place, chosen)
        context = {
            "heading": f"{self.label} · {place.name}",
            "form": form if form.errors else export,
            "period_form": form,
            "export_form": export,
            "usual": [self._usual(place, name, each, chosen) for name, each in usual.items()],
            "period": f"{cn_date(chosen.first)}至{cn_date(chosen.last)}",
            "at": cn_datetime(numbers.at),
            "numbers": numbers,
            "tables": {table.name: table.in_short for table in tables(numbers, chosen)},
            "step": chosen.step_words,
            "total": _in_words(numbers.total),
            "ages": [
                {"label": words, "value": count} for (_, words), count in zip(AGES, numbers.backlog.ages, strict=True)
            ],
            "longest_age": max(numbers.backlog.ages),
            "plot": _plot(numbers, chosen),
            "reasons": [
                {"label": each.label, "value": each.count, "text": f"{each.count}次"} for each in numbers.reasons
            ],
            "levels": [{"label": label, "value": count} for label, count in numbers.register.levels.items()],
            "expiries": [_expiry(*each) for each in numbers.register.months],
            "most_expiries": max(count for _, count, _ in numbers.register.months),
            "parts": self._parts(numbers, chosen),
        }
        return self.show(request, "console/statistics.html", context)

    def _usual(self, place: Place, name: str, period: Period, chosen: Period) -> dict:
        return {"label": name, "url": self._address(place.code, period), "current": period == chosen, "count": None}

    def _address(self, code: str, period: Period) -> str:
        return f"{self.list_url}?{urlencode({'region': code, 'first': period.first, 'last': period.last})}"

    def _parts(self, numbers: Figures, period: Period) -> dict:
        """Return the divisions for ``ui/table.html``; each leads to its own numbers."""
        table = _by_part(numbers)
        rows = [_cells(row) for row in table.rows]
        for row, part in zip(rows, numbers.parts, strict=True):
            if part.code:
                row[0]["url"] = self._address(part.code, period)
        return {"columns": table.columns, "rows": rows}

    def _sheet(self, request, said: dict, place: Place, period: Period):
        file, kind = new_file(), said["kind"]
        found = tables(figures(place, period), period)
        if kind == sheets.XLSX:
            with sheets.Workbook(file) as book:
                for table in found:
                    sheet = book.sheet(table.title, table.header)
                    for row in table.rows:
                        sheet.put(row)
        else:
            sheets.write(file, kind, self.label, ("表", "行", "列", "数"), _flat(found))
        words = f"{period.first}至{period.last}"
        told(request.user, self.label, said, place, sum(len(table.rows) for table in found), 时间=words)
        return send(file, f"统计-{place.name.replace(' ', '')}-{words}", kind)


class Table:
    """Numbers under a title; the page and the sheet show the same ones."""

    def __init__(self, name: str, title: str, header: tuple[str, ...], rows: list[tuple], *, words: int = 1) -> None:
        self.name, self.title, self.header, self.rows, self.words = name, title, header, rows, words

    @property
    def columns(self) -> list[dict]:
        """The columns as ``ui/table.html`` takes them; the first ones are words."""
        return [{"label": label, "number": place >= self.words} for place, label in enumerate(self.header)]

    @property
    def in_short(self) -> dict:
        """The table as ``ui/table.html`` takes it, without the rows in which nothing is counted."""
        return {"columns": self.columns, "rows": [_cells(row) for row in self.rows if any(row[self.words :])]}


def _cells(row: tuple) -> list[dict]:
    """Return a row of numbers and words as ``ui/table.html`` takes it."""
    return [_CELL | {"text": cell} for cell in row]


def tables(numbers: Figures, period: Period) -> list[Table]:
    """Return every number of the page, table by table."""
    waiting, register = numbers.backlog, numbers.register
    found = [
        Table(
            "backlog",
            "待办",
            ("事项", "环节", "等待", "即将到期", "已逾期", "最久（日）"),
            [(each.kind, each.stage, each.waiting, each.near, each.late, each.oldest) for each in waiting.lines]
            + [("合计", "", waiting.waiting, waiting.near, waiting.late, max(each.oldest for each in waiting.lines))],
            words=2,
        ),
        Table(
            "ages",
            "已等待的工作日",
            ("工作日", "件数"),
            [(words, count) for (_, words), count in zip(AGES, waiting.ages, strict=True)],
        ),
        Table(
            "decided",
            "登记审核",
            (period.step_words, "初审通过", "初审不通过", "终审通过", "终审不通过", "撤回", "用时中位数", "九成不超过"),
            [_decided(each) for each in (*numbers.steps, numbers.total)],
        ),
        Table(
            "reasons",
            "不通过的原因",
            ("原因", "次数", "指出的内容"),
            [(each.label, each.count, _items(each.items)) for each in numbers.reasons],
        ),
        Table("levels", "现行有效的登记", ("级别", "人次"), [*register.levels.items(), ("合计", register.total)]),
        Table("expiries", "今后12个月到期", ("月份", "到期", "其中再登记审核中"), list(register.months)),
        Table(
            "open",
            "再登记受理期",
            ("事项", "人次"),
            [
                ("受理期已开始", register.open),
                ("已提交再登记", register.begun),
                ("还没有提交", register.open - register.begun),
            ],
        ),
    ]
    return [*found, _by_part(numbers)] if numbers.parts else found


def _decided(each) -> tuple:
    days = ("" if number is None else number for number in (each.median, each.most))
    return (
        each.label, each.passed_first, each.failed_first, each.passed_final, each.failed_final, each.withdrawn, *days
    )  # fmt: skip


def _in_words(total) -> list[dict]:
    """Return what was decided in the whole period, for ``ui/summary.html``."""
    rows = [
        {"label": "初审", "value": f"通过{total.passed_first}件，不通过{total.failed_first}件"},
        {"label": "终审", "value": f"通过{total.passed_final}件，不通过{total.failed_final}件"},
        {"label": "本人撤回", "value": f"{total.withdrawn}件"},
    ]
    if total.median is not None:
        days = f"一半的申请不超过{total.median}个工作日，九成不超过{total.most}个工作日"
        rows.append({"label": "从提交到办结", "value": days})
    return rows


def _expiry(label: str, count: int, renewing: int) -> dict:
    words = f"{count}（再登记审核中{renewing}）" if renewing else f"{count}"
    return {"label": label, "value": count, "text": words}


def _items(items: list[tuple[str, int]]) -> str:
    return "、".join(f"{label} {count}" for label, count in items)


def _by_part(numbers: Figures) -> Table:
    levels = tuple(level.label for level in CertificateLevel)
    rows = [
        (each.name, each.waiting, each.near, each.late, *(each.levels[level] for level in levels), each.registered)
        for each in numbers.parts
    ]
    return Table("parts", "下级区域", ("区域", "等待", "即将到期", "已逾期", *levels, "登记合计"), rows)


def _plot(numbers: Figures, period: Period):
    steps = numbers.steps
    series = [
        charts.Series("终审通过", "good", [each.passed_final for each in steps]),
        charts.Series("不通过", "bad", [each.failed for each in steps]),
        charts.Series("撤回", "wait", [each.withdrawn for each in steps]),
    ]
    return charts.columns(f"每{period.step_words}办结的登记申请", [each.label for each in steps], series)


def _flat(found: list[Table]):
    """Yield every number in a row of its own, for programs."""
    for table in found:
        for row in table.rows:
            name = " ".join(str(cell) for cell in row[: table.words] if cell)
            for label, cell in zip(table.header[table.words :], row[table.words :], strict=True):
                yield table.title, name, label, cell
