"""Celery: what makes things fast. What makes them certain is a row with a deadline and a sweep."""

import os

from celery import Celery

from swms import embedded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "swms.settings")
embedded.ensure()

app = Celery("swms")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
