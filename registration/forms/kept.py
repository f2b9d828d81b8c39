"""Forms whose uploads outlive a mistake elsewhere in them."""

from django import forms

from swms.ui import file_size
from swms.uploads.models import StoredFile


class KeepsFiles:
    """Mix into a form: ``kept`` are the files that were uploaded before, by field, and need not be chosen again."""

    def __init__(self, *args, kept: dict[str, StoredFile | None] | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        for name, stored in (kept or {}).items():
            if stored:
                self.keep(name, stored)

    def keep(self, name: str, stored: StoredFile) -> None:
        """Say that the file of this field is there already."""
        # As the initial value it satisfies a required field, which stays marked as one.
        self.initial[name] = stored
        already = f"已上传：{stored.name}（{file_size(stored.size)}）。不重新选择就使用它。"
        self[name].help_text = f"{already}{self.fields[name].rule.hint}"

    @property
    def file_names(self) -> list[str]:
        return [name for name, field in self.fields.items() if isinstance(field, forms.FileField)]

    @property
    def answers(self) -> dict:
        """What was answered, by the fields of the record; files apart."""
        files = self.file_names
        return {name: value for name, value in self.cleaned_data.items() if name not in files}
