"""Let a flag point at a part of an answer, and know the reasons there are from the code alone.

A column with a constant default is added without writing the rows; the other two change nothing in the database.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Reversible."""

    dependencies = [("labeling", "0007_queue_scores")]

    operations = [
        migrations.AddField(
            model_name="flag",
            name="part",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="A part of the answer. Empty: all of it.",
                max_length=64,
            ),
        ),
        migrations.AlterField(
            model_name="flag",
            name="reason",
            field=models.CharField(help_text="A name in labeling.reasons.", max_length=20),
        ),
        migrations.AlterField(
            model_name="flag",
            name="evidence",
            field=models.JSONField(default=dict, help_text="Read and written through the type of the reason."),
        ),
    ]
