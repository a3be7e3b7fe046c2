"""Managers are told of people whose answers drift."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('labeling', '0034_adjudications'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='notice',
            name='notice_kind_known',
        ),
        migrations.AlterField(
            model_name='notice',
            name='kind',
            field=models.CharField(choices=[('sent_back', 'Sent back to you'), ('came_back', 'Came back'), ('changed', 'Decided otherwise'), ('comment', 'New comment'), ('resolved', 'Comment resolved'), ('flag', 'Your flag was decided'), ('webhook', 'Webhook switched off'), ('drift', 'Answers differ more than before')], max_length=9),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['sent_back', 'came_back', 'changed', 'comment', 'resolved', 'flag', 'webhook', 'drift'])), name='notice_kind_known'),
        ),
    ]
