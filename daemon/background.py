"""The program that is the daemon: `python -m codeassistd.daemon.background`."""

from __future__ import annotations

import os
import sys

from ..models.errors import CodeassistdError
from .process.errors import AlreadyRunningError


def main() -> None:
    """Run the daemon in this process."""
    # Before numpy is imported: its threads wait by running in circles, and searches run side by side anyway.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Searches hold the interpreter for moments at a time; nobody should wait for it for longer than that.
    sys.setswitchinterval(0.001)
    from .serving import serve

    try:
        serve()
    except AlreadyRunningError:
        sys.exit(0)  # somebody else was quicker, which is just as well
    except CodeassistdError as error:
        sys.exit(f"{error.message}{f' ({error.hint})' if error.hint else ''}")


if __name__ == "__main__":
    main()
