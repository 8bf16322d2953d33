"""The denoiser: logits, both weighted bounds, the gradient of every weight, with and without dropout."""

import math

import numpy
import torch
import torch.nn.functional as F
from torch import nn

from golden import gradients, parameters, prefixed, round_to_float32, write

CODES = 12
GRID = (1, 2, 3, 4)
TOKENS = 24
WIDTH, HEADS, FEED_FORWARD, DEPTH = 16, 4, 24, 2
RATE = 0.1
TIMES = (0.25, 0.75)


class Denoiser(nn.Module):
    """Embedding and positions, post-norm layers with exact GELU, layer norm, head without bias."""

    def __init__(self, codes, tokens, width, heads, feed_forward, depth, dropout):
        super().__init__()
        self.token_embedding = nn.Embedding(codes + 1, width)
        self.position_embedding = nn.Embedding(tokens, width)
        self.transformer = nn.Sequential(
            *(
                nn.TransformerEncoderLayer(width, heads, feed_forward, dropout, activation="gelu", batch_first=True)
                for _ in range(depth)
            )
        )
        self.layer_norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, codes, bias=False)

    def forward(self, ids):
        x = self.token_embedding(ids) + self.position_embedding.weight
        return self.head(self.layer_norm(self.transformer(x)))


def mix(h):
    """MurmurHash3's finaliser."""
    h ^= h >> numpy.uint32(16)
    h *= numpy.uint32(0x85EBCA6B)
    h ^= h >> numpy.uint32(13)
    h *= numpy.uint32(0xC2B2AE35)
    h ^= h >> numpy.uint32(16)
    return h


class KeyedDropout:
    """Stands in for `F.dropout`: call n keeps element i when mix(mix(i) ^ n) / 2^32 is not below the rate."""

    def __init__(self):
        self.calls = 0

    def __call__(self, x, p=0.5, training=True, inplace=False):
        if not training:
            return x
        bits = mix(mix(numpy.arange(x.numel(), dtype=numpy.uint32)) ^ numpy.uint32(self.calls))
        self.calls += 1
        keep = torch.from_numpy(bits.astype("float64") / 2**32 >= p).reshape(x.shape)
        return x * keep / (1 - p)


def masked_sums(logits, tokens, ids):
    """Cross entropy of the masked tokens of each item, summed."""
    each = F.cross_entropy(logits.transpose(1, 2), tokens, reduction="none")
    return (each * (ids == CODES)).sum(1)


def bound(sums, weighting):
    times = torch.tensor(TIMES).double()
    scale = math.log(2) * TOKENS
    weight = 1 / times if weighting == "elbo" else (1 - times) / CODES
    return (weight * sums / scale).mean()


def network():
    torch.manual_seed(3)
    net = Denoiser(CODES, TOKENS, WIDTH, HEADS, FEED_FORWARD, DEPTH, RATE).double()
    # Larger than at the start of a training, so that every part of the network matters.
    with torch.no_grad():
        for name, weight in net.named_parameters():
            weight.add_(0.2 * torch.randn_like(weight))
    round_to_float32(net)
    tokens = torch.randint(CODES, (2, TOKENS))
    hidden = torch.rand(2, TOKENS) < torch.tensor(TIMES)[:, None]
    ids = torch.where(hidden, torch.tensor(CODES), tokens)
    return net, tokens, ids


def main():
    net, tokens, ids = network()
    results = {"tokens": tokens.int(), "ids": ids.int(), **prefixed("weight", parameters(net))}
    real_dropout = F.dropout
    for mode in ("plain", "dropout"):
        net.train(mode == "dropout")
        F.dropout = KeyedDropout()
        for weighting in ("reweighted-elbo", "elbo"):
            net.zero_grad()
            F.dropout.calls = 0
            logits = net(ids)
            loss = bound(masked_sums(logits, tokens, ids), weighting)
            loss.backward()
            results[f"{mode}.{weighting}"] = loss
            if (mode, weighting) != ("plain", "elbo"):
                results.update(prefixed(f"{mode}.{weighting}.gradient", gradients(net)))
        results[f"{mode}.logits"] = logits
    F.dropout = real_dropout
    write(
        "denoiser",
        results,
        codes=CODES,
        grid=GRID,
        width=WIDTH,
        heads=HEADS,
        feedForward=FEED_FORWARD,
        depth=DEPTH,
        dropout=RATE,
        times=TIMES,
    )
