"""The chunker's version: an index made by another one is chunked again."""

CHUNKER_VERSION = 1
