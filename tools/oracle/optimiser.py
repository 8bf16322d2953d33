"""Adam, AdamW and the schedules over several steps of given gradients."""

import torch

from golden import write

STEPS = 9
TOTAL = 7
WARM_UP = 4


def schedules(adam):
    """The schedules of the configuration, as PyTorch has them."""
    from torch.optim import lr_scheduler as lr

    return {
        "restarts": lambda: lr.CosineAnnealingWarmRestarts(adam, 2, 2),
        "cosine": lambda: lr.CosineAnnealingLR(adam, TOTAL),
        "warmup": lambda: lr.LinearLR(adam, 1 / WARM_UP, 1, WARM_UP - 1),
    }


def main():
    torch.manual_seed(6)
    start = {"matrix": torch.randn(3, 4).double(), "vector": torch.randn(5).double()}
    gradients = {name: torch.randn(STEPS, *value.shape).double() for name, value in start.items()}
    # An element whose gradient vanishes, and one whose gradients are tiny: epsilon decides there.
    gradients["vector"][:, 0] = 0
    gradients["vector"][:, 1] *= 1e-9
    start = {name: value.float().double() for name, value in start.items()}
    gradients = {name: value.float().double() for name, value in gradients.items()}
    results = {f"start.{name}": value for name, value in start.items()}
    results.update({f"gradient.{name}": value for name, value in gradients.items()})
    for decay in (0, 0.1):
        for schedule in ("restarts", "cosine", "warmup"):
            weights = {name: torch.nn.Parameter(value.clone()) for name, value in start.items()}
            make = torch.optim.AdamW if decay else torch.optim.Adam
            adam = make(weights.values(), lr=0.01, betas=(0.9, 0.98), weight_decay=decay)
            scheduler = schedules(adam)[schedule]()
            rates, path = [], {name: [] for name in weights}
            for step in range(STEPS if schedule != "cosine" else TOTAL):
                for name, weight in weights.items():
                    weight.grad = gradients[name][step].clone()
                rates.append(adam.param_groups[0]["lr"])
                adam.step()
                scheduler.step()
                for name, weight in weights.items():
                    path[name].append(weight.detach().clone())
            results[f"{schedule}.{decay}.rates"] = torch.tensor(rates).double()
            for name, values in path.items():
                results[f"{schedule}.{decay}.{name}"] = torch.stack(values)
            for name, weight in weights.items():
                for moment in ("exp_avg", "exp_avg_sq"):
                    results[f"{schedule}.{decay}.{name}.{moment}"] = adam.state[weight][moment]
    write("optimiser", results, learningRate=0.01, beta2=0.98, total=TOTAL, warmUp=WARM_UP)
