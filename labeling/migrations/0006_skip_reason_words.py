"""The reasons to skip, in the words that annotators and reviewers both read: no column changes."""

from __future__ import annotations

from django.db import migrations, models

WORDS = [
    ("unclear", "The guideline does not say"),
    ("no_label_fits", "No label fits"),
    ("bad_data", "Broken or empty item"),
    ("not_my_language", "Not my language or subject"),
    ("sensitive", "Sensitive content"),
    ("other", "Another reason"),
]


class Migration(migrations.Migration):
    dependencies = [("labeling", "0005_indexes_of_long_lists")]

    operations = [
        migrations.AlterField(
            model_name="annotation",
            name="skip_reason",
            field=models.CharField(blank=True, choices=WORDS, max_length=20),
        ),
    ]
