"""On how many people's answers a label rests; those from before do not say."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("labeling", "0015_sizes_asked_for")]

    operations = [
        migrations.AddField(
            model_name="label",
            name="people",
            field=models.PositiveSmallIntegerField(
                null=True,
                help_text="How many people's answers it rests on; empty where it rests on none, or is not known.",
            ),
        ),
    ]
