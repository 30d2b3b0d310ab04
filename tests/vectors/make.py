"""Write the vectors: `python -m tests.vectors.make`.

Everything is made from fixed seeds and times, so that the files change only when the protocol does.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.vectors import carried, ledgers, shown, wire
from tests.vectors.say import Json

DATA: Final = Path(__file__).parent / "data"
FILES: Final[dict[str, Callable[[], Json]]] = {
    "codec.json": wire.codec_edges,
    "changes.json": wire.changes,
    "logs.json": wire.logs,
    "batches.json": wire.batches,
    "frontiers.json": wire.frontiers,
    "causality.json": ledgers.causality,
    "merge.json": ledgers.merge,
    "private.json": wire.private,
    "nik.json": wire.nik,
    "receipts.json": wire.receipts,
    "exchange.json": wire.exchange,
    "letters.json": carried.letters,
    "bundles.json": carried.bundles,
    "frames.json": shown.frames,
}


def text_of(name: str) -> str:
    """Return what a file must hold."""
    return json.dumps(FILES[name](), ensure_ascii=True, indent=1) + "\n"


def main() -> None:
    """Write every file."""
    DATA.mkdir(exist_ok=True)
    for name in FILES:
        (DATA / name).write_text(text_of(name), encoding="ascii", newline="\n")


if __name__ == "__main__":
    main()
