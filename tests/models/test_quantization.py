"""Rounding to 8 bits: its arithmetic, the ranges that are published, and the vectors that come of it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from codeassistd.models.backends.bert_weights import BertWeights, bert_weights
from codeassistd.models.backends.openvino_bert import build
from codeassistd.models.calibration import ATTENTION, FOLDER, PRODUCTS, Calibration, read_calibration
from codeassistd.models.catalog import CatalogEntry
from codeassistd.models.encoder import TextEncoder
from codeassistd.models.engine_choice import BackendName
from codeassistd.models.errors import UsageError
from codeassistd.models.quantization import InputRange, quantize, rounded, rounded_inputs
from codeassistd.models.selection import EmbedderRequest, identity_of, load_embedder
from codeassistd.models.tokenization import Tokenizer
from codeassistd.models.weights import ModelFiles, map_tensors
from codeassistd.models.weights_files import WeightsError

UNUSUAL = ["", "x", "(", "self", "a " * 300, "-" * 200, "😀😀", " ".join(map(str, range(400)))]


def floats(*shape: int, least: float, most: float) -> st.SearchStrategy[NDArray[np.float32]]:
    return arrays(np.float32, shape, elements=st.floats(least, most, width=32, allow_subnormal=False))


@st.composite
def products(draw: st.DrawFn) -> tuple[NDArray[np.float32], InputRange]:
    rows, columns = draw(st.integers(1, 5)), draw(st.integers(1, 9))
    scales = draw(floats(columns, least=0.0078125, most=64.0))
    exact = draw(st.sets(st.integers(0, columns - 1), max_size=2))
    inputs = InputRange(scales, draw(st.floats(0.001, 1.0)), draw(st.sampled_from([0.0, 0.25])), (*exact,))
    return draw(floats(rows, columns, least=-4.0, most=4.0)), inputs


@given(products())
@settings(deadline=None, max_examples=200)
def test_a_matrix_is_off_by_at_most_half_a_scale_of_its_row(
    drawn: tuple[NDArray[np.float32], InputRange],
) -> None:
    matrix, inputs = drawn
    whole = quantize(matrix, inputs)
    within = [column for column in range(matrix.shape[1]) if column not in inputs.exact]
    error = np.abs(whole.values * whole.scales - matrix * inputs.scales)[:, within]
    assert whole.values.dtype == np.int8
    assert np.all(error <= whole.scales * 0.5001)
    assert not whole.values[:, list(inputs.exact)].any()


@given(products())
@settings(deadline=None, max_examples=200)
def test_rounding_twice_changes_next_to_nothing(drawn: tuple[NDArray[np.float32], InputRange]) -> None:
    matrix, inputs = drawn
    [once] = rounded([matrix], [inputs])
    np.testing.assert_allclose(rounded([once], [inputs])[0], once, rtol=1e-4, atol=1e-9)
    exact = list(inputs.exact)
    np.testing.assert_array_equal(once[:, exact], matrix[:, exact])


@given(products(), st.data())
@settings(deadline=None, max_examples=200)
def test_inputs_in_range_are_off_by_at_most_half_a_step(
    drawn: tuple[NDArray[np.float32], InputRange], data: st.DataObject
) -> None:
    _, inputs = drawn
    least, largest = inputs.levels
    places = data.draw(floats(len(inputs.scales), least=float(least), most=float(largest)))
    values = places * np.float32(inputs.step) * inputs.scales - np.float32(inputs.shift)
    error = np.abs(rounded_inputs(values, inputs) - values) / (inputs.step * inputs.scales)
    assert error.max() < 0.51  # of a quarter, less than a hundredth of a step is lost
    assert error[list(inputs.exact)].sum() == 0


@pytest.fixture(scope="module")
def published(entry: CatalogEntry) -> Calibration:
    return read_calibration(FOLDER / f"{entry.name}.safetensors")


def test_the_published_ranges_are_those_of_the_catalog(
    entry: CatalogEntry, published: Calibration, minilm: BertWeights
) -> None:
    file = FOLDER / f"{entry.name}.safetensors"
    assert hashlib.sha256(file.read_bytes()).hexdigest() == entry.calibration_sha256
    assert set(published.ranges) == {(layer, name) for layer in range(6) for name in PRODUCTS}
    for (layer, name), inputs in published.ranges.items():
        weight = minilm.layers[layer].output.weight if name == "output.dense" else minilm.layers[0].qkv.weight
        assert inputs.scales.shape == weight.shape[1:]
        assert inputs.scales.min() > 0
        assert inputs.step > 0


def test_every_product_of_a_layer_is_rounded_and_nothing_else(
    files: ModelFiles, published: Calibration
) -> None:
    tensors = map_tensors(files.weights)
    result = published.rounded(tensors)
    assert list(result) == list(tensors)
    changed = {name for name in tensors if not np.array_equal(tensors[name], result[name])}
    parts = [*PRODUCTS[1:], *(f"{ATTENTION}.{role}" for role in ("query", "key", "value"))]
    assert changed == {f"encoder.layer.{layer}.{part}.weight" for layer in range(6) for part in parts}
    prefixed = published.rounded({f"bert.{name}": tensors[name] for name in changed})
    assert all(np.array_equal(prefixed[f"bert.{name}"], result[name]) for name in changed)


@pytest.mark.parametrize("backend", ["openvino", "torch", "auto"])
def test_int8_stays_close_to_the_reference_on_every_engine(
    backend: BackendName, golden_texts: list[str], golden_vectors: NDArray[np.float32]
) -> None:
    loaded = load_embedder(EmbedderRequest(backend=backend, precision="int8", threads=2))
    cosines = np.einsum("nd,nd->n", loaded.embedder.embed(golden_texts, "document"), golden_vectors)
    assert cosines.min() > 0.99
    assert cosines.mean() > 0.998
    assert "int8" in loaded.reason
    assert loaded.embedder.identity.precision == "int8"


def test_rounded_products_stay_close_for_texts_like_no_other(
    entry: CatalogEntry, files: ModelFiles, minilm: BertWeights, published: Calibration
) -> None:
    """Whatever the processor: without 8-bit dot products the same graph is computed another way."""
    tokenizer = Tokenizer(files.tokenizer, entry.max_tokens, threads=1)
    whole = TextEncoder(entry.identity(), tokenizer, build(minilm, 1, calibration=published))
    reference = TextEncoder(entry.identity("float"), tokenizer, build(minilm, 1))
    cosines = np.einsum("nd,nd->n", whole.embed(UNUSUAL, "document"), reference.embed(UNUSUAL, "document"))
    assert cosines.min() > 0.99
    rounded_weights = bert_weights(
        published.rounded(map_tensors(files.weights)), entry.heads, entry.layer_norm_epsilon
    )
    as_floats = TextEncoder(entry.identity(), tokenizer, build(rounded_weights, 1))
    assert (
        np.einsum(
            "nd,nd->n", as_floats.embed(UNUSUAL, "document"), reference.embed(UNUSUAL, "document")
        ).min()
        > 0.99
    )


def test_vectors_of_int8_and_float_weights_are_never_mixed() -> None:
    identities = [identity_of(EmbedderRequest(precision=each)) for each in ("auto", "float", "int8")]
    assert identities[0] == identities[2]
    assert identities[0].id != identities[1].id


def test_an_unknown_precision_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="int3") as caught:
        identity_of(EmbedderRequest(precision="int3"))  # type: ignore[arg-type]
    assert caught.value.hint == "Use one of auto, float, int8."


def test_a_file_that_is_no_calibration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="missing"):
        read_calibration(tmp_path / "missing.safetensors")
