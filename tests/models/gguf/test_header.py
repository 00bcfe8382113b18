from __future__ import annotations

import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import gguf
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from codeassistd.models.gguf.errors import GgufError
from codeassistd.models.gguf.facts import read_facts
from codeassistd.models.gguf.header import read_header

from ..tiny_gguf import CONTROL_TOKENS, HEADS, LAYERS, WIDTH, vocabulary, write_tiny

anywhere = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def content(tiny: Path) -> bytes:
    return tiny.read_bytes()


def _string(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def _file(path: Path, keys: list[bytes], tensors: list[bytes] | None = None, version: int = 3) -> Path:
    tensors = tensors or []
    path.write_bytes(
        b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(keys)) + b"".join(keys) + b"".join(tensors)
    )
    return path


def test_what_the_header_says(tiny: Path) -> None:
    facts = read_facts(tiny)
    assert (facts.architecture, facts.name, facts.quantization) == ("llama", "tiny", "F32")
    assert (facts.context_tokens, facts.layers, facts.vocabulary) == (512, LAYERS, len(vocabulary()[0]))
    assert facts.cache_bytes == LAYERS * (HEADS // 2) * (WIDTH // HEADS) * 2 * 2
    assert facts.file_bytes == tiny.stat().st_size
    assert (facts.bos_id, facts.eos_id, facts.add_bos, facts.tokenizer) == (1, 2, True, "llama")
    texts = vocabulary()[0]
    assert {facts.marked_tokens[text] for text in CONTROL_TOKENS} == {
        texts.index(text.encode()) for text in CONTROL_TOKENS
    }
    assert facts.eot_id == facts.marked_tokens["<|im_end|>"]


def test_it_is_as_the_gguf_package_reads_it(tiny: Path) -> None:
    theirs = gguf.GGUFReader(str(tiny))
    header = read_header(tiny)
    for key, value in header.metadata.items():
        contents = theirs.get_field(key).contents()
        assert value == (tuple(contents) if isinstance(contents, list) else contents)
    last = max(theirs.tensors, key=lambda tensor: tensor.data_offset)
    assert header.tensor_bytes == int(last.data_offset) + int(last.n_bytes)


def test_quantised_files_and_templates(tmp_path: Path) -> None:
    facts = read_facts(write_tiny(tmp_path / "q.gguf", quantize=True, chat_template="{{ messages }}"))
    assert (facts.quantization, facts.chat_template) == ("Q8_0", "{{ messages }}")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda _: b"", "it is empty"),
        (lambda data: data[:3], "begin with the letters GGUF"),
        (lambda data: b"version https://git-lfs" + data, "Git LFS pointer"),
        (lambda data: b"ggjt" + data, "the format before GGUF"),
        (lambda data: b"<!DOCTYPE html>", "web page"),
        (lambda data: b"PK\x03\x04" + data, "ZIP"),
        (lambda data: data[:4] + struct.pack("<I", 1) + data[8:], "of version 1"),
        (lambda data: data[:4] + struct.pack(">I", 3) + data[8:], "big-endian"),
        (lambda data: data[:8] + b"\xff" * 8 + data[16:], "claims to have"),
        (lambda data: data[:24] + b"\xff" * 8 + data[32:], "doesn't fit"),
        (lambda data: data[:1000], "ends after 1,000 bytes|doesn't fit"),
        (lambda data: data[:-100], "cut short"),
    ],
)
def test_a_file_that_is_no_model_says_what_it_is(
    tmp_path: Path, content: bytes, change: Callable[[bytes], bytes], says: str
) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(change(content))
    with pytest.raises(GgufError, match=says) as caught:
        read_facts(path)
    assert str(path) in caught.value.message
    assert caught.value.hint


def test_a_file_that_cant_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "none.gguf", tmp_path):
        with pytest.raises(GgufError, match="can't be read"):
            read_facts(path)


@anywhere
@given(data=st.data())
def test_any_cut_and_any_flips_are_errors_or_facts(
    tmp_path: Path, content: bytes, data: st.DataObject
) -> None:
    # The header is what is read: its last bytes are the tensors' places.
    end = read_header_length(content)
    damaged = bytearray(content[: data.draw(st.integers(0, end) | st.just(len(content)))])
    for _ in range(data.draw(st.integers(0, 4))):
        if damaged:
            damaged[data.draw(st.integers(0, min(len(damaged), end) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.gguf"
    path.write_bytes(damaged)
    with suppress(GgufError):
        assert read_facts(path).cache_bytes >= 0


@anywhere
@given(tail=st.binary(max_size=400))
@example(tail=b"\xff" * 200)
@example(tail=struct.pack("<QIIQ", 0, 9, 9, 2**62))
def test_any_bytes_after_the_magic_are_errors(tmp_path: Path, tail: bytes) -> None:
    path = tmp_path / "junk.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 1, 2) + tail)
    with pytest.raises(GgufError):
        read_facts(path)


def read_header_length(content: bytes) -> int:
    """Where the tensors begin."""
    return content.index(b"blk.1.ffn_up.weight") + 100


@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [
        (99, b"", "unknown kind 99"),
        (9, struct.pack("<IQ", 9, 1), "unknown kind 9"),
        (9, struct.pack("<IQ", 8, 2**60), "array of"),
        (9, struct.pack("<IQ", 4, 2**60), "array of"),
    ],
)
def test_absurd_values(tmp_path: Path, kind: int, value: bytes, says: str) -> None:
    path = _file(tmp_path / "absurd.gguf", [_string("k") + struct.pack("<I", kind) + value])
    with pytest.raises(GgufError, match=says):
        read_header(path)


def _text_key(key: str, value: str) -> bytes:
    return _string(key) + struct.pack("<I", 8) + _string(value)


def _number_key(key: str, value: int) -> bytes:
    return _string(key) + struct.pack("<II", 4, value)


def test_absurd_tensors(tmp_path: Path) -> None:
    path = _file(tmp_path / "t.gguf", [], [_string("t") + struct.pack("<I", 4_000_000)])
    with pytest.raises(GgufError, match="dimensions"):
        read_header(path)
    path = _file(tmp_path / "a.gguf", [_number_key("general.alignment", 0)])
    with pytest.raises(GgufError, match="alignment"):
        read_header(path)


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ([], "of what architecture"),
        ([_text_key("general.architecture", "clip")], "doesn't write text"),
        (
            [_text_key("general.architecture", "bert"), _number_key("bert.pooling_type", 1)],
            "makes embeddings",
        ),
        ([_text_key("general.architecture", "llama")], "no sensible llama.context_length"),
        (
            [_text_key("general.architecture", "llama"), _number_key("llama.context_length", 2**32 - 1)],
            "no sensible llama.context_length",
        ),
    ],
)
def test_models_of_other_kinds(tmp_path: Path, keys: list[bytes], says: str) -> None:
    with pytest.raises(GgufError, match=says):
        read_facts(_file(tmp_path / "other.gguf", keys))


def test_heads_of_each_layer_and_compressed_caches(tmp_path: Path) -> None:
    def numbers(key: str, *values: int) -> bytes:
        return (
            _string(key) + struct.pack("<IIQ", 9, 4, len(values)) + struct.pack(f"<{len(values)}I", *values)
        )

    keys = [
        _text_key("general.architecture", "a"),
        _number_key("a.context_length", 100),
        _number_key("a.block_count", 3),
        _number_key("a.embedding_length", 64),
        _number_key("a.attention.head_count", 8),
        numbers("a.attention.head_count_kv", 1, 0, 2),
    ]
    assert read_facts(_file(tmp_path / "layers.gguf", keys)).cache_bytes == 3 * (8 + 8) * 2
    keys += [_number_key("a.attention.kv_lora_rank", 40), _number_key("a.rope.dimension_count", 10)]
    assert read_facts(_file(tmp_path / "latent.gguf", keys)).cache_bytes == 3 * 50 * 2


def test_a_model_in_parts(tmp_path: Path, content: bytes) -> None:
    first = tmp_path / "m-00001-of-00002.gguf"
    first.write_bytes(content)
    with pytest.raises(GgufError, match=r"in 2 parts, of which 1 are missing: m-00002-of-00002\.gguf"):
        read_facts(first)
    second = _file(tmp_path / "m-00002-of-00002.gguf", [])
    facts = read_facts(second)
    assert (facts.path, facts.file_bytes) == (first, len(content) + second.stat().st_size)


def test_older_keys_of_the_tokens_for_filling_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = gguf.GGUFWriter.add_eot_token_id

    def with_more(self: Any, id_: int) -> None:
        original(self, id_)
        self.add_uint32("tokenizer.ggml.prefix_token_id", 259)
        self.add_uint32("tokenizer.ggml.fim_suf_token_id", 260)
        self.add_uint32("tokenizer.ggml.middle_token_id", 10**6)

    monkeypatch.setattr(gguf.GGUFWriter, "add_eot_token_id", with_more)
    assert read_facts(write_tiny(tmp_path / "fim.gguf")).fim_ids == {"pre": 259, "suf": 260}
