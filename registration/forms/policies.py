"""What a province settles, as it is asked for."""

from datetime import timedelta

from django import forms

from registration.models import FinalReview, FirstReview, ProvincePolicy
from swms.dates import today
from swms.forms import DateField, Form

#: Each window of a policy, and what it is called in a message.
WINDOWS = {
    "makeup_first": "首次登记补登记",
    "makeup_renew": "再登记补登记",
    "ce_waived": "免继续教育证明",
}
#: The form in sections: the heading, what it means, and the fields.
SECTIONS = (
    ("何时生效", "", ("effective_from",)),
    ("由谁审核", "终审部门须在初审部门之上，由不同的部门先后审核。", ("first_review_level", "final_review_level")),
    (
        "首次登记补登记",
        "超过受理期限（通过考试后1年内）的，在此期间可以申请补登记。不开放的，两项都留空。",
        ("makeup_first_from", "makeup_first_until"),
    ),
    (
        "再登记补登记",
        "登记已过期而未再登记的，在此期间可以申请补登记。不开放的，两项都留空。",
        ("makeup_renew_from", "makeup_renew_until"),
    ),
    (
        "免继续教育证明",
        "在此期间提交的再登记申请无需提供继续教育证明。不免的，三项都留空。",
        ("ce_waived_from", "ce_waived_until", "ce_waived_notice"),
    ),
    ("其他", "", ("note",)),
)


class PolicyForm(Form):
    """One version of a policy, whole. ``prefectures`` tells whether there are any that could review first."""

    effective_from = DateField(
        label="生效日期", help_text="最早为明天。自当日0时起提交的申请按这一版办理，此前提交的不变。"
    )
    first_review_level = forms.ChoiceField(label="初审层级", choices=FirstReview, widget=forms.RadioSelect)
    final_review_level = forms.ChoiceField(
        label="终审层级", choices=FinalReview, initial=FinalReview.PROVINCE, widget=forms.RadioSelect
    )
    makeup_first_from = DateField(label="首次登记补登记开始日期", required=False)
    makeup_first_until = DateField(label="首次登记补登记截止日期", required=False, help_text="当日仍受理。")
    makeup_renew_from = DateField(label="再登记补登记开始日期", required=False)
    makeup_renew_until = DateField(label="再登记补登记截止日期", required=False, help_text="当日仍受理。")
    ce_waived_from = DateField(label="免继续教育证明开始日期", required=False)
    ce_waived_until = DateField(label="免继续教育证明截止日期", required=False, help_text="当日提交的仍适用。")
    ce_waived_notice = forms.CharField(
        label="免继续教育证明依据的文件", required=False, max_length=200, help_text="文件名称和文号。"
    )
    note = forms.CharField(label="说明", required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args, prefectures: bool, **kwargs):
        super().__init__(*args, **kwargs)
        level, last = self.fields["first_review_level"], self.fields["final_review_level"]
        if prefectures:
            level.help_text = "县级：登记区域的民政部门初审，其上级也可以办理。地市级：只由地市级民政部门初审。"
            last.help_text = "省级：只由省级民政部门终审。地市级：由地市级民政部门终审，省级也可以办理。"
        else:
            level.choices = [(FirstReview.COUNTY.value, FirstReview.COUNTY.label)]
            level.help_text = "没有下设地市，由登记区域的民政部门初审。"
            last.choices = [(FinalReview.PROVINCE.value, FinalReview.PROVINCE.label)]
            last.help_text = "没有下设地市，由省级民政部门终审。"

    def sections(self) -> list[dict]:
        """Return the fields as the page shows them."""
        return [
            {"label": label, "text": text, "fields": [self[name] for name in names]} for label, text, names in SECTIONS
        ]

    def clean_effective_from(self):
        """R-REG-17: one day knows one policy only."""
        day = self.cleaned_data["effective_from"]
        if day <= today():
            raise forms.ValidationError("生效日期最早为明天")
        return day

    def clean(self):
        """Each window is whole, in order and not over before the version begins; a waiver rests on a notice."""
        said = super().clean()
        for name, called in WINDOWS.items():
            self._judge(name, called)
        if said.get("final_review_level") == FinalReview.PREFECTURE and (
            said.get("first_review_level") == FirstReview.PREFECTURE
        ):
            self.add_error("final_review_level", "初审已由地市级办理，终审须由省级办理")
        if "ce_waived_from" not in self.errors and "ce_waived_until" not in self.errors:
            waived = said.get("ce_waived_from") or said.get("ce_waived_until")
            if waived and not said.get("ce_waived_notice"):
                self.add_error("ce_waived_notice", "请写明免继续教育证明依据的文件")
            if said.get("ce_waived_notice") and not waived:
                self.add_error("ce_waived_from", "写了依据的文件，请同时填写免继续教育证明的起止日期")
        return said

    def _judge(self, name: str, called: str) -> None:
        opening, closing = f"{name}_from", f"{name}_until"
        if opening in self.errors or closing in self.errors:
            return
        first, last = self.cleaned_data.get(opening), self.cleaned_data.get(closing)
        start = self.cleaned_data.get("effective_from")
        if first and not last:
            self.add_error(closing, f"请填写{called}的截止日期")
        elif last and not first:
            self.add_error(opening, f"请填写{called}的开始日期")
        elif first and last < first:
            self.add_error(closing, f"{called}的截止日期不能早于开始日期")
        elif first and start and last < start:
            self.add_error(closing, f"{called}的截止日期早于这一版的生效日期，不会有效，请改期或留空")


def taken_over(newest: ProvincePolicy | None) -> dict:
    """Return what a new version starts with: the newest one, without windows that are over."""
    if newest is None:
        return {"first_review_level": FirstReview.COUNTY, "final_review_level": FinalReview.PROVINCE}
    kept = {"first_review_level": newest.first_review_level, "final_review_level": newest.final_review_level}
    for name in WINDOWS:
        last = getattr(newest, f"{name}_until")
        if last and last >= today() + timedelta(days=1):
            kept |= {f"{name}_from": getattr(newest, f"{name}_from"), f"{name}_until": last}
    if "ce_waived_from" in kept:
        kept["ce_waived_notice"] = newest.ce_waived_notice
    return kept
