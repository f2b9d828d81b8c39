from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "swms.audit"
    label = "audit"
    verbose_name = "审计"
