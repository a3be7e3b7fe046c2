"""What tokens are good for, and when they end; those that are there stay good for everything, without an end."""

from django.db import migrations, models

SCOPES = [("read", "Read"), ("label", "Label"), ("manage", "Manage")]


class Migration(migrations.Migration):
    dependencies = [("labeling", "0010_disputed_tasks")]

    operations = [
        migrations.AddField(
            model_name="apitoken",
            name="scope",
            field=models.CharField(choices=SCOPES, default="manage", max_length=10),
            preserve_default=False,
        ),
        migrations.AddField(model_name="apitoken", name="expires_at", field=models.DateTimeField(null=True)),
        migrations.AddConstraint(
            model_name="apitoken",
            constraint=models.CheckConstraint(
                condition=models.Q(("scope__in", ["read", "label", "manage"])), name="token_scope_known"
            ),
        ),
    ]
