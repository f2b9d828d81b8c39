"""What the desk of the paper certificates fills in: a batch, a hand-over, parcels' numbers (§3.13, R-PAP-01…05)."""

import io
import re

from django import forms
from django.core.exceptions import ValidationError

from certificates.forms.paper import ProxyFields
from certificates.models import CARRIER, PaperBatch, PaperCertificate, PaperPlace
from certificates.models.paper import MOST_COURIER_DAYS
from certificates.workflows.paper import TRACKING
from registration.roster.columns import Column
from registration.roster.files import FileRefused, open_table
from swms.codes import CertificateLevel
from swms.dates import today
from swms.forms import CodeField, DateField, Form
from swms.regions.models import Duty, Region, jurisdictions_of
from swms.sheets import unguarded

MOST_PLACES, FEWEST_SHOWN = 12, 2
MOST_LINES, LONGEST_PASTE, LONGEST_FILE = 5000, 200_000, 5 * 1024 * 1024
LARGEST_UNPACKED = 64 * 1024 * 1024
FIRST_YEAR = 2008  # of the national exam
_MGMT = Column("mgmt_no", "管理号")
_NUMBER = Column("tracking_no", "快递单号")


class HandOverForm(ProxyFields):
    """Somebody stands at the counter (R-PAP-05)."""

    collected_by = forms.ChoiceField(
        label="领取人", choices=[("self", "本人"), ("proxy", "代领人")], widget=forms.RadioSelect
    )
    id_checked = forms.BooleanField(label="已核对身份证原件（代领的，本人和代领人双方的原件以及委托书）")
    field_order = ("collected_by", "proxy_name", "proxy_last4", "proxy_relation", "id_checked")

    def __init__(self, data=None, *, paper: PaperCertificate):
        named = {
            "collected_by": "proxy" if paper.proxy_name else "self",
            "proxy_name": paper.proxy_name,
            "proxy_last4": paper.proxy_last4 or "",
            "proxy_relation": paper.proxy_relation,
        }
        super().__init__(data, initial=named)
        if not paper.batch.proxy_allowed:
            self.fields["collected_by"].choices = [("self", "本人")]
            for name in ("proxy_name", "proxy_last4", "proxy_relation"):
                del self.fields[name]

    def clean(self):
        said = super().clean()
        if said.get("collected_by") == "proxy" and "proxy_name" in self.fields:
            self.ask_for_proxy(said)
        return said


class TrackingForm(Form):
    """The number of one parcel."""

    tracking_no = CodeField(label="快递单号", max_length=30)

    def clean_tracking_no(self) -> str:
        if not TRACKING.fullmatch(self.cleaned_data["tracking_no"]):
            raise ValidationError("快递单号由8至30位数字和字母组成", code="tracking_no")
        return self.cleaned_data["tracking_no"]


class TrackingListForm(Form):
    """The carrier's numbers: the list that was exported, filled in; or lines of 管理号 and number."""

    file = forms.FileField(
        label="填好单号的寄递清单", required=False, help_text="XLSX或CSV，须有“管理号”和“快递单号”两列。"
    )
    text = forms.CharField(
        label="或者粘贴",
        required=False,
        help_text="每行一件：管理号、空格、快递单号。",
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def clean(self):
        """Read both kinds into ``numbers``: line, 管理号, number; whatever is wrong with a line has its own message."""
        said = super().clean()
        file, text = said.get("file"), said.get("text")
        if self.errors:
            return said
        if len(text or "") > LONGEST_PASTE:
            self.add_error("text", "内容过长，请分几次登记")
            return said
        if bool(file) == bool(text):
            self.add_error("text" if file else "file", "上传清单和粘贴请选一种")
            return said
        field = "file" if file else "text"
        try:
            lines = self._of_file(file) if file else self._of_text(text)
        except FileRefused as refused:
            self.add_error(field, refused.message)
            return said
        said["numbers"], problems = judged_lines(lines)
        if problems:
            self.add_error(field, problems)
        elif not said["numbers"]:
            self.add_error(field, "没有找到快递单号，请先在清单中填写")
        return said

    def _of_file(self, file) -> list[tuple[int, str, str]]:
        if file.size > LONGEST_FILE:
            raise FileRefused("too_large", "文件超过5MB，请只保留这一次的清单")
        table = open_table(io.BytesIO(file.read()), (_MGMT, _NUMBER), most_unpacked=LARGEST_UNPACKED)
        lines = []
        for line, cells in table.rows():
            cell = {name: unguarded(_text(cells[place])) for name, place in table.places.items()}
            if cell["tracking_no"]:  # a parcel that is not on its way yet
                lines.append((line, cell["mgmt_no"], cell["tracking_no"]))
        return lines

    def _of_text(self, text: str) -> list[tuple[int, str, str]]:
        lines = []
        for line, words in enumerate(text.split("\n"), start=1):
            parts = re.split(r"[\s,，;；]+", words.strip())
            if parts != [""]:
                lines.append((line, parts[0], "".join(parts[1:])))
        return lines


def judged_lines(lines: list[tuple[int, str, str]]) -> tuple[list[tuple[int, str, str]], list[str]]:
    """Return the lines in plain characters, and what is wrong with any of them."""
    found, problems, seen = [], [], {}
    if len(lines) > MOST_LINES:
        return [], [f"一次最多登记{MOST_LINES}件，请分几次"]
    for line, mgmt_no, number in lines:
        mgmt_no, number = mgmt_no.strip().upper(), "".join(number.split()).upper()
        if not TRACKING.fullmatch(number):
            problems.append(f"第{line}行：快递单号由8至30位数字和字母组成")
        for value, what in ((mgmt_no, "管理号"), (number, "快递单号")):
            if (what, value) in seen:
                problems.append(f"第{line}行：{what}与第{seen[what, value]}行相同")
            seen[what, value] = line
        found.append((line, mgmt_no, number))
    return found, problems[:50]


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return "" if cell is None else str(cell).strip()


class ReopenForm(Form):
    """Until when what was sealed away may be collected."""

    collect_until = DateField(label="新的最后领取日")

    def clean_collect_until(self):
        if self.cleaned_data["collect_until"] <= today():
            raise ValidationError("须晚于今天", code="past")
        return self.cleaned_data["collect_until"]


class BatchForm(Form):
    """A batch and its places; what the publication settled is asked for no more."""

    region = forms.ModelChoiceField(label="省份", queryset=Region.objects.none(), empty_label="请选择")
    exam_year = forms.IntegerField(label="考试年度", min_value=FIRST_YEAR)
    level = forms.TypedChoiceField(label="级别", choices=CertificateLevel, coerce=int)
    courier_days = forms.IntegerField(
        label="邮寄申请期限（工作日）",
        required=False,
        min_value=1,
        max_value=MOST_COURIER_DAYS,
        help_text="自发布通知的次日起算。不填则不提供邮寄。",
    )
    carrier = forms.CharField(label="快递公司", max_length=30, initial=CARRIER)
    collect_until = DateField(label="最后领取日")
    proxy_allowed = forms.BooleanField(label="允许他人代领", required=False)
    contact = forms.CharField(label="咨询单位和电话", max_length=100)
    note = forms.CharField(label="补充说明", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))
    change = forms.CharField(label="修改说明", max_length=200, help_text="公众会看到，例如“更正领取地址”。")
    SETTLED = ("region", "exam_year", "level", "courier_days", "carrier")

    def __init__(self, data=None, *, user, batch: PaperBatch | None = None):
        self.batch = batch
        self.public = batch is not None and batch.published_at is not None
        self.there = list(batch.places.all()) if batch else []
        super().__init__(data, initial=_of_batch(batch) if batch else None)
        if batch is not None:
            for name in ("region", "exam_year", "level"):
                del self.fields[name]
        else:
            self.fields["region"].queryset = _provinces(user)
            self.fields["exam_year"].max_value = today().year
        if self.public:
            del self.fields["courier_days"], self.fields["carrier"]
        else:
            del self.fields["change"]
        asked = data.get("slots", "") if data is not None else ""
        more = int(asked) if asked.isdecimal() and len(asked) < 3 else 0
        more += data is not None and data.get("do") == "more"
        self.slots = min(MOST_PLACES, max(FEWEST_SHOWN, len(self.there), more))
        for number in range(self.slots):
            self._add_place(number)

    def _add_place(self, number: int) -> None:
        place = self.there[number] if number < len(self.there) else None
        kinds = [("", "不设这个地点"), *PaperPlace.Kind.choices]
        fields = {
            "kind": forms.ChoiceField(label=f"地点{number + 1}：部门", choices=kinds, required=False),
            "name": forms.CharField(label=f"地点{number + 1}：名称", max_length=60, required=False),
            "address": forms.CharField(label=f"地点{number + 1}：地址", max_length=100, required=False),
            "hours": forms.CharField(
                label=f"地点{number + 1}：时间",
                max_length=60,
                required=False,
                help_text="例如：工作日9:00—11:30，13:30—17:00",
            ),
            "enquiries": forms.CharField(label=f"地点{number + 1}：电话", max_length=40, required=False),
            "from_day": DateField(label=f"地点{number + 1}：开始日期", required=False),
            "until_day": DateField(label=f"地点{number + 1}：结束日期", required=False),
        }
        for name, field in fields.items():
            if place is not None:
                field.initial = getattr(place, name)
            self.fields[f"place{number}_{name}"] = field

    def clean_exam_year(self) -> int:
        """Return a year whose exam is over."""
        if self.cleaned_data["exam_year"] > today().year:
            raise ValidationError("考试年度不能晚于今年", code="future")
        return self.cleaned_data["exam_year"]

    def clean_collect_until(self):
        day = self.cleaned_data["collect_until"]
        if day <= today():
            raise ValidationError("最后领取日须晚于今天", code="past")
        return day

    def clean(self):
        """A place is given whole or not at all."""
        said = super().clean()
        for number in range(self.slots):
            given = {name: said.get(f"place{number}_{name}") for name in _PLACE}
            if given["kind"]:
                for name in ("name", "address", "hours", "enquiries"):
                    if not given[name] and f"place{number}_{name}" not in self.errors:
                        label = self.fields[f"place{number}_{name}"].label
                        self.add_error(f"place{number}_{name}", ValidationError(f"请填写{label}", code="required"))
                if given["from_day"] and given["until_day"] and given["until_day"] < given["from_day"]:
                    self.add_error(f"place{number}_until_day", ValidationError("结束日期早于开始日期", code="order"))
            elif any(given[name] for name in ("name", "address", "enquiries")) and not self._was(number):
                self.add_error(f"place{number}_kind", ValidationError("请选择部门", code="required"))
        return said

    def unjudged(self) -> "BatchForm":
        """Return the form as it was typed, before anything in it is judged."""
        self._errors = {}
        return self

    def _was(self, number: int) -> bool:
        return number < len(self.there)

    @property
    def said(self) -> dict:
        """What to write of the batch itself; only of a valid form."""
        names = ("courier_days", "carrier", "collect_until", "proxy_allowed", "contact", "note")
        return {name: self.cleaned_data[name] for name in names if name in self.fields}

    @property
    def places(self) -> list[dict]:
        """The places that are to be there; one of an existing place names it by ``pk``."""
        found = []
        for number in range(self.slots):
            given = {name: self.cleaned_data.get(f"place{number}_{name}") for name in _PLACE}
            if given["kind"]:
                found.append(given | ({"pk": self.there[number].pk} if self._was(number) else {}))
        return found

    def sections(self) -> list[dict]:
        """Return the fields in groups, as the template shows them."""
        names = [name for name in self.fields if not name.startswith("place")]
        groups = [{"label": "批次", "fields": [self[name] for name in names]}]
        for number in range(self.slots):
            fields = [self[f"place{number}_{name}"] for name in _PLACE]
            groups.append({"label": f"现场领取地点{number + 1}", "fields": fields})
        return groups


_PLACE = ("kind", "name", "address", "hours", "enquiries", "from_day", "until_day")


def _of_batch(batch: PaperBatch) -> dict:
    return {
        name: getattr(batch, name)
        for name in ("courier_days", "carrier", "collect_until", "proxy_allowed", "contact", "note")
    }


def _provinces(user):
    """Return the provinces whose certificates the user keeps."""
    rows = Region.objects.filter(level=Region.Level.PROVINCE, valid_to=None)
    held = [each for each in jurisdictions_of(user) if each.duty == Duty.CERTIFICATE]
    if any(each.region is None for each in held):
        return rows
    return rows.filter(pk__in=[each.region_id for each in held])
