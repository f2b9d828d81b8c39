"""What every row of a roster pays for and few need: an account's index, and a look at the import that brings it."""

import django.db.models.deletion
from django.db import migrations, models


_LET_GO = """
    UPDATE registration_qualification q SET roster_import_id = NULL
    WHERE roster_import_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM registration_rosterimport i WHERE i.id = q.roster_import_id)
"""


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
        # On the way back, before the constraint: it would refuse a row whose import is gone.
        migrations.RunSQL(migrations.RunSQL.noop, _LET_GO),
    ]
