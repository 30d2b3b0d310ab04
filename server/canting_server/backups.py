"""stub"""

from pathlib import Path


def last_backup(home: Path) -> int | None:
    return None
