"""Adaptive return-conditioned policy: told at every step how much likeness of view and instruction is still to come.

**Source**: Kim, Seo, Liu, Lee, Shin, Lee and Lee, "Guide Your Agent with Adaptive Multimodal Rewards", 2023,
https://arxiv.org/abs/2309.10790: the authors' code (csmile-1006/ARP), `label_reward.py`, `data_procgen.py`, `ARPDT.py`
and `rollout_procgen.py`.

    r_t = cos(encoded view of s_t, encoded instruction),  R_t = r_t + ... + r_{H-1}
    L = -log pi(a_t | view, instruction, R_t, R_{t-1}, R_{t-2}, R_{t-3});  acts with R_0 = target, R_{t+1} = R_t - r_t

**Differs from the paper**: 1. a frozen random encoder whose view is the nine cells around, instead of CLIP. 2. The
policy reads the instruction too, so that cloning has nothing that it lacks; the authors' scripts leave the text out.
3. Two layers of 64 units on the present view and the last four returns, written as R_t and the three likenesses
between them, instead of a transformer over four steps; no loss of predicted returns. 4. The likeliest move is made.
5. The target is a share of the largest return of a demonstration; the authors take the largest or the 0.9 quantile.
6. Returns are divided by the steps of an episode.

**Shapes**: n maps, H steps, e numbers of an embedding.
"""

import jax

from toybench import Method
from toybench.methods.instructed_agents import _policy as policy
from toybench.tasks.instructed_agents import Batch, Scenes, meaning, seen_there


class ARP(Method):
    """A policy of view, instruction and returns still to come."""

    lr: float = 0.01  # Adam's rate, decays to 0 by a cosine; the paper's is 0.0005
    target: float = 1.0  # share of the largest return of a demonstration

    paper = "kim2023guide"
    space = {"lr": (0.0005, 0.001, 0.003, 0.01), "target": (0.0, 0.5, 1.0)}

    def init(self, key: jax.Array) -> policy.State:
        views, wish = policy.encoded(self.given, self.spec)
        return policy.start_told(self, policy.recent_returns(policy.likeness(views, wish)), key)

    def update(self, state: policy.State, batch: Batch, key: jax.Array) -> policy.State:
        return policy.clone_told(self, state, batch)

    def begin(self, state: policy.State, scenes: Scenes) -> jax.Array:
        """Return still to come, and likenesses of the three steps before: none as yet."""
        return policy.hoped(state.told, self.target, len(scenes.start))

    def act(
        self, state: policy.State, mind: jax.Array, scenes: Scenes, here: jax.Array, step: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        view = seen_there(self.given.encoder, scenes, here, self.spec)
        now = policy.likeness(view, meaning(self.given.encoder, scenes.wanted))
        return policy.spent(mind, now, self.spec.horizon), policy.likeliest(self, state, scenes, here, mind)
