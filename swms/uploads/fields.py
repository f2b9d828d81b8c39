"""Form fields that clean an upload into its examined copy."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from swms.uploads.examine import Examined, Rule, examine
from swms.uploads.refusal import UploadRefused

MESSAGES = {
    "required": "请选择要上传的文件",
    "missing": "请选择要上传的文件",
    "empty": "选择的是空文件，请重新选择",
    "invalid": "文件没有上传成功，请重新选择",
}


class UploadField(forms.FileField):
    """One file; cleans into `Examined`."""

    widget = forms.FileInput

    def __init__(self, *, rule: Rule, **kwargs: Any) -> None:
        self.rule = rule
        kwargs.setdefault("help_text", rule.hint)
        kwargs["error_messages"] = MESSAGES | kwargs.get("error_messages", {})
        super().__init__(**kwargs)

    def to_python(self, data: Any) -> Examined | None:
        """Return the examined file, None without one."""
        uploaded = super().to_python(data)
        if uploaded is None:
            return None
        try:
            return examine(uploaded, self.rule)
        except UploadRefused as refused:
            raise ValidationError(refused.message, code=refused.code) from refused

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Let the browser offer only files that have a chance."""
        return super().widget_attrs(widget) | {"accept": self.rule.accept}


class SeveralFilesInput(forms.FileInput):
    """A file input that takes several files at once."""

    allow_multiple_selected = True


class UploadsField(UploadField):
    """Several files of one kind; cleans into a list of `Examined`. A message names the file that it is about."""

    widget = SeveralFilesInput

    def __init__(self, *, rule: Rule, max_files: int = 5, **kwargs: Any) -> None:
        self.max_files = max_files
        kwargs.setdefault("help_text", f"{rule.hint}，最多{max_files}个")
        super().__init__(rule=rule, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Examined]:
        """Return the examined files, all of them or none (R-PRO-14)."""
        files = [file for file in data or [] if file]
        if not files:
            if self.required and not initial:
                raise ValidationError(self.error_messages["required"], code="required")
            return []
        if len(files) > self.max_files:
            raise ValidationError(f"最多上传{self.max_files}个文件，您选了{len(files)}个", code="too_many")
        examined, errors = [], []
        for file in files:
            try:
                examined.append(super().clean(file, None))
            except ValidationError as error:
                errors += [ValidationError(f"{file.name}：{text}", code=error.code) for text in error.messages]
        if errors:
            raise ValidationError(errors)
        return examined
