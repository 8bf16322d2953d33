"""Registration: the UNet, `disp_square` and `compose`, and both configurations of the two-step network."""

import torch
import torch.nn.functional as F

from golden import blobs, gradients, last_axis_channels, parameters, prefixed, round_to_float32, write
from monai import UNet

CHANNELS = (4, 4, 5, 5, 6, 6)
STRIDES = (2, 2, 1, 2, 1)
SIZE = (16, 16, 16)
EVERY = 5
RATE = 0.015


def identity(size):
    return F.affine_grid(torch.eye(3, 4).double()[None], (1, 1, *size), align_corners=False)


def sample(x, displacement, padding="zeros"):
    grid = identity(displacement.shape[2:]) + displacement.permute(0, 2, 3, 4, 1)
    return F.grid_sample(x, grid, padding_mode=padding, align_corners=False)


def disp_square(velocity, steps):
    """Scaling and squaring."""
    field = velocity / 2**steps
    for _ in range(steps):
        field = field + sample(field, field, "border")
    return field


def compose(a, b):
    """Follow a, then b from there."""
    return a + sample(b, a, "border")


def l1(a, b):
    return (a - b).abs().mean()


def ncc(a, b):
    a, b = a - a.mean(), b - b.mean()
    return 1 - (a * b).mean() / ((a * a).mean() * (b * b).mean()).sqrt()


def difference(field, axis):
    return field.narrow(axis, 1, field.shape[axis] - 1) - field.narrow(axis, 0, field.shape[axis] - 1)


def diffusion(field):
    ratio = [n / m for n, m in zip(field.shape[2:], SIZE)]
    return sum((difference(field, a + 2) * ratio[a]).square().mean() for a in range(3))


def bending(field):
    scale = [n / 2 for n in field.shape[2:]]
    slope = [difference(field, a + 2) * scale[a] for a in range(3)]
    total = sum((difference(slope[a], a + 2) * scale[a]).square().mean() for a in range(3))
    for a in range(3):
        for b in range(a):
            total = total + 2 * (difference(slope[b], a + 2) * scale[a]).square().mean()
    return total


class Step:
    """One network of the two: velocity, displacements, loss."""

    def __init__(self, at, similarity, regulariser, weight, pools, width, squarings):
        self.at, self.similarity, self.regulariser, self.weight = at, similarity, regulariser, weight
        self.pools, self.width, self.squarings = pools, width, squarings

    def velocity(self, net, fixed, moving):
        v = 0.35 * torch.tanh(net(torch.cat([fixed, moving], 1)))
        v = v - 0.35 * torch.tanh(net(torch.cat([moving, fixed], 1)))
        for stride in self.pools:
            v = F.avg_pool3d(v, self.width, stride, self.width // 2)
        return v

    def integrate(self, v):
        """The field where it is integrated, and at the size of the images."""
        upsample = lambda field: F.interpolate(field, SIZE, mode="trilinear", align_corners=False)
        if self.at == "image":
            whole = disp_square(upsample(v), self.squarings)
            return whole, whole
        coarse = disp_square(v, self.squarings)
        return coarse, upsample(coarse)

    def loss(self, v, fixed, moving):
        (coarse_there, there), (coarse_back, back) = self.integrate(v), self.integrate(-v)
        like = self.similarity(sample(fixed, there), moving) + self.similarity(sample(moving, back), fixed)
        smooth = self.regulariser(coarse_there) + self.regulariser(coarse_back)
        return like + self.weight * smooth, like, smooth, there.detach(), back.detach()


CASES = {
    "paper": Step("image", l1, diffusion, 0.5, (2, 2, 1, 1), 3, 7),
    "grid": Step("grid", ncc, bending, 0.02, (2, 1), 3, 6),
}


def two_steps(nets, optimisers, step, images):
    """One update of both networks; losses, gradients and the composed displacements before it."""
    (fixed, moving), losses, fields = images, [], []
    for net, optimiser in zip(nets, optimisers):
        optimiser.zero_grad()
        v = step.velocity(net, fixed, moving)
        loss, like, smooth, there, back = step.loss(v, fixed, moving)
        loss.backward()
        losses.append([loss.item(), like.item(), smooth.item()])
        half_there, half_back = step.integrate(v.detach() / 2)[1], step.integrate(-v.detach() / 2)[1]
        fields.append([half_there, half_back, there, back])
        fixed, moving = sample(fixed, half_there), sample(moving, half_back)
    grads = [gradients(net) for net in nets]
    for optimiser in optimisers:
        optimiser.step()
    whole = [compose(compose(fields[0][s], fields[1][2 + s]), fields[0][s]) for s in range(2)]
    return losses, grads, whole


def pick(field):
    return last_axis_channels(field).reshape(-1)[::EVERY]


def networks():
    torch.manual_seed(4)
    nets = [UNet(2, 3, CHANNELS, STRIDES).double() for _ in range(2)]
    round_to_float32(*nets)
    images = [image[None, None] for image in blobs(SIZE, seed=4)]
    return nets, images


def main():
    nets, images = networks()
    start = [net.state_dict() for net in nets]
    start = [{name: tensor.clone() for name, tensor in state.items()} for state in start]
    results = {"images": torch.cat([last_axis_channels(image) for image in images])}
    for n, state in enumerate(start):
        results.update(prefixed(f"weight.{n}", state))
    with torch.no_grad():
        results["unet"] = pick(nets[0](torch.cat(images, 1)))
    for name, step in CASES.items():
        for net, state in zip(nets, start):
            net.load_state_dict(state)
        optimisers = [torch.optim.Adam(net.parameters(), lr=RATE) for net in nets]
        losses, grads, whole = two_steps(nets, optimisers, step, images)
        later = two_steps(nets, optimisers, step, images)[0]
        for n, each in enumerate(grads):
            results.update(prefixed(f"{name}.gradient.{n}", each))
        results[f"{name}.losses"] = torch.tensor([losses, later]).double()
        results[f"{name}.forward"], results[f"{name}.backward"] = pick(whole[0]), pick(whole[1])
    write("registration", results, channels=CHANNELS, strides=STRIDES, size=SIZE, every=EVERY, learningRate=RATE)


def fields():
    """`disp_square` and `compose` by themselves, with the gradient of a product with given numbers."""
    torch.manual_seed(5)
    size = (6, 5, 7)
    a, b, target = (torch.randn(1, 3, *size).mul(s).float().double() for s in (0.3, 0.2, 1))
    a.requires_grad_()
    b.requires_grad_()
    squared = disp_square(a, 7)
    (squared * target).sum().backward()
    results = {"squared": squared, "squared.gradient": a.grad.clone()}
    a.grad = None
    composed = compose(a, b)
    (composed * target).sum().backward()
    results.update({"composed": composed, "composed.gradient.a": a.grad, "composed.gradient.b": b.grad})
    results.update({"a": a, "b": b, "target": target})
    write("fields", {name: last_axis_channels(field) for name, field in results.items()}, steps=7)
