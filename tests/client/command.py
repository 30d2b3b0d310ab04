"""`canting` run in a home of its own, for tests of what it says."""

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from canting_client.cli import main


class Done(NamedTuple):
    """What a command came to."""

    status: int
    out: str
    err: str


class Phone:
    """A home, and `canting` run in it."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def run(self, *arguments: str) -> Done:
        """Run a command, here: a hundred processes would take a minute."""
        out, err, before = io.StringIO(), io.StringIO(), sys.argv
        sys.argv = ["canting", "--home", str(self.home), *arguments]
        try:
            with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as stop:
                main()
        finally:
            sys.argv = before
        return Done(int(stop.value.code or 0), out.getvalue(), err.getvalue())

    def process(self, *arguments: str) -> Done:
        """Run a command in a process of its own."""
        done = subprocess.run(  # noqa: S603  # our own program
            [sys.executable, "-W", "error", *arguments],
            env={**os.environ, "CANTING_HOME": str(self.home)},
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def says(self, *arguments: str) -> str:
        """Return the words of a command that works."""
        done = self.run(*arguments)
        assert (done.status, done.err) == (0, ""), done
        return done.out.strip()

    def tells(self, *arguments: str) -> Any:
        """Return the JSON of a command that works."""
        return msgspec.json.decode(self.says(*arguments, "--json"))

    def refuses(self, *arguments: str, status: int = 1) -> str:
        """Return the one line with which a command refuses."""
        done = self.run(*arguments)
        assert (done.status, done.out) == (status, ""), done
        assert "Traceback" not in done.err
        assert done.err.startswith("✗ ")
        assert len(done.err.splitlines()) == 1
        return done.err.removeprefix("✗ ").strip()
