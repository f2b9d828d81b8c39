"""A form about a record that has files: some are there, some come, some go."""

from collections.abc import Callable, Iterable

from swms.uploads.models import StoredFile


class AttachedFiles:
    """Mix into a form with the fields ``files_added`` and ``removed``, and say with ``offer_files`` what is there."""

    kept: list[StoredFile]

    def offer_files(self, there: Iterable[StoredFile], *, may_remove: Callable = lambda file: True) -> None:
        """Take what is there, and offer to remove those that may be; without any the field is gone."""
        self.kept = list(there)
        removable = [(str(file.uid), file.name) for file in self.kept if may_remove(file)]
        if removable:
            self.fields["removed"].choices = removable
        else:
            del self.fields["removed"]

    @property
    def files_to_add(self) -> list:
        return self.cleaned_data.get("files_added") or []

    @property
    def files_to_remove(self) -> list[StoredFile]:
        removed = self.cleaned_data.get("removed") or []
        return [file for file in self.kept if str(file.uid) in removed]

    @property
    def file_count(self) -> int:
        """How many there will be."""
        return len(self.kept) - len(self.files_to_remove) + len(self.files_to_add)
