from __future__ import annotations

import os
from pathlib import Path

from dcai_web.ops.supervisor.sources import Sources


def test_changes_are_named_once(tmp_path: Path) -> None:
    folder = tmp_path / "labeling" / "services"
    folder.mkdir(parents=True)
    kept, gone = folder / "kept.py", folder / "gone.py"
    kept.write_text("old")
    gone.write_text("old")
    (folder / "notes.txt").write_text("not a source")
    sources = Sources(tmp_path)
    assert sources.changed() == []

    os.utime(kept, (1, 1))
    gone.unlink()
    (folder / "new.py").write_text("new")
    (folder / "notes.txt").write_text("changed")

    assert sources.changed() == [f"labeling/services/{name}.py" for name in ("gone", "kept", "new")]
    assert sources.changed() == []
