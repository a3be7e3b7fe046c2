"""Webhooks and what was sent to them; a notice may be about a project as a whole, and by nobody."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('labeling', '0027_agreement_of_tasks'),
    ]

    operations = [
        migrations.CreateModel(
            name='Webhook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('url', models.CharField(max_length=2000)),
                ('types', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), help_text='The types of events that it is told of.', size=None)),
                ('salt', models.CharField(help_text='What its secret is made from, with the key of the site.', max_length=64)),
                ('is_on', models.BooleanField(default=True)),
                ('off_reason', models.CharField(blank=True, help_text='Why the site switched it off.', max_length=300)),
                ('position', models.BigIntegerField(help_text='The last event that it was told of, or that was none for it.')),
                ('failing_since', models.DateTimeField(null=True)),
                ('retry_at', models.DateTimeField(null=True)),
                ('busy_until', models.DateTimeField(help_text='Until then a worker sends to it.', null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='WebhookDelivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField()),
                ('kind', models.CharField(choices=[('events', 'Events'), ('ping', 'Test'), ('again', 'Sent again')], max_length=6)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('delivered', 'Delivered'), ('failed', 'Failed')], default='waiting', max_length=9)),
                ('event_ids', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('status', models.PositiveSmallIntegerField(help_text='Of the last answer, if there was one.', null=True)),
                ('duration_ms', models.PositiveIntegerField(null=True)),
                ('reason', models.CharField(blank=True, help_text='Why the last attempt failed.', max_length=300)),
                ('created_at', models.DateTimeField(auto_now_add=True, db_index=True)),
                ('tried_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='notice',
            name='notice_kind_known',
        ),
        migrations.AlterField(
            model_name='notice',
            name='actor',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='notice',
            name='kind',
            field=models.CharField(choices=[('sent_back', 'Sent back to you'), ('came_back', 'Came back'), ('changed', 'Decided otherwise'), ('comment', 'New comment'), ('flag', 'Your flag was decided'), ('webhook', 'Webhook switched off')], max_length=9),
        ),
        migrations.AlterField(
            model_name='notice',
            name='task',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='labeling.task'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['sent_back', 'came_back', 'changed', 'comment', 'flag', 'webhook'])), name='notice_kind_known'),
        ),
        migrations.AddField(
            model_name='webhook',
            name='project',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='webhooks', to='labeling.project'),
        ),
        migrations.AddField(
            model_name='webhookdelivery',
            name='webhook',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='labeling.webhook'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(fields=['webhook', '-id'], name='delivery_by_webhook'),
        ),
        migrations.AddConstraint(
            model_name='webhookdelivery',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'events'), ('state', 'waiting')), fields=('webhook',), name='delivery_one_waits'),
        ),
        migrations.AddConstraint(
            model_name='webhookdelivery',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['events', 'ping', 'again'])), name='delivery_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='webhookdelivery',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'delivered', 'failed'])), name='delivery_state_known'),
        ),
    ]
