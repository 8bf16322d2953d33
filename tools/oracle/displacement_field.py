"""Reads what `paired3d register` wrote with nibabel, and says whether its field gives its warped scan.

usage: python3 tools/oracle/displacement_field.py REGISTERED_FOLDER FIXED MOVING     (Debian: python3-nibabel, python3-scipy)
The field is taken as ITK takes it: at the LPS point X of a fixed voxel the moving scan is read at X + u(X).
"""

import sys
from pathlib import Path

import nibabel as nib
import numpy as np
from scipy.ndimage import map_coordinates

LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


def main(folder, fixed_path, moving_path):
    fixed, moving = nib.load(fixed_path), nib.load(moving_path)
    field, warped = nib.load(Path(folder) / "displacement.nii.gz"), nib.load(Path(folder) / "warped.nii.gz")
    assert field.header.get_intent()[0] == "vector" and field.shape[3:] == (1, 3), field.shape
    assert warped.shape == fixed.shape and np.allclose(warped.affine, fixed.affine)
    indices = np.indices(fixed.shape).reshape(3, -1)
    points = (LPS @ fixed.affine @ np.vstack([indices, np.ones(indices.shape[1])]))[:3]
    to_voxel = lambda image, x: (np.linalg.inv(LPS @ image.affine) @ np.vstack([x, np.ones(x.shape[1])]))[:3]
    u = np.asarray(field.dataobj)[:, :, :, 0]
    at = to_voxel(field, points)
    moved = points + np.stack([map_coordinates(u[..., c], at, order=1, mode="nearest") for c in range(3)])
    values = map_coordinates(np.asarray(moving.dataobj), to_voxel(moving, moved), order=0, mode="constant")
    ours = np.asarray(warped.dataobj).reshape(-1)
    dice = 2 * np.sum((ours > 0) & (values > 0)) / (np.sum(ours > 0) + np.sum(values > 0))
    print(f"{100 * np.mean(ours == values):.3f} % of {ours.size} voxels equal, Dice {dice:.4f}")


main(*sys.argv[1:])
