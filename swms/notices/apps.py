from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "swms.notices"
    label = "notices"
    verbose_name = "通知"
