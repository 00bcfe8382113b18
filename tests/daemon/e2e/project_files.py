"""A small project for editors to have open."""

from __future__ import annotations

from pathlib import Path

FILES = {
    "src/retry.py": """\
import time


def call_with_backoff(action, attempts):
    \"\"\"Try again after a failure, waiting twice as long each time.\"\"\"
    for number in range(attempts):
        try:
            return action()
        except OSError:
            time.sleep(2**number)
    raise TimeoutError


def parse_duration(text):
    minutes, seconds = text.split(":")
    return int(minutes) * 60 + int(seconds)
""",
    "src/basket.ts": """\
export class Basket {
  private items: Item[] = [];

  /** The total price of all goods, with taxes. */
  totalPrice(taxRate: number): number {
    return this.items.reduce((sum, item) => sum + item.price * (1 + taxRate), 0);
  }
}
""",
    "docs/guide.md": "# Deploying\n\nCopy the archive to the server and restart the service.\n",
}


def write_files(root: Path, files: dict[str, str]) -> Path:
    """Write files, by relative path, below a folder; gives the folder."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root
