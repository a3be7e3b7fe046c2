"""An index that finds the flags about a group of tasks by any of its tasks.

It is built beside the work that goes on. One that was cut short is not used: it is dropped first.
"""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations
from django.db.models import Q
from django.db.models.fields.json import KeyTransform

BY_MEMBER = GinIndex(
    OpClass(KeyTransform("members", "evidence"), name="jsonb_path_ops"),
    name="flag_by_member",
    condition=Q(evidence__has_key="members"),
)


class Migration(migrations.Migration):
    """Reversible."""

    atomic = False
    dependencies = [("labeling", "0022_groups_of_copies")]

    operations = [
        migrations.RunSQL(f"DROP INDEX CONCURRENTLY IF EXISTS {BY_MEMBER.name}", migrations.RunSQL.noop),
        AddIndexConcurrently("flag", BY_MEMBER),
    ]
