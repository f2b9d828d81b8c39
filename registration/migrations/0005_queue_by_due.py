"""The day of sending in stands in the index of the queue: which policy a case falls under is asked of every one in it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registration", "0004_roster_indexes")]

    operations = [
        migrations.RemoveIndex("application", "application_queue_by_due"),
        migrations.AddIndex(
            "application",
            models.Index(
                fields=["region", "state", "due_on", "id"], include=("submitted_at",), name="application_queue_by_due"
            ),
        ),
    ]
