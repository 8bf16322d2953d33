"""Writes golden.json: what PyTorch computes for two small configurations of the registration network.

Run with Debian's PyTorch (python3-torch 1.13): /usr/bin/python3 golden.py
Weights and images follow formulas that network.golden.test.ts repeats, so that only results are stored.
"""

import json
import math
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

torch.set_default_dtype(torch.float64)
SIZE = (12, 8, 12)
CHANNELS = (4, 6, 8)
STRIDES = (2, 2)
POOL = 3
POOL_STRIDES = (2, 1)
SQUARINGS = 6
RATE = 0.015
EVERY = 37


class SkipConnection(nn.Module):
    def __init__(self, submodule):
        super().__init__()
        self.submodule = submodule

    def forward(self, x):
        return torch.cat([x, self.submodule(x)], 1)


def block(conv, width):
    parts = {"conv": conv}
    if width:
        activation = nn.Sequential()
        activation.add_module("N", nn.InstanceNorm3d(width))
        activation.add_module("A", nn.PReLU())
        parts["adn"] = activation
    layer = nn.Sequential()
    for name, part in parts.items():
        layer.add_module(name, part)
    return layer


def down(n_in, n_out, stride):
    return block(nn.Conv3d(n_in, n_out, 3, stride, 1), n_out)


def up(n_in, n_out, stride, top):
    return block(nn.ConvTranspose3d(n_in, n_out, 3, stride, 1, stride - 1), 0 if top else n_out)


def level(n_in, n_out, channels, strides, top):
    width = channels[0]
    if len(channels) > 2:
        inner, inner_width = level(width, width, channels[1:], strides[1:], False), width
    else:
        inner, inner_width = down(width, channels[1], 1), channels[1]
    return nn.Sequential(
        down(n_in, width, strides[0]), SkipConnection(inner), up(width + inner_width, n_out, strides[0], top)
    )


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = level(2, 3, CHANNELS, STRIDES, True)

    def forward(self, x):
        return self.model(x)


def fill(net, phase):
    with torch.no_grad():
        for number, (_, weight) in enumerate(net.named_parameters()):
            i = torch.arange(weight.numel()).double()
            weight.copy_((0.3 * torch.sin(1.7 * i + number + phase)).reshape(weight.shape))


def image(centre):
    i, j, k = torch.meshgrid(*(torch.arange(n).double() for n in SIZE), indexing="ij")
    squared = (i - centre[0]) ** 2 + (j - centre[1]) ** 2 + (k - centre[2]) ** 2
    return (torch.exp(-squared / 12) + 0.05 * torch.sin(i + 2 * j + 3 * k))[None, None]


def identity(size):
    return F.affine_grid(torch.eye(3, 4)[None], (1, 1, *size), align_corners=False)


def sample(x, displacement, padding="zeros"):
    grid = identity(displacement.shape[2:]) + displacement.permute(0, 2, 3, 4, 1)
    return F.grid_sample(x, grid, padding_mode=padding, align_corners=False)


def exponential(velocity):
    field = velocity / 2**SQUARINGS
    for _ in range(SQUARINGS):
        field = field + sample(field, field, "border")
    return field


def compose(a, b):
    return a + sample(b, a, "border")


def velocity_of(net, fixed, moving):
    v = 0.35 * torch.tanh(net(torch.cat([fixed, moving], 1))) - 0.35 * torch.tanh(net(torch.cat([moving, fixed], 1)))
    for stride in POOL_STRIDES:
        v = F.avg_pool3d(v, POOL, stride, POOL // 2)
    return v


def upsample(field):
    return F.interpolate(field, SIZE, mode="trilinear", align_corners=False)


def integrate(v, at):
    if at == "image":
        whole = exponential(upsample(v))
        return whole, whole
    coarse = exponential(v)
    return coarse, upsample(coarse)


def l1(a, b):
    return (a - b).abs().mean()


def ncc(a, b):
    a, b = a - a.mean(), b - b.mean()
    return 1 - (a * b).mean() / ((a * a).mean() * (b * b).mean()).sqrt()


def difference(field, axis):
    return field.narrow(axis, 1, field.shape[axis] - 1) - field.narrow(axis, 0, field.shape[axis] - 1)


def diffusion(field):
    ratio = [n / m for n, m in zip(field.shape[2:], SIZE)]
    return sum((difference(field, a + 2) * ratio[a]).square().mean() for a in range(3))


def bending(field):
    slope = [difference(field, a + 2) * field.shape[a + 2] / 2 for a in range(3)]
    total = sum((difference(slope[a], a + 2) * field.shape[a + 2] / 2).square().mean() for a in range(3))
    for a in range(3):
        for b in range(a):
            total = total + 2 * (difference(slope[b], a + 2) * field.shape[a + 2] / 2).square().mean()
    return total


def run(at, similarity, regulariser, weight):
    fixed, moving = image((5, 3, 5)), image((6, 4.5, 5.5))
    nets = [UNet(), UNet()]
    for n, net in enumerate(nets):
        fill(net, n)
    optimisers = [torch.optim.Adam(net.parameters(), lr=RATE) for net in nets]

    def step(learn):
        f, m, fields, losses = fixed, moving, [], []
        for net, optimiser in zip(nets, optimisers):
            optimiser.zero_grad()
            v = velocity_of(net, f, m)
            coarse_fwd, fwd = integrate(v, at)
            coarse_bwd, bwd = integrate(-v, at)
            like = similarity(sample(f, fwd), m) + similarity(sample(m, bwd), f)
            smooth = regulariser(coarse_fwd) + regulariser(coarse_bwd)
            loss = like + weight * smooth
            losses.append([loss.item(), like.item(), smooth.item()])
            half_fwd, half_bwd = integrate(v / 2, at)[1].detach(), integrate(-v / 2, at)[1].detach()
            fields.append([half_fwd, half_bwd, fwd.detach(), bwd.detach()])
            f, m = sample(f, half_fwd), sample(m, half_bwd)
            if learn:
                loss.backward()
                optimiser.step()
        whole = [compose(compose(fields[0][s], fields[1][2 + s]), fields[0][s]) for s in range(2)]
        return losses, whole

    losses, whole = step(True)
    later = [step(True)[0]]
    pick = lambda field: [round(v, 8) for v in field.permute(0, 2, 3, 4, 1).reshape(-1)[::EVERY].tolist()]
    return {
        "names": [name for name, _ in nets[0].named_parameters()],
        "losses": [losses, *later],
        "forward": pick(whole[0]),
        "backward": pick(whole[1]),
    }


golden = {
    "every": EVERY,
    "learningRate": RATE,
    "paper": run("image", l1, diffusion, 0.5),
    "grid": run("grid", ncc, bending, 0.02),
}
assert all(math.isfinite(v) for v in golden["paper"]["forward"])
Path(__file__).with_name("golden.json").write_text(json.dumps(golden, indent=1) + "\n")
