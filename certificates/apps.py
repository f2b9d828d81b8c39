from django.apps import AppConfig


class CertificatesConfig(AppConfig):
    name = "certificates"
    verbose_name = "证书"

    def ready(self):
        from django.core.checks import register

        from certificates import receivers  # noqa: F401 (it listens once imported)
        from certificates.actions.replacing import move_replacements
        from certificates.checks import signing_keys
        from certificates.queries.dates import annotation_dates
        from certificates.queries.names import unprintable
        from certificates.queries.paper_dates import paper_dates
        from certificates.queries.replacements import REPLACEMENTS, WAITING, open_cases
        from registration.actions.merging import move_when_merging
        from registration.queries.clock import contribute
        from registration.queries.merging import ask_before_merging
        from registration.queries.reminding import remind_of
        from registration.queries.statistics import count_also
        from registration.roster import check_names_with

        register(signing_keys)
        check_names_with(unprintable)
        remind_of(*REPLACEMENTS)
        count_also(WAITING)
        contribute(annotation_dates)
        contribute(paper_dates)
        ask_before_merging(open_cases)
        move_when_merging(move_replacements)
