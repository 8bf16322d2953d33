"""The kernels, each as PyTorch has it: `op(inputs, **options)` returns a function that does the work once."""

import math

import torch
import torch.nn.functional as F


def with_backward(function, names, inputs):
    """value and gradients of `function` with respect to the inputs called `names`, for the adjoint `dy`"""
    leaves = {name: tensor.requires_grad_() if name in names else tensor for name, tensor in inputs.items()}

    def run():
        value = function(leaves)
        return [value, *torch.autograd.grad(value, [leaves[name] for name in names], leaves["dy"].view_as(value))]

    return run


def operation(function, gradients):
    """An operation forward only, or with `backward` its gradients too."""

    def make(inputs, backward=False, **options):
        forward = lambda tensors: function(tensors, **options)
        if backward:
            return with_backward(forward, gradients, inputs)

        def run():
            with torch.no_grad():
                return [forward(inputs)]

        return run

    return make


conv3d = operation(lambda t, stride, padding: F.conv3d(t["x"], t["filter"], None, stride, padding), ["x", "filter"])
conv3d_transpose = operation(
    lambda t, stride, padding, output_padding: F.conv_transpose3d(
        t["x"], t["filter"], None, stride, padding, output_padding
    ),
    ["x", "filter"],
)


def conv3d_backward(inputs, stride, padding, mask):
    """One gradient of a convolution: mask [True, False, False] is dX, [False, True, False] dW."""
    which = mask.index(True)

    def run():
        return [
            torch.ops.aten.convolution_backward(
                inputs["dy"], inputs["x"], inputs["filter"], [0], [stride] * 3, [padding] * 3, [1] * 3, False, [0] * 3, 1, mask
            )[which]
        ]

    return run


instance_norm_prelu = operation(lambda t: F.prelu(F.instance_norm(t["x"]), t["alpha"]), ["x", "alpha"])
prelu = operation(lambda t: F.prelu(t["x"], t["alpha"]), ["x", "alpha"])
layer_norm = operation(
    lambda t: F.layer_norm(t["x"], t["scale"].shape, t["scale"], t["offset"]), ["x", "scale", "offset"]
)
gelu = operation(lambda t: F.gelu(t["x"]), ["x"])
softmax = operation(lambda t: F.softmax(t["x"], 1), ["x"])
grid_sample = operation(
    lambda t, padding: F.grid_sample(t["x"], t["grid"], "bilinear", padding, align_corners=False), ["x", "grid"]
)
avg_pool = operation(lambda t, size, stride, padding: F.avg_pool3d(t["x"], size, stride, padding), ["x"])
resize = operation(
    lambda t, size: F.interpolate(t["x"], size, mode="trilinear", align_corners=False), ["x"]
)


def transposed(matrix, yes):
    return matrix.transpose(-1, -2) if yes else matrix


matmul = operation(
    lambda t, transpose_a, transpose_b: transposed(t["a"], transpose_a) @ transposed(t["b"], transpose_b), ["a", "b"]
)
attention = operation(
    lambda t: torch.softmax(t["q"] @ t["k"].transpose(1, 2) / math.sqrt(t["q"].shape[2]), 2) @ t["v"], ["q", "k", "v"]
)
weighted_cross_entropy = operation(
    lambda t: -(t["targets"] * t["weights"] * F.log_softmax(t["logits"], 1)).sum() / (t["targets"] * t["weights"]).sum(),
    ["logits"],
)
cross_entropy = operation(lambda t: F.cross_entropy(t["logits"], t["labels"], reduction="none"), ["logits"])
embedding = operation(lambda t: F.embedding(t["ids"], t["table"]), ["table"])


def nearest_code(inputs):
    vectors, codebook = inputs["vectors"], inputs["codebook"]

    def run():
        with torch.no_grad():
            distances = torch.addmm(codebook.square().sum(1), vectors, codebook.t(), alpha=-2)
            return [distances.argmin(1)]

    return run


def adam(inputs, learning_rate, step):
    """One step from the given moments; PyTorch updates in place, so the first run is the one to compare."""
    p, m, v = (inputs[name].clone() for name in "pmv")
    steps = [torch.tensor(float(step - 1))]

    def run():
        with torch.no_grad():
            torch.optim._functional.adam(
                [p], [inputs["g"]], [m], [v], [], steps, amsgrad=False, beta1=0.9, beta2=0.999, lr=learning_rate,
                weight_decay=0.0, eps=1e-8, maximize=False, foreach=False, capturable=False,
            )
        return [p, m, v]

    return run
