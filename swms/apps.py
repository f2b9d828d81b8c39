from django.apps import AppConfig


class SwmsConfig(AppConfig):
    """The kernel's own tables: reference counters, throttle windows, claims, announced working days."""

    name = "swms"
    label = "swms"
    verbose_name = "系统"

    def ready(self):
        """Listen for lock-outs (sign-in has no tables, so no app of its own), and know where messages go.

        From here on working days are counted by what was announced (R-TIME-06).
        """
        from swms import celery  # noqa: F401 (without it, a web process would publish to Celery's default broker)
        from swms.calendar import overrides
        from swms.signin import receivers  # noqa: F401 (its import connects the receiver)

        overrides.install()
