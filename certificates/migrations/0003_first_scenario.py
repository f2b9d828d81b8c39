from django.db import migrations


def open_first_scenario(apps, schema_editor):
    """本人调用, at present the only active purpose (R-ANN-05)."""
    Scenario = apps.get_model("certificates", "Scenario")
    Scenario.objects.get_or_create(code="self", defaults={"label": "本人调用", "is_active": True})


class Migration(migrations.Migration):
    dependencies = [("certificates", "0002_initial")]
    operations = [migrations.RunPython(open_first_scenario, migrations.RunPython.noop)]
