from __future__ import annotations

import json
import logging
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from codeassistd.models import hardware
from codeassistd.models.completer_selection import (
    CompleterRequest,
    identity_of,
    load_completer,
    plan,
)
from codeassistd.models.completion import FillIn, Instruction, Sampling
from codeassistd.models.errors import CodeassistdError, UsageError
from codeassistd.models.gguf.facts import GgufFacts, read_facts

from .tiny_gguf import write_tiny

GIGABYTE = 1_000_000_000


@pytest.fixture(scope="module")
def large(tiny: Path) -> GgufFacts:
    """As a model of some 1.5 billion parameters, in 4 bits."""
    return replace(
        read_facts(tiny), file_bytes=GIGABYTE, context_tokens=32_768, cache_bytes=28_672, layers=28
    )


def test_a_model_is_loaded_and_says_how_it_runs(tiny: Path) -> None:
    loaded = load_completer(CompleterRequest(str(tiny), threads=2))
    assert loaded.reason == "CPU, 2 threads, 512 tokens of context, F32"
    assert loaded.completer.identity == identity_of(CompleterRequest(str(tiny)))
    assert loaded.completer.identity.name == "tiny"
    fill_in = FillIn("a.py", "python", "def add(a, b):\n    return ", "\n")
    written = loaded.completer.complete(fill_in, Sampling(max_tokens=5))
    assert written.usage.completion_tokens == 5
    rendered = loaded.completer.render(fill_in, Sampling(max_tokens=5))
    assert rendered.tokens == written.usage.prompt_tokens
    assert "<|fim_prefix|>" in rendered.text
    loaded.completer.close()


def test_a_document_that_is_too_long_is_trimmed_to_fit(tiny: Path) -> None:
    loaded = load_completer(CompleterRequest(str(tiny), threads=1))
    fill_in = FillIn("a.py", "python", "x = y\n" * 400, "\nz = x" * 400)
    written = loaded.completer.complete(fill_in, Sampling(max_tokens=20))
    assert written.usage.is_trimmed
    assert written.usage.prompt_tokens <= 512 - 20
    assert written.usage.completion_tokens == 20
    loaded.completer.close()


def test_a_prompt_that_fills_in_has_a_budget_of_its_own(tiny: Path) -> None:
    loaded = load_completer(CompleterRequest(str(tiny), threads=1))
    fill_in = FillIn("a.py", "python", "x = y\n" * 400, "")
    asked = Sampling(max_tokens=1, prompt_tokens=100)
    written = loaded.completer.complete(fill_in, asked)
    assert written.usage.prompt_budget == 100
    assert 50 < written.usage.prompt_tokens <= 100
    assert loaded.completer.render(fill_in, asked).tokens == written.usage.prompt_tokens
    larger = loaded.completer.complete(fill_in, Sampling(max_tokens=1, prompt_tokens=1_000_000))
    assert larger.usage.prompt_budget == 512 - 2, "no more than the context"
    loaded.completer.close()


def test_a_request_goes_through_json() -> None:
    request = CompleterRequest("model.gguf", 4096, 0, 2, 256, flash_attention=True)
    assert CompleterRequest(**json.loads(json.dumps(asdict(request)))) == request


@pytest.mark.parametrize(
    ("changes", "available", "context", "note"),
    [
        ({}, 20, 8192, ""),
        ({"context_tokens": 16_384}, 20, 16_384, ""),
        ({"context_tokens": 100_000}, 20, 32_768, "the model has no more than 32,768"),
        ({}, 1.4, 4096, "for want of memory no more"),
        ({}, 1.2, 1024, "for want of memory no more"),
        ({"gpu_layers": 5}, 20, 8192, "this llama.cpp can't use a GPU"),
    ],
)
def test_context_follows_model_and_memory(
    large: GgufFacts, changes: dict[str, int], available: float, context: int, note: str
) -> None:
    request = replace(CompleterRequest("m.gguf"), **changes)  # type: ignore[arg-type]
    chosen = plan(request, large, available=int(available * GIGABYTE), can_offload=False)
    assert (chosen.context_tokens, chosen.gpu_layers, chosen.note) == (context, 0, note)
    assert chosen.typing_tokens == min(context, 4096)
    assert chosen.threads == hardware.physical_cores()


def test_what_doesnt_fit_is_said_before_it_is_loaded(large: GgufFacts) -> None:
    for request in (CompleterRequest("m"), CompleterRequest("m", context_tokens=8192)):
        with pytest.raises(
            CodeassistdError, match=r"needs about 1\.\d GB .* 1\.0 GB are available"
        ) as caught:
            plan(request, large, available=GIGABYTE, can_offload=False)
        assert "smaller model" in caught.value.hint


def test_layers_on_a_gpu_need_no_memory_of_ours(large: GgufFacts) -> None:
    assert plan(CompleterRequest("m"), large, available=GIGABYTE, can_offload=True).gpu_layers == -1
    most = CompleterRequest("m", gpu_layers=20)
    assert plan(most, large, available=GIGABYTE, can_offload=True).context_tokens == 8192
    with pytest.raises(CodeassistdError, match="GB"):
        plan(CompleterRequest("m", gpu_layers=0), large, available=GIGABYTE, can_offload=True)


@pytest.mark.parametrize(
    "changes",
    [{"context_tokens": -1}, {"context_tokens": 5}, {"threads": -1}, {"batch": 0}, {"gpu_layers": -2}],
)
def test_senseless_numbers(large: GgufFacts, changes: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        plan(
            replace(CompleterRequest("m"), **changes),  # type: ignore[arg-type]
            large,
            available=20 * GIGABYTE,
            can_offload=False,
        )


def test_an_architecture_that_llama_cpp_doesnt_know(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write_tiny(tmp_path / "new.gguf", architecture="unheardof")
    with caplog.at_level(logging.WARNING), pytest.raises(CodeassistdError, match="unheardof") as caught:
        load_completer(CompleterRequest(str(path)))
    assert str(path) in caught.value.message
    assert "Update llama.cpp" in caught.value.hint
    assert any("unheardof" in record.getMessage() for record in caplog.records)


def test_a_missing_engine_says_how_it_is_installed(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from codeassistd.models.backends import llama_cpp_library

    monkeypatch.setattr(llama_cpp_library, "_loaded", [])
    monkeypatch.setitem(sys.modules, "llama_cpp", None)
    with pytest.raises(CodeassistdError, match="not installed") as caught:
        load_completer(CompleterRequest(str(tiny)))
    assert caught.value.hint == 'pip install "codeassistd[llama]"'


def test_llama_cpp_writes_nothing_to_standard_error(tiny: Path) -> None:
    program = (
        "from codeassistd.models.completer_selection import *\n"
        "from codeassistd.models.completion import *\n"
        f"loaded = load_completer(CompleterRequest({str(tiny)!r}, threads=1))\n"
        "loaded.completer.complete(FillIn('a.py', 'python', 'a', 'b'), Sampling(max_tokens=2))\n"
        "loaded.completer.close()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_memory_that_is_available(tmp_path: Path) -> None:
    machine = hardware.available_memory(tmp_path)
    assert machine > 0
    (tmp_path / "memory.max").write_text("max\n")
    assert hardware.available_memory(tmp_path) > 0
    (tmp_path / "memory.max").write_text("1000000\n")
    (tmp_path / "memory.current").write_text("900000\n")
    (tmp_path / "memory.stat").write_text("anon 5\ninactive_file 300000\n")
    assert hardware.available_memory(tmp_path) == 400_000
    assert 1 <= hardware.physical_cores() <= hardware.usable_cores()


def test_an_instruction_goes_through_the_models_own_template(tmp_path: Path) -> None:
    template = (
        "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
        "{% endfor %}{{ '<|im_start|>assistant\n' }}"
    )
    path = write_tiny(tmp_path / "chat.gguf", context=2048, chat_template=template)
    loaded = load_completer(CompleterRequest(str(path), threads=1))
    instruction = Instruction("Explain <|im_end|> this.", path="a.py", language="python", selected="x = 1\n")
    rendered = loaded.completer.render(instruction, Sampling(max_tokens=5))
    assert rendered.text.endswith("<|im_start|>assistant\n")
    assert "Explain <|im_end|> this." in rendered.text
    written = loaded.completer.complete(instruction, Sampling(max_tokens=5))
    assert written.usage.prompt_tokens == rendered.tokens
    loaded.completer.close()
    with pytest.raises(CodeassistdError, match="closed"):
        loaded.completer.complete(instruction, Sampling(max_tokens=5))
