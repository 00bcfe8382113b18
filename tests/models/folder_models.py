"""Small sentence-transformers models with random weights, saved as published ones are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from codeassistd.models import catalog, weights

TEXTS = [
    "def read(path): return open(path).read()",
    "class Größe:\n    pass  # 🙂",
    "x = 1",
    "where are settings loaded",
    "The quick brown fox\tjumps over the lazy dog. " * 30,
    "SELECT name FROM users WHERE id = ?",
]
HIDDEN, LAYERS, HEADS = 64, 2, 4
SMALL: dict[str, Any] = {
    "hidden_size": HIDDEN,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "intermediate_size": 128,
    "initializer_range": 0.2,  # so that different texts are told apart
}


def save_network(folder: Path, model: Any, tokenizer: Tokenizer, pad: str) -> Path:
    """Save a network and its tokenizer as transformers does."""
    model.save_pretrained(folder)
    transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token=pad).save_pretrained(folder)
    return folder


def _save(
    folder: Path,
    model: Any,
    tokenizer: Tokenizer,
    pooling: dict[str, object],
    *,
    reading: dict[str, object] | None = None,
    using: dict[str, object] | None = None,
    normalize: bool = True,
    pad: str = "[PAD]",
) -> Path:
    save_network(folder, model, tokenizer, pad)
    modules = [("", "Transformer"), ("1_Pooling", "Pooling")]
    if normalize:
        modules.append(("2_Normalize", "Normalize"))
    (folder / "modules.json").write_text(
        json.dumps(
            [
                {"idx": at, "name": str(at), "path": path, "type": f"sentence_transformers.models.{kind}"}
                for at, (path, kind) in enumerate(modules)
            ]
        )
    )
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    (folder / "2_Normalize").mkdir()
    if reading is not None:
        (folder / "sentence_bert_config.json").write_text(json.dumps(reading))
    if using is not None:
        (folder / "config_sentence_transformers.json").write_text(json.dumps(using))
    return folder


def bert(folder: Path, **pooling: object) -> Path:
    """A BERT, pooled by its first token as BGE is, with the default model's tokenizer."""
    torch.manual_seed(1)
    config = transformers.BertConfig(
        vocab_size=30_522,
        **SMALL,
        max_position_embeddings=128,
    )
    source = weights.locate(catalog.find(catalog.DEFAULT_MODEL)).tokenizer
    tokenizer = Tokenizer.from_file(str(source))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return _save(
        folder,
        transformers.BertModel(config),
        tokenizer,
        pooling
        or {
            "word_embedding_dimension": HIDDEN,
            "pooling_mode_cls_token": True,
            "pooling_mode_mean_tokens": False,
        },
        reading={"max_seq_length": 64, "do_lower_case": True},
    )


def xlm_roberta(folder: Path) -> Path:
    """An XLM-R as multilingual E5 is: mean pooling and prompts for queries and passages."""
    torch.manual_seed(2)
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Replace(Regex(r"\s+"), " ")
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    tokenizer.train_from_iterator(
        TEXTS * 5,
        trainers.UnigramTrainer(vocab_size=300, special_tokens=special, unk_token="<unk>"),  # noqa: S106
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    config = transformers.XLMRobertaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        **SMALL,
        max_position_embeddings=130,
        type_vocab_size=1,
        pad_token_id=1,
    )
    return _save(
        folder,
        transformers.XLMRobertaModel(config),
        tokenizer,
        {"embedding_dimension": HIDDEN, "pooling_mode": "mean"},
        reading={"max_seq_length": 128},
        using={"prompts": {"query": "query: ", "passage": "passage: "}},
        pad="<pad>",
    )


def byte_level(*, end: str) -> Tokenizer:
    """A byte-level BPE that ends every text, as Qwen's does."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        TEXTS * 5, trainers.BpeTrainer(vocab_size=600, special_tokens=[end], initial_alphabet=alphabet)
    )
    tokenizer.post_processor = processors.TemplateProcessing(single=f"$A {end}", special_tokens=[(end, 0)])
    return tokenizer


def qwen3(folder: Path) -> Path:
    """A Qwen3 as Qwen3-Embedding is: the last token, an instruction before queries."""
    torch.manual_seed(3)
    tokenizer = byte_level(end="<|endoftext|>")
    config = transformers.Qwen3Config(
        vocab_size=tokenizer.get_vocab_size(),
        **SMALL,
        num_key_value_heads=2,
        head_dim=16,
        max_position_embeddings=256,
    )
    return _save(
        folder,
        transformers.Qwen3Model(config),
        tokenizer,
        {"word_embedding_dimension": HIDDEN, "pooling_mode_lasttoken": True, "include_prompt": True},
        using={
            "prompts": {"query": "Instruct: Given a question, find code\nQuery:", "document": ""},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
        pad="<|endoftext|>",
    )


def modernbert(folder: Path) -> Path:
    """A ModernBERT without a module that normalises, and without any prompt."""
    torch.manual_seed(4)
    tokenizer = byte_level(end="<|endoftext|>")
    config = transformers.ModernBertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        **SMALL,
        max_position_embeddings=256,
        pad_token_id=0,
    )
    return _save(
        folder,
        transformers.ModernBertModel(config),
        tokenizer,
        {"word_embedding_dimension": HIDDEN, "pooling_mode_mean_tokens": True},
        normalize=False,
        pad="<|endoftext|>",
    )


def nomic(folder: Path) -> Path:
    """A NomicBERT, which rotates positions; published ones are configured for code of their own."""
    torch.manual_seed(5)
    tokenizer = byte_level(end="<|endoftext|>")
    config = transformers.NomicBertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        **SMALL,
        max_position_embeddings=256,
    )
    return _save(
        folder,
        transformers.NomicBertModel(config),
        tokenizer,
        {"word_embedding_dimension": HIDDEN, "pooling_mode_cls_token": True},
        using={"prompts": {"query": "Represent this query for searching relevant code: "}},
        pad="<|endoftext|>",
    )
