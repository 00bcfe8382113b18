"""What is wrong with a file that should be a model."""

from __future__ import annotations

from ..errors import CodeassistdError


class GgufError(CodeassistdError):
    """A file isn't a GGUF model, is damaged, or can't be used for writing."""
