"""Which of the models on this disk writes."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

from ..errors import CodeassistdError, UsageError
from .published import PublishedModel
from .store import InstalledModel, ModelStore

_PULL = "`codeassistd models pull {name}` gets it"
_SUFFIX = ".gguf"


class NoWritingModelError(CodeassistdError):
    """Nothing was set up that writes."""


def find_gguf(named: str, store: ModelStore, published: Iterable[PublishedModel]) -> Path:
    """Find the file of the model that writes.

    Args:
        named: What the settings name: a pulled model, the path of a file, or "" for whichever was pulled.
        store: The models that were pulled.
        published: The models with short names, in order of preference.

    Returns:
        The file; of a model in parts, the first.

    Raises:
        NoWritingModelError: None is named and none was pulled.
        UsageError: It was not pulled, or is no model that llama.cpp can run.
    """
    if named.endswith(_SUFFIX):
        return Path(named).expanduser()
    writing = [model.name for model in published if model.role == "generation"]
    if not named:
        return _any_gguf(store, writing)
    installed = store.find(named)
    if installed is not None:
        return _gguf_of(installed)
    if named in writing:
        raise UsageError(f"The model {named} was not pulled yet.", hint=_PULL.format(name=named))
    known = [*(model.manifest.name for model in store.installed() if _has_gguf(model)), *writing]
    close = difflib.get_close_matches(named, known, n=3, cutoff=0.4) or known
    raise UsageError(f"There is no model {named!r} that writes.", hint=f"Known are: {', '.join(close)}.")


def _any_gguf(store: ModelStore, writing: list[str]) -> Path:
    installed = {model.manifest.name: model for model in store.installed() if _has_gguf(model)}
    for name in (*writing, *sorted(installed)):
        if name in installed:
            return _gguf_of(installed[name])
    raise NoWritingModelError(
        "No model that writes is set up.",
        hint=f"`codeassistd models pull {writing[0]}` gets a small one" if writing else "",
    )


def _has_gguf(model: InstalledModel) -> bool:
    return any(file.path.endswith(_SUFFIX) for file in model.manifest.files)


def _gguf_of(model: InstalledModel) -> Path:
    files = sorted(file.path for file in model.manifest.files if file.path.endswith(_SUFFIX))
    if not files:
        raise UsageError(
            f"The model {model.manifest.name} doesn't write: it has no GGUF file.",
            hint="`codeassistd models list` says what each model is for",
        )
    return model.folder / files[0]
