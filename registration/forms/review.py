"""What a reviewer says when a form is not passed."""

from django import forms

from registration.models import Application
from registration.reasons import REASONS
from registration.workflows import CancelCause
from swms.console.review import ReasonForm


class EndForm(ReasonForm):
    """Why a registration is undone or ends: 注销 names one of three causes, 撤销 the facts alone (R-REG-24, §2.3)."""

    cause = forms.ChoiceField(
        label="注销原因",
        required=False,
        choices=CancelCause,
        help_text="只在注销登记时选择；撤销登记不选。",
        widget=forms.RadioSelect(attrs={"class": "choices--inline"}),
    )
    field_order = ("cause", "reason")

    def clean(self):
        """Ask for the cause where the button that was pressed needs one, and keep it out of any other."""
        cleaned = super().clean()
        if self.data.get("move") != "cancel":
            cleaned["cause"] = ""
        elif not cleaned.get("cause") and "cause" not in self.errors:
            self.add_error("cause", "请选择注销原因")
        return cleaned


class RefusalForm(ReasonForm):
    """A refusal: what is wrong, whether it can be mended, and the words for the applicant (R-REG-15)."""

    reason_codes = forms.MultipleChoiceField(
        label="原因（可多选，请一次选全）",
        choices=[(reason.code, reason.label) for reason in REASONS.values()],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请至少选择一项原因"},
    )
    refusal_kind = forms.ChoiceField(
        label="类别",
        choices=Application.RefusalKind,
        help_text="补正：修改后可以立即重新申请；不予登记：满30日后方可重新申请。",
        widget=forms.RadioSelect(attrs={"class": "choices--inline"}),
        error_messages={"required": "请选择“补正”或“不予登记”"},
    )
    field_order = ("reason_codes", "refusal_kind", "reason")
