"""The shape of what a holder asks for: consent, and an annotation (§3.11)."""

import re
import uuid
from datetime import timedelta

from django import forms

from certificates.models import MAX_DAYS, TERMS_VERSION, Scenario
from swms.dates import today
from swms.forms import Form
from swms.ui import cn_date

PRESETS = (7, 30, 60, 90)  # R-ANN-06
OWN = "own"


class TermsForm(Form):
    """同意 under the version that was read (R-CERT-03)."""

    version = forms.CharField(widget=forms.HiddenInput, initial=TERMS_VERSION)


class AnnotationForm(Form):
    """加注申请 (R-ANN-01). Meaning is judged by the action; here only the shape."""

    use_required_attribute = False

    info_confirmed = forms.BooleanField(label="我已核对以上证书信息，信息无误。")
    scenario = forms.ModelChoiceField(
        Scenario.objects.none(), label="使用场景", widget=forms.RadioSelect, empty_label=None
    )
    days = forms.ChoiceField(
        label="加注有效期",
        widget=forms.RadioSelect,
        initial=str(MAX_DAYS),
        help_text=f"从今天算起，最长 {MAX_DAYS} 天，当日 24 时止；建议按上限申请",
    )
    own_days = forms.CharField(
        label="其他天数",
        required=False,
        help_text=f"选择“其他天数”时填写，1 至 {MAX_DAYS} 的整数",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "class": "short"}),
    )
    key = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["scenario"].queryset = Scenario.objects.filter(is_active=True).order_by("code")
        self.fields["scenario"].initial = self.fields["scenario"].queryset.first()
        self.fields["days"].choices = [
            *((str(days), f"{days} 天（至{cn_date(today() + timedelta(days=days))}）") for days in PRESETS),
            (OWN, "其他天数"),
        ]

    def clean_key(self) -> uuid.UUID:
        """Return the page's own key; a page that lost it gets a new one, and the rules still hold (R-ANN-09)."""
        try:
            return uuid.UUID(self.cleaned_data["key"])
        except ValueError:
            return uuid.uuid4()

    def clean(self):
        """Put the number of days, chosen or typed, into ``valid_days``."""
        data = super().clean()
        chosen = data.get("days")
        if chosen == OWN:
            typed = data.get("own_days") or ""
            if not (re.fullmatch("[0-9]{1,3}", typed) and 1 <= int(typed) <= MAX_DAYS):
                self.add_error("own_days", f"请填写 1 至 {MAX_DAYS} 的整数")
            else:
                data["valid_days"] = int(typed)
        elif chosen:
            data["valid_days"] = int(chosen)
        return data
