from django.apps import AppConfig


class RegistrationConfig(AppConfig):
    name = "registration"
    verbose_name = "登记"

    def ready(self):
        from registration import receivers  # noqa: F401 (it listens once imported)
