"""换发登记证书: why, and then what that reason asks for (R-REP-01, R-REP-03)."""

from django import forms
from django.core.exceptions import ValidationError

from certificates.actions.replacing import MAX_FILES
from certificates.models import PROOFS, Replacement
from certificates.workflows import ReplacementReason
from swms.forms import CodeField, Form
from swms.idnumbers import InvalidIdNumber, clean_id_number, clean_name, normalise
from swms.uploads.attached import AttachedFiles
from swms.uploads.examine import EVIDENCE
from swms.uploads.fields import UploadsField


class ReasonForm(Form):
    """Why the certificate is to be replaced."""

    reason = forms.ChoiceField(
        label="换发原因",
        choices=ReplacementReason,
        widget=forms.RadioSelect,
        help_text="更正姓名或证件号码须有公安机关出具的证明，并经省级终审；其他原因由登记区域审核。",
    )


class ReplacementForm(AttachedFiles, Form):
    """What the reason asks for; the form fits itself to it."""

    new_name = forms.CharField(
        label="更正后的姓名",
        max_length=50,
        required=False,
        help_text="姓名没有变的不填",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    new_id_number = CodeField(
        label="更正后的证件号码",
        max_length=30,
        required=False,
        help_text="证件号码没有变的不填",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    note = forms.CharField(label="说明", max_length=200, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    removed = forms.MultipleChoiceField(label="删除已上传的文件", required=False, widget=forms.CheckboxSelectMultiple)
    files_added = UploadsField(rule=EVIDENCE, max_files=MAX_FILES, label="证明材料", required=False)

    def __init__(self, *args, replacement: Replacement, **kwargs):
        self.replacement = one = replacement
        initial = {"new_name": one.new_name, "new_id_number": one.new_id_number, "note": one.note}
        super().__init__(*args, initial=initial, **kwargs)
        if not one.is_correction:
            del self.fields["new_name"], self.fields["new_id_number"]
        self.offer_files(one.evidence.filter(purged_at=None).order_by("pk"))
        self.proof = PROOFS.get(one.reason, "")
        self.fields["files_added"].label = self.proof or "证明材料（选填）"
        if one.reason == ReplacementReason.LOST:
            self.fields["note"].label = "遗失或损毁的情况"
            self.fields["note"].required = True
            self.fields["note"].error_messages["required"] = "请说明何时、如何遗失或损毁"
        else:
            self.fields["note"].label = "说明（选填）"

    def clean_new_name(self) -> str:
        """Return the name normalised (R-PRO-15); the present one is no correction."""
        typed = self.cleaned_data["new_name"]
        if not typed:
            return ""
        name = _judged(clean_name, typed)
        if name == self.replacement.worker.user.name:
            raise ValidationError("与现在登记的姓名一样，姓名没有变的请留空", code="same")
        return name

    def clean_new_id_number(self) -> str | None:
        """Return the number normalised (R-ACC-09); the present one is no correction."""
        typed = self.cleaned_data["new_id_number"]
        if not typed:
            return None
        user = self.replacement.worker.user
        number = _judged(lambda text: clean_id_number(text, user.id_type), typed)
        if number == normalise(user.id_number or ""):
            raise ValidationError("与现在登记的证件号码一样，证件号码没有变的请留空", code="same")
        return number

    def clean(self):
        """Ask for something to correct, and for the proof that the reason needs (R-REP-03)."""
        cleaned = super().clean()
        if self.replacement.is_correction and not (self.errors or cleaned["new_name"] or cleaned["new_id_number"]):
            self.add_error("new_name", ValidationError("请填写更正后的姓名，或更正后的证件号码", code="required"))
        count = self.file_count
        if "files_added" not in self.errors:
            if count > MAX_FILES:
                message = f"最多保留{MAX_FILES}个文件，现有{count}个"
                self.add_error("files_added", ValidationError(message, code="too_many"))
            elif self.proof and not count:
                self.add_error("files_added", ValidationError(f"请上传{self.proof}", code="required"))
        if self.errors and self.files and "files_added" not in self.errors:  # browsers do not keep chosen files
            self.add_error("files_added", "因其他内容有误，文件没有上传，请重新选择")
        return cleaned

    @property
    def answers(self) -> dict:
        """What to write, files left out; only of a valid form."""
        return {name: self.cleaned_data[name] for name in ("new_name", "new_id_number", "note") if name in self.fields}


def _judged(clean, typed: str) -> str:
    try:
        return clean(typed)
    except InvalidIdNumber as error:
        raise ValidationError(error.message, code=error.code) from error
