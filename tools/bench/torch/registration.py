"""The registration networks of the presets (packages/registration)."""

import torch
import torch.nn.functional as F

from layers import Optimiser, conv, conv_up, norm_act


def unet(w, name, x, channels, strides, index=0):
    y = norm_act(w, f"{name}.0.adn", conv(w, f"{name}.0.conv", x, strides[index]))
    below = f"{name}.1.submodule"
    if index == len(channels) - 2:
        inner = norm_act(w, f"{below}.adn", conv(w, f"{below}.conv", y))
    else:
        inner = unet(w, below, y, channels, strides, index + 1)
    out = conv_up(w, f"{name}.2.conv", torch.cat([y, inner], 1), x.shape[2:], strides[index])
    return norm_act(w, f"{name}.2.adn", out) if index > 0 else out


def sample(x, displacement, padding):
    grid = F.affine_grid(torch.eye(3, 4).expand(len(x), 3, 4), (len(x), 1, *displacement.shape[2:]), align_corners=False)
    return F.grid_sample(x, grid + displacement.movedim(1, -1), padding_mode=padding, align_corners=False)


def exponential(velocity, squarings):
    field = velocity / 2**squarings
    for _ in range(squarings):
        field = field + sample(field, field, "border")
    return field


def ncc(a, b):
    a, b = (x.flatten(1) - x.flatten(1).mean(1, keepdim=True) for x in (a, b))
    variances = (a.square().mean(1) + 1e-7) * (b.square().mean(1) + 1e-7)
    return 1 - ((a * b).mean(1) * variances.rsqrt()).mean()


def penalty(field, kind, size):
    slopes = [field.diff(dim=axis + 2) for axis in range(3)]
    if kind == "diffusion":
        ratios = [n / m for n, m in zip(field.shape[2:], size)]
        return sum((slope * ratio).square().mean() for slope, ratio in zip(slopes, ratios))
    scales = [n / 2 for n in field.shape[2:]]
    total = 0
    for a in range(3):
        total = total + (slopes[a].diff(dim=a + 2) * scales[a] ** 2).square().mean()
        for b in range(a):
            total = total + 2 * (slopes[b].diff(dim=a + 2) * scales[a] * scales[b]).square().mean()
    return total


def registration(inputs, weights, names, config, learning_rate):
    """Both directions go along the batch, as in ours."""
    size = config["size"]
    smoothing = config["smoothing"]
    nets = range(config["steps"])
    optimisers = [Optimiser(weights, [n for n in names if n.startswith(f"{net}.")], learning_rate) for net in nets]

    def velocity_of(net, sources, targets):
        out = torch.tanh(unet(weights, f"{net}.model", torch.cat([sources, targets], 1), config["channels"], config["strides"]))
        there, back = out.chunk(2)
        velocity = config["velocityScale"] * (there - back)
        for stride in smoothing["strides"]:
            velocity = F.avg_pool3d(velocity, smoothing["width"], stride, smoothing["width"] // 2)
        return velocity

    def integrate(velocity):
        both = torch.cat([velocity, -velocity])
        upsample = lambda field: F.interpolate(field, size, mode="trilinear", align_corners=False)
        if config["integrateAt"] == "grid":
            integrated = exponential(both, config["integrationSteps"])
            return integrated, upsample(integrated)
        integrated = exponential(upsample(both), config["integrationSteps"])
        return integrated, integrated

    def step():
        fixed, moving = inputs["fixed"], inputs["moving"]
        losses, gradients = [], []
        for net in nets:
            sources, targets = torch.cat([fixed, moving]), torch.cat([moving, fixed])
            velocity = velocity_of(net, sources, targets)
            integrated, displacements = integrate(velocity)
            warped = sample(sources, displacements, "zeros")
            similarity = ncc(warped, targets) if config["similarity"] == "ncc" else F.l1_loss(warped, targets)
            loss = 2 * (similarity + config["regularisation"] * penalty(integrated, config["regulariser"], size))
            gradients += optimisers[net].step(loss)
            losses.append(loss.detach())
            if net + 1 < len(nets):
                with torch.no_grad():
                    _, half = integrate(velocity / 2)
                    fixed, moving = sample(sources, half, "zeros").chunk(2)
        return [torch.stack(losses), *gradients]

    return step
