"""抽查: what an office settles for a campaign, the seed, and what a drawn person says (decision 0029)."""

from datetime import timedelta

from django import forms

from registration.workflows import CampaignBasis, StratifyBy
from registration.workflows.sampling.campaign import SEED_LENGTH
from registration.workflows.sampling.drawing import normal_seed
from swms.dates import today
from swms.forms import DateField, Form
from swms.uploads.examine import EVIDENCE
from swms.uploads.fields import UploadsField

#: The form in sections: the heading, what it means, and the fields.
SECTIONS = (
    ("批次", "", ("title", "region", "purpose", "request")),
    (
        "抽查范围",
        "每份登记只列一次。已撤销、已注销的登记和正在抽查的登记不列入。",
        ("basis", "period_from", "period_until"),
    ),
    (
        "分层和数量",
        "每一层分别抽取，小数进位，每层至少抽1件。比例和件数填一项。",
        ("strata_by", "percent", "per_stratum"),
    ),
    (
        "种子",
        "种子须在公告之后由公开事件产生，任何人都不能事先选择，例如福利彩票开奖号码或者公开掷骰子的结果。",
        ("seed_source", "seed_on"),
    ),
)


class CampaignForm(Form):
    """One campaign, whole; ``offices`` are those that the user speaks for."""

    title = forms.CharField(label="名称", max_length=60, help_text="会公开，例如“2026年下半年登记材料抽查”。")
    region = forms.ChoiceField(label="实施区域", help_text="包括其下的所有区域。")
    purpose = forms.CharField(
        label="抽查事由",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="会公开，也会写进给本人的通知。",
    )
    request = forms.CharField(
        label="需要提交的材料",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="逐项写明，会写进给本人的通知。",
    )
    basis = forms.ChoiceField(label="范围", choices=CampaignBasis, widget=forms.RadioSelect)
    period_from = DateField(label="期间开始")
    period_until = DateField(label="期间结束", help_text="当日计算在内，最晚为今天。")
    strata_by = forms.MultipleChoiceField(
        label="分层", choices=StratifyBy, required=False, widget=forms.CheckboxSelectMultiple
    )
    percent = forms.IntegerField(label="每层比例（%）", required=False, min_value=1, max_value=100)
    per_stratum = forms.IntegerField(label="每层件数", required=False, min_value=1, max_value=1000)
    seed_source = forms.CharField(
        label="种子来源", max_length=200, help_text="写明以哪一个公开事件的什么结果作为种子，不留选择的余地。"
    )
    seed_on = DateField(label="种子公布日期", help_text="最早为明天。当天以前须完成公告，当天起可以抽取。")

    def __init__(self, *args, offices, **kwargs):
        super().__init__(*args, **kwargs)
        self.offices = {each.code: each for each in offices}
        self.fields["region"].choices = [(each.code, each.name) for each in offices]

    def sections(self) -> list[dict]:
        """Return the fields as the page shows them."""
        return [
            {"label": label, "text": text, "fields": [self[name] for name in names]} for label, text, names in SECTIONS
        ]

    def clean_region(self):
        return self.offices[self.cleaned_data["region"]]

    def clean_period_until(self):
        """What is still to come cannot be drawn from."""
        day = self.cleaned_data["period_until"]
        if day > today():
            raise forms.ValidationError("期间结束最晚为今天")
        return day

    def clean_seed_on(self):
        """A seed that exists already could have been chosen."""
        day = self.cleaned_data["seed_on"]
        if not today() < day <= today() + timedelta(days=365):
            raise forms.ValidationError("种子公布日期最早为明天，最晚为一年之内")
        return day

    def clean(self):
        """The period is in order; one size and not two."""
        said = super().clean()
        first, last = said.get("period_from"), said.get("period_until")
        if first and last and last < first:
            self.add_error("period_until", "期间结束不能早于期间开始")
        if "percent" not in self.errors and "per_stratum" not in self.errors:
            if said.get("percent") and said.get("per_stratum"):
                self.add_error("per_stratum", "比例和件数只填一项")
            if not said.get("percent") and not said.get("per_stratum"):
                self.add_error("percent", "请填写每层比例或者每层件数")
        return said


class SeedForm(Form):
    """The result of the public event."""

    seed = forms.CharField(
        label="种子",
        min_length=SEED_LENGTH[0],
        max_length=SEED_LENGTH[-1],
        help_text="按公布的原样填写，数字之间用一个空格隔开，例如“03 11 17 22 28 31 09”。",
    )
    seed_evidence = forms.CharField(
        label="核对办法", max_length=300, help_text="在哪里可以查到这一结果，例如开奖公告的网址，或公证书的编号。"
    )

    def clean_seed(self):
        """As it is used, so that the page shows what counts."""
        return normal_seed(self.cleaned_data["seed"])


class InspectionAnswerForm(Form):
    """What a drawn person says and sends; everything may wait until it is sent."""

    text = forms.CharField(label="说明", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 6}))
    files = UploadsField(rule=EVIDENCE, label="材料", required=False)
