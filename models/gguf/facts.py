"""What a GGUF file's header says of its model: names, sizes, prompts, and the memory that it needs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from .errors import GgufError
from .header import Header, Value, read_header
from .quantization_names import QUANTIZATIONS

_CACHE_ELEMENT_BYTES = 2  # keys and values are kept as 16-bit floats
_FIM_KEYS = {
    "pre": ("fim_pre_token_id", "prefix_token_id"),
    "suf": ("fim_suf_token_id", "suffix_token_id"),
    "mid": ("fim_mid_token_id", "middle_token_id"),
    "rep": ("fim_rep_token_id",),
    "sep": ("fim_sep_token_id",),
    "pad": ("fim_pad_token_id",),
}
_PART = re.compile(r"-(\d{5})-of-(\d{5})\.gguf$")
_NO_DECODER = frozenset({"clip", "t5encoder", "wavtokenizer-dec"})


@dataclass(frozen=True, slots=True)
class GgufFacts:
    """A model as its file describes it.

    Attributes:
        path: The file; of a model in parts, the first.
        file_bytes: Its size, of all parts together.
        architecture: ``general.architecture``.
        name: ``general.name``, else the file's name.
        quantization: For instance "Q4_K_M"; "" when the file doesn't tell.
        context_tokens: The longest text that it was trained on.
        vocabulary: How many tokens it knows.
        layers: How many layers it has.
        cache_bytes: Memory that one token of context takes, in all layers.
        fim_ids: Tokens for filling in, as the metadata has them: "pre", "suf", "mid", "rep", "sep", "pad".
        marked_tokens: Ids of tokens that begin with "<", by text.
        chat_template: ``tokenizer.chat_template``; "" for none.
        bos_id: The token that begins a text; None for none.
        eos_id: The token that ends a text; None for none.
        eot_id: The token that ends a turn; None for none.
        add_bos: Whether prompts begin with `bos_id`; None when the file leaves it to the kind of tokenizer.
        tokenizer: Its kind: "llama" (SentencePiece), "gpt2" (byte pairs), ...
    """

    path: Path
    file_bytes: int
    architecture: str
    name: str
    quantization: str
    context_tokens: int
    vocabulary: int
    layers: int
    cache_bytes: int
    fim_ids: dict[str, int]
    marked_tokens: dict[str, int]
    chat_template: str
    bos_id: int | None
    eos_id: int | None
    eot_id: int | None
    add_bos: bool | None
    tokenizer: str


def read_facts(path: Path) -> GgufFacts:
    """Read what a model's file says of it; the weights are not touched.

    Args:
        path: A ``.gguf`` file; of a model in parts, the first.

    Raises:
        GgufError: The file isn't a GGUF model that writes text, is damaged, or a part of it is missing.
    """
    parts = _parts(path)
    header = read_header(parts[0])
    for part in parts[1:]:
        read_header(part)
    reader = _Reader(path, header)
    if reader.text("general.type") in {"adapter", "mmproj"} or reader.architecture in _NO_DECODER:
        raise GgufError(
            f"The model {path} doesn't write text: it is of the kind {reader.architecture!r}.",
            hint="Choose a model that completes code.",
        )
    if f"{reader.architecture}.pooling_type" in header.metadata or reader.own("attention.causal") is False:
        raise GgufError(
            f"The model {path} makes embeddings, and doesn't write text.",
            hint="Choose a model that completes code.",
        )
    return GgufFacts(
        path=parts[0],
        file_bytes=sum(part.stat().st_size for part in parts),
        architecture=reader.architecture,
        name=reader.text("general.name") or path.stem,
        quantization=QUANTIZATIONS.get(reader.number("general.file_type", -1) & ~1024, ""),
        context_tokens=reader.own_number("context_length"),
        vocabulary=header.lengths.get("tokenizer.ggml.tokens", 0),
        layers=reader.own_number("block_count"),
        cache_bytes=_cache_elements(reader) * _CACHE_ELEMENT_BYTES,
        fim_ids=_fim_ids(reader),
        marked_tokens=header.marked_tokens,
        chat_template=reader.text("tokenizer.chat_template"),
        bos_id=reader.token("bos_token_id"),
        eos_id=reader.token("eos_token_id"),
        eot_id=reader.token("eot_token_id"),
        add_bos=reader.flag("tokenizer.ggml.add_bos_token"),
        tokenizer=reader.text("tokenizer.ggml.model"),
    )


class _Reader:
    """Values of a header as the types that they should have."""

    def __init__(self, path: Path, header: Header) -> None:
        self._path = path
        self._metadata = header.metadata
        self.vocabulary = header.lengths.get("tokenizer.ggml.tokens", 0)
        self.architecture = self.text("general.architecture")
        if not self.architecture:
            raise GgufError(
                f"The model {path} doesn't say of what architecture it is.", hint="Choose another file."
            )

    def text(self, key: str) -> str:
        value = self._metadata.get(key)
        return value if isinstance(value, str) else ""

    def number(self, key: str, default: int) -> int:
        value = self._metadata.get(key)
        return value if isinstance(value, int) else default

    def flag(self, key: str) -> bool | None:
        value = self._metadata.get(key)
        return value if isinstance(value, bool) else None

    def own(self, key: str) -> Value | None:
        return self._metadata.get(f"{self.architecture}.{key}")

    def own_number(self, key: str) -> int:
        """A number without which a model can't be."""
        value = self.own(key)
        if not isinstance(value, int) or not 0 < value < 1 << 31:
            raise GgufError(
                f"The model {self._path} has no sensible {self.architecture}.{key}: {value!r}.",
                hint="It may be of a kind that doesn't write text, or damaged; choose another file.",
            )
        return value

    def token(self, key: str) -> int | None:
        value = self._metadata.get(f"tokenizer.ggml.{key}")
        return value if isinstance(value, int) and 0 <= value < self.vocabulary else None

    def per_layer(self, key: str, layers: int, default: int) -> list[int]:
        value = self.own(key)
        if isinstance(value, tuple):
            return [int(one) for one in value[:layers]]
        return [value if isinstance(value, int) else default] * layers


def _fim_ids(reader: _Reader) -> dict[str, int]:
    found: dict[str, int] = {}
    for role, keys in _FIM_KEYS.items():
        for key in keys:
            token = reader.token(key)
            if token is not None:
                found.setdefault(role, token)
    return found


def _cache_elements(reader: _Reader) -> int:
    """How many numbers are kept for a token of context, in all layers."""
    layers = min(reader.own_number("block_count"), 10_000)
    latent = reader.own("attention.kv_lora_rank")
    if isinstance(latent, int):  # one compressed vector in place of keys and values
        rotated = reader.own("rope.dimension_count")
        return layers * (latent + (rotated if isinstance(rotated, int) else 64))
    width = reader.own_number("embedding_length")
    heads = max([1, *reader.per_layer("attention.head_count", layers, 1)])
    key = reader.own("attention.key_length")
    value = reader.own("attention.value_length")
    size = (key if isinstance(key, int) else width // heads) + (
        value if isinstance(value, int) else width // heads
    )
    return sum(max(0, one) for one in reader.per_layer("attention.head_count_kv", layers, heads)) * size


def _parts(path: Path) -> list[Path]:
    """All files of a model, which big ones are split into."""
    named = _PART.search(path.name)
    if named is None:
        return [path]
    base, count = path.name[: named.start()], int(named[2])
    parts = [path.with_name(f"{base}-{number:05}-of-{count:05}.gguf") for number in range(1, count + 1)]
    missing = [part.name for part in parts if not part.is_file()]
    if missing:
        raise GgufError(
            f"The model {path} is in {count} parts, of which {len(missing)} are missing: {missing[0]}"
            f"{', ...' if len(missing) > 1 else ''}.",
            hint=f"Put all parts into {path.parent}.",
        )
    return parts
