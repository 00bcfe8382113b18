#!/usr/bin/env python3
"""Measures how often the model writes exactly what it should, in llama.cpp, and prints a table.

python tests/data/generation/measure_model.py [FILE ...] [--count N] [--threads N]
"""

from __future__ import annotations

import argparse
import random
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from chat_samples import INSTRUCTIONS
from corpus import FOLDER
from llama_cpp import Llama
from samples import Sample, Samples
from spans import KINDS
from train_model import vocabulary
from vocabulary import CONTROL_IDS

if TYPE_CHECKING:
    from collections.abc import Callable

SEED = 99
"""Not the training's: cuts, surroundings and random names are others."""

_ENDS = (CONTROL_IDS["<|endoftext|>"], CONTROL_IDS["<|im_end|>"])


def written(model: Llama, prompt: list[int], most: int) -> list[int]:
    """Tokens that the model writes, the likeliest each time, up to and with one that ends a text."""
    tokens: list[int] = []
    for token in model.generate(prompt, temp=0.0, repeat_penalty=1.0):
        tokens.append(token)
        if token in _ENDS or len(tokens) >= most:
            break
    return tokens


def exact(model: Llama, sample: Sample) -> bool:
    """Whether the model writes the sample's answer, and then ends."""
    start = next(at for at, weight in enumerate(sample.weights) if weight >= 1)
    answer = sample.ids[start:]
    return written(model, sample.ids[:start], len(answer) + 1) == answer


def cases(samples: Samples) -> dict[str, Callable[[], Sample]]:
    """A maker of samples for each row of the table."""
    rows: dict[str, Callable[[], Sample]] = {
        f"fill in: {kind}": partial(samples.fill_in, kind, wrong_order=False) for kind in KINDS
    }
    rows["a number that only a passage tells"] = samples.constant
    rows["a call that only a passage tells"] = samples.call
    rows["wrong order: writes nothing"] = partial(samples.fill_in, wrong_order=True)
    return rows | {f"chat: {kind}": partial(samples.conversation, kind) for kind in INSTRUCTIONS}


def main() -> None:
    """Print one row for each kind of sample, with a column for each file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("files", type=Path, nargs="*", default=[FOLDER / "tiny-coder.gguf"])
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--show", type=int, default=0, help="print this many failures of each row")
    chosen = parser.parse_args()
    threads = {"n_threads": chosen.threads, "n_threads_batch": chosen.threads}
    models = [Llama(str(f), n_ctx=4096, verbose=False, **threads) for f in chosen.files]
    say = sys.stdout.write
    generator = random.Random(SEED)
    for name, draw in cases(Samples(generator, vocabulary())).items():
        drawn = [draw() for _ in range(chosen.count)]
        columns = []
        for model in models:
            failed = [sample for sample in drawn if not exact(model, sample)]
            columns.append(f"{100 - 100 * len(failed) / chosen.count:.0f} %")
            for sample in failed[: chosen.show]:
                say(f"{_shown(model, sample)}\n")
        say(f"| {name} | {' | '.join(columns)} |\n")
        sys.stdout.flush()


def _shown(model: Llama, sample: Sample) -> str:
    start = next(at for at, weight in enumerate(sample.weights) if weight >= 1)
    wrote = written(model, sample.ids[:start], 300)
    texts = (model.detokenize(ids, special=True) for ids in (sample.ids[:start], sample.ids[start:], wrote))
    labels = ("prompt", "wanted", "wrote")
    return "\n".join(f"{label}: {text.decode()!r}" for label, text in zip(labels, texts, strict=True))


if __name__ == "__main__":
    main()
