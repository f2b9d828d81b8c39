"""Announced exceptions to the built-in calendar."""

from django.conf import settings
from django.db import models


class AnnouncedDay(models.Model):
    """A day on which people work, or do not, other than the built-in calendar says; and who announced it."""

    date = models.DateField("日期", primary_key=True)
    is_working = models.BooleanField("工作日")
    source = models.CharField("依据", max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="录入人")
    at = models.DateTimeField("录入时间", auto_now=True)

    class Meta:
        app_label = "swms"
        verbose_name = verbose_name_plural = "放假安排"

    def __str__(self):
        return f"{self.date} {self.kind}"

    @property
    def kind(self) -> str:
        """班 or 休, as announcements are usually copied."""
        return "班" if self.is_working else "休"
