"""Loads the safetensors files that `paired3d convert` writes into PyTorch's networks, and compares what they give.

/usr/bin/python3 load.py vqae=FILE diffusion=FILE registration=FILE
"""

import sys
from pathlib import Path

import torch

import autoencoder
import denoiser
import registration
from golden import FOLDER, last_axis_channels
from make import decode

EXPECTED = decode(FOLDER / "checkpoints.safetensors")


def states(file):
    """The state dicts in a file: those below `0.`, `1.` …, or the one it is."""
    tensors = {name: torch.from_numpy(array.copy()).double() for name, array in decode(Path(file)).items()}
    if not all(name.split(".")[0].isdigit() for name in tensors):
        return [tensors]
    count = 1 + max(int(name.split(".")[0]) for name in tensors)
    return [{name[2:]: tensor for name, tensor in tensors.items() if name.startswith(f"{n}.")} for n in range(count)]


def vqae(file):
    net, embedding, pair = autoencoder.network()
    for module, state in zip((net, embedding), states(file)):
        module.load_state_dict(state)
    logits = net.decode(autoencoder.quantize(net.encode(pair), embedding)[1])
    return last_axis_channels(logits).reshape(-1)[:: autoencoder.EVERY], EXPECTED["logits"]


def diffusion(file):
    net, _, ids = denoiser.network()
    net.eval()
    net.load_state_dict(states(file)[0])
    return net(ids), EXPECTED["denoiser"]


def registrations(file):
    nets, images = registration.networks()
    for net, state in zip(nets, states(file)):
        net.load_state_dict(state)
    optimisers = [torch.optim.SGD(net.parameters(), lr=0) for net in nets]
    _, _, whole = registration.two_steps(nets, optimisers, registration.CASES["paper"], images)
    return registration.pick(whole[0]), EXPECTED["forward"]


LOADERS = {"vqae": vqae, "diffusion": diffusion, "registration": registrations}

for argument in sys.argv[1:]:
    kind, file = argument.split("=", 1)
    got, wanted = LOADERS[kind](file)
    wanted = torch.from_numpy(wanted.copy()).double()
    error = ((got.detach() - wanted).abs().max() / wanted.abs().max()).item()
    assert error < 1e-6, f"{kind}: relative difference {error}"
    print(f"{kind}: loaded, relative difference {error:.1e}")
