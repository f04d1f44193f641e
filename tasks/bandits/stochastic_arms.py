"""Ten arms whose rewards have unequal, unknown variances: how much does it pay to learn them, and to know their prior?

Isolates the widths of a bandit algorithm. Precisions are drawn from a gamma distribution and the means of noisy arms
spread more (the conjugate prior), so one width for all arms explores quiet arms too much or noisy ones too little.
32 instances, 2,000 pulls. With `rewards=bernoulli` means are uniform and variances follow from them, so that every
Gaussian method is misspecified.
"""

import jax
import jax.numpy as jnp

from toybench import Metric
from toybench.tasks.bandits import gamma
from toybench.tasks.bandits._arms import ArmSpec, ArmTask


class StochasticArms(ArmTask):
    """Mean variance 1 under the prior: precision ~ Gamma(shape, rate shape - 1), mean ~ N(0, 1 / precision)."""

    shape: float = 3.0  # of the precision's prior, above 1: the larger, the more alike the variances are

    rewards: str = "gaussian"  # gaussian or bernoulli
    arms: int = 10
    instances: int = 32
    steps: int = 2000  # type: ignore[misc]  # pulls

    checkpoints = 10
    metrics = {
        "cumulative_regret": Metric("min", "expected reward lost by the pulls so far, mean over instances"),
        "simple_regret": Metric("min", "expected reward that the recommended arm lacks, mean over instances"),
    }

    @property
    def spec(self) -> ArmSpec:
        # 0/1 rewards with uniform means: variance of a mean 1/12, expected variance of a reward 1/6
        prior = (0.5, 2.0, 3.0, 1 / 3) if self.rewards == "bernoulli" else (0.0, 1.0, self.shape, self.shape - 1.0)
        return ArmSpec(instances=self.instances, arms=self.arms, goal="regret", rewards=self.rewards, prior=prior)

    def judge(self, regret: jax.Array, lacks: jax.Array) -> dict[str, jax.Array]:
        return {"cumulative_regret": regret.mean(), "simple_regret": lacks.mean()}

    def arms_of(self, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        a, b = jax.random.split(key)
        size = (self.instances, self.arms)
        z = jax.random.normal(a, size)
        if self.rewards == "bernoulli":
            mean = jax.scipy.stats.norm.cdf(z)
            return mean, jnp.sqrt(mean * (1 - mean))
        sigma = jnp.sqrt((self.shape - 1) / gamma(b, jnp.full(size, self.shape)))
        return sigma * z, sigma
