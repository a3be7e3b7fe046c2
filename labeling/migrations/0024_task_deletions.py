"""Tasks that are deleted, and can be taken back for a day."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("labeling", "0023_flags_by_member")]

    operations = [
        migrations.CreateModel(
            name="TaskDeletion",
            fields=[
                (
                    "task",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="deletion",
                        serialize=False,
                        to="labeling.task",
                    ),
                ),
                ("due_at", models.DateTimeField(db_index=True)),
                (
                    "act",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="labeling.bulkact"
                    ),
                ),
            ],
        ),
    ]
