from django.apps import AppConfig


class SwmsConfig(AppConfig):
    """The kernel's own tables: reference counters and throttle windows."""

    name = "swms"
    label = "swms"
    verbose_name = "系统"

    def ready(self):
        """Listen for lock-outs; not in an app of its own, because sign-in has no tables."""
        from swms.signin import receivers  # noqa: F401 (its import connects the receiver)
