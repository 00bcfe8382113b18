"""How quickly a model writes with our engine, beside llama-cpp-python itself in the same run.

The model has random weights (``random_gguf.py``): speed depends on sizes, not on values. Both engines read
the same tokens with the same settings, in turn, so that whatever else the machine does slows both alike; our
guesses are off there, as random weights repeat nothing. Then what a key typed at the cursor costs: a prompt
of which all but the end is known, and one with other text after the cursor, which has to be read again.

    python benchmarks/generation.py [--short] [--json] [--kind Q4_0|Q8_0|F16] [--threads N]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import llama_cpp
from figures import judged, publish, step
from random_gguf import SHORT, Shape, write_random

from codeassistd.models.backends.llama_cpp_context import ContextSize
from codeassistd.models.backends.llama_cpp_engine import LlamaEngine
from codeassistd.models.backends.llama_cpp_writing import Watching
from codeassistd.models.completer_selection import CompleterRequest, load_completer
from codeassistd.models.completion import Completion, FillIn, Sampling
from codeassistd.models.hardware import physical_cores
from codeassistd.models.prompts.segments import Text

CONTEXT_TOKENS = 2048
BATCH_TOKENS = 512
LEAST_SPEED = 0.9
LEAST_REUSE = 10.0
SOURCE = Path(__file__).resolve().parent.parent / "models" / "completer_selection.py"


@dataclass(slots=True)
class Contender:
    """One engine's times, seconds."""

    first_token: list[float] = field(default_factory=list)
    a_token: list[float] = field(default_factory=list)

    def add(self, run: Callable[[Callable[[], None]], int]) -> None:
        """Time a completion, which says when its first text is there, and how many tokens it has."""
        marks: list[float] = []
        start = time.perf_counter()
        tokens = run(lambda: marks.append(time.perf_counter()))
        end = time.perf_counter()
        self.first_token.append(marks[0] - start)
        self.a_token.append((end - marks[0]) / max(1, tokens - 1))

    def figures(self) -> dict[str, float]:
        """Medians."""
        return {
            "first_token_seconds": round(statistics.median(self.first_token), 3),
            "tokens_per_second": round(1 / statistics.median(self.a_token), 1),
        }


def beside_the_library(path: Path, threads: int, *, short: bool) -> dict[str, Any]:
    """Time both engines on prompts that neither has seen."""
    engine = LlamaEngine(path, path.stem, ContextSize(CONTEXT_TOKENS, BATCH_TOKENS, threads))
    library = llama_cpp.Llama(
        str(path), n_ctx=CONTEXT_TOKENS, n_batch=BATCH_TOKENS, n_threads=threads, n_threads_batch=threads,
        flash_attn=True, verbose=False,
    )  # fmt: skip
    written, prompt_tokens, rounds = (16, 128, 3) if short else (64, 512, 5)
    source = SOURCE.read_text(encoding="utf-8")
    ours, theirs = Contender(), Contender()
    for number in range(rounds + 1):
        prompt = f"# {number}\n{source}"
        tokens = engine.tokenize(prompt)[:prompt_tokens]
        text = engine.text(tokens)

        def we(mark: Callable[[], None], text: str = text) -> int:
            sampling, watching = Sampling(max_tokens=written), Watching(lambda _: mark(), guesses=False)
            return engine.write((Text(text),), sampling, watching).usage.completion_tokens

        def they(mark: Callable[[], None], tokens: list[int] = tokens) -> int:
            library.reset()
            count = 0
            for _ in library.generate(tokens, temp=0.0, repeat_penalty=1.0):
                mark()
                count += 1
                if count >= written:
                    break
            return count

        if number == 0:  # not counted: pages of the file come into memory
            we(lambda: None)
            they(lambda: None)
            continue
        ours.add(we)
        theirs.add(they)
    library.close()
    engine.close()
    return {"prompt_tokens": prompt_tokens, "ours": ours.figures(), "llama_cpp_python": theirs.figures()}


def after_a_key(path: Path, threads: int, *, short: bool) -> dict[str, Any]:
    """Time to read a prompt, and to read it again with one more character at the cursor."""
    request = CompleterRequest(str(path), CONTEXT_TOKENS, threads=threads, batch=BATCH_TOKENS)
    completer = load_completer(request).completer
    source = SOURCE.read_text(encoding="utf-8")
    middle = len(source) // 8 if short else len(source) // 2
    figures = {}
    for name, suffix in (("at_the_end", ""), ("before_other_text", source[middle:])):

        def read(typed: str, suffix: str = suffix) -> Completion:
            document = FillIn("a.py", "python", source[:middle] + typed, suffix)
            return completer.complete(document, Sampling(max_tokens=1))

        read("unrelated" * 3)
        completer.complete(FillIn("b.py", "python", "x", ""), Sampling(max_tokens=1))
        first, then = read(""), [read("retur"[:length]) for length in range(1, 6)]
        seconds = statistics.median(completion.usage.prompt_seconds for completion in then)
        figures[name] = {
            "prompt_tokens": first.usage.prompt_tokens,
            "cached_tokens": then[-1].usage.cached_tokens,
            "first_seconds": round(first.usage.prompt_seconds, 3),
            "after_a_key_seconds": round(seconds, 4),
            "ratio": round(first.usage.prompt_seconds / seconds, 1),
        }
    completer.close()
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--short", action="store_true", help="a smaller model, and less text")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--kind", default="Q4_0", choices=("Q4_0", "Q8_0", "F16"), help="of the weights")
    parser.add_argument("--threads", type=int, default=physical_cores(), help="default: one on each core")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "random.gguf"
        step("making a model of random weights")
        shape = SHORT if arguments.short else Shape()
        write_random(path, shape, arguments.kind)
        step("writing with both engines in turn")
        speed = beside_the_library(path, arguments.threads, short=arguments.short)
        step("typing")
        typing = after_a_key(path, arguments.threads, short=arguments.short)
    ratio = speed["ours"]["tokens_per_second"] / speed["llama_cpp_python"]["tokens_per_second"]
    size = f"{shape.parameters() / 1e6:,.0f} million weights, {arguments.kind}, {arguments.threads} threads"
    lines = [
        f"{size}, a prompt of {speed['prompt_tokens']} tokens",
        *(
            f"{name}: {speed[name]['tokens_per_second']} tokens/s, the first after"
            f" {speed[name]['first_token_seconds']} s"
            for name in ("ours", "llama_cpp_python")
        ),
        f"ours, as a multiple: {judged(ratio, LEAST_SPEED, at_least=True)}",
        *(
            f"a key {name.replace('_', ' ')}: {one['first_seconds']} s for {one['prompt_tokens']} tokens;"
            f" with {one['cached_tokens']} known"
            f" {one['after_a_key_seconds'] * 1000:.1f} ms: {one['ratio']}x less"
            for name, one in typing.items()
        ),
        f"at the end: {judged(typing['at_the_end']['ratio'], LEAST_REUSE, 'x', at_least=True)}",
    ]
    publish({"speed": speed, "ratio": round(ratio, 3), "typing": typing}, lines, as_json=arguments.json)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
