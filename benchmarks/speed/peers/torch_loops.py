"""Three methods as plain PyTorch: parameters as tensors, a loss, AdamW, a loop.

Shapes are those of the methods in `methods/`.
"""

import math
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import torch
from torch.nn import functional as F

from toybench.tasks.quasimetric import DISCOUNT


def train(study: str, cell: tuple[Any, Any, int], given: Any, params: Any, batches: Any) -> Any:
    """Parameters after all updates, as NumPy arrays in the structure they came in."""
    torch.set_num_threads(1)
    task, method, steps = cell
    leaves, tree = jax.tree.flatten(params)
    tensors = [torch.tensor(np.asarray(x), requires_grad=True) for x in leaves]
    loss = LOSSES[study](task, method, jax.tree.unflatten(tree, tensors), _tensor(given))
    optimizer = torch.optim.AdamW(tensors, lr=method.lr, weight_decay=getattr(method, "decay", 0.0))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda t: 0.5 * (1 + math.cos(math.pi * t / steps)))
    columns = jax.tree.map(_tensor, batches)
    for step in range(steps):
        optimizer.zero_grad()
        loss(jax.tree.map(lambda x, i=step: x[i], columns)).backward()
        optimizer.step()
        schedule.step()
    return jax.tree.unflatten(tree, [t.detach().numpy() for t in tensors])


def _tensor(x: Any) -> Any:
    if not hasattr(x, "shape"):
        return x
    array = np.array(x)
    return torch.from_numpy(array.astype(np.int64) if array.dtype.kind == "i" else array)


def mlp(params: dict, x: torch.Tensor) -> torch.Tensor:
    """Dense layers with ReLU between them, [..., in] to [..., out]."""
    for i in range(len(params)):
        layer = params[f"Dense_{i}"]
        x = torch.addmm(layer["bias"], F.relu(x) if i else x, layer["kernel"])
    return x


def quasimetric(task: Any, method: Any, params: dict, features: torch.Tensor) -> Callable:
    """Squared error of the discounted distance of pairs; unconstrained network on both latents."""
    encoder, head, rate = params["encoder"]["params"], params["head"]["params"], -math.log(DISCOUNT)

    def loss(batch: Any) -> torch.Tensor:
        z = mlp(encoder, features)
        logit = mlp(head, torch.cat([z[batch.x], z[batch.y]], -1))[:, 0]
        return ((DISCOUNT ** (F.softplus(-logit) / rate) - batch.discounted) ** 2).mean()

    return loss


def vector_quantization(task: Any, method: Any, params: dict, given: Any) -> Callable:
    """Plain VQ autoencoder: reconstruction, codebook and commitment loss."""
    networks, codes, beta = params["networks"], params["codes"], method.beta

    def loss(x: torch.Tensor) -> torch.Tensor:
        z = mlp(networks["encoder"], x)
        apart = (z**2).sum(-1)[:, None] - 2.0 * z @ codes.T + (codes**2).sum(-1)[None]
        q = codes[apart.argmin(1)]
        out = mlp(networks["decoder"], z + (q - z).detach())
        return ((out - x) ** 2).mean() + ((z.detach() - q) ** 2).mean() + beta * ((z - q.detach()) ** 2).mean()

    return loss


def in_context(task: Any, method: Any, params: dict, given: Any) -> Callable:
    """One layer of linear self-attention on prompts."""

    def loss(batch: Any) -> torch.Tensor:
        v = torch.cat([batch.x[:, :-1], batch.y[:, :-1, None]], -1)
        read = torch.einsum("bnt,bns,s->bt", v, v, params["h"]) / task.context
        w = read @ params["M"][:, :-1]
        return (((w * batch.x[:, -1]).sum(-1) - batch.y[:, -1]) ** 2).mean()

    return loss


LOSSES = {"in_context": in_context, "quasimetric": quasimetric, "vector_quantization": vector_quantization}
