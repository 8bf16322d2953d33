"""The paper's affine augmentation: eye + N(0, 0.05), sampled with the nearest voxel."""

import torch
import torch.nn.functional as F

from golden import blobs, last_axis_channels, write

SIZE = (14, 12, 16)


def main():
    torch.manual_seed(7)
    theta = (torch.eye(3, 4) + 0.05 * torch.randn(1, 3, 4)).double()
    grid = F.affine_grid(theta, (1, 1, *SIZE), align_corners=False)
    images = blobs(SIZE, seed=7)[None]
    nearest = F.grid_sample(images, grid, mode="nearest", align_corners=False)
    linear = F.grid_sample(images, grid, mode="bilinear", align_corners=False)
    results = {"images": images, "nearest": nearest, "linear": linear}
    results = {name: last_axis_channels(tensor) for name, tensor in results.items()}
    write("augmentation", {**results, "matrix": theta, "grid": grid})
