"""MONAI 1.3's `Convolution`, `AutoEncoder` and `UNet` without residual units, written from their definition.

Names of the parameters are MONAI's: `encode.encode_0.conv.weight`, `encode.encode_0.adn.A.weight`,
`decode.decode_0.conv.conv.weight` (the decoder's layers are sequences of one block called `conv`),
`model.0.conv.weight`, `model.1.submodule.0.conv.weight`, `model.2.conv.weight`.
"""

import torch
from torch import nn


class Convolution(nn.Sequential):
    """Convolution, plain or transposed, then instance norm and PReLU unless `conv_only`."""

    def __init__(self, n_in, n_out, stride=1, transposed=False, conv_only=False):
        super().__init__()
        if transposed:
            conv = nn.ConvTranspose3d(n_in, n_out, 3, stride, padding=1, output_padding=stride - 1)
        else:
            conv = nn.Conv3d(n_in, n_out, 3, stride, padding=1)
        self.add_module("conv", conv)
        if not conv_only:
            adn = nn.Sequential()
            adn.add_module("N", nn.InstanceNorm3d(n_out))
            adn.add_module("A", nn.PReLU())
            self.add_module("adn", adn)


class AutoEncoder(nn.Module):
    def __init__(self, n_in, n_out, channels, strides):
        super().__init__()
        self.encode, self.decode = nn.Sequential(), nn.Sequential()
        widths = [n_in, *channels]
        for i, stride in enumerate(strides):
            self.encode.add_module(f"encode_{i}", Convolution(widths[i], widths[i + 1], stride))
        widths = [*channels[::-1], n_out]
        for i, stride in enumerate(strides[::-1]):
            block = Convolution(widths[i], widths[i + 1], stride, transposed=True, conv_only=i == len(strides) - 1)
            layer = nn.Sequential()
            layer.add_module("conv", block)
            self.decode.add_module(f"decode_{i}", layer)

    def forward(self, x):
        return self.decode(self.encode(x))


class SkipConnection(nn.Module):
    def __init__(self, submodule):
        super().__init__()
        self.submodule = submodule

    def forward(self, x):
        return torch.cat([x, self.submodule(x)], 1)


class UNet(nn.Module):
    def __init__(self, n_in, n_out, channels, strides):
        super().__init__()
        self.model = self._level(n_in, n_out, channels, strides, True)

    def _level(self, n_in, n_out, channels, strides, top):
        width = channels[0]
        if len(channels) > 2:
            inner, inner_width = self._level(width, width, channels[1:], strides[1:], False), width
        else:
            inner, inner_width = Convolution(width, channels[1]), channels[1]
        return nn.Sequential(
            Convolution(n_in, width, strides[0]),
            SkipConnection(inner),
            Convolution(width + inner_width, n_out, strides[0], transposed=True, conv_only=top),
        )

    def forward(self, x):
        return self.model(x)
