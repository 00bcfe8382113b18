"""What `benchmarks/retrieval/learn_rerank.py` learned of functions and their docstrings; it learns them anew.

Weights of a logistic regression: the score is 1 / (1 + exp(-(sum of weight * feature + bias))).
"""

from __future__ import annotations

from types import MappingProxyType

WEIGHTS = MappingProxyType({"likeness": 1.74, "exact": 1.78, "near": 1.29, "head": 1.75})
BIAS = -6.30
