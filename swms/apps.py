from django.apps import AppConfig


class SwmsConfig(AppConfig):
    """The kernel's own tables: reference counters and throttle windows."""

    name = "swms"
    label = "swms"
    verbose_name = "系统"
