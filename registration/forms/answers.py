"""What the forms of the personal information share."""

import copy
from collections.abc import Iterable
from datetime import date

from django import forms
from django.core.exceptions import ValidationError

from registration.queries.corrections import UNNAMED
from registration.queries.versions import Seen, version_of
from swms.dates import today
from swms.forms import ModelForm
from swms.regions.models import Region
from swms.regions.queries import full_name
from swms.ui import cn_date

LATER = "later"
"""The name of the button 稍后再填 (R-PRO-02 asks for everything before 首次登记, not before saving)."""


class YesNoField(forms.TypedChoiceField):
    """是 or 否, neither chosen beforehand; ``None`` while unanswered."""

    def __init__(self, **kwargs):
        kwargs.setdefault("widget", forms.RadioSelect(attrs={"class": "choices--inline"}))
        choices = [(True, "是"), (False, "否")]
        super().__init__(choices=choices, coerce=lambda value: str(value) == "True", empty_value=None, **kwargs)


class AnswersForm(ModelForm):
    """Some answers of one record, with the mark of what the page showed.

    The form only cleans: an action writes. Everything is compulsory but ``optional``, and nothing is
    when the button 稍后再填 was pressed. ``marked`` are what else makes an open page stale. ``locked``
    fields are shown and never written: nobody named them in the refusal that is being mended (R-REG-14).
    """

    version = forms.CharField(required=False, widget=forms.HiddenInput)
    optional: tuple[str, ...] = ()
    marked: tuple[str, ...] = ()
    not_answers: tuple[str, ...] = ()

    def __init__(self, *args, locked: Iterable[str] = (), **kwargs):
        super().__init__(*args, **kwargs)
        self.prepare()
        self.locked = frozenset(locked) & set(self.fields)
        for name in self.locked:
            self.fields[name].disabled, self.fields[name].help_text = True, UNNAMED
        for name, field in self.fields.items():
            field.required = not (self.for_later or name == "version" or name in self.optional)
        self.mark = self.initial["version"] = self.version_now()

    def version_now(self) -> str:
        """Return the mark of what the record holds now."""
        return version_of(self.instance, self.names)

    def prepare(self) -> None:
        """Fit the fields to the record; called before anything is read."""

    @property
    def for_later(self) -> bool:
        """Whether the person keeps an unfinished section."""
        return LATER in self.data

    @property
    def names(self) -> list[str]:
        """Names of everything that the form may write."""
        apart = {"version", *self.not_answers}
        return [*(name for name in self.fields if name not in apart), *self.marked]

    @property
    def answers(self) -> dict:
        """What to write, files left out; only of a valid form."""
        files = {name for name, field in self.fields.items() if isinstance(field, forms.FileField)}
        apart = files | self.locked
        return {name: self.cleaned_data[name] for name in self.names if name not in apart and name in self.cleaned_data}

    @property
    def seen(self) -> Seen:
        """What the page showed that was sent."""
        return Seen(tuple(self.names), self.cleaned_data["version"])

    @property
    def beside(self) -> list[dict]:
        """What is stored now beside what was typed, for ``ui/diff.html``; files are left out."""
        rows = []
        for name, value in self.answers.items():
            field = self.fields.get(name)
            if field:
                stored = self.instance.user.email if name == "email" else getattr(self.instance, name)
                rows.append({"label": field.label, "old": _in_words(field, stored), "new": _in_words(field, value)})
        return rows

    def offer_again(self) -> None:
        """Let the next press save over what was changed elsewhere, now that both have been shown."""
        self.data = self.data.copy()
        self.data[self.add_prefix("version")] = self.mark

    def choose_files_again(self) -> None:
        """Say that a browser does not keep chosen files when a form comes back."""
        for name in self.files:
            if name in self.fields and name not in self.errors:
                self.add_error(name, "因其他内容有误，文件没有上传，请重新选择")

    def _post_clean(self):
        """Leave the instance as it was read: the page still shows it, and the action reads it anew.

        A locked field is not judged; another answer to it, from an older page or a made-up one, is refused.
        """
        for name in self.locked:
            self.errors.pop(name, None)
            if self._answered_anew(name):
                self.add_error(name, ValidationError(UNNAMED, code="not_named"))

    def _answered_anew(self, name: str) -> bool:
        bound = self[name]
        widget, at = bound.field.widget, bound.html_name
        if widget.value_omitted_from_data(self.data, self.files, at) or (
            isinstance(widget, forms.CheckboxInput) and at not in self.data
        ):
            return False
        posted = widget.value_from_datadict(self.data, self.files, at)
        field = copy.copy(bound.field)
        field.disabled = False
        return field.has_changed(bound.initial, posted)


def _in_words(field: forms.Field, value) -> str:
    match value:
        case None | "":
            return ""
        case bool():
            return "是" if value else "否"
        case date():
            return cn_date(value)
        case Region():
            return full_name(value)
    return str(dict(getattr(field, "choices", ())).get(value, value))


def not_in_future(day, label: str):
    """Return ``day``, or raise ``ValidationError`` if it has not come yet."""
    if day and day > today():
        raise ValidationError(f"{label}不能晚于今天", code="future")
    return day


def in_order(form: forms.Form, start: str, end: str) -> None:
    """Put a message beside ``end`` if it comes before ``start``."""
    first, last = form.cleaned_data.get(start), form.cleaned_data.get(end)
    if first and last and last < first:
        form.add_error(end, ValidationError("结束时间不能早于开始时间", code="order"))
