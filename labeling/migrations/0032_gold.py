import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('labeling', '0031_imported_people'),
    ]

    operations = [
        migrations.AddField(
            model_name='project',
            name='gold_share',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, help_text='Of a hundred tasks that a person is given, so many have an answer that is known; 0: none.'),
        ),
        migrations.AddConstraint(
            model_name='project',
            constraint=models.CheckConstraint(condition=models.Q(('gold_share__lte', 20)), name='project_gold_share_range'),
        ),
        migrations.CreateModel(
            name='GoldAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('question', models.CharField(max_length=64)),
                ('value', models.JSONField()),
                ('made_at', models.DateTimeField()),
                ('retired_at', models.DateTimeField(null=True)),
                ('made_by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='labeling.project')),
                ('task', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='gold_answers', to='labeling.task')),
            ],
            options={
                'indexes': [
                    models.Index(fields=['task', 'question', 'id'], name='gold_history'),
                    models.Index(condition=models.Q(('retired_at__isnull', True)), fields=['project', 'task'], name='gold_current'),
                ],
                'constraints': [models.UniqueConstraint(condition=models.Q(('retired_at__isnull', True)), fields=('task', 'question'), name='gold_one_current')],
            },
        ),
        migrations.CreateModel(
            name='GoldServing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('served_at', models.DateTimeField()),
                ('answered_at', models.DateTimeField(null=True)),
                ('answers', models.JSONField(help_text='As first submitted; empty after a skip, or while it waits.', null=True)),
                ('project', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='labeling.project')),
                ('task', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='gold_servings', to='labeling.task')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [
                    models.Index(fields=['project', 'user'], name='gold_served_to'),
                    models.Index(fields=['user'], name='gold_served_by_user'),
                ],
                'constraints': [models.UniqueConstraint(fields=('task', 'user'), name='gold_served_once')],
            },
        ),
    ]
