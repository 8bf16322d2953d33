"""Writes every golden file: /usr/bin/python3 tools/oracle/make.py [--check]

With --check nothing is written: what PyTorch gives now is compared with the files, number by number.
"""

import json
import struct
import sys
import tempfile
from pathlib import Path

import numpy
import torch

import augmentation
import autoencoder
import checkpoints
import denoiser
import golden
import names
import optimiser
import registration

MAKERS = (
    augmentation.main,
    autoencoder.main,
    autoencoder.quantizer,
    checkpoints.main,
    checkpoints.kinds,
    denoiser.main,
    names.main,
    optimiser.main,
    registration.main,
    registration.fields,
)
NUMPY = {code: name for name, code in golden.TYPES.items()}


def decode(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header, body = json.loads(data[8 : 8 + length]), data[8 + length :]
    header.pop("__metadata__", None)
    return {
        name: numpy.frombuffer(body[slice(*entry["data_offsets"])], NUMPY[entry["dtype"]]).reshape(entry["shape"])
        for name, entry in header.items()
    }


def tensors_of(value, path=""):
    """Every tensor of nested lists and dicts, by its path."""
    if torch.is_tensor(value):
        return {path: value}
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {name: tensor for key, item in items for name, tensor in tensors_of(item, f"{path}.{key}").items()}


def differences(kept, made):
    """What differs between two files: nothing, names, or numbers by more than rounding."""
    if kept.suffix == ".json":
        return [] if json.loads(kept.read_text()) == json.loads(made.read_text()) else ["content"]
    if kept.suffix == ".pth":
        old, new = (tensors_of(torch.load(path, map_location="cpu")) for path in (kept, made))
        same = old.keys() == new.keys() and all(torch.equal(old[name], new[name]) for name in old)
        return [] if same else ["content"]
    old, new = decode(kept), decode(made)
    if old.keys() != new.keys():
        return sorted(old.keys() ^ new.keys())
    close = lambda a, b: a.shape == b.shape and numpy.allclose(a, b, rtol=1e-5, atol=1e-7 * (1 + numpy.abs(a).max()))
    return [name for name in old if not close(old[name], new[name])]


def main():
    torch.set_num_threads(1)
    check = sys.argv[1:] == ["--check"]
    kept = golden.FOLDER
    with tempfile.TemporaryDirectory() as folder:
        golden.FOLDER = names.FOLDER = checkpoints.FOLDER = Path(folder)
        for make in MAKERS:
            make()
        made = sorted(golden.FOLDER.iterdir())
        wrong = []
        for path in made:
            if not check:
                (kept / path.name).write_bytes(path.read_bytes())
            elif not (kept / path.name).exists():
                wrong.append(f"{path.name} is missing")
            else:
                wrong += [f"{path.name}: {name}" for name in differences(kept / path.name, path)]
        stale = {path.name for path in kept.iterdir()} - {path.name for path in made}
        wrong += [f"{name} is made by no script" for name in sorted(stale)]
    for line in wrong:
        print(line)
    print(f"{len(made)} golden files {'checked' if check else 'written'}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
