"""Answers of several people beside each other, and what runs are compared in pairs by."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('labeling', '0003_saved_filters_and_ids'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('quality', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='gain',
            name='losses',
            field=models.BinaryField(help_text='Log-loss of each test item, float32, in order of the tasks: runs are compared in pairs.', null=True),
        ),
        migrations.AddField(
            model_name='gain',
            name='hits',
            field=models.BinaryField(help_text='Whether each test item was predicted right, one byte each.', null=True),
        ),
        migrations.CreateModel(
            name='AnnotatorQuality',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('answers', models.PositiveIntegerField(help_text='To tasks that others have answered, too.')),
                ('compared', models.PositiveIntegerField(help_text='Of these, tasks where most of the others agree.')),
                ('agreed', models.PositiveIntegerField(help_text='Of these, tasks where the person agrees with them.')),
                ('quality', models.FloatField(help_text='By CROWDLAB, in [0, 1]; null without predictions.', null=True)),
                ('mixed_up', models.CharField(blank=True, help_text='The class they differ about most.', max_length=200)),
                ('annotator', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('run', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='people', to='quality.run')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('run', 'annotator'), name='annotator_quality_once'), models.CheckConstraint(condition=models.Q(('agreed__lte', models.F('compared')), ('compared__lte', models.F('answers'))), name='annotator_quality_counts')],
            },
        ),
        migrations.CreateModel(
            name='Consensus',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('answers', models.PositiveSmallIntegerField(help_text='How many people answered.')),
                ('given', models.CharField(blank=True, help_text='The label of record; empty: none.', max_length=200)),
                ('suggested', models.CharField(max_length=200)),
                ('quality', models.FloatField(help_text='How sure CROWDLAB is of the suggested class, in [0, 1].')),
                ('agreement', models.FloatField(help_text='Share of the answers that are the suggested class.')),
                ('run', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='consensus', to='quality.run')),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='labeling.task')),
            ],
            options={
                'indexes': [models.Index(fields=['run', 'quality'], name='consensus_by_quality')],
                'constraints': [models.UniqueConstraint(fields=('run', 'task'), name='consensus_once')],
            },
        ),
    ]
