"""More arms than pulls, and in the end one arm has to be named: a good one, since the best can't be found.

Isolates how a budget is spread: over many arms, each badly known, or over few of them, none of which may be good. What
is best depends on the unknown share of good arms. 640 arms, 600 pulls, Gaussian noise of standard deviation 1.
`means=beta`: 2 Beta(1, 3). `means=sparse`: a share `good` of the arms has mean 1, the others 0. `means=one_good` (meant
for few arms): one arm is better by c sqrt(arms / steps), and instances have c from 1 to 8, so that the worst of these
gaps can be looked at: the rate of simple regret is a statement about the gap that is the worst at that horizon.
"""

import jax
import jax.numpy as jnp

from toybench import Metric
from toybench.tasks.bandits._arms import ArmSpec, ArmTask

GAPS = 8  # values of c: 1, 2, ..., 8

PRIOR = (0.5, 4.0, 100.0, 99.0)  # of all kinds of means: about N(0.5, 1 / 4), rewards of variance 1


class ManyArms(ArmTask):
    """Pure exploration: only the arm recommended at the end is judged."""

    good: float = 0.1  # share of good arms where means are sparse

    means: str = "beta"  # beta, sparse or one_good
    arms: int = 640
    instances: int = 32  # a multiple of 8 where means are one_good
    steps: int = 600  # type: ignore[misc]  # pulls

    checkpoints = 5
    metrics = {
        "simple_regret": Metric("min", "expected reward that the recommended arm lacks, mean over instances"),
        "worst_scaled_regret": Metric(
            "min", "simple regret of the worst eighth of the instances, in order, over sqrt(arms / steps)"
        ),
    }

    @property
    def spec(self) -> ArmSpec:
        return ArmSpec(instances=self.instances, arms=self.arms, goal="recommend", rewards="gaussian", prior=PRIOR)

    def arms_of(self, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        u = jax.random.uniform(key, (self.instances, self.arms))
        if self.means == "one_good":
            c = 1 + jnp.arange(self.instances) * GAPS // self.instances
            gap = c.astype(jnp.float32) * (self.arms / self.steps) ** 0.5
            mean = jnp.where(u == u.max(-1, keepdims=True), gap[:, None], 0.0)
        elif self.means == "sparse":
            mean = (jnp.argsort(jnp.argsort(u)).astype(jnp.float32) < self.good * self.arms).astype(jnp.float32)
        else:
            mean = 2 * (1 - u ** (1 / 3))  # the inverse distribution function of Beta(1, 3)
        return mean, jnp.ones_like(mean)

    def judge(self, regret: jax.Array, lacks: jax.Array) -> dict[str, jax.Array]:
        worst = lacks.reshape(GAPS, -1).mean(-1).max()
        return {"simple_regret": lacks.mean(), "worst_scaled_regret": worst / (self.arms / self.steps) ** 0.5}
