"""What every form shares: how it is drawn, and how typed text is tidied before it is judged.

``Renderer`` (the setting ``FORM_RENDERER``) draws all forms through ``templates/ui/form/``. Its
``BoundField`` is therefore the bound field of every form of the project, third-party ones included.
"""

import unicodedata
from functools import cached_property
from pathlib import Path

import django.forms
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms.renderers import DjangoTemplates

#: Widgets whose answer is digits and Latin letters, typed with any keyboard: ``１３８`` means ``138``.
_PLAIN_INPUTS = {"number", "tel", "email", "date", "datetime-local", "time", "month", "url"}
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
#: Line breaks and tabs may be typed where there are lines; other control and format characters (which
#: reorder or hide text) may not. NUL is left to Django, which refuses it itself. Unassigned code points
#: pass: rare characters (生僻字) of the newest Unicode look unassigned to an older Python.
_ALLOWED_IN_A_LINE = {"\0"}
_ALLOWED_IN_LINES = {"\0", "\n", "\t"}
_REFUSED_CATEGORIES = {"Cc", "Cf", "Cs"}


def narrow(text: str) -> str:
    """Return the text with full-width Latin letters, digits and signs as plain ASCII."""
    return text.translate(_FULL_WIDTH)


def tidy(text: str) -> str:
    """Return the text NFC-normalised, with plain line ends and without blanks around it."""
    return unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").strip().strip("\ufeff\u200b")


def refuse_control_characters(value: object) -> None:
    """Raise ``ValidationError`` (code ``control``) if a text of several lines holds characters that cannot be seen."""
    _refuse(value, _ALLOWED_IN_LINES)


def refuse_controls_in_a_line(value: object) -> None:
    """The same for a text of one line, where a tab or a line break was pasted and would come out as a gap."""
    _refuse(value, _ALLOWED_IN_A_LINE)


def _refuse(value: object, allowed: set[str]) -> None:
    for char in str(value):
        if char not in allowed and unicodedata.category(char) in _REFUSED_CATEGORIES:
            raise ValidationError(
                f"含有无法显示的字符（U+{ord(char):04X}），请删除后重新输入", code="control", params={"char": char}
            )


class BoundField(forms.BoundField):
    """A field of a form on a page: tidies what was typed and names everything that describes it."""

    @property
    def data(self):
        """What was posted, tidied unless the field wants it to the letter (passwords)."""
        value = super().data
        if not isinstance(value, str) or not getattr(self.field, "strip", True):
            return value
        return narrow(tidy(value)) if self.wants_plain_characters else tidy(value)

    @property
    def wants_plain_characters(self) -> bool:
        """Whether full-width characters are surely meant as plain ones here."""
        widget = self.field.widget
        return getattr(widget, "input_type", "") in _PLAIN_INPUTS or "inputmode" in widget.attrs

    @property
    def counter(self) -> int | None:
        """The most characters that a long text may have, or None where no counter is shown."""
        limit = getattr(self.field, "max_length", None)
        return limit if limit and isinstance(self.field.widget, forms.Textarea) else None

    @property
    def is_upload(self) -> bool:
        """Whether the field takes a file."""
        return isinstance(self.field, forms.FileField) or getattr(self.field.widget, "needs_multipart_form", False)

    @property
    def current_file(self) -> dict | None:
        """What is uploaded now, if the form put it on the field as ``current``; see ``ui/upload.html``."""
        return getattr(self.field, "current", None)

    @property
    def is_choice_box(self) -> bool:
        """Whether the field is a single tick box, whose label stands beside it."""
        return isinstance(self.field.widget, forms.CheckboxInput)

    @property
    def aria_describedby(self):
        """The ids of the hint, the messages and the counter, in the order they are read."""
        described = (super().aria_describedby or "").split()
        if self.counter and self.auto_id:
            described.append(f"{self.auto_id}_counter")
        return " ".join(described) or None

    def build_widget_attrs(self, attrs, widget=None):
        """Leave out ``maxlength``: browsers cut a pasted text short without a word; we answer with a message."""
        return {**super().build_widget_attrs(attrs, widget), "maxlength": False}


class Renderer(DjangoTemplates):
    """Draws forms from ``templates/ui/form/`` and widgets from Django's own files where we have none."""

    form_template_name = "ui/form/form.html"
    formset_template_name = "ui/form/formset.html"
    field_template_name = "ui/form/field.html"
    bound_field_class = BoundField

    @cached_property
    def engine(self):
        """The project's templates before Django's; the admin's and others' through their apps."""
        project = settings.TEMPLATES[0]
        return self.backend(
            {
                "APP_DIRS": True,
                "DIRS": [*project["DIRS"], Path(django.forms.__file__).parent / "templates"],
                "NAME": "forms",
                "OPTIONS": {"builtins": ["swms.templatetags.ui"]},
            }
        )


class Tidy:
    """What our own forms add: no control characters, and no browser pop-ups in place of our messages."""

    use_required_attribute = False

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, forms.CharField):
                has_lines = isinstance(field.widget, forms.Textarea)
                field.validators.append(refuse_control_characters if has_lines else refuse_controls_in_a_line)
            standard = field.error_messages.get("required") == forms.Field.default_error_messages["required"]
            if field.label and standard:
                field.error_messages["required"] = required_message(field)


def required_message(field: forms.Field) -> str:
    """Return what to do about an empty field, with the verb that fits its control."""
    if isinstance(field, forms.FileField):
        verb = "请上传"
    elif isinstance(field.widget, (forms.Select, forms.RadioSelect, forms.CheckboxSelectMultiple)):
        verb = "请选择"
    elif isinstance(field.widget, forms.CheckboxInput):
        return f"请勾选“{str(field.label).rstrip('。')}”"
    else:
        verb = "请填写"
    return f"{verb}{field.label}"


class Form(Tidy, forms.Form):
    """The base of every form that is not tied to a model."""


class ModelForm(Tidy, forms.ModelForm):
    """The base of every form that edits a model."""


class CodeField(forms.CharField):
    """Letters and digits that a person copies from paper: full-width and blanks are forgiven."""

    def to_python(self, value):
        """Return the code without blanks, in plain characters and capitals."""
        text = super().to_python(value)
        return "".join(narrow(text).split()).upper() if text else text


class DateField(forms.DateField):
    """A date typed as ``2026-11-23``, ``2026年11月23日`` or ``2026.11.23``, or picked where browsers help."""

    def __init__(self, **kwargs):
        kwargs.setdefault("input_formats", ["%Y-%m-%d", "%Y年%m月%d日", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d"])
        kwargs.setdefault("widget", forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        kwargs.setdefault("error_messages", {"invalid": "请输入正确的日期，例如 2026年11月23日"})
        super().__init__(**kwargs)
