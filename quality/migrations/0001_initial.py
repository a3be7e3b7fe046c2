"""Runs, what they found, vectors, settings, and predictions sent by teams."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import pgvector.django
import pgvector.django.halfvec
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('labeling', '0003_saved_filters_and_ids'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        pgvector.django.VectorExtension(),
        migrations.CreateModel(
            name='Run',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('question', models.CharField(max_length=64)),
                ('trigger', models.CharField(choices=[('hand', 'By hand'), ('schedule', 'By schedule'), ('labels', 'After new labels')], max_length=10)),
                ('parameters', models.JSONField(default=dict)),
                ('model', models.CharField(help_text='The fixed model, or the name of one whose predictions were sent.', max_length=100)),
                ('fingerprint', models.CharField(help_text='Of labels, task data, splits, schema and parameters.', max_length=64)),
                ('classes', models.JSONField(default=list, help_text='Names of the classes that predictions are about.')),
                ('labels', models.PositiveIntegerField(default=0, help_text='Labels of record that took part.')),
                ('last_label', models.BigIntegerField(default=0, help_text='The newest label that was there when it began.')),
                ('steps', models.JSONField(default=list, help_text='The steps done, with their seconds.')),
                ('summary', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('completed_at', models.DateTimeField(null=True)),
                ('job', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='quality_run', to='labeling.jobrun')),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='quality_runs', to='labeling.project')),
                ('requested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='EmbeddingSet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('field', models.CharField(max_length=64)),
                ('encoder', models.JSONField()),
                ('fingerprint', models.CharField(help_text="Of the encoder and the tasks' data.", max_length=64)),
                ('dimensions', models.PositiveIntegerField()),
                ('count', models.PositiveIntegerField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='embedding_sets', to='labeling.project')),
            ],
        ),
        migrations.CreateModel(
            name='Embedding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('vector', pgvector.django.halfvec.HalfVectorField()),
                ('look', models.JSONField(help_text='Of an image: what its pixels measure, and its perceptual hash.', null=True)),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='labeling.task')),
                ('set', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='embeddings', to='quality.embeddingset')),
            ],
        ),
        migrations.CreateModel(
            name='Gain',
            fields=[
                ('run', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='gain', serialize=False, to='quality.run')),
                ('items', models.PositiveIntegerField(help_text='Size of the confirmed test split.')),
                ('accuracy', models.FloatField()),
                ('accuracy_low', models.FloatField()),
                ('accuracy_high', models.FloatField()),
                ('macro_f1', models.FloatField()),
                ('macro_f1_low', models.FloatField()),
                ('macro_f1_high', models.FloatField()),
                ('log_loss', models.FloatField()),
                ('log_loss_low', models.FloatField()),
                ('log_loss_high', models.FloatField()),
                ('telling', models.BooleanField(help_text='The test split is large enough to see a gain.')),
                ('labels', models.PositiveIntegerField(help_text='Labels that the model learned from.')),
                ('corrections', models.PositiveIntegerField(help_text='Labels that a reviewer has changed, up to the run.')),
                ('test_fingerprint', models.CharField(help_text='Of the test split and its labels: runs that share it compare.', max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name='ClassPair',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('given', models.CharField(max_length=200)),
                ('suggested', models.CharField(max_length=200)),
                ('estimated', models.FloatField(help_text='By the calibrated confident joint.')),
                ('flagged', models.PositiveIntegerField()),
                ('run', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='pairs', to='quality.run')),
            ],
        ),
        migrations.CreateModel(
            name='Prediction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('predicted', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), help_text="Positions in the run's classes.", size=None)),
                ('probability', models.FloatField(help_text='Of the predicted class; of the least sure decision for several labels.')),
                ('quality', models.FloatField(help_text='Of the given label, in [0, 1]; low is bad.', null=True)),
                ('out_of_fold', models.BooleanField(help_text='The task is labeled, and the model did not learn from its label.')),
                ('top', models.BinaryField(help_text='The most probable classes: pairs of a position (uint16) and a float16.')),
                ('run', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='predictions', to='quality.run')),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='predictions', to='labeling.task')),
            ],
        ),
        migrations.CreateModel(
            name='PushedModel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('question', models.CharField(max_length=64)),
                ('name', models.CharField(max_length=100)),
                ('classes', models.JSONField(help_text='Names of the classes, in the order of the probabilities.')),
                ('out_of_fold', models.BooleanField(help_text='No task was predicted by a model that had learned from its label.')),
                ('active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='pushed_models', to='labeling.project')),
            ],
        ),
        migrations.CreateModel(
            name='PushedPrediction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('probabilities', models.BinaryField(help_text="float32, in the order of the model's classes.")),
                ('model', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='predictions', to='quality.pushedmodel')),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='labeling.task')),
            ],
        ),
        migrations.CreateModel(
            name='QualitySettings',
            fields=[
                ('project', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='quality_settings', serialize=False, to='labeling.project')),
                ('automatic', models.BooleanField(default=True, help_text='Run after new labels and by schedule.')),
                ('after_labels', models.PositiveIntegerField(default=100, help_text='Run when this many labels are new.', validators=[django.core.validators.MinValueValidator(1)])),
                ('every_hours', models.PositiveIntegerField(default=24, help_text='Run this long after the last run if any label is new; 0: never.')),
                ('encoder', models.CharField(default='built-in', max_length=300)),
                ('filter_by', models.CharField(default='both', max_length=30)),
                ('score', models.CharField(default='self_confidence', max_length=30)),
                ('strategy', models.CharField(default='margin', max_length=30)),
            ],
            options={
                'verbose_name_plural': 'quality settings',
                'constraints': [models.CheckConstraint(condition=models.Q(('after_labels__gte', 1)), name='quality_settings_after_labels_range')],
            },
        ),
        migrations.CreateModel(
            name='RunArray',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=20)),
                ('data', models.BinaryField()),
                ('run', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='arrays', to='quality.run')),
            ],
        ),
        migrations.AddConstraint(
            model_name='embeddingset',
            constraint=models.UniqueConstraint(fields=('project', 'field', 'fingerprint'), name='embedding_set_once'),
        ),
        migrations.AddConstraint(
            model_name='embedding',
            constraint=models.UniqueConstraint(fields=('set', 'task'), name='embedding_once'),
        ),
        migrations.AddConstraint(
            model_name='gain',
            constraint=models.CheckConstraint(condition=models.Q(('accuracy__gte', 0), ('accuracy__lte', 1)), name='gain_accuracy_range'),
        ),
        migrations.AddIndex(
            model_name='run',
            index=models.Index(fields=['project', 'question', '-id'], name='run_by_project'),
        ),
        migrations.AddIndex(
            model_name='run',
            index=models.Index(condition=models.Q(('completed_at__isnull', False)), fields=['project', 'question', '-completed_at'], name='run_shown'),
        ),
        migrations.AddConstraint(
            model_name='run',
            constraint=models.CheckConstraint(condition=models.Q(('trigger__in', ['hand', 'schedule', 'labels'])), name='run_trigger_known'),
        ),
        migrations.AddConstraint(
            model_name='classpair',
            constraint=models.UniqueConstraint(fields=('run', 'given', 'suggested'), name='class_pair_once'),
        ),
        migrations.AddIndex(
            model_name='prediction',
            index=models.Index(fields=['run', 'quality'], name='prediction_by_quality'),
        ),
        migrations.AddConstraint(
            model_name='prediction',
            constraint=models.UniqueConstraint(fields=('run', 'task'), name='prediction_once'),
        ),
        migrations.AddConstraint(
            model_name='pushedmodel',
            constraint=models.UniqueConstraint(fields=('project', 'question', 'name'), name='pushed_model_once'),
        ),
        migrations.AddConstraint(
            model_name='pushedmodel',
            constraint=models.UniqueConstraint(condition=models.Q(('active', True)), fields=('project', 'question'), name='pushed_model_one_active'),
        ),
        migrations.AddConstraint(
            model_name='pushedprediction',
            constraint=models.UniqueConstraint(fields=('model', 'task'), name='pushed_prediction_once'),
        ),
        migrations.AddConstraint(
            model_name='runarray',
            constraint=models.UniqueConstraint(fields=('run', 'name'), name='run_array_once'),
        ),
    ]
