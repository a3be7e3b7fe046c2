"""Let the database refuse changes to what must never change."""

from django.db import migrations

FORBID = """
CREATE FUNCTION dcai_forbid_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% rows never change: %', TG_TABLE_NAME, TG_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""

# Table -> columns that never change once written.
FIXED = {
    "labeling_task": ("project_id", "content_hash", "data", "external_id"),
    "labeling_schemaversion": ("project_id", "number", "body"),
    "labeling_guidelineversion": ("project_id", "number", "body", "entries", "change_note", "published_at"),
    "labeling_annotationrevision": ("annotation_id", "number", "key", "state", "answers", "counted", "created_at"),
    "labeling_label": ("task_id", "question", "value", "classes", "source", "created_at"),
    "labeling_event": ("verb", "payload", "created_at"),
}


def statements() -> list[tuple[str, str]]:
    """Return the trigger of each table and how to take it away."""
    return [
        (
            f"CREATE TRIGGER {table}_fixed BEFORE UPDATE OF {', '.join(columns)} ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION dcai_forbid_change()",
            f"DROP TRIGGER {table}_fixed ON {table}",
        )
        for table, columns in FIXED.items()
    ]


class Migration(migrations.Migration):
    """Reversible: the triggers hold no data."""

    dependencies = [("labeling", "0001_initial")]

    operations = [
        migrations.RunSQL(FORBID, "DROP FUNCTION dcai_forbid_change()"),
        *(migrations.RunSQL(forwards, backwards) for forwards, backwards in statements()),
    ]
