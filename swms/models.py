"""The kernel's own tables."""

from swms.calendar.models import AnnouncedDay
from swms.claims import Claim
from swms.references import Counter
from swms.throttle import Window

__all__ = ["AnnouncedDay", "Claim", "Counter", "Window"]
