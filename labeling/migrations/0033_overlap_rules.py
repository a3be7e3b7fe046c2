"""A project may ask more or fewer people about some of its tasks; without rules all is as it was."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("labeling", "0032_gold")]

    operations = [
        migrations.AddField(
            model_name="project",
            name="overlap_rules",
            field=models.JSONField(
                default=dict,
                db_default={},
                help_text="Where more or fewer people answer. Read and written by `OverlapRules`.",
            ),
        ),
    ]
