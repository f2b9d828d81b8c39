"""What is asked of the keepers of the roster."""

from django import forms
from django.core.exceptions import ValidationError

from swms.console.review import ReasonForm
from swms.forms import Form


class UndoForm(ReasonForm):
    """Why an import is undone."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "撤回原因"
        self.fields["reason"].help_text = "写明文件错在哪里，会留在导入记录中。"
        self.fields["reason"].error_messages["min_length"] = "请写10字以上，说明为什么撤回"


class RosterMergeForm(Form):
    """Which two people are one, and how that is known. ``find`` gives the rows for what was typed."""

    keep = forms.CharField(label="保留的人", max_length=40, help_text="管理号或证件号码。合并后用此人的姓名和证件号码")
    join = forms.CharField(label="并入的人", max_length=40, help_text="管理号或证件号码。证书和登记转到保留的人名下")
    reason = forms.CharField(
        label="依据",
        min_length=10,
        max_length=500,
        help_text="写明如何核实为同一人，例如公安机关出具的号码变更证明及其编号。",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"min_length": "请写10字以上，说明如何核实为同一人"},
    )

    def __init__(self, *args, find, **kwargs):
        super().__init__(*args, **kwargs)
        self._find = find
        for name in ("keep", "join"):
            self.fields[name].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}

    def clean_keep(self):
        return self._row("keep")

    def clean_join(self):
        return self._row("join")

    def _row(self, name: str):
        row = self._find(self.cleaned_data[name])
        if row is None:
            raise ValidationError("社工库中没有这个管理号或证件号码", code="unknown")
        return row
