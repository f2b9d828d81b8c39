from django.contrib.admin.apps import AdminConfig


class ConsoleConfig(AdminConfig):
    """Django's admin machinery, with our own site in front of it."""

    default_site = "swms.console.site.ConsoleSite"

    def ready(self):
        super().ready()
        from swms.console import kernel  # noqa: F401 - registers the kernel's own screens
