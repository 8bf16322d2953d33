"""Checkpoints as the original training saves them, in float16, compiled and on cuda, and what the networks give with them."""

from collections import OrderedDict

import torch

import autoencoder
import denoiser
import registration
from golden import FOLDER, last_axis_channels, write


def save(name, value, **options):
    """`torch.save` of tensors that say they lie on a GPU."""
    real = torch.serialization.location_tag
    torch.serialization.location_tag = lambda storage: "cuda:0"
    try:
        torch.save(value, FOLDER / f"{name}.pth", **options)
    finally:
        torch.serialization.location_tag = real


def halved(module):
    """The state dict in float16 under the names of torch.compile; the module keeps the rounded weights."""
    for weight in module.parameters():
        weight.data = weight.data.half().double()
    state = module.state_dict()
    compiled = OrderedDict((f"_orig_mod.{name}", tensor.half()) for name, tensor in state.items())
    compiled._metadata = state._metadata
    return compiled


def main():
    net, embedding, pair = autoencoder.network()
    save("autoencoder-f16", [halved(net), halved(embedding)])
    with torch.no_grad():
        latents = net.encode(pair)
        indices, quantized = autoencoder.quantize(latents, embedding)
        logits = net.decode(quantized)

    transformer, _, ids = denoiser.network()
    transformer.eval()
    save("denoiser-f16", halved(transformer))

    nets, images = registration.networks()
    save("registration-f16", [halved(unet) for unet in nets])
    optimisers = [torch.optim.SGD(unet.parameters(), lr=0) for unet in nets]
    _, _, whole = registration.two_steps(nets, optimisers, registration.CASES["paper"], images)
    write(
        "checkpoints",
        {
            "indices": indices.int(),
            "logits": last_axis_channels(logits).reshape(-1)[:: autoencoder.EVERY],
            "denoiser": transformer(ids),
            "forward": registration.pick(whole[0]),
        },
    )


def kinds():
    """Every kind of tensor that is read: types, views, strides, parameters, nesting; in two pickle protocols."""
    base = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4) / 8
    value = {
        "nested": [{"row": base[1, 2], "whole": base}, (base.permute(2, 0, 1), base[:, ::2])],
        "expanded": torch.ones(1).expand(1, 1),
        "scalar": torch.tensor(2.5),
        "parameter": torch.nn.Parameter(torch.tensor([1.5, -2.0])),
        "half": torch.tensor([1 / 3, 65504.0, 6e-8]).half(),
        "bfloat16": torch.tensor([1.5, -3.0]).bfloat16(),
        "double": torch.tensor([0.1]).double(),
        "long": torch.tensor([2**40, -1]),
        "int": torch.tensor([-(2**31)]).int(),
        "short": torch.tensor([-300]).short(),
        "byte": torch.tensor([255]).byte(),
        "bool": torch.tensor([True, False]),
        "empty": torch.zeros(0, 3),
        "epoch": 12,
        "name": "Größe",
        "rate": 0.5,
        "none": None,
    }
    save("kinds", value)
    save("kinds-protocol4", value, pickle_protocol=4)
