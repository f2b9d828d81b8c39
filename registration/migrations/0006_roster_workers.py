"""What every row of a roster pays for and few need: an account's index, and a look at the import that brings it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registration", "0005_queue_by_due")]

    operations = [
        migrations.AlterField(
            "qualification",
            "roster_import",
            models.ForeignKey(
                blank=True,
                null=True,
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                to="registration.rosterimport",
            ),
        ),
        migrations.AlterField(
            "qualification",
            "worker",
            models.ForeignKey(
                blank=True,
                null=True,
                db_index=False,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="qualifications",
                to="registration.worker",
            ),
        ),
        migrations.AddIndex(
            "qualification",
            models.Index(fields=["worker"], condition=models.Q(worker__isnull=False), name="qualification_by_worker"),
        ),
    ]
