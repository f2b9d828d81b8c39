"""The kernel's own tables."""

from swms.calendar.models import AnnouncedDay
from swms.references import Counter
from swms.throttle import Window

__all__ = ["AnnouncedDay", "Counter", "Window"]
