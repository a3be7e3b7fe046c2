"""Who waits for which image: sizes are made by workers, those first that somebody wants to see."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("labeling", "0014_what_operators_vouched_for")]

    operations = [
        migrations.AddField(
            model_name="media",
            name="asked_at",
            field=models.DateTimeField(null=True, help_text="When somebody wanted to see a size that is not made yet."),
        ),
        migrations.AddField(
            model_name="media",
            name="failed_at",
            field=models.DateTimeField(null=True, help_text="When the sizes could not be made."),
        ),
        migrations.AddIndex(
            model_name="media",
            index=models.Index(
                fields=["asked_at"],
                name="media_asked_for",
                condition=models.Q(("asked_at__isnull", False), ("failed_at", None), ("variants_at", None)),
            ),
        ),
    ]
