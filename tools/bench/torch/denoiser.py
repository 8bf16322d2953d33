"""The denoisers of the presets (packages/absorbing-diffusion): a training step, and sampling."""

import torch
import torch.nn.functional as F

from layers import Optimiser, conv, conv_up, layer_norm, linear, transformer_block


def conv_block(w, name, x):
    return x + conv(w, f"{name}.conv2", F.gelu(conv(w, f"{name}.conv1", x)))


def hidden_patch(w, ids, config):
    images, *cells = config["grid"]
    width, token_width = config["width"], config["tokenWidth"]
    batch = len(ids)
    table = linear(w, "enter", F.pad(w["codes.weight"], (0, 0, 0, 1)))
    x = F.embedding(ids, table) + F.embedding(ids, w["token.weight"])
    x = x.view(batch, images, *cells, token_width).movedim(-1, 2).flatten(1, 2)
    full = conv_block(w, "before", x)
    odd = [n % 2 for n in cells]
    coarse = conv(w, "down", F.pad(full, (0, odd[2], 0, odd[1], 0, odd[0])), 2, 0)
    sequence = coarse.flatten(2).transpose(1, 2) + w["position.weight"]
    for i in range(config["depth"]):
        sequence = transformer_block(w, f"transformer.{i}", sequence, config["heads"], True)
    mixed = layer_norm(w, "norm", sequence).transpose(1, 2).reshape(batch, width, *coarse.shape[2:])
    fine = conv_up(w, "up", mixed, [2 * n for n in coarse.shape[2:]])
    y = conv_block(w, "after", full + fine[:, :, : cells[0], : cells[1], : cells[2]])
    return y.unflatten(1, (images, token_width)).movedim(2, -1).reshape(batch, -1, token_width)


def head_patch(w, rows):
    y = layer_norm(w, "leave_norm", rows)
    return linear(w, "leave", y) @ w["codes.weight"].t() + y @ w["leave.free"].t() + w["leave.code_bias"]


def hidden_plain(w, ids, config):
    x = F.embedding(ids, w["token_embedding.weight"]) + w["position_embedding.weight"]
    for i in range(config["depth"]):
        x = transformer_block(w, f"transformer.{i}", x, config["heads"], False)
    return x


def head_plain(w, rows):
    return layer_norm(w, "layer_norm", rows) @ w["head.weight"].t()


def network(w, config):
    if config["kind"] == "patch":
        return lambda ids: hidden_patch(w, ids, config), lambda rows: head_patch(w, rows)
    return lambda ids: hidden_plain(w, ids, config), lambda rows: head_plain(w, rows)


def diffusion(inputs, weights, names, config, learning_rate, beta2, weight_decay, weighting):
    """`ids` [steps, B, T] are the masked tokens of so many steps, taken in turn; `times` [steps, B], `items` [B, T]."""
    hidden, head = network(weights, config)
    items, all_ids, all_times = inputs["items"], inputs["ids"], inputs["times"]
    codes = config["codes"]
    optimiser = Optimiser(weights, names, learning_rate, beta2, weight_decay)
    done = 0

    def step():
        nonlocal done
        ids, times = (tensor[done % len(tensor)] for tensor in (all_ids, all_times))
        done += 1
        masked = (ids == codes).flatten().nonzero().flatten()
        features = hidden(ids)
        logits = head(features.flatten(0, 1)[masked])
        entropy = F.cross_entropy(logits, items.flatten()[masked], reduction="none")
        weight = 1 / times if weighting == "elbo" else (1 - times) / codes
        scale = torch.tensor(2.0).log() * items.numel()
        loss = (entropy * (weight / scale)[masked // items.shape[1]]).sum()
        gradients = optimiser.step(loss)
        loss.item()
        return [loss, *gradients]

    return step


def sampling(inputs, weights, names, config, passes, temperature):
    """Ancestral sampling of one item in so many passes; returns the logits when everything is masked."""
    hidden, head = network(weights, config)
    codes = config["codes"]
    tokens = config["grid"][0] * config["grid"][1] * config["grid"][2] * config["grid"][3]

    def run():
        with torch.no_grad():
            ids = torch.full((1, tokens), codes)
            first = hidden(ids)
            for number in range(passes):
                features = first if number == 0 else hidden(ids)
                revealed = ((ids[0] == codes) & (torch.rand(tokens) < 1 / (passes - number))).nonzero().flatten()
                probabilities = torch.softmax(head(features[0, revealed]) / temperature, 1)
                ids[0, revealed] = torch.multinomial(probabilities, 1).flatten()
            return [head(first[0, :64])]

    return run
