from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "swms.notices"
    label = "notices"
    verbose_name = "通知"

    def ready(self):
        from swms.notices import receivers  # noqa: F401 - connects the signal
