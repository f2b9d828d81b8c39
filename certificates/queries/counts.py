"""How often a certificate was verified, as its holder sees it (R-VER-01)."""

from datetime import timedelta

from django.db.models import QuerySet, Sum

from certificates.models import VerificationCount
from registration.models import Qualification, Registration
from swms.dates import today

SHOWN_DAYS = 30


def verification_table(record: Qualification | Registration) -> dict:
    """Return the days of the last thirty on which somebody verified, by way, and how often in all."""
    rows: QuerySet = record.verification_counts.all()
    since = today() - timedelta(days=SHOWN_DAYS - 1)
    shown = rows.filter(day__gte=since).order_by("-day", "way")
    return {
        "columns": [{"label": "日期"}, {"label": "方式"}, {"label": "次数", "number": True}],
        "rows": [[{"date": each.day}, VerificationCount.Way(each.way).label, {"text": each.count}] for each in shown],
        "total": rows.aggregate(total=Sum("count"))["total"] or 0,
        "days": SHOWN_DAYS,
    }
