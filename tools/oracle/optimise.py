"""Writes packages/registration/test/optimise.golden.json: what PyTorch computes for the instance optimisation on a small pair.

Run with Debian's PyTorch (python3-torch 1.13): /usr/bin/python3 tools/oracle/optimise.py
Images and velocity follow formulas that objective.golden.test.ts repeats, so that only results are stored.
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
SIZE = (24, 20, 28)
GRID = (12, 10, 14)
UNIT = max(SIZE) / 256
# From units of the recipe to normalised displacements; channels x, y, z belong to the last axis, the middle one, the first.
SCALE = torch.tensor([2 * UNIT / n for n in reversed(SIZE)]).view(1, 3, 1, 1, 1)
EVERY = 41
# blur, smoothing, iterations, learning rate, diffusion, bending
STAGES = [(1.2, 1.5, 3, 1.0, 0.0, 0.0), (0.5, 1.0, 3, 0.5, 5e-4, 0.02)]
OUTPUT = Path(__file__).resolve().parents[2] / "packages/registration/test/optimise.golden.json"


def image(centre):
    i, j, k = torch.meshgrid(*(torch.arange(n, dtype=torch.float64) for n in SIZE), indexing="ij")
    squared = (i - centre[0]) ** 2 + (j - centre[1]) ** 2 + (k - centre[2]) ** 2
    values = torch.exp(-squared / 40) + 0.1 * torch.sin(0.3 * i + 0.5 * j + 0.4 * k)
    values = (values - values.min()) / (values.max() - values.min())
    return values[None, None]


def gauss(x, sigma, replicate):
    radius = int(3 * sigma + 0.5)
    kernel = torch.exp(-torch.arange(-radius, radius + 1).double() ** 2 / (2 * sigma * sigma))
    kernel = kernel / kernel.sum()
    if replicate:
        x, radius = F.pad(x, (radius,) * 6, mode="replicate"), 0
    for axis in range(3):
        shape, padding = [1, 1, 1, 1, 1], [0, 0, 0]
        shape[2 + axis], padding[axis] = -1, radius
        x = F.conv3d(x, kernel.view(shape).repeat(x.shape[1], 1, 1, 1, 1), padding=padding, groups=x.shape[1])
    return x


def sample(x, displacement, padding):
    identity = F.affine_grid(torch.eye(3, 4)[None], (1, 1, *displacement.shape[2:]), align_corners=False)
    grid = identity + displacement.permute(0, 2, 3, 4, 1)
    return F.grid_sample(x, grid, align_corners=False, padding_mode=padding)


def exponential(velocity, steps=5):
    d = velocity / 2**steps
    for _ in range(steps):
        d = d + sample(d, d, "border")
    return d


def dissimilarity(a, b):
    a, b = a - a.mean(), b - b.mean()
    return 1 - (a * b).mean() / (a.square().mean() * b.square().mean()).sqrt()


def difference(x, axis):
    return x.narrow(axis, 1, x.shape[axis] - 1) - x.narrow(axis, 0, x.shape[axis] - 1)


def penalty(w, diffusion, bending):
    first = sum(difference(w, a).square().mean() for a in (2, 3, 4))
    second = sum(difference(difference(w, a), a).square().mean() for a in (2, 3, 4))
    mixed = sum(2 * difference(difference(w, a), b).square().mean() for a, b in ((2, 3), (2, 4), (3, 4)))
    return diffusion * first + bending * (second + mixed)


def loss_of(p, fixed, moving, smoothing, diffusion, bending):
    w = gauss(p, smoothing, True)
    n = w * SCALE
    up = lambda d: F.interpolate(d, size=SIZE, mode="trilinear", align_corners=False)
    there = dissimilarity(sample(fixed, up(exponential(n)), "zeros"), moving)
    back = dissimilarity(sample(moving, up(exponential(-n)), "zeros"), fixed)
    return there + back + penalty(w, diffusion, bending)


def run(velocity, fixed, moving):
    losses = []
    for blur, smoothing, iterations, rate, diffusion, bending in STAGES:
        f, m = gauss(fixed, blur, False), gauss(moving, blur, False)
        p = velocity.clone().requires_grad_(True)
        adam = torch.optim.Adam([p], lr=rate)
        for _ in range(iterations):
            adam.zero_grad()
            loss = loss_of(p, f, m, smoothing, diffusion, bending)
            losses.append(loss.item())
            loss.backward()
            adam.step()
        velocity = gauss(p.detach(), smoothing, True)
    return losses, exponential(velocity * SCALE)


def main():
    fixed, moving = image((11, 9, 13)), image((12.5, 10, 14.5))
    # In the order of the tensors there, [d, h, w, 3]. Nowhere near 0: linear interpolation has a kink at the voxels.
    values = 12 + 4 * torch.sin(0.01 * torch.arange(12 * 10 * 14 * 3).double())
    p = values.view(1, *GRID, 3).permute(0, 4, 1, 2, 3).contiguous().requires_grad_(True)
    loss = loss_of(p, gauss(fixed, 0.7, False), gauss(moving, 0.7, False), 1.2, 5e-4, 0.02)
    loss.backward()
    last = lambda x: x.detach().permute(0, 2, 3, 4, 1).reshape(-1)[::EVERY].tolist()
    losses, forward = run(p.detach(), fixed, moving)
    golden = {"every": EVERY, "loss": loss.item(), "gradient": last(p.grad), "losses": losses, "forward": last(forward)}
    OUTPUT.write_text(json.dumps(golden) + "\n")


main()
