"""HEI: nodes are parted into environments by how strange their neighbours are, and risks shall be alike in all.

**Source**: Yang, Chen, Xiao, Lin, Zhang and Kuang, "Leveraging Invariant Principle for Heterophilic Graph Structure
Distribution Shifts", 2024, https://arxiv.org/abs/2408.09490, in the authors' code `main_HEI.py`
(`Infer_Irmv1_Multi_Class` and the training loop).

    z_v = mean distance of x_v to its neighbours', standardised;    rho(v) = softmax(network(z_v)), 4 environments
    r_k = mean_v rho_k(v) loss_v;    penalty = sum_k r_k^2
    for `warm` steps rho ascends the penalty, the classifier descends on its risk; then rho stays, and the classifier
    descends on (risk + weight penalty) / (1 + weight)

In the code the penalty is IRM's gradient of a scale; the scale multiplies log-probabilities, so its gradient is the
risk itself. `penalty=variance` is that of the paper's text: K times the variance of r_k.

**Differs from the paper**: 1. H2GCN is the classifier. 2. The environment network has the classifier's peak rate,
where the code has 0.001: in 5 to 50 steps it would hardly move. 3. AdamW instead of a squared-norm penalty of 0.001.

**Shapes**: n nodes, k environments.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.graphs import HIDDEN
from toybench.blocks.nn import MLP
from toybench.methods.node_classification._nodes import (
    RATES,
    EgoNeighbours,
    Inputs,
    Params,
    adamw,
    losses,
    neighbour_distance,
    rings,
    start,
)

ENVIRONMENTS = 4  # as in the code
HIDDEN_UNITS = 16  # of the environment network, as in the code


class State(NamedTuple):
    """Classifier and environment network, their optimisers, what is read once, and steps taken."""

    params: Params
    environments: Params
    inputs: Inputs
    adam: optax.OptState
    ascent: optax.OptState
    taken: jax.Array


class HEI(Method):
    """Inferred environments."""

    lr: float = 0.01  # learning rate of both, above 0; the classifier's decays to 0 by a cosine
    decay: float = 1.0  # decoupled weight decay of the classifier, 0 and above
    weight: float = 10.0  # of the penalty once environments stay, 0 and above; 1e4 in the code
    warm: int = 25  # steps in which environments are inferred; 5 in the code
    penalty: str = "squares"  # squares (the code) or variance (the text)

    space = {"lr": RATES, "weight": (0.1, 1.0, 10.0, 10000.0)}

    def init(self, key: jax.Array) -> State:
        a, b = jax.random.split(key)
        inputs = rings(self.given)
        z = neighbour_distance(self.given)[:, None]
        params = start(EgoNeighbours(self.spec), a, inputs)
        environments = start(self.splitter(), b, (z,))
        return State(
            params=params,
            environments=environments,
            inputs=(*inputs, z),
            adam=adamw(self.lr, self.decay, self.steps).init(params),
            ascent=optim.adam(self.lr).init(environments),
            taken=jnp.zeros((), jnp.int32),
        )

    def update(self, state: State, batch: Any, key: jax.Array) -> State:
        inferring = state.taken < self.warm
        slope, rise = jax.grad(self.loss, (0, 1))(state.params, state.environments, state.inputs, inferring)
        rule = adamw(self.lr, self.decay, self.steps)
        params, adam = optim.descend(rule, slope, state.adam, state.params)
        moved, ascent = optim.descend(optim.adam(self.lr), rise, state.ascent, state.environments)
        stay = jax.tree.map(lambda new, old: jnp.where(inferring, new, old), moved, state.environments)
        return State(
            params=params, environments=stay, inputs=state.inputs, adam=adam, ascent=ascent, taken=state.taken + 1
        )

    def loss(self, params: Params, environments: Params, inputs: Inputs, inferring: jax.Array) -> jax.Array:
        """What the classifier goes down on, minus the penalty that environments go up on."""
        *reads, z = inputs
        each = losses(EgoNeighbours(self.spec).apply(params, *reads), self.given.y)
        known = (self.given.y != HIDDEN).astype(each.dtype).sum()
        risk = each.sum() / known
        member = jax.nn.softmax(self.splitter().apply(environments, z))
        held = jax.lax.stop_gradient(member)
        penalised = (risk + self.weight * self.spread(each @ held / known)) / (1 + self.weight)
        ascending = self.spread(jax.lax.stop_gradient(each) @ member / known)
        return jnp.where(inferring, risk, penalised) - ascending

    def spread(self, shares: jax.Array) -> jax.Array:
        """The penalty of risk shares [k]."""
        if self.penalty == "squares":
            return (shares**2).sum()
        return ((shares - shares.mean()) ** 2).sum()

    def splitter(self) -> MLP:
        """The environment network: z [n, 1] to [n, k]."""
        return MLP((HIDDEN_UNITS, ENVIRONMENTS))

    def node_scores(self, state: State) -> jax.Array:
        return EgoNeighbours(self.spec).apply(state.params, *state.inputs[:-1])
