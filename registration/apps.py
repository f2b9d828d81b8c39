from django.apps import AppConfig


class RegistrationConfig(AppConfig):
    name = "registration"
    verbose_name = "登记"

    def ready(self):
        from registration import receivers  # noqa: F401 (it listens once imported)
        from registration.actions.reminders import DEADLINE
        from registration.models import DeadlineReminder
        from registration.queries.reminders import no_longer_needed, opening_no_longer_needed
        from swms.notices.delivery import skip_when

        for kind in DeadlineReminder.Kind:
            skip_when(f"{DEADLINE}.{kind}", no_longer_needed)
        skip_when("registration.application.begin", opening_no_longer_needed)
