"""Accounts of programs, which are no persons, have no password and administer nothing."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("labeling", "0011_token_scopes")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="is_service",
            field=models.BooleanField(default=False, editable=False, verbose_name="service account"),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_service", False),
                    models.Q(("is_staff", False), ("is_superuser", False), ("password__startswith", "!")),
                    _connector="OR",
                ),
                name="user_service_has_no_password",
            ),
        ),
    ]
