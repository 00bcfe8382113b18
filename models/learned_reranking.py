"""What `benchmarks/retrieval/learn_rerank.py` learned of functions and their docstrings; it learns them anew.

Weights of a logistic regression: the score is 1 / (1 + exp(-(sum of weight * feature + bias))).
"""

from __future__ import annotations

from types import MappingProxyType

WEIGHTS = MappingProxyType({"likeness": 1.71, "exact": 1.72, "near": 1.24, "head": 1.66})
BIAS = -6.27
