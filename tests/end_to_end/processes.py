"""Real processes on loopback."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import msgspec

ROOT = Path(__file__).parent.parent.parent


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(module: str, *arguments: str, home: Path, check: bool = True) -> str:
    """Run one of our commands in a process of its own; return what it printed."""
    done = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-m", module, *arguments],
        env=os.environ | {"CANTING_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=120,
        cwd=ROOT,
    )
    if check:
        assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def canting(home: Path, *arguments: str) -> Any:
    """Run the artisan's command; return its JSON."""
    return msgspec.json.decode(run("canting_client.cli", "--json", *arguments, home=home))


class Server:
    """A registry as a process."""

    def __init__(self, home: Path, port: int, *command: str, log: Path | None = None) -> None:
        self.home = home
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        arguments = command or ("-m", "canting_server.cli", "serve")
        # With a log everything is told that it can tell.
        self._log = None if log is None else log.open("wb")
        self.process = subprocess.Popen(  # noqa: S603
            [sys.executable, *arguments],
            stderr=self._log,
            env=os.environ
            | {
                "CANTING_HOME": str(home),
                "CANTING_PORT": str(port),
                "CANTING_LOG_LEVEL": "error" if log is None else "debug",
                "CANTING_DRAIN_NOTICE_S": "0",
            },
            cwd=ROOT,
        )

    def ready(self) -> bool:
        """Wait until it answers; return False when it died first."""
        for _ in range(400):
            if self.process.poll() is not None:
                return False
            try:
                with urllib.request.urlopen(f"{self.url}/livez", timeout=5):  # noqa: S310
                    return True
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.025)
        return False

    def ask(self, question: str, token: str) -> Any:
        """Ask as staff do."""
        request = urllib.request.Request(  # noqa: S310
            f"{self.url}/v1/{question}", headers={"Authorization": f"Bearer {token}"}
        )
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            return msgspec.json.decode(answer.read())

    def stop(self) -> int:
        """Ask it to stop, and return its exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        status = self.process.wait(timeout=60)
        if self._log is not None:
            self._log.close()
        return status
