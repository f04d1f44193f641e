"""Neural optimal transport whose cost is the energy distance of a class's images to its few labelled targets.

**Source**: Asadulaev, Korotin, Egiazarian, Mokrov and Burnaev, "Neural Optimal Transport with General Cost
Functionals", 2022, https://arxiv.org/abs/2205.15403, in the authors' code `notebooks/gaussian_toy.ipynb`,
`src/gaussian_utils.py` and `src/guided_samplers.py`; of the text the abstract.

    T: least  mean over classes c of [mean |T(x) - y| - 1/2 mean |T(x) - T(x')|] - mean f(T(x)),  x, x' of c, y of c
    f: least  mean f(T(x)) - mean f(y),  y of all targets

The bracket is half the energy distance but for what doesn't depend on T; x and x' differ, so it has no bias.

**Differs from the paper**: 1. width 48 instead of 256, 200 steps instead of 1001, and the rate decays by a cosine. 2.
Two points of every class a round instead of two points of 32 classes drawn at random. 3. y is all labelled points of
the class instead of a random one for each x: the same mean, with less noise. 4. The
potential has the images of the map's last round instead of fresh ones. 5. points lie around the origin.

**Shapes**: c classes, m points of a class, l labelled targets of a class, d coordinates.
"""

import jax

from toybench.methods.transport_maps._saddle import SaddlePoint
from toybench.tasks.transport_maps import lengths


def guided_cost(moved: jax.Array, labelled: jax.Array) -> jax.Array:
    """Mean over classes [] of half the energy distance of images [c, m, d] to points [c, l, d], up to a constant."""
    count = moved.shape[1]
    to_targets = lengths(moved[:, :, None, :] - labelled[:, None, :, :]).mean()
    others = lengths(moved[:, :, None, :] - moved[:, None, :, :]).sum((1, 2)).mean() / (count * (count - 1))
    return to_targets - others / 2


class NotClassGuided(SaddlePoint):
    """Classes go to their labelled points, and all together to the target."""

    paper = "asadulaev2022neural"

    def cost(self, source: jax.Array, moved: jax.Array) -> jax.Array:
        return guided_cost(moved, self.given.target)
