"""What is made and followed without an account, and how its pages call things."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Model
from django.urls import reverse
from django.utils.http import urlencode

from swms.forms import Form


@dataclass(frozen=True)
class Matter:
    """What is made and followed without an account.

    ``name`` begins its addresses (``registration:<name>_form``) and its keys in session and throttles;
    ``purpose`` is that of its codes, ``files`` that of its uploads. ``of_mobile(ref, mobile)`` finds a record.
    Sessions hold, while it is written: mobile, uploads by field, proven, and what its start page carries; while it is
    followed: ref as well.
    """

    name: str
    label: str
    purpose: str
    files: str
    of_mobile: Callable[[str, str], Model | None]
    start_form: type[Form]
    status_form: type[Form]
    status_lead: str
    elsewhere: tuple[str, str]  # label and address of who has no receipt number yet
    content: str = ""  # how what is filled in is called, where it is not called like the matter

    @property
    def written(self) -> str:
        return self.content or self.label

    @property
    def writing(self) -> str:
        return self.name

    @property
    def following(self) -> str:
        return f"{self.name}_status"

    def url(self, page: str, *args) -> str:
        """Return the address of one of its pages; the start page has no name of its own."""
        return reverse(f"registration:{self.name}{page and '_'}{page}", args=args)

    def status_url(self, ref: str) -> str:
        """Return the page that asks for the mobile of this receipt number."""
        return f"{self.url('status')}?{urlencode({'ref': ref})}"
