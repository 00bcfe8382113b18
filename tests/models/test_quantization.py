from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from codeassistd.models.errors import UsageError
from codeassistd.models.quantization import quantize, rounded
from codeassistd.models.selection import EmbedderRequest, identity_of, load_embedder

matrices = arrays(
    np.float32,
    st.tuples(st.integers(1, 5), st.sampled_from([1, 7, 128, 384])),
    elements=st.floats(-4.0, 4.0, width=32, allow_subnormal=False),
)


@given(matrices)
@settings(deadline=None, max_examples=100)
def test_rounding_is_off_by_at_most_half_a_scale_of_its_block(matrix: NDArray[np.float32]) -> None:
    compressed = quantize(matrix)
    error = np.abs(compressed.floats() - matrix).reshape(compressed.values.shape)
    assert np.all(error <= compressed.scales * 0.5001)


@given(matrices)
@settings(deadline=None, max_examples=50)
def test_rounding_twice_changes_next_to_nothing(matrix: NDArray[np.float32]) -> None:
    once = rounded(matrix)
    np.testing.assert_allclose(rounded(once), once, rtol=1e-5, atol=1e-30)


@pytest.mark.parametrize("backend", ["openvino", "torch"])
def test_int8_stays_close_to_the_reference_on_every_engine(
    backend: str, golden_texts: list[str], golden_vectors: NDArray[np.float32]
) -> None:
    loaded = load_embedder(EmbedderRequest(backend=backend, precision="int8", threads=2))  # type: ignore[arg-type]
    cosines = np.einsum("nd,nd->n", loaded.embedder.embed(golden_texts, "document"), golden_vectors)
    assert cosines.min() > 0.997
    assert cosines.mean() > 0.999
    assert "int8" in loaded.reason
    assert loaded.embedder.identity.precision == "int8"


def test_vectors_of_int8_and_float_weights_are_never_mixed() -> None:
    identities = {identity_of(EmbedderRequest(precision=precision)).id for precision in ("float", "int8")}
    assert len(identities) == 2


def test_an_unknown_precision_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="int3") as caught:
        identity_of(EmbedderRequest(precision="int3"))  # type: ignore[arg-type]
    assert caught.value.hint == "Use one of float, int8."
