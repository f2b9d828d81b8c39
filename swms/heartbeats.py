"""Signs of life of the processes that nobody looks at."""

from django.db import models


class Heartbeat(models.Model):
    """When a process last showed that it works."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    class Meta:
        app_label = "swms"
        verbose_name = verbose_name_plural = "心跳"

    def __str__(self):
        return self.name
