from django.apps import AppConfig


class CaseworkConfig(AppConfig):
    name = "swms.casework"
    verbose_name = "办件"
