"""Reviewers may be asked to decide before they see what is suggested; what they said first is kept with the flag."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("labeling", "0016_people_behind_a_label")]

    operations = [
        migrations.AddField(
            model_name="project",
            name="decide_first",
            field=models.BooleanField(
                default=False,
                db_default=False,
                help_text="Reviewers see what is suggested only once they have decided.",
            ),
        ),
        migrations.AddField(
            model_name="flag",
            name="first_choice",
            field=models.JSONField(
                null=True,
                help_text="A FirstChoice: what was decided before the suggestion was shown, where it was hidden.",
            ),
        ),
    ]
