"""The roster's indexes that nobody looked anything up by go; what stays is only called otherwise, so nothing is built."""

import django.db.models.deletion
from django.db import migrations, models

TABLE = "registration_qualification"
KEPT = {
    f"{TABLE}_mgmt_no_key": "one_certificate_per_number",
    f"{TABLE}_name_fbbdb427": "qualification_by_name",
}
DROPPED = {
    f"{TABLE}_mgmt_no_d8c34397_like": "mgmt_no varchar_pattern_ops",
    f"{TABLE}_name_fbbdb427_like": "name varchar_pattern_ops",
    f"{TABLE}_province_id_a5e4bd8b": "province_id",
    f"{TABLE}_province_id_a5e4bd8b_like": "province_id varchar_pattern_ops",
}


class Migration(migrations.Migration):
    dependencies = [("registration", "0003_console"), ("regions", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                *(
                    migrations.RunSQL(f"ALTER INDEX {old} RENAME TO {new}", f"ALTER INDEX {new} RENAME TO {old}")
                    for old, new in KEPT.items()
                ),
                *(
                    migrations.RunSQL(f"DROP INDEX {name}", f"CREATE INDEX {name} ON {TABLE} ({columns})")
                    for name, columns in DROPPED.items()
                ),
            ],
            state_operations=[
                migrations.AlterField("qualification", "name", models.CharField("姓名", max_length=50)),
                migrations.AlterField("qualification", "mgmt_no", models.CharField("管理号", max_length=40)),
                migrations.AlterField(
                    "qualification",
                    "province",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="regions.region",
                        verbose_name="省份",
                    ),
                ),
                migrations.AddConstraint(
                    "qualification", models.UniqueConstraint(fields=["mgmt_no"], name="one_certificate_per_number")
                ),
                migrations.AddIndex("qualification", models.Index(fields=["name"], name="qualification_by_name")),
            ],
        )
    ]
