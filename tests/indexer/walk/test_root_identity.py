from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from codeassistd.indexer.walk.root_identity import root_identity, same_root_throughout
from codeassistd.models.errors import CodeassistdError


def test_a_walk_of_one_folder_is_passed_on(tmp_path: Path) -> None:
    assert list(same_root_throughout(tmp_path, iter("abc"))) == list("abc")
    assert root_identity(tmp_path / "nowhere") is None


@pytest.mark.parametrize("is_replaced", [False, True])
def test_a_root_that_goes_while_it_is_walked_is_an_error(tmp_path: Path, is_replaced: bool) -> None:
    root = tmp_path / "project"
    root.mkdir()

    def walk() -> Iterator[str]:
        yield "a"
        root.rename(tmp_path / "away")
        if is_replaced:
            root.mkdir()

    found = same_root_throughout(root, walk())
    assert next(found) == "a"
    with pytest.raises(CodeassistdError, match="went away while its files were listed"):
        next(found)
