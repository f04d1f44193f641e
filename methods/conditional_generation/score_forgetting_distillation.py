"""A one-step generator distilled from the exact model, which for the forbidden label follows the safe label's score.

**Source**: Chen, Zhang and Zhou, "Score Forgetting Distillation", 2024, https://arxiv.org/abs/2409.11219: the authors'
code, `DDPM/functions/losses.py`, `DDPM/runners/diffusion.py` (`train_sfd`) and `DDPM/configs/cifar10_sfd.yml` of
https://github.com/tqch/score-forgetting-distillation.

    fake q:       |noise - n_q(x_t, t, c)|^2 on generated x
    generator G:  (p - q) . ((p - x) - 1.2 (p - q)) / mean |p - x|        p, q: denoised x_t by the exact model, by q
    for the forbidden c: p at the safe label, q and G at c, both losses weighted by the forget weight

**Differs from the paper**: 1. generator and fake are corrections of the exact model, and start at it as theirs start at
the teacher. 2. no moving average of the generator's weights; the learning rate decays by a cosine. 3. continuous times.

**Shapes**: b pairs, n points.
"""

from typing import Any, NamedTuple

import flax.linen
import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.diffusion import interpolate, level, noise_from_denoised
from toybench.blocks.random import normals
from toybench.methods.conditional_generation._parts import Correction, corrected, fresh, mean_where
from toybench.tasks.conditional_generation import FORBIDDEN, SAFE, SCHEDULE, Batch, denoise_label

ALPHA = 1.2  # the authors'
BEGIN = 0.56  # time of the generator's input: their step 440 of 1000 from the data
FIRST = 0.288  # earliest time of the losses: their step 712
LAST = 0.962  # latest time of the losses: their step 38
CLIP = 1.0  # of every gradient's entry
TINY = 1e-5  # least weight that a generator's loss is divided by


class State(NamedTuple):
    """Parameters {generator, fake}, and the moments of both optimisers."""

    params: dict[str, Any]
    opt: dict[str, Any]


class ScoreForgettingDistillation(Method):
    """Score identity distillation across labels: no data are looked at."""

    lr: float = 0.004  # Adam's learning rate, above 0; decays to 0 by a cosine
    forget: float = 0.1  # weight of the forbidden label's losses, above 0; the authors' 0.01

    paper = "chen2024score"
    space = {"lr": (0.002, 0.004, 0.008), "forget": (0.01, 0.1)}

    @property
    def network(self) -> flax.linen.Module:
        return Correction(self.spec.width)

    @property
    def optimizer(self) -> optax.GradientTransformation:
        schedule = optax.cosine_decay_schedule(self.lr, self.steps)
        return optim.lenient(optax.chain(optax.clip(CLIP), optax.adam(schedule, b1=0.0)))

    def init(self, key: jax.Array) -> State:
        names = ("generator", "fake")
        keys = jax.random.split(key)
        params = {name: fresh(self.network, k, self.spec.labels) for name, k in zip(names, keys, strict=True)}
        return State(params=params, opt={name: self.optimizer.init(params[name]) for name in names})

    def weighted(self, losses: jax.Array, label: jax.Array) -> jax.Array:
        """Mean over the kept labels plus the weighted mean over the forbidden one, of losses [b]."""
        gone = label == FORBIDDEN
        return mean_where(losses, ~gone) + self.forget * mean_where(losses, gone)

    def make(self, params: Any, noise: jax.Array, label: jax.Array) -> jax.Array:
        """Points [n, 2] in one step."""
        begin = jnp.full(len(noise), BEGIN)
        x = level(SCHEDULE, begin).columns().sigma * noise
        return corrected(self, params, x, begin, label)

    def fake_loss(self, params: Any, x1: jax.Array, noise: jax.Array, time: jax.Array, label: jax.Array) -> jax.Array:
        at = level(SCHEDULE, time).columns()
        x = interpolate(at, x1, noise)
        found = noise_from_denoised(at, x, corrected(self, params, x, time, label))
        return self.weighted(((noise - found) ** 2).sum(-1), label)

    def generator_loss(
        self, params: Any, fake: Any, start: jax.Array, noise: jax.Array, time: jax.Array, label: jax.Array
    ) -> jax.Array:
        x1 = self.make(params, start, label)
        x = interpolate(level(SCHEDULE, time).columns(), x1, noise)
        p = denoise_label(self.given, x, time, jnp.where(label == FORBIDDEN, SAFE, label))
        q = corrected(self, fake, x, time, label)
        scale = jnp.maximum(jax.lax.stop_gradient(jnp.abs(p - x1).mean(-1)), TINY)
        return self.weighted(((p - q) * ((p - x1) - ALPHA * (p - q))).sum(-1) / scale, label)

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        size = batch.start.shape
        noise = normals(key, start=size, fake=size, generator=size)
        time = FIRST + (LAST - FIRST) * batch.time
        label = batch.condition
        generator = state.params["generator"]
        made = self.make(generator, batch.start, label)
        slope = jax.grad(self.fake_loss)(state.params["fake"], made, noise["fake"], time, label)
        fake, fake_opt = optim.descend(self.optimizer, slope, state.opt["fake"], state.params["fake"])
        slope = jax.grad(self.generator_loss)(generator, fake, noise["start"], noise["generator"], time[::-1], label)
        generator, generator_opt = optim.descend(self.optimizer, slope, state.opt["generator"], generator)
        return State(params={"generator": generator, "fake": fake}, opt={"generator": generator_opt, "fake": fake_opt})

    def generate(self, state: State, start: jax.Array, label: jax.Array) -> jax.Array:
        return self.make(state.params["generator"], start, label)
