"""What the scripts share: files of results, and inputs that mean something."""

import json
import struct
from pathlib import Path

import numpy
import torch

FOLDER = Path(__file__).parent / "golden"
TYPES = {"float32": "F32", "float16": "F16", "int64": "I64", "int32": "I32", "int16": "I16", "uint8": "U8"}


def encode(tensors, metadata):
    """The safetensors format: length of the header, header, data; large elements first, so that all are aligned."""
    header, data = {"__metadata__": metadata}, []
    arrays = {name: numpy.ascontiguousarray(array) for name, array in tensors.items()}
    offset = 0
    for name, array in sorted(arrays.items(), key=lambda item: (-item[1].itemsize, item[0])):
        end = offset + array.nbytes
        header[name] = {"dtype": TYPES[str(array.dtype)], "shape": list(array.shape), "data_offsets": [offset, end]}
        data.append(array.tobytes())
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(data)


def write(name, tensors, **metadata):
    """Writes golden/NAME.safetensors; doubles as float32, metadata as JSON."""
    arrays = {}
    for key, value in tensors.items():
        array = value.detach().numpy() if torch.is_tensor(value) else numpy.asarray(value)
        arrays[key] = array.astype("float32") if array.dtype == numpy.float64 else array
    texts = {key: json.dumps(value) for key, value in metadata.items()}
    (FOLDER / f"{name}.safetensors").write_bytes(encode(arrays, texts))


def prefixed(prefix, tensors):
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def parameters(module):
    return {name: weight.detach().clone() for name, weight in module.named_parameters()}


def gradients(module):
    return {name: weight.grad.clone() for name, weight in module.named_parameters()}


def last_axis_channels(x):
    """[B, C, D, H, W] -> [B, D, H, W, C]"""
    return x.permute(0, 2, 3, 4, 1).contiguous()


def round_to_float32(*modules):
    """Weights that float32 holds exactly, so that both sides start from the same numbers."""
    for module in modules:
        for weight in module.parameters():
            weight.data = weight.data.float().double()


def blobs(size, seed, count=6):
    """A pair of smooth images of blobs in [0, 1], [2, D, H, W]; the second one's have moved a little."""
    generator = torch.Generator().manual_seed(seed)
    axes = torch.meshgrid(*(torch.arange(n).double() / (n - 1) for n in size), indexing="ij")
    images = torch.zeros(2, *size, dtype=torch.double)
    for _ in range(count):
        centre = 0.2 + 0.6 * torch.rand(3, generator=generator, dtype=torch.double)
        shift = 0.05 * torch.randn(3, generator=generator, dtype=torch.double)
        width = 0.08 + 0.08 * torch.rand(1, generator=generator, dtype=torch.double)
        for image, c in zip(images, (centre, centre + shift)):
            squared = sum((axis - x) ** 2 for axis, x in zip(axes, c))
            image += torch.exp(-squared / (2 * width**2))
    return images.clamp(0, 1).float().double()
