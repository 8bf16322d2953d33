"""Layers as functions of a dict of weights, which has our names (PyTorch's and MONAI's), and the training step."""

import math

import torch
import torch.nn.functional as F


def conv(w, name, x, stride=1, padding=None):
    weight = w[f"{name}.weight"]
    return F.conv3d(x, weight, w[f"{name}.bias"], stride, weight.shape[2] // 2 if padding is None else padding)


def conv_up(w, name, x, size, stride=2):
    """Transposed convolution whose output has a given spatial size."""
    weight = w[f"{name}.weight"]
    kernel = weight.shape[2]
    padding = 0 if kernel == stride else kernel // 2
    least = [(n - 1) * stride - 2 * padding + kernel for n in x.shape[2:]]
    output_padding = [n - m for n, m in zip(size, least)]
    return F.conv_transpose3d(x, weight, w[f"{name}.bias"], stride, padding, output_padding)


def norm_act(w, name, x):
    """MONAI's ADN block."""
    return F.prelu(F.instance_norm(x), w[f"{name}.A.weight"])


def linear(w, name, x):
    return F.linear(x, w[f"{name}.weight"], w.get(f"{name}.bias"))


def layer_norm(w, name, x):
    return F.layer_norm(x, x.shape[-1:], w[f"{name}.weight"], w[f"{name}.bias"])


def transformer_block(w, name, x, heads, pre_norm):
    def attend(y):
        batch, length, width = y.shape
        qkv = F.linear(y, w[f"{name}.self_attn.in_proj_weight"], w[f"{name}.self_attn.in_proj_bias"])
        q, k, v = (t.view(batch, length, heads, -1).transpose(1, 2) for t in qkv.chunk(3, 2))
        weights = torch.softmax(q @ k.transpose(2, 3) / math.sqrt(width // heads), 3)
        return linear(w, f"{name}.self_attn.out_proj", (weights @ v).transpose(1, 2).reshape(batch, length, width))

    def feed(y):
        return linear(w, f"{name}.linear2", F.gelu(linear(w, f"{name}.linear1", y)))

    if pre_norm:
        x = x + attend(layer_norm(w, f"{name}.norm1", x))
        return x + feed(layer_norm(w, f"{name}.norm2", x))
    x = layer_norm(w, f"{name}.norm1", x + attend(x))
    return layer_norm(w, f"{name}.norm2", x + feed(x))


class Optimiser:
    """Adam over some of the weights; `step` returns their gradients, in order."""

    def __init__(self, weights, names, learning_rate, beta2=0.999, weight_decay=0.0):
        self.parameters = [weights[name].requires_grad_() for name in names]
        self.adam = torch.optim.AdamW(
            self.parameters, lr=learning_rate, betas=(0.9, beta2), weight_decay=weight_decay, eps=1e-8
        )

    def step(self, loss):
        self.adam.zero_grad(set_to_none=True)
        loss.backward()
        self.adam.step()
        return [parameter.grad for parameter in self.parameters]
