"""`codeassistd lsp` in small: joins standard input and output to the daemon.

Arguments: the command that starts it. Says at the end what it has loaded.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from codeassistd.daemon.process.forwarder import forward
from codeassistd.daemon.process.rendezvous import find_rendezvous
from codeassistd.daemon.process.succession import Patience
from codeassistd.models.errors import CodeassistdError

HEAVY = ("asyncio", "filelock", "numpy", "pygls", "click", "platformdirs", "tempfile")

if __name__ == "__main__":
    place = find_rendezvous(Path(os.environ["CODEASSISTD_DATA_DIR"]))
    try:
        forward(place, sys.argv[1:], 0, 1, Patience(losses=3))
    except CodeassistdError as error:
        sys.exit(f"{error.message} ({error.hint})")
    sys.stderr.write(" ".join(name for name in HEAVY if name in sys.modules))
