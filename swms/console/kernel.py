"""The console's screens of the kernel's own records, registered when the console starts."""

from swms.console import ledger, promises, staff_pages, trail_pages

__all__ = ["ledger", "promises", "staff_pages", "trail_pages"]
