"""The form of an internal note."""

import re
import uuid

from django import forms
from django.core.exceptions import ValidationError

from swms.casework.models import NOTE_LENGTH
from swms.forms import Form

#: A citizen's number or a mobile, also with blanks or hyphens inside: notes are not sealed.
_NUMBERS = re.compile(r"(?<!\d)(?:\d[ -]?){17}[\dXx](?!\d)|(?<!\d)1[3-9](?:[ -]?\d){9}(?!\d)")


def without_numbers(text: str) -> None:
    """Refuse what would put an identity number or a mobile into a text that is not sealed (R-ACC-13)."""
    if _NUMBERS.search(text):
        raise ValidationError("备注中不要写证件号码或手机号，需要时在记录中查看", code="numbers")


class NoteForm(Form):
    """What the next reviewer should know. ``note_id`` makes a form that is sent twice one note."""

    note = forms.CharField(
        label="写一条内部备注",
        max_length=NOTE_LENGTH,
        help_text="只有能查看此件的工作人员看得到，本人看不到。保存后不能修改或删除。",
        widget=forms.Textarea(attrs={"rows": 3}),
        validators=[without_numbers],
        error_messages={
            "required": "请写下备注的内容",
            "max_length": "不能超过%(limit_value)d字，现在有%(show_value)d字",
        },
    )
    note_id = forms.UUIDField(
        label="页面", widget=forms.HiddenInput, error_messages={"invalid": "页面已过期，请重新打开后再写"}
    )

    @classmethod
    def empty(cls) -> "NoteForm":
        """Return a form for a new note."""
        return cls(initial={"note_id": uuid.uuid4()})
