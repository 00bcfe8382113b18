"""Languages: how a file's language is told, and what its syntax tree looks like to the chunker."""

from .detect import detect_language, language_names, resolve_language
from .language import Language

__all__ = ["Language", "detect_language", "language_names", "resolve_language"]
