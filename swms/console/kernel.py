"""The console's screens of the kernel's own records, registered when the console starts."""

from swms.console import bulletin_pages, calendar_pages, ledger, promises, staff_pages, trail_pages

__all__ = ["bulletin_pages", "calendar_pages", "ledger", "promises", "staff_pages", "trail_pages"]
