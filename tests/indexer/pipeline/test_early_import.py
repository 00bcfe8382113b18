"""Imports made beside other work."""

from __future__ import annotations

import subprocess
import sys

_BESIDE_A_GRAMMAR = """
import importlib.machinery, sys, time

class SlowFinder:
    def find_spec(self, name, path, target=None):
        if name == "importlib.resources":
            spec = importlib.machinery.PathFinder.find_spec(name, path)
            spec.loader.create_module = wait
            return spec

def wait(spec):
    until = time.monotonic() + 2
    while "importlib.abc" not in sys.modules and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(0.3)

sys.meta_path.insert(0, SlowFinder())
from codeassistd.indexer.pipeline.early_import import table_imported_meanwhile

with table_imported_meanwhile(needed=True):
    from importlib.resources import files
print("codeassistd.indexer.store.table" in sys.modules, files)
"""
"""A grammar's import of `importlib.resources` takes until the other thread has begun with what needs it."""


def test_the_table_and_a_grammar_are_imported_side_by_side() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _BESIDE_A_GRAMMAR], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("True")


_TURNS = """
import sys
from codeassistd.indexer.pipeline.early_import import table_imported_meanwhile

for _ in range(2):
    before = sys.getswitchinterval()
    with table_imported_meanwhile(needed=True):
        print(sys.getswitchinterval() < before)
    assert sys.getswitchinterval() == before
"""


def test_threads_take_shorter_turns_while_the_table_is_imported() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _TURNS], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == ["True", "False"]
