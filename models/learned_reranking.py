"""What `benchmarks/retrieval/learn_rerank.py` learned; run it to learn them anew.

Weights of a logistic regression: the score is 1 / (1 + exp(-(sum of weight * feature + bias))).
"""

from __future__ import annotations

from types import MappingProxyType

WEIGHTS = MappingProxyType({"likeness": 4.0, "exact": 2.0, "near": 2.0, "head": 2.0})
BIAS = -6.0
