"""The autoencoder: a narrow net of the paper's topology (one halving fewer, for speed).

Logits, the loss and its gradient with respect to every weight, the losses of four updates.
"""

import torch
import torch.nn.functional as F
from torch import nn

from golden import blobs, gradients, last_axis_channels, parameters, prefixed, round_to_float32, write
from monai import AutoEncoder

CHANNELS = (4, 4, 5, 5, 6, 6, 7, 8)
STRIDES = (1, 2, 1, 2, 1, 2, 1, 1)
CODES = 24
SIZE = (16, 16, 16)
CLASS_WEIGHTS = (1.0, 2.5)
EVERY = 5
RATE = 5e-4
PERIOD = 2


def codebook_loss(latents, quantized):
    return F.mse_loss(quantized.detach(), latents) + 0.25 * F.mse_loss(quantized, latents.detach())


def quantize(latents, embedding):
    """[B, C, d, h, w] -> indices [B * d * h * w] and code vectors shaped as the latents."""
    rows = latents.permute(0, 2, 3, 4, 1).reshape(-1, latents.shape[1])
    indices = torch.cdist(rows, embedding.weight).argmin(1)
    batch, _, *grid = latents.shape
    return indices, embedding(indices).reshape(batch, *grid, -1).permute(0, 4, 1, 2, 3)


def loss_of(net, embedding, pair):
    latents = net.encode(pair)
    indices, quantized = quantize(latents, embedding)
    logits = net.decode(latents + (quantized - latents).detach())
    weights = torch.tensor(CLASS_WEIGHTS).double()
    targets = pair.long()
    each = [F.cross_entropy(logits[:, 2 * i : 2 * i + 2], targets[:, i], weights) for i in range(2)]
    codebook = codebook_loss(latents, quantized)
    return 0.5 * (each[0] + each[1]) + 0.1 * codebook, codebook, latents, indices, logits


def network():
    torch.manual_seed(1)
    net = AutoEncoder(2, 4, CHANNELS, STRIDES).double()
    embedding = nn.Embedding(CODES, CHANNELS[-1]).double()
    round_to_float32(net, embedding)
    pair = (blobs(SIZE, seed=1) > 0.5).double()[None]
    return net, embedding, pair


def main():
    net, embedding, pair = network()
    weights = {**parameters(net), "codebook.weight": parameters(embedding)["weight"]}
    loss, codebook, latents, indices, logits = loss_of(net, embedding, pair)
    loss.backward()
    grads = {**gradients(net), "codebook.weight": gradients(embedding)["weight"]}

    everything = [*net.parameters(), *embedding.parameters()]
    adam = torch.optim.Adam(everything, lr=RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(adam, PERIOD, 2)
    losses = []
    for _ in range(4):
        adam.zero_grad()
        step = loss_of(net, embedding, pair)[0]
        step.backward()
        losses.append(step.item())
        adam.step()
        schedule.step()

    write(
        "autoencoder",
        {
            **prefixed("weight", weights),
            **prefixed("gradient", grads),
            "pair": last_axis_channels(pair).byte(),
            "latents": last_axis_channels(latents),
            "indices": indices.int(),
            "logits": last_axis_channels(logits).reshape(-1)[::EVERY],
            "loss": torch.stack([loss, codebook]),
            "losses": torch.tensor(losses).double(),
        },
        every=EVERY,
        channels=CHANNELS,
        strides=STRIDES,
        codes=CODES,
        classWeights=CLASS_WEIGHTS,
        learningRate=RATE,
        period=PERIOD,
    )


def quantizer():
    """The quantiser by itself, far from and near to its codes."""
    torch.manual_seed(2)
    latents = torch.randn(1, 6, 3, 4, 5).float().double().requires_grad_()
    embedding = nn.Embedding(16, 6).double()
    round_to_float32(embedding)
    indices, quantized = quantize(latents, embedding)
    through = latents + (quantized - latents).detach()
    target = torch.randn_like(through).float().double()
    loss = (through * target).sum() + codebook_loss(latents, quantized)
    loss.backward()
    write(
        "quantizer",
        {
            "latents": last_axis_channels(latents),
            "codebook": embedding.weight,
            "target": last_axis_channels(target),
            "indices": indices.int(),
            "loss": loss,
            "gradient.latents": last_axis_channels(latents.grad),
            "gradient.codebook": embedding.weight.grad,
        },
    )
