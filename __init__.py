"""codeassistd: local semantic code search, served to every editor by one daemon."""

__version__ = "0.1.0"
