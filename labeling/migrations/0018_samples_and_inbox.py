"""Samples of answers for review, answers that were sent back, and what people are told in their inbox."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('labeling', '0017_decide_first'),
    ]

    operations = [
        migrations.CreateModel(
            name='Sample',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seed', models.BigIntegerField()),
                ('wish', models.JSONField(help_text='Read and written through `SampleWish`.')),
                ('population', models.PositiveIntegerField(help_text='How many answers it was drawn from.')),
                ('created_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
                ('drawn_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='samples', to='labeling.project')),
            ],
        ),
        migrations.CreateModel(
            name='AnswerReview',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(help_text='The version of the answer that was drawn, then that was reviewed.')),
                ('position', models.PositiveIntegerField(default=0, help_text='The place in the sample.')),
                ('labels', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=200), default=list, help_text='The labels for which the answer was drawn.', size=None)),
                ('verdict', models.CharField(blank=True, choices=[('accepted', 'Accepted'), ('corrected', 'Corrected'), ('returned', 'Sent back')], max_length=9)),
                ('note', models.TextField(blank=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('before', models.JSONField(help_text='Read and written through `JudgedBefore`.', null=True)),
                ('back', models.CharField(blank=True, choices=[('waiting', 'Waits for the annotator'), ('answered', 'Came back'), ('withdrawn', 'Taken back by a reviewer'), ('freed', 'The annotator left; somebody else is asked')], max_length=9)),
                ('back_at', models.DateTimeField(help_text='When it came back, was taken back, or was freed.', null=True)),
                ('annotation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='reviews', to='labeling.annotation')),
                ('annotator', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='labeling.project')),
                ('reviewer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='answer_reviews', to='labeling.task')),
                ('sample', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='reviews', to='labeling.sample')),
            ],
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('sent_back', 'Sent back to you'), ('came_back', 'Came back'), ('changed', 'Decided otherwise'), ('comment', 'New comment'), ('flag', 'Your flag was decided')], max_length=9)),
                ('note', models.TextField(blank=True)),
                ('created_at', models.DateTimeField()),
                ('read_at', models.DateTimeField(null=True)),
                ('actor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('comment', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='labeling.comment')),
                ('label', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='labeling.label')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='labeling.project')),
                ('review', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='labeling.answerreview')),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='labeling.task')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='notices', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['user', '-id'], name='notice_by_person'), models.Index(condition=models.Q(('read_at__isnull', True)), fields=['user', 'project'], name='notice_unread')],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['sent_back', 'came_back', 'changed', 'comment', 'flag'])), name='notice_kind_known')],
            },
        ),
        migrations.AddIndex(
            model_name='sample',
            index=models.Index(fields=['project', '-id'], name='sample_by_project'),
        ),
        migrations.AddIndex(
            model_name='answerreview',
            index=models.Index(fields=['sample', 'position'], name='answer_review_by_sample'),
        ),
        migrations.AddIndex(
            model_name='answerreview',
            index=models.Index(fields=['annotation', '-id'], name='answer_review_by_answer'),
        ),
        migrations.AddIndex(
            model_name='answerreview',
            index=models.Index(condition=models.Q(('back', 'waiting')), fields=['annotator', 'project'], name='answer_review_waiting'),
        ),
        migrations.AddConstraint(
            model_name='answerreview',
            constraint=models.UniqueConstraint(fields=('sample', 'annotation'), name='answer_review_once_a_sample'),
        ),
        migrations.AddConstraint(
            model_name='answerreview',
            constraint=models.UniqueConstraint(condition=models.Q(('back', 'waiting')), fields=('annotation',), name='answer_review_one_waits'),
        ),
        migrations.AddConstraint(
            model_name='answerreview',
            constraint=models.CheckConstraint(condition=models.Q(('verdict__in', ['', 'accepted', 'corrected', 'returned'])), name='answer_review_verdict_known'),
        ),
        migrations.AddConstraint(
            model_name='answerreview',
            constraint=models.CheckConstraint(condition=models.Q(('back__in', ['', 'waiting', 'answered', 'withdrawn', 'freed'])), name='answer_review_back_known'),
        ),
    ]
