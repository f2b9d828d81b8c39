"""The kernel's own tables."""

from swms.references import Counter
from swms.throttle import Window

__all__ = ["Counter", "Window"]
