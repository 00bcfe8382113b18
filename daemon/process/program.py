"""What starts the daemon; light, since every client imports it."""

from __future__ import annotations

import sys

# -P keeps the folder that it is started in, which may be anybody's, off the module path.
DAEMON_COMMAND = (sys.executable, "-P", "-m", "codeassistd.daemon.background")
