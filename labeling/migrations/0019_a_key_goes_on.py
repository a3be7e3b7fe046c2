"""A key that is the whole answer may also submit it: as the project says, or as each person likes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("labeling", "0018_samples_and_inbox")]

    operations = [
        migrations.AddField(
            model_name="project",
            name="goes_on",
            field=models.CharField(
                max_length=4,
                choices=[("each", "Each person decides"), ("on", "For everybody"), ("off", "For nobody")],
                default="each",
                db_default="each",
                help_text="Whether a key that is the whole answer also submits it and shows the next item.",
            ),
        ),
        migrations.AddConstraint(
            model_name="project",
            constraint=models.CheckConstraint(
                condition=models.Q(("goes_on__in", ["each", "on", "off"])), name="project_goes_on_known"
            ),
        ),
    ]
