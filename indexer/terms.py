"""Code-aware terms: what the keyword index stores for a text, and what it is asked for a query.

An identifier gives its whole lower-case form and, when it has several, its parts, each folded to a light stem
("HTTPAdapters" -> "httpadapters", "http", "adapter"). Index and query go through the same folding, so a stem
need not be a word.
"""

from __future__ import annotations

import re
from functools import lru_cache

MAX_TERM_LENGTH = 64
"""Longer identifiers (hashes, encoded data) are cut: nobody types them, and they would bloat the index."""

MAX_QUERY_TERMS = 64
"""Distinct terms of a query that are looked up; a pasted file is not a better question than its beginning."""

_QUESTION = """
a about an and any are as at be been being but by can could did do does doing done each for from had has
have how i if in into is it its me my of on or our should so some such that the their them then there
these they this those to us used uses using via want was way we were what when where which while who why
will with work works would you your
"""
QUESTION_WORDS = frozenset(_QUESTION.split())
"""Words that ask a question and do not name what is asked for."""

_WORD = re.compile(r"\w+")
_ASCII_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+")
_VOWEL = re.compile(r"[aeiouy]")
_DOUBLED = re.compile(r"([bdfgmnprt])\1$")


def split_terms(text: str) -> list[str]:
    """Split a text into terms, in reading order and with repetitions.

    Args:
        text: Source code, prose or a path; any string.

    Returns:
        Lower-case terms of at most `MAX_TERM_LENGTH` characters, without white space.
    """
    terms: list[str] = []
    for word in _WORD.findall(text):
        terms += _word_terms(word)
    return terms


def query_terms(query: str) -> list[str]:
    """Split a query into the distinct terms worth looking up.

    Words that only ask the question are left out, unless nothing else remains. Quotes, brackets and operators
    are plain separators.

    Args:
        query: What the user typed; any string.

    Returns:
        At most `MAX_QUERY_TERMS` distinct terms, in order of first appearance.
    """
    terms = (term for word in content_words(query) for term in _word_terms(word))
    return list(dict.fromkeys(terms))[:MAX_QUERY_TERMS]


def query_words(query: str) -> list[str]:
    """Give the distinct folded parts of a query, without the whole identifiers that `query_terms` adds.

    Args:
        query: What the user typed; any string.

    Returns:
        At most `MAX_QUERY_TERMS` distinct stems: "parseRetries" gives "pars" and "retry".
    """
    return list(dict.fromkeys(name_words(" ".join(content_words(query)))))[:MAX_QUERY_TERMS]


def content_words(query: str) -> list[str]:
    """Give the words of a query as they are written, without those that only ask the question.

    Args:
        query: What the user typed; any string.

    Returns:
        Runs of word characters, in reading order; all of them when they only ask.
    """
    words = _WORD.findall(query)
    return [word for word in words if word.lower() not in QUESTION_WORDS] or words


def name_words(text: str) -> list[str]:
    """Split a name (symbol, file name, path) into the folded parts of its identifiers, in reading order."""
    return [stem(part) for word in _WORD.findall(text) for part in _parts(word)]


def stem(word: str) -> str:
    """Fold plural, -ing, -ed and a final e of an English lower-case word; leave anything else alone."""
    if len(word) <= 3 or not (word.isascii() and word.isalpha()):
        return word
    word = _without_plural(word)
    for suffix in ("ing", "ed"):
        root = word.removesuffix(suffix)
        if root != word and len(root) >= 3 and _VOWEL.search(root):
            word = _DOUBLED.sub(r"\1", root)
            break
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


def _without_plural(word: str) -> str:
    if word.endswith(("ies", "ied")) and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


@lru_cache(maxsize=1 << 16)
def _word_terms(word: str) -> tuple[str, ...]:
    """The terms of one run of word characters: its whole form, then the stems of its parts."""
    parts = _parts(word)
    whole = word.strip("_").lower()[:MAX_TERM_LENGTH]
    if not whole or _UNSPACED.search(whole):
        return tuple(parts)
    folded = [stem(part) for part in parts]
    return (whole,) if folded == [whole] else (whole, *folded)


def _parts(word: str) -> list[str]:
    """Lower-case parts of a run of word characters: camelCase humps, digits, pieces between underscores."""
    if word.isascii():
        return [part.lower()[:MAX_TERM_LENGTH] for part in _ASCII_PART.findall(word)]
    parts: list[str] = []
    position = 0
    for match in _UNSPACED.finditer(word):
        parts += _spaced_parts(word[position : match.start()])
        run = match.group()
        parts += [run[i : i + 2] for i in range(max(1, len(run) - 1))]
        position = match.end()
    return parts + _spaced_parts(word[position:])


def _spaced_parts(word: str) -> list[str]:
    """Parts of an identifier in any script that has letter case or separates its words."""
    parts: list[str] = []
    start = 0
    for i in range(1, len(word) + 1):
        if i == len(word) or _is_boundary(word, i):
            parts.append(word[start:i].strip("_").lower()[:MAX_TERM_LENGTH])
            start = i
    return [part for part in parts if part]


def _is_boundary(word: str, i: int) -> bool:
    before, here = word[i - 1], word[i]
    if "_" in (before, here) or before.isdecimal() != here.isdecimal():
        return True
    if not here.isupper():
        return False
    return before.islower() or (before.isupper() and word[i + 1 : i + 2].islower())
