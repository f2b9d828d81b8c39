"""What is said about one row of a roster file."""

from __future__ import annotations

from dataclasses import asdict, dataclass

KINDS = {"error": "错误", "conflict": "冲突", "warning": "提醒"}
KEPT = 500
"""How many problems of one import are kept in the database; the error file has all of them."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with one row; `column` is a header, and empty when it is about the whole row.

    The message never repeats what the cell holds: it is kept and shown, and must hold no personal data.
    """

    row: int
    column: str
    kind: str
    message: str

    def get_kind(self) -> str:
        """Return the kind as people call it."""
        return KINDS[self.kind]

    def __str__(self) -> str:
        return f"{self.column}：{self.message}" if self.column else self.message

    def as_dict(self) -> dict:
        """Return the problem as JSON takes it."""
        return asdict(self)
