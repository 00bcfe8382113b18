#!/usr/bin/env python3
"""Trains tiny-coder.gguf, the model that tests of generation run, from the functions in corpus/.

    python tests/data/generation/train_model.py [--steps N] [--threads N] [--output FILE] [--kind F16|Q8_0]

The same seed, number of threads and machine give the same file.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import random
import time
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from chat_samples import INSTRUCTIONS, SYSTEMS, answer_to
from corpus import FOLDER, load_documents, load_functions
from model_file import write_model
from network import Network, Shape
from samples import Sample, Samples
from torch.nn import functional
from vocabulary import CONTROL_IDS, Vocabulary
from words import CONSTANTS, NOUNS, VERBS

if TYPE_CHECKING:
    from collections.abc import Iterator

SEED = 20
PIECES = 1024
STEPS = 1200
TOKENS_A_STEP = 2048
LONGEST = 900
HINT_WEIGHT = 2.0
DRAWN_TOGETHER = 256
RATE = 2.5e-3
DECAY = 0.5
WARM_UP = 50

_log = logging.getLogger("train_model")


def vocabulary() -> Vocabulary:
    """The pieces that the corpus and random words are made of."""
    documents = [document.text for document in load_documents()]
    answers = [answer_to(function, kind) for function in load_functions() for kind in INSTRUCTIONS]
    words = [f"{word} _{word} {word}" for word in (*VERBS, *NOUNS, *CONSTANTS)]
    instructions = [text for texts in INSTRUCTIONS.values() for text in texts]
    return Vocabulary([*documents, *answers, *words, *words, *instructions, *SYSTEMS, *SYSTEMS], PIECES)


def batches(learned: Vocabulary, seed: int) -> Iterator[list[Sample]]:
    """Samples of like lengths, about TOKENS_A_STEP tokens together."""
    generator = random.Random(seed)
    samples = Samples(generator, learned)
    while True:
        drawn = sorted((samples.draw() for _ in range(DRAWN_TOGETHER)), key=lambda sample: len(sample.ids))
        together: list[list[Sample]] = [[]]
        for sample in drawn:
            if len(sample.ids) > LONGEST:
                continue
            if (len(together[-1]) + 1) * len(sample.ids) > TOKENS_A_STEP:
                together.append([])
            together[-1].append(sample)
        generator.shuffle(together)
        yield from together


def padded(batch: list[Sample]) -> tuple[torch.Tensor, ...]:
    """Ids, what is to follow each, how much that matters, and positions: each (samples, longest sample)."""
    length = max(len(sample.ids) for sample in batch)
    columns = [torch.zeros(len(batch), length, dtype=torch.long) for _ in range(3)]
    ids, following, positions = columns
    weights = torch.zeros(len(batch), length)
    for row, sample in enumerate(batch):
        count = len(sample.ids)
        ids[row, :count] = torch.tensor(sample.ids)
        following[row, : count - 1] = ids[row, 1:count]
        weights[row, : count - 1] = torch.tensor(sample.weights[1:])
        positions[row, :count] = torch.tensor(sample.positions)
        for at, token in sample.hints.items():
            following[row, at], weights[row, at] = token, HINT_WEIGHT
    return ids, following, weights, positions


def train(network: Network, learned: Vocabulary, steps: int, keep: Path | None) -> None:
    """Train in place; weights so far are kept in a file now and then, if one is named."""
    inside = [parameter for parameter in network.blk.parameters() if parameter.ndim == 2]
    others = [p for p in network.parameters() if not any(p is matrix for matrix in inside)]
    optimizers = [
        torch.optim.Muon(inside, lr=RATE, weight_decay=0.02, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=RATE, betas=(0.9, 0.95), weight_decay=0.0),
    ]
    schedules = [torch.optim.lr_scheduler.LambdaLR(o, lambda step: _rate(step, steps)) for o in optimizers]
    began, shown, written = time.perf_counter(), 0.0, 0.0
    for step, batch in zip(range(steps), batches(learned, SEED), strict=False):
        ids, following, weights, positions = padded(batch)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = network(ids, positions)
        losses = functional.cross_entropy(logits.float().flatten(0, 1), following.flatten(), reduction="none")
        wanted = weights.flatten()
        ((losses * wanted).sum() / wanted.sum()).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        for optimizer, schedule in zip(optimizers, schedules, strict=True):
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
        shown += float(losses[wanted >= 1].detach().sum())
        written += float((wanted >= 1).sum())
        if step % 50 == 49:
            spent = time.perf_counter() - began
            _log.info(
                "step %d, %.0f s, loss of written tokens %.4f", step + 1, spent, shown / max(written, 1)
            )
            shown = written = 0.0
        if keep and step % 100 == 99:
            torch.save(network.state_dict(), keep)


def _rate(step: int, steps: int) -> float:
    return max(min(1.0, (step + 1) / WARM_UP, (steps - step) / (steps * DECAY)), 0.0)


def main() -> None:
    """Train, write the file, say its checksum."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--output", type=Path, default=FOLDER / "tiny-coder.gguf")
    parser.add_argument("--kind", choices=("F16", "Q8_0"), default="Q8_0")
    parser.add_argument("--weights", type=Path, help="where to keep the trained weights too, for torch")
    parser.add_argument("--after", type=Path, help="begin with weights that were kept")
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.manual_seed(SEED)
    torch.set_num_threads(chosen.threads)
    learned = vocabulary()
    network = Network(Shape(tokens=learned.size, mark=CONTROL_IDS["<|fim_suffix|>"]))
    if chosen.after:
        network.load_state_dict(torch.load(chosen.after, weights_only=True))
    train(network, learned, chosen.steps, chosen.weights)
    write_model(network, learned, chosen.output, chosen.kind)
    _log.info("%s  %s", hashlib.sha256(chosen.output.read_bytes()).hexdigest(), chosen.output.name)


if __name__ == "__main__":
    main()
