"""`canting-server`, where the base install may be all there is: that is the artisan's."""

import sys
from typing import Final

_EXTRA: Final = ("jinja2", "prometheus_client")


def main() -> None:
    """Run a command, or say in one line what has to be installed first."""
    try:
        from canting_server import cli
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        sys.stderr.write(
            f"canting-server: {error.name} belum terpasang. Pasang: pip install 'canting[server]'\n"
        )
        sys.exit(1)
    cli.main()


if __name__ == "__main__":
    main()
