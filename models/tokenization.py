"""Text to token ids, exactly as the model was trained, at a cost that does not grow with the text."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .errors import CodeassistdError

if TYPE_CHECKING:
    from pathlib import Path

# Every match is the start of at least one WordPiece token, and no later text changes the tokens before it:
# ASCII punctuation is always a token by itself, and an ASCII letter or digit after it or after white space
# starts a new word. Square brackets are left out because "[SEP]" as a whole is one token.
_SURE_TOKEN = re.compile(r"[!-/:-@\\^-`{-~]|(?<![^ \t\n\r!-/:-@\[-`{-~])[A-Za-z0-9]")
_BLANKS = re.compile(r"[ \t\n\r]{2,}")
# WordPiece gives one [UNK] to any word over 100 characters: 256 of them say the same as a million.
# What holds for any tokenizer: none joins words across white space.
_SURE_WORD = re.compile(r"(?<![^ \t\n\r])[A-Za-z0-9]")
_LONG_WORD = re.compile(r"(\w{256})\w+")
_SHORT_TEXT_CHARS = 1_500
_MAX_CHARS = 100_000


class Tokenizer:
    """A model's own tokenizer from its ``tokenizer.json``.

    Args:
        path: The file.
        max_tokens: Longer texts are cut after this many tokens, special tokens included.
        threads: Most threads to use for a batch.
        lowercase: Whether texts are put in lower case before anything else.
        ending: A token that every text ends with, where the file has no rule for that; empty for none.

    Raises:
        CodeassistdError: The file is damaged.
    """

    def __init__(
        self, path: Path, max_tokens: int, threads: int, *, lowercase: bool = False, ending: str = ""
    ) -> None:
        self._tokenizer = _opened(path, max_tokens, threads)
        if lowercase:
            _put_in_lower_case(self._tokenizer)
        if ending:
            _end_with(self._tokenizer, ending, path)
        self._max_tokens = max_tokens
        self._trim = trim if type(self._tokenizer.model).__name__ == "WordPiece" else trim_loosely
        self._cut_texts = self._tokens = 0

    @property
    def cut_texts(self) -> int:
        """How many texts so far had more tokens than the model reads."""
        return self._cut_texts

    @property
    def tokens(self) -> int:
        """How many tokens it has given so far."""
        return self._tokens

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text, special tokens included; never more than ``max_tokens`` each.

        Args:
            texts: Any strings, lone surrogates included.

        Returns:
            One list of at least one id per text.
        """
        trimmed = [_encodable(self._trim(text, self._max_tokens)) for text in texts]
        encodings = self._tokenizer.encode_batch_fast(trimmed)
        self._cut_texts += sum(1 for encoding in encodings if encoding.overflowing)
        # A tokenizer without special tokens makes nothing of an empty text.
        rows = [encoding.ids or [0] for encoding in encodings]
        self._tokens += sum(map(len, rows))
        return rows


@dataclass(frozen=True, slots=True)
class TokenPair:
    """Query and passage as a cross-encoder reads them: token ids, and 0 or 1 for the text each belongs to."""

    ids: list[int]
    segments: list[int]


class PairTokenizer:
    """A cross-encoder's tokenizer from its ``tokenizer.json``; parameters and errors as of ``Tokenizer``."""

    def __init__(self, path: Path, max_tokens: int, threads: int) -> None:
        self._tokenizer = _opened(path, max_tokens, threads)
        self._max_tokens = max_tokens
        self._trim = trim if type(self._tokenizer.model).__name__ == "WordPiece" else trim_loosely

    def encode(self, query: str, passages: Sequence[str]) -> list[TokenPair]:
        """Join a query with each passage; of the longer text more is cut until both fit."""
        asked, *texts = (_encodable(self._trim(text, self._max_tokens)) for text in (query, *passages))
        encodings = self._tokenizer.encode_batch([(asked, text) for text in texts])
        return [TokenPair(encoding.ids, encoding.type_ids) for encoding in encodings]


class QuestionTokenizer:
    """Puts query and passage into a question that a model answers by yes or no.

    Args:
        path: The tokenizer.json.
        max_tokens: Of query and passage together; more is cut at the end.
        threads: Most threads to use for a batch.
        before: What stands before them, control tokens included.
        between: What joins them, with the places {query} and {passage}.
        after: What stands behind them.

    Raises:
        CodeassistdError: The file is damaged.
    """

    def __init__(
        self, path: Path, max_tokens: int, threads: int, before: str, between: str, after: str
    ) -> None:
        self._tokenizer = _opened(path, max_tokens, threads)
        self._max_tokens = max_tokens
        self._between = between
        self._before, self._after = (
            self._tokenizer.encode(text, add_special_tokens=False).ids for text in (before, after)
        )
        # Whatever looks like a control token in a file is plain text.
        self._tokenizer.encode_special_tokens = True

    def number_of(self, token: str) -> int:
        """The number of a token.

        Raises:
            CodeassistdError: There is no such token.
        """
        number: int | None = self._tokenizer.token_to_id(token)
        if number is None:
            raise CodeassistdError(f"The tokenizer lacks the token {token!r}: this is another kind of model.")
        return number

    def encode(self, query: str, passages: Sequence[str]) -> list[TokenPair]:
        """The question about each passage."""
        asked = _encodable(trim_loosely(query, self._max_tokens // 2))
        texts = (_encodable(trim_loosely(text, self._max_tokens)) for text in passages)
        questions = [self._between.format(query=asked, passage=text) for text in texts]
        encodings = self._tokenizer.encode_batch(questions, add_special_tokens=False)
        rows = [[*self._before, *encoding.ids, *self._after] for encoding in encodings]
        return [TokenPair(row, [0] * len(row)) for row in rows]


def _opened(path: Path, max_tokens: int, threads: int) -> Any:
    """The tokenizer of the Rust library, without padding and cutting after so many tokens."""
    from tokenizers import Tokenizer as RustTokenizer  # noqa: PLC0415

    try:
        tokenizer = RustTokenizer.from_file(str(path))
    except Exception as error:  # tokenizers raises bare Exception
        raise CodeassistdError(f"{path} is not a tokenizer file: {error}.") from error
    # The published file bakes in padding and truncation to 128 tokens.
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    # The pool of the Rust side is made once per process and reads its size from the environment only.
    before = os.environ.get("RAYON_NUM_THREADS")
    os.environ["RAYON_NUM_THREADS"] = before or str(threads)
    try:
        tokenizer.encode_batch_fast(["a", "b"])
    finally:
        if before is None:
            del os.environ["RAYON_NUM_THREADS"]
    return tokenizer


def _put_in_lower_case(tokenizer: Any) -> None:
    from tokenizers.normalizers import Lowercase, Sequence  # noqa: PLC0415

    parts = [Lowercase()] if tokenizer.normalizer is None else [Lowercase(), tokenizer.normalizer]
    tokenizer.normalizer = Sequence(parts)


def _end_with(tokenizer: Any, ending: str, path: Path) -> None:
    from tokenizers.processors import TemplateProcessing  # noqa: PLC0415

    if tokenizer.num_special_tokens_to_add(is_pair=False):
        return
    number = tokenizer.token_to_id(ending)
    if number is None:
        raise CodeassistdError(f"{path} lacks the token {ending}, which every text ends with.")
    tokenizer.post_processor = TemplateProcessing(single=f"$A {ending}", special_tokens=[(ending, number)])


def trim(text: str, max_tokens: int) -> str:
    """Cut a text where the model's limit makes the rest irrelevant.

    Args:
        text: Any string.
        max_tokens: How many tokens the model reads.

    Returns:
        A text with the same first ``max_tokens`` BERT tokens, of at most 100,000 characters.
    """
    return _trimmed(text, max_tokens, _SURE_TOKEN)


def trim_loosely(text: str, max_tokens: int) -> str:
    """As `trim`, for the tokens of any model: less is cut."""
    return _trimmed(text, max_tokens, _SURE_WORD)


def _trimmed(text: str, max_tokens: int, sure: re.Pattern[str]) -> str:
    if len(text) <= _SHORT_TEXT_CHARS:
        return text
    beyond = next(itertools.islice(sure.finditer(text), max_tokens, None), None)
    if beyond is not None:
        text = text[: beyond.start()]
    if len(text) > _MAX_CHARS:
        text = _LONG_WORD.sub(r"\1", _BLANKS.sub(" ", text))
    return text[:_MAX_CHARS]


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text
