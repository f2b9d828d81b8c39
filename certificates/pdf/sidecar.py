"""What the incremental writer must know about a base, so that it need not read it."""

import json
from dataclasses import asdict, dataclass, fields

from certificates.pdf.lettering import Lettering, unpack


@dataclass(frozen=True, slots=True)
class Sidecar:
    """The places in a base that an increment refers to. All values are strings and numbers (JSON).

    `page` and `catalog` are the dictionaries as PDF text without their closing `>>` and without the
    entries that an increment writes itself.
    """

    sha256: str  # of the base: an increment on other bytes would be a broken file
    startxref: int
    size: int  # the first free object number
    document_id: str  # hex
    info: str  # a reference such as "31 0 R", or "" when there is none
    root_number: int
    page_number: int
    catalog: str
    page: str
    contents: str  # references, separated by blanks
    annotations: str
    mcid: int  # the first of two marked-content numbers kept free for a stamp; -1 in an untagged page
    characters: str  # of the annotation font; "" when the base was not made to be annotated
    metrics: str
    facts: dict[str, str]  # carried into the signed file: "kind", "certificate", "token"

    @property
    def lettering(self) -> Lettering:
        """The annotation font's characters."""
        return unpack(self.characters, self.metrics)

    def to_json(self) -> str:
        """Return the sidecar as JSON text."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str | bytes | dict) -> "Sidecar":
        """Return the sidecar written by `to_json`, or given as the parsed dictionary.

        Raises ValueError when it is not one.
        """
        values = text if isinstance(text, dict) else json.loads(text)
        if not isinstance(values, dict) or set(values) != {field.name for field in fields(cls)}:
            raise ValueError("not a sidecar of this version")
        return cls(**values)
