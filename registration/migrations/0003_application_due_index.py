from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # the index is built while the portal serves
    dependencies = [("registration", "0002_initial")]
    operations = [
        AddIndexConcurrently(
            model_name="application",
            index=models.Index(
                condition=models.Q(("state__in", ("PENDING_REVIEW", "INITIAL_APPROVED"))),
                fields=["due_on", "id"],
                name="application_due",
            ),
        ),
    ]
