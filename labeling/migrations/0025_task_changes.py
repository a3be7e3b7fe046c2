"""A task knows when its split, its metadata or its quarantine changed last: exports of what changed rest on it.

The column is empty at first, which costs nothing however many tasks there are. Triggers write it, so that no way of
changing a task is forgotten; answers and claims do not touch what they watch.
"""

from django.db import migrations, models

NOTE = """
CREATE FUNCTION dcai_note_task_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER labeling_task_noted BEFORE UPDATE OF split, meta ON labeling_task FOR EACH ROW
    WHEN (OLD.split IS DISTINCT FROM NEW.split OR OLD.meta IS DISTINCT FROM NEW.meta)
    EXECUTE FUNCTION dcai_note_task_change();
CREATE FUNCTION dcai_note_quarantine() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE labeling_task SET changed_at = clock_timestamp() WHERE id = NEW.task_id;
    RETURN NULL;
END $$;
CREATE TRIGGER labeling_queueentry_noted AFTER UPDATE OF state ON labeling_queueentry FOR EACH ROW
    WHEN (OLD.state <> NEW.state AND 'quarantined' IN (OLD.state, NEW.state))
    EXECUTE FUNCTION dcai_note_quarantine();
"""
FORGET = """
DROP TRIGGER labeling_queueentry_noted ON labeling_queueentry;
DROP FUNCTION dcai_note_quarantine();
DROP TRIGGER labeling_task_noted ON labeling_task;
DROP FUNCTION dcai_note_task_change();
"""


class Migration(migrations.Migration):
    """Reversible: the moments are then lost."""

    dependencies = [("labeling", "0024_task_deletions")]

    operations = [
        migrations.AddField(
            model_name="task",
            name="changed_at",
            field=models.DateTimeField(
                editable=False,
                help_text="When split, metadata or quarantine changed last (a trigger writes it); empty: never.",
                null=True,
            ),
        ),
        migrations.RunSQL(NOTE, FORGET),
    ]
