"""What is asked when an application is sent."""

from django import forms

from registration.promise import PROMISE_VERSION
from swms.forms import Form


class PromiseForm(Form):
    """承诺声明, in the version that the page showed (R-REG-08)."""

    promise = forms.BooleanField(
        label="我已阅读并作出以上承诺",
        required=False,  # the action refuses: one rule for pages and API
    )
    shown = forms.CharField(widget=forms.HiddenInput, required=False, initial=PROMISE_VERSION)

    def clean_shown(self):
        """A text that has changed since must be read again."""
        if self.cleaned_data["shown"] != PROMISE_VERSION:
            self.data = self.data.copy()
            self.data["shown"], self.data["promise"] = PROMISE_VERSION, ""
            raise forms.ValidationError("承诺声明已更新，请重新阅读并勾选")
        return self.cleaned_data["shown"]

    @property
    def promised(self) -> str:
        """The version that was ticked; empty if it was not."""
        return PROMISE_VERSION if self.cleaned_data.get("promise") else ""


class LatePromiseForm(PromiseForm):
    """In the make-up channel the worker also says why it comes late (R-REG-05, R-REREG-08)."""

    late_reason = forms.CharField(
        label="逾期的原因",
        help_text="说明为什么没有在受理期限内申请，最多500字",
        max_length=500,
        required=False,  # the action refuses: one rule for pages and API
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    field_order = ["late_reason", "promise", "shown"]
