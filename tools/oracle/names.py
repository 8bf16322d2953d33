"""Names and shapes of the parameters of the full sizes, as PyTorch orders them."""

import json

from torch import nn

from denoiser import Denoiser
from golden import FOLDER
from monai import AutoEncoder, UNet


def describe(module):
    """The state dict's names and shapes; running statistics do not exist in these networks."""
    return {name: list(tensor.shape) for name, tensor in module.state_dict().items()}


def main():
    models = {
        "autoencoder": AutoEncoder(2, 4, (48, 48, 64, 64, 128, 192, 256, 384), (1, 2, 1, 2, 1, 2, 1, 2)),
        "codebook": nn.Embedding(1024, 384),
        "denoiser": Denoiser(1024, 16 * 13 * 16, 512, 16, 1024, 12, 0.1),
        "unet": UNet(2, 3, (8, 16, 32, 64, 64, 64), (2, 2, 1, 2, 1)),
    }
    names = {name: describe(model) for name, model in models.items()}
    lines = [f"  {json.dumps(name)}: {json.dumps(shapes)}" for name, shapes in names.items()]
    (FOLDER / "names.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
