"""The vector-quantised autoencoder of the presets (packages/vqae)."""

import torch
import torch.nn.functional as F

from layers import Optimiser, conv, conv_up, norm_act


def encode_patch(w, x, config):
    for i in range(len(config["network"]["encoder"])):
        context = config["network"].get("context", 0) if i == 0 else 0
        x = F.prelu(conv(w, f"encode.{i}.down", x, 2, context), w[f"encode.{i}.down_act.weight"])
        x = F.prelu(conv(w, f"encode.{i}.mix", x), w[f"encode.{i}.mix_act.weight"])
    x = conv(w, "encode.latent", x)
    return F.layer_norm(x.movedim(1, -1), (config["codeDim"],)).movedim(-1, 1)


def residual(w, name, x):
    y = conv(w, f"{name}.conv1", F.prelu(x, w[f"{name}.act1.weight"]))
    return x + conv(w, f"{name}.conv2", F.prelu(y, w[f"{name}.act2.weight"]))


def decode_patch(w, z, config):
    x = residual(w, "decode.coarse", conv(w, "decode.latent", z))
    for i in range(len(config["network"]["decoder"])):
        x = F.prelu(residual(w, f"decode.{i}.residual", x), w[f"decode.{i}.act.weight"])
        x = conv_up(w, f"decode.{i}.up", x, [2 * n for n in x.shape[2:]])
    if config["network"].get("template"):
        x = x + F.conv_transpose3d(z, w["decode.template.weight"], stride=2 ** len(config["network"]["encoder"]))
    return x


def encode_monai(w, x, config):
    for i, stride in enumerate(config["network"]["strides"]):
        x = norm_act(w, f"encode.encode_{i}.adn", conv(w, f"encode.encode_{i}.conv", x, stride))
    return x


def decode_monai(w, x, config):
    strides = config["network"]["strides"][::-1]
    for i, stride in enumerate(strides):
        x = conv_up(w, f"decode.decode_{i}.conv.conv", x, [stride * n for n in x.shape[2:]], stride)
        if i + 1 < len(strides):
            x = norm_act(w, f"decode.decode_{i}.conv.adn", x)
    return x


def reconstruction_loss(logits, foreground, weights, joint):
    """Of logits [B, images, 2, ...]: normalised by the weights of a sample, or when coded jointly of each image."""
    targets = torch.stack([1 - foreground, foreground], 2) * weights.view(1, 1, 2, 1, 1, 1)
    entropy = -(targets * F.log_softmax(logits, 2)).flatten(2).sum(2)
    total = targets.flatten(2).sum(2)
    return (entropy / total if joint else entropy.sum(1) / total.sum(1)).mean()


def dice(a, b, epsilon, squares=False):
    a, b = a.flatten(1), b.flatten(1)
    total = a.square().sum(1) + b.square().sum(1) if squares else a.sum(1) + b.sum(1)
    return (2 * (a * b).sum(1) / (total + epsilon)).mean()


class MovingAverages:
    """Codes as moving averages of latents; rare ones restart at latents that are badly coded."""

    def __init__(self, counts, sums, config):
        self.counts, self.sums = counts, sums
        self.decay, self.restart_below = config["decay"], config["restartBelow"]

    def update(self, latents, codes, codebook):
        with torch.no_grad():
            errors = (latents - codebook[codes]).square().sum(1)
            self.counts.mul_(self.decay).add_(torch.bincount(codes, minlength=len(self.counts)), alpha=1 - self.decay)
            self.sums.mul_(self.decay).index_add_(0, codes, latents, alpha=1 - self.decay)
            rare = (self.counts < self.restart_below).nonzero().flatten()
            if len(rare):
                self.counts[rare] = 1
                self.sums[rare] = latents[torch.multinomial(errors, len(rare), replacement=True)]
            codebook.copy_(self.sums / self.counts[:, None].clamp(min=1e-12))


def vqae(inputs, weights, names, config, learning_rate):
    pair = inputs["pair"]
    joint = config["coding"] == "joint"
    kind = config["network"]["kind"]
    encode, decode = (encode_patch, decode_patch) if kind == "patch" else (encode_monai, decode_monai)
    quantizer = config["quantizer"]
    class_weights = torch.tensor(config["classWeights"])
    codebook = weights["codebook.weight"]
    optimiser = Optimiser(weights, names, learning_rate)
    averages = MovingAverages(inputs["counts"], inputs["sums"], quantizer) if quantizer["kind"] == "ema" else None

    def step():
        images = pair if joint else pair.flatten(0, 1)[:, None]
        latents = encode(weights, images, config)
        rows = latents.movedim(1, -1).reshape(-1, config["codeDim"])
        with torch.no_grad():
            codes = torch.addmm(codebook.square().sum(1), rows, codebook.t(), alpha=-2).argmin(1)
        channels_last = latents.movedim(1, -1).shape
        quantized = F.embedding(codes, codebook).view(channels_last).movedim(-1, 1)
        logits = decode(weights, latents + (quantized - latents).detach(), config)
        logits = logits.view(len(pair), 2, 2, *pair.shape[2:])
        loss = reconstruction_loss(logits, pair, class_weights, joint)
        codebook_loss = F.mse_loss(latents, quantized.detach())
        if averages is None:
            codebook_loss = codebook_loss + quantizer["beta"] * F.mse_loss(quantized, latents.detach())
        loss = loss + config["codebookWeight"] * codebook_loss
        foreground = torch.sigmoid(logits[:, :, 1] - logits[:, :, 0])
        if config["diceWeight"] > 0:
            loss = loss + config["diceWeight"] * (1 - dice(foreground, pair, 1e-6, config.get("diceSquares", False)))
        with torch.no_grad():  # the metric that our step reports
            dice((foreground > 0.5).float(), (pair > 0.5).float(), 1e-8).item()
        gradients = optimiser.step(loss)
        if averages:
            averages.update(rows.detach(), codes, codebook)
        return [loss, *gradients]

    return step
