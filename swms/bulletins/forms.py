"""What a reader of the board may ask for, and what an office fills in."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from swms.bulletins.actions import MAX_FILES
from swms.bulletins.models import BODY_LENGTH, DUTIES, TITLE_LENGTH, Bulletin, Module
from swms.bulletins.rules import may_publish
from swms.dates import today
from swms.forms import DateField, Form
from swms.regions.fields import RegionField
from swms.regions.models import Region, jurisdictions_of
from swms.uploads.attached import AttachedFiles
from swms.uploads.examine import EVIDENCE
from swms.uploads.fields import UploadsField

BODY_HELP = "空一行另起一段。单独一行以“# ”开头是小标题，以“- ”或“1. ”开头是列表，网址自动成为链接。不能使用HTML。"


class BoardForm(Form):
    """Which bulletins a reader wants to see; everything may be left out."""

    module = forms.ChoiceField(label="栏目", required=False, choices=[("", "全部栏目"), *Module.choices])
    region = forms.ModelChoiceField(
        label="省份",
        required=False,
        empty_label="全部省份",
        help_text="列出全国的、该省的和省内各地的公告。",
        queryset=Region.objects.filter(level=Region.Level.PROVINCE, valid_to=None),
    )
    past = forms.BooleanField(label="包括已过有效期的", required=False)


class BulletinForm(AttachedFiles, Form):
    """A bulletin; where it holds and what it is about are settled once and for all when it is begun."""

    module = forms.ChoiceField(label="栏目", choices=Module.choices)
    scope = forms.ChoiceField(label="发布范围", widget=forms.RadioSelect)
    region = RegionField(label="发布区域", required=False, leaf_only=False, help_text="区域和下级区域的人都会看到。")
    title = forms.CharField(label="标题", max_length=TITLE_LENGTH)
    body = forms.CharField(
        label="正文",
        max_length=BODY_LENGTH,
        help_text=BODY_HELP,
        widget=forms.Textarea(attrs={"rows": 14}),
    )
    publish_at = forms.SplitDateTimeField(
        label="定时发布",
        required=False,
        help_text="不填则点“发布”后立即公开。",
        widget=forms.SplitDateTimeWidget(
            date_format="%Y-%m-%d",
            time_format="%H:%M",
            date_attrs={"type": "date", "aria-label": "发布日期"},
            time_attrs={"type": "time", "aria-label": "发布时刻"},
        ),
        error_messages={"invalid_date": "请输入正确的日期", "invalid_time": "请输入正确的时刻，例如 09:00"},
    )
    expires_on = DateField(label="有效期至", required=False, help_text="过后不再列出，网址仍能打开。不填则一直有效。")
    note = forms.CharField(label="修改说明", max_length=200, help_text="公众会看到，例如“更正领取地址”。")
    removed = forms.MultipleChoiceField(label="删除已有的附件", required=False, widget=forms.CheckboxSelectMultiple)
    files_added = UploadsField(rule=EVIDENCE, max_files=MAX_FILES, label="附件", required=False)

    def __init__(self, *args, user, bulletin: Bulletin | None = None, **kwargs):
        self.user, self.bulletin = user, bulletin
        super().__init__(*args, **kwargs)
        self.is_out = bulletin is not None and bulletin.is_out
        if bulletin is not None:
            del self.fields["module"], self.fields["region"], self.fields["scope"]
        else:
            self._offer_what_is_the_users()
        if self.is_out:
            del self.fields["publish_at"]
            self.fields["note"].required = False
        else:
            del self.fields["note"]
        self.offer_files(bulletin.files.filter(purged_at=None).order_by("pk") if bulletin else ())

    def _offer_what_is_the_users(self) -> None:
        held = jurisdictions_of(self.user)
        mine = [module for module in Module if any(each.duty in DUTIES[module] for each in held)]
        self.fields["module"].choices = [(module.value, module.label) for module in mine]
        self.is_national = any(each.region is None for each in held)
        if self.is_national:
            self.fields["scope"].choices = [("country", "全国"), ("region", "一个区域")]
        else:
            del self.fields["scope"]
            self.fields["region"].required = True

    def clean_publish_at(self):
        """Return a moment that is still to come."""
        moment = self.cleaned_data["publish_at"]
        if moment and moment <= timezone.now():
            raise ValidationError("定时发布须晚于现在；要立即公开，请留空", code="past")
        return moment

    def clean_expires_on(self):
        """Return a last day that is not over."""
        day = self.cleaned_data["expires_on"]
        if day and day < today():
            raise ValidationError("有效期至不能早于今天", code="past")
        return day

    def clean(self):
        """Judge whose region and matter it is, and what goes together."""
        said = super().clean()
        if self.bulletin is None and not self.errors:
            self._judge_place(said)
        starts, ends = said.get("publish_at"), said.get("expires_on")
        if starts and ends and ends < timezone.localdate(starts):
            self.add_error("expires_on", ValidationError("有效期至早于发布日期", code="over_before"))
        count = self.file_count
        if count > MAX_FILES and "files_added" not in self.errors:
            self.add_error("files_added", ValidationError(f"最多保留{MAX_FILES}个附件，现有{count}个", code="too_many"))
        if self.errors and self.files and "files_added" not in self.errors:  # browsers do not keep chosen files
            self.add_error("files_added", "因其他内容有误，附件没有上传，请重新选择")
        return said

    def _judge_place(self, said) -> None:
        region = said.get("region")
        if said.get("scope") == "region" and region is None:
            self.add_error("region", ValidationError("请选择区域", code="required"))
        elif said.get("scope") == "country":
            said["region"] = region = None
        if not self.errors and not may_publish(self.user, said["module"], region):
            name = region.name if region else "全国"
            message = f"您没有在{name}发布“{Module(said['module']).label}”栏目公告的职责，请选择本单位的区域和栏目"
            self.add_error("region", ValidationError(message, code="not_yours"))

    @property
    def written(self) -> dict:
        """What to write, files left out; only of a valid form."""
        names = ("title", "body", "publish_at", "expires_on")
        return {name: self.cleaned_data[name] for name in names if name in self.fields}
