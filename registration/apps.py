from django.apps import AppConfig


class RegistrationConfig(AppConfig):
    name = "registration"
    verbose_name = "登记"

    def ready(self):
        from registration import receivers  # noqa: F401 (it listens once imported)
        from registration.actions.escalations import KIND as ESCALATION
        from registration.actions.reminders import DEADLINE
        from registration.models import DeadlineReminder
        from registration.queries.clock import contribute
        from registration.queries.escalations import no_longer_needed as answered
        from registration.queries.files import stood_in_a_form
        from registration.queries.profile import has_registration
        from registration.queries.reminders import no_longer_needed, opening_no_longer_needed
        from registration.queries.sampling import clock_entries
        from swms.context import ONLY_FOR
        from swms.notices.delivery import skip_when
        from swms.uploads.views import READERS

        contribute(clock_entries)
        ONLY_FOR["transfers"] = has_registration
        READERS.append(stood_in_a_form)
        for kind in DeadlineReminder.Kind:
            skip_when(f"{DEADLINE}.{kind}", no_longer_needed)
        skip_when(ESCALATION, answered)
        skip_when("registration.application.begin", opening_no_longer_needed)
