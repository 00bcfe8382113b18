"""The network: a decoder of the llama architecture, with rotary positions of neighbouring pairs."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

CONSTANT = 4.0
SHARPNESS = 3.0
MATCHING = 1.5
MARK = 4.0
FINDING = 1.2


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the network, and the token that stands where text is missing."""

    tokens: int
    mark: int
    layers: int = 4
    width: int = 192
    heads: int = 3
    inner: int = 512
    epsilon: float = 1e-5
    rope_base: float = 1_000_000.0


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
                nn.init.normal_(parameter, std=parameter.shape[1] ** -0.5 / 2)
        self._prepare_copying()

    @torch.no_grad()
    def _prepare_copying(self) -> None:
        """Let the first layer begin by reading the last tokens, and the second by finding where they stood.

        Copying is built on these two steps; a network finds them by itself too, but that takes longer than
        all the rest. All tokens share coordinate 0, and the mark of the gap alone has coordinate 1. From the
        former, heads of the first layer get queries and keys that agree most at their distance; they write
        what they read to coordinates of their own. The second layer's first head compares the last tokens
        here with those before there, in coordinates that turn slowly, and reads the token that came next.
        """
        width, size = self.shape.width, self.shape.width // self.shape.heads
        part = size // 2
        content = width - part * self.shape.heads
        embedding = self.token_embd.weight
        embedding.zero_()
        embedding[:, 0] = CONSTANT
        embedding[:, 2:content] = torch.randn(len(embedding), content - 2)
        embedding[self.shape.mark, 1] = MARK
        read = torch.linalg.qr(torch.randn(content, part)).Q.T
        read[:, :2] = 0
        read[0] = 0
        read[0, 1] = 1
        rows = [self.blk[layer].attn_qkv.weight.view(3, self.shape.heads, size, width) for layer in (0, 1)]
        written = [self.blk[layer].attn_output.weight.view(width, self.shape.heads, size) for layer in (0, 1)]
        strength = torch.where(self._speeds() > 0.04, 1.0, 0.0) * SHARPNESS
        places = [
            slice(content + part * head, content + part * (head + 1)) for head in range(self.shape.heads)
        ]
        rows[0].zero_()
        written[0].zero_()
        rows[1][:, 0] = 0
        written[1][:, 0] = 0
        for head, place in enumerate(places):
            angles = self._speeds() * (head + 1)
            rows[0][0, head, 0::2, 0] = strength
            rows[0][1, head, 0::2, 0] = strength * angles.cos()
            rows[0][1, head, 1::2, 0] = strength * angles.sin()
            rows[0][2, head, :part, :content] = read
            written[0][place, head, :part] = torch.eye(part) * 1.5
            mixing = torch.linalg.qr(torch.randn(part, part)).Q * MATCHING
            if head == 0:
                rows[1][0, 0, part:, :content] += mixing @ read * 1.5
            else:
                rows[1][0, 0, part:, places[head - 1]] += mixing
            rows[1][1, 0, part:, place] += mixing
        rows[1][2, 0, :part, :content] = read
        written[1][:content, 0, :part] = read.T * 2
        self._prepare_filling_in(places)

    def _prepare_filling_in(self, places: list[slice]) -> None:
        """Let a head of each later layer begin by reading at the gap's mark, and another just behind it.

        The mark has read what stands before the gap; the third token behind it knows how the text goes on.
        What they make of it is learned.
        """
        size = self.shape.width // self.shape.heads
        for layer in list(self.blk)[1:]:
            query, key, _ = layer.attn_qkv.weight.view(3, self.shape.heads, size, self.shape.width)
            for head in (1, 2):
                query[head, -8::2, 0] += FINDING
            key[1, -8::2, 1] += FINDING
            for distance, place in enumerate(places):
                key[2, -8::2, place.start] += FINDING * (0.8 + 0.1 * distance)

    def _speeds(self) -> torch.Tensor:
        """How far each pair turns from one position to the next, in radians."""
        pairs = self.shape.width // self.shape.heads // 2
        return self.shape.rope_base ** (-torch.arange(pairs, dtype=torch.float32) / pairs)

    def forward(self, ids: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        """Logits of shape (texts, tokens, vocabulary) for ids and positions of shape (texts, tokens)."""
        angles = positions[:, :, None, None, None].float() * self._speeds()
        turns = torch.polar(torch.ones_like(angles), angles)
        x = self.token_embd(ids)
        for layer in self.blk:
            x = layer(x, turns)
        return self.output(self.output_norm(x))
