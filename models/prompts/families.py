"""How families of models want to be asked to fill in the middle, and which family a model is of.

The order of tokens and texts is what a model was trained on: one space or line break off, and completions get
worse. Each convention below names where it is written down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .model_facts import ModelFacts
from .segments import Control

PathPlace = Literal["before the prefix", "inside the prefix"]


@dataclass(frozen=True, slots=True)
class FimFamily:
    """A convention of filling in the middle.

    Attributes:
        name: What people call the family.
        prefix: Spellings, in vocabularies, of the token before the text before the cursor.
        suffix: Likewise of the token before the text after the cursor.
        middle: Likewise of the token after which the model writes; empty when there is none.
        written: How the three are written out for people; empty as the first spellings.
        repository: Spellings of the token before the repository's name.
        file: Spellings of the token before each file; empty for a family that knows single files alone.
        repository_end: What follows the repository's name.
        file_end: What follows a file's text, unless the text ends with it.
        path_place: Where the document's own path stands, for a family that knows several files.
        file_before_first: Whether the first file has the token before it as well.
        path_header: Line before another file's text where there is no token for files, with ``{path}``; ""
            for a comment in the document's language, its text commented out likewise.
        before_prefix: Plain text between the first token and the text before the cursor.
        suffix_first: Whether the text after the cursor comes first.
        only_named: Part that the model's name must have, in lower case, because models of other families have
            the same tokens in their vocabularies, untrained; "" when the tokens are proof enough.
    """

    name: str
    prefix: tuple[str, ...] = ()
    suffix: tuple[str, ...] = ()
    middle: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    repository: tuple[str, ...] = ()
    file: tuple[str, ...] = ()
    repository_end: str = "\n"
    file_end: str = "\n"
    path_place: PathPlace = "before the prefix"
    file_before_first: bool = True
    path_header: str = ""
    before_prefix: str = ""
    suffix_first: bool = False
    only_named: str = ""


QWEN_CODER = FimFamily(
    name="Qwen2.5-Coder",
    prefix=("<|fim_prefix|>",),
    suffix=("<|fim_suffix|>",),
    middle=("<|fim_middle|>",),
    repository=("<|repo_name|>",),
    file=("<|file_sep|>",),
)
"""Qwen2.5-Coder and Qwen3-Coder: technical report, arXiv 2409.12186, and the README of QwenLM/Qwen2.5-Coder;
the same form as llama.cpp's ``/infill`` makes (``format_prompt_infill``)."""

STARCODER2 = FimFamily(
    name="StarCoder2",
    prefix=("<fim_prefix>",),
    suffix=("<fim_suffix>",),
    middle=("<fim_middle>",),
    repository=("<repo_name>",),
    file=("<file_sep>",),
    repository_end="",
    file_end="",
    path_place="inside the prefix",
)
"""StarCoder2: arXiv 2402.19173, section 5.1:
``<repo_name>reponame<file_sep>filepath0\\ncode0<file_sep><fim_prefix>
filepath1\\ncode1_pre<fim_suffix>code1_suf<fim_middle>``; no line break but the one after each path is
added."""

CODEGEMMA = FimFamily(
    name="CodeGemma",
    prefix=("<|fim_prefix|>",),
    suffix=("<|fim_suffix|>",),
    middle=("<|fim_middle|>",),
    file=("<|file_separator|>",),
    file_before_first=False,
)
"""CodeGemma: arXiv 2406.11409, figure 2 (a path, a line break, then ``<|fim_prefix|>``), and Google's page on
its prompt structure (no whitespace between tokens and texts, ``<|file_separator|>`` between files)."""

DEEPSEEK_CODER = FimFamily(
    name="DeepSeek-Coder",
    prefix=("<｜fim▁begin｜>",),
    suffix=("<｜fim▁hole｜>",),
    middle=("<｜fim▁end｜>",),
)
"""DeepSeek-Coder and its successors: README of deepseek-ai/DeepSeek-Coder (code insertion); llama.cpp names
the same three tokens."""

CODE_LLAMA = FimFamily(
    name="CodeLlama",
    prefix=("▁<PRE>", "<PRE>"),
    suffix=("▁<SUF>", "<SUF>"),
    middle=("▁<MID>", "<MID>"),
    written=("<PRE>", " <SUF>", " <MID>"),
    before_prefix=" ",
)
"""CodeLlama: ``<PRE> {prefix} <SUF>{suffix} <MID>`` of codellama/llama (``infilling_prompt_tokens``) and its
model cards. The spaces before ``<SUF>`` and ``<MID>`` are the tokens' own (``▁<SUF>``); the one after
``<PRE>`` is text."""

CODESTRAL = FimFamily(
    name="Codestral",
    prefix=("[PREFIX]",),
    suffix=("[SUFFIX]",),
    path_header="+++++ {path}\n",
    file_end="\n\n",
    suffix_first=True,
    only_named="codestral",
)
"""Codestral: ``[SUFFIX]…[PREFIX]…`` of mistral-common (``encode_fim``); other files under ``+++++ path`` as
continue.dev writes them. All vocabularies of Mistral have the tokens since its third, so that the name
decides."""

GRANITE = FimFamily(
    name="Granite, StarCoder",
    prefix=("<fim_prefix>", "<fim-prefix>"),
    suffix=("<fim_suffix>", "<fim-suffix>"),
    middle=("<fim_middle>", "<fim-middle>"),
)
"""Granite Code (arXiv 2405.04324; llama.cpp names these tokens Granite's), StarCoder (README of
bigcode/starcoder), StableCode; SantaCoder with hyphens. They are told of no other files."""

GRANITE_4 = FimFamily(
    name="Granite 4",
    prefix=("<|fim_prefix|>",),
    suffix=("<|fim_suffix|>",),
    middle=("<|fim_middle|>",),
)
"""Granite 4 (IBM's documentation of Granite, fill-in-the-middle), and any other model that has Qwen's tokens
without those for files."""

GLM = FimFamily(
    name="GLM-4.5",
    prefix=("<|code_prefix|>", "<|prefix|>"),
    suffix=("<|code_suffix|>", "<|suffix|>"),
    middle=("<|code_middle|>", "<|middle|>"),
)
"""GLM-4.5, and Falcon-H1-Tiny-Coder with the shorter tokens: so llama.cpp and the Zed editor know them."""

UNNAMED = FimFamily(name="unnamed")
"""A model whose metadata names tokens of its own: prefix, suffix, middle, and files as Qwen2.5-Coder has
them."""

PLAIN = FimFamily(name="plain")
"""A model without such tokens: it goes on where the text before the cursor ends."""

FAMILIES = (
    CODEGEMMA,
    QWEN_CODER,
    STARCODER2,
    DEEPSEEK_CODER,
    CODE_LLAMA,
    CODESTRAL,
    GRANITE_4,
    GRANITE,
    GLM,
)
"""In the order in which they are tried: those that also need tokens for files come before those that
don't."""

NO_FIM_NOTICE = "{name} has no fill-in-the-middle tokens: it completes from the text before the cursor alone."
UNTRAINED_NOTICE = (
    "{name} has fill-in-the-middle tokens but isn't a coder model: its completions may be poor."
)


@dataclass(frozen=True, slots=True)
class FimFormat:
    """A family's convention with one model's own tokens.

    Attributes:
        family: The convention.
        prefix: Token before the text before the cursor; None for `PLAIN`.
        suffix: Token before the text after the cursor; None for `PLAIN`.
        middle: Token after which the model writes; None when there is none.
        repository: Token before the repository's name; None when there is none.
        file: Token before each file; None when there is none.
        bos: Token that every prompt begins with; None when there is none.
        notice: What a person should know; "" when there is nothing.
    """

    family: FimFamily
    prefix: Control | None = None
    suffix: Control | None = None
    middle: Control | None = None
    repository: Control | None = None
    file: Control | None = None
    bos: Control | None = None
    notice: str = ""


def fim_format(facts: ModelFacts) -> FimFormat:
    """Find how a model wants to be asked to fill in the middle.

    Tokens that the metadata names count first, then those whose texts a family is known by.
    """
    bos = beginning(facts)
    found = _by_vocabulary(facts, bos) or _by_metadata(facts, bos)
    if found is None:
        return FimFormat(PLAIN, bos=bos, notice=NO_FIM_NOTICE.format(name=facts.name or "This model"))
    return found


def beginning(facts: ModelFacts) -> Control | None:
    """The token that a model's prompts begin with; None when they begin with none."""
    if not facts.add_bos or facts.bos_id is None:
        return None
    return Control(facts.bos_id, facts.token_text(facts.bos_id) or "<s>")


def _by_vocabulary(facts: ModelFacts, bos: Control | None) -> FimFormat | None:
    named = {facts.token_text(id_): id_ for id_ in facts.fim_ids.values() if facts.token_text(id_)}

    def token(spellings: tuple[str, ...], written: str = "") -> Control | None:
        for spelling in spellings:
            id_ = named.get(spelling)
            if id_ is None:
                id_ = facts.token_id(spelling)
            if id_ is not None:
                return Control(id_, written or spelling)
        return None

    for family in FAMILIES:
        if family.only_named not in facts.name.lower():
            continue
        written = family.written or ("", "", "")
        prefix = token(family.prefix, written[0])
        suffix = token(family.suffix, written[1])
        middle = token(family.middle, written[2])
        file = token(family.file)
        is_whole = prefix and suffix and (middle or not family.middle) and (file or not family.file)
        if is_whole and _agrees(facts, prefix, suffix, middle):
            return FimFormat(
                family=family,
                prefix=prefix,
                suffix=suffix,
                middle=middle,
                repository=token(family.repository),
                file=file,
                bos=bos,
                notice=_untrained(facts, family),
            )
    return None


def _agrees(
    facts: ModelFacts, prefix: Control | None, suffix: Control | None, middle: Control | None
) -> bool:
    """Whether the metadata, where it names tokens, names these."""
    return all(
        token is None or facts.fim_ids.get(role, token.id) == token.id
        for role, token in (("pre", prefix), ("suf", suffix), ("mid", middle))
    )


def _by_metadata(facts: ModelFacts, bos: Control | None) -> FimFormat | None:
    def token(role: str) -> Control | None:
        id_ = facts.fim_ids.get(role)
        return None if id_ is None else Control(id_, facts.token_text(id_) or f"<{role}>")

    prefix, suffix, middle = token("pre"), token("suf"), token("mid")
    if prefix is None or suffix is None or middle is None:
        return None
    return FimFormat(
        family=UNNAMED,
        prefix=prefix,
        suffix=suffix,
        middle=middle,
        repository=token("rep"),
        file=token("sep"),
        bos=bos,
    )


def _untrained(facts: ModelFacts, family: FimFamily) -> str:
    """A notice for Qwen models of all kinds, which share the vocabulary of the coder models."""
    name = facts.name.lower()
    if family is QWEN_CODER and facts.architecture.startswith("qwen") and name and "cod" not in name:
        return UNTRAINED_NOTICE.format(name=facts.name)
    return ""
