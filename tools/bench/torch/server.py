"""PyTorch's side of the benchmark: one JSON request a line on stdin, one JSON answer a line on stdout.

Arguments: a folder for tensors, the device (cpu or cuda), and the precision there: float32, tf32, or autocast (to float16).

open    {op, options, threads, inputs: {name: {file, shape, dtype, layout}}, layouts} -> {outputs: [{file, shape}]}
        makes the work, runs it once and writes what it returns, in our layouts if `layouts` names them
time    {runs, cpu} -> {ms}, the mean of so many runs: of the clock, or with `cpu` of this process
memory  {} -> {bytes}, how far one run raises the resident memory
close   {} -> {}
"""

import ctypes
import json
import os
import sys
import time
from contextlib import nullcontext

import numpy
import torch

import operations
from denoiser import diffusion, sampling
from registration import registration
from vqae import vqae

# Work on a whole network, whose weights are the inputs called `weights/<name>`.
NETWORKS = {"diffusion": diffusion, "registration": registration, "sampling": sampling, "vqae": vqae}

# Ours is channels-last, PyTorch's default channels-first; converted on the way in and out, outside all timings.
TO_TORCH = {"volume": (0, 4, 1, 2, 3), "filter": (4, 3, 0, 1, 2)}
FROM_TORCH = {"volume": (0, 2, 3, 4, 1), "filter": (2, 3, 4, 1, 0)}
DTYPES = {"float32": numpy.float32, "int32": numpy.int32}


def read(spec):
    values = numpy.fromfile(spec["file"], DTYPES[spec["dtype"]]).reshape(spec["shape"])
    tensor = torch.from_numpy(values)
    if spec["dtype"] == "int32":
        tensor = tensor.long()
    order = TO_TORCH.get(spec["layout"])
    return tensor.permute(order).contiguous() if order else tensor


def write(tensor, layout, path):
    tensor = tensor.detach()
    order = FROM_TORCH.get(layout)
    values = (tensor.permute(order) if order else tensor).contiguous().float().cpu().numpy()
    values.tofile(path)
    return {"file": path, "shape": list(values.shape)}


def resident(field):
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith(field):
                return int(line.split()[1]) * 1024
    raise RuntimeError(f"no {field} in /proc/self/status")


def use_threads(count):
    torch.set_num_threads(count)
    # OpenBLAS, which Debian's PyTorch multiplies matrices with, has threads of its own that PyTorch does not limit.
    with open("/proc/self/maps") as maps:
        for path in {line.split()[-1] for line in maps if "libopenblas" in line}:
            ctypes.CDLL(path).openblas_set_num_threads(count)


class Server:
    def __init__(self, folder, device, precision):
        self.folder = folder
        self.work = None
        self.cuda = device == "cuda"
        self.autocast = precision == "autocast"
        if self.cuda:
            torch.set_default_device(device)
            torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision != "float32"
            torch.backends.cudnn.benchmark = True

    def run(self):
        # The cache of weights in float16 would outlive the step that changes them.
        with torch.autocast("cuda", torch.float16, enabled=self.autocast, cache_enabled=False) if self.cuda else nullcontext():
            return self.work()

    def finish(self):
        if self.cuda:
            torch.cuda.synchronize()

    def open(self, op, options, threads, inputs, layouts=None):
        use_threads(threads)
        tensors = {name: read(spec).to("cuda" if self.cuda else "cpu") for name, spec in inputs.items()}
        if op in NETWORKS:
            weights = {name[len("weights/") :]: t for name, t in tensors.items() if name.startswith("weights/")}
            self.work = NETWORKS[op](tensors, weights, **options)
        else:
            self.work = getattr(operations, op)(tensors, **options)
        results = self.run()
        files = [os.path.join(self.folder, f"out{i}") for i in range(len(results))]
        return {"outputs": [write(*result) for result in zip(results, layouts or ["plain"] * len(results), files)]}

    def time(self, runs, cpu):
        clock = time.process_time if cpu else time.perf_counter
        start = clock()
        for _ in range(runs):
            self.run()
        self.finish()
        return {"ms": 1000 * (clock() - start) / runs}

    def memory(self):
        if self.cuda:
            torch.cuda.reset_peak_memory_stats()
            before = torch.cuda.memory_allocated()
            self.run()
            self.finish()
            return {"bytes": torch.cuda.max_memory_allocated() - before}
        ctypes.CDLL(None).malloc_trim(0)
        with open("/proc/self/clear_refs", "w") as refs:
            refs.write("5")  # sets the high-water mark back
        before = resident("VmRSS")
        self.run()
        return {"bytes": max(0, resident("VmHWM") - before)}

    def close(self):
        self.work = None
        return {}


def main():
    _, folder, device, precision = sys.argv
    server = Server(folder, device, precision)
    card = f", {torch.cuda.get_device_name()}, {precision}" if server.cuda else ""
    print(json.dumps({"version": torch.__version__ + card}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = getattr(server, request.pop("do"))(**request)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
