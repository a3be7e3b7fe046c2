"""People of imported studies: accounts that nobody can enter."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("labeling", "0030_label_method")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="is_imported",
            field=models.BooleanField(default=False, editable=False, verbose_name="imported person"),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_imported", False),
                    models.Q(
                        ("is_active", False),
                        ("is_service", False),
                        ("is_staff", False),
                        ("is_superuser", False),
                        ("password__startswith", "!"),
                    ),
                    _connector="OR",
                ),
                name="user_imported_cannot_enter",
            ),
        ),
    ]
