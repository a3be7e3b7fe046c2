"""What an import changed about tasks that were there already, so that it can be put back."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("labeling", "0019_a_key_goes_on")]

    operations = [
        migrations.CreateModel(
            name="ImportChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("change", models.JSONField(help_text="Read and written through TaskChange.")),
                (
                    "job",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="import_changes",
                        to="labeling.jobrun",
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="import_changes",
                        to="labeling.task",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("job", "task"), name="import_change_once")],
            },
        ),
    ]
