"""Source text to chunks that follow syntax and cover every line once."""

from .chunk import KINDS, Chunk
from .chunker import chunk_text
from .version import CHUNKER_VERSION

__all__ = ["CHUNKER_VERSION", "KINDS", "Chunk", "chunk_text"]
