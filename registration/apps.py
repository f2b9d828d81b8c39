from django.apps import AppConfig


class RegistrationConfig(AppConfig):
    name = "registration"
    verbose_name = "登记"

    def ready(self):
        from registration import receivers  # noqa: F401 (it listens once imported)
        from registration.queries.files import stood_in_a_form
        from registration.queries.transfers import has_registration
        from swms.context import ONLY_FOR
        from swms.uploads.views import READERS

        ONLY_FOR["transfers"] = has_registration
        READERS.append(stood_in_a_form)
