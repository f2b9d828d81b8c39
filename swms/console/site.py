"""The console's site; see ``swms.console``."""

from django.contrib.admin import AdminSite


class ConsoleSite(AdminSite):
    """The reviewers' console at /console/."""

    site_header = site_title = "审核工作台"
