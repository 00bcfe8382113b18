"""The network: a decoder of the llama architecture, with rotary positions of neighbouring pairs."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the network."""

    tokens: int
    layers: int = 4
    width: int = 128
    heads: int = 4
    inner: int = 384
    epsilon: float = 1e-5
    rope_base: float = 10000.0


class Layer(nn.Module):
    """Attention and a gated feed-forward part."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.attn_norm = nn.RMSNorm(shape.width, eps=shape.epsilon)
        self.attn_qkv = nn.Linear(shape.width, 3 * shape.width, bias=False)
        self.attn_output = nn.Linear(shape.width, shape.width, bias=False)
        self.ffn_norm = nn.RMSNorm(shape.width, eps=shape.epsilon)
        self.ffn_gate_up = nn.Linear(shape.width, 2 * shape.inner, bias=False)
        self.ffn_down = nn.Linear(shape.inner, shape.width, bias=False)

    def forward(self, x: torch.Tensor, turns: torch.Tensor) -> torch.Tensor:
        """Both parts, each added to what it read; ``x`` is (texts, tokens, width)."""
        texts, tokens, width = x.shape
        qkv = self.attn_qkv(self.attn_norm(x)).view(texts, tokens, 3, self.heads, -1)
        pairs = qkv[:, :, :2].float().unflatten(-1, (-1, 2))
        turned = torch.view_as_real(torch.view_as_complex(pairs) * turns).flatten(-2).to(qkv.dtype)
        query, key, value = (part.transpose(1, 2) for part in (*turned.unbind(2), qkv[:, :, 2]))
        attended = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.attn_output(attended.transpose(1, 2).reshape(texts, tokens, width))
        gate, up = self.ffn_gate_up(self.ffn_norm(x)).chunk(2, dim=-1)
        return x + self.ffn_down(functional.silu(gate) * up)


class Network(nn.Module):
    """Tokens to logits."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.token_embd = nn.Embedding(shape.tokens, shape.width)
        self.blk = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.output_norm = nn.RMSNorm(shape.width, eps=shape.epsilon)
        self.output = nn.Linear(shape.width, shape.tokens, bias=False)
        for parameter in self.parameters():
            if parameter.ndim == 2:
                nn.init.normal_(parameter, std=0.02)

    def forward(self, ids: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        """Logits of shape (texts, tokens, vocabulary) for ids and positions of shape (texts, tokens)."""
        pairs = self.shape.width // self.shape.heads // 2
        speeds = self.shape.rope_base ** (-torch.arange(pairs, dtype=torch.float32) / pairs)
        angles = positions[:, :, None, None, None].float() * speeds
        turns = torch.polar(torch.ones_like(angles), angles)
        x = self.token_embd(ids)
        for layer in self.blk:
            x = layer(x, turns)
        return self.output(self.output_norm(x))
