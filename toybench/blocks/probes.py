"""What is read off representations and scores: ridge probes, clusters, ranks.

Shapes: n points, d features, c columns.
"""

import jax
import jax.numpy as jnp

GOLDEN = 0.6180339887  # multiples of it modulo 1 are spread evenly, whatever period the labels have


def ridge(x: jax.Array, y: jax.Array, weights: jax.Array, penalty: float | jax.Array) -> jax.Array:
    """Coefficients [d + 1, c] of the least weights' sum of |x w + b - y|^2 + penalty |w|^2; the last row is b.

    x [n, d], y [n, c], weights [n] (0: not seen). The intercept isn't penalised.
    """
    total = jnp.maximum(weights.sum(), jnp.finfo(x.dtype).tiny)
    x_mean = weights @ x / total
    y_mean = weights @ y / total
    centred = (x - x_mean[None, :]) * weights[:, None]
    gram = centred.T @ (x - x_mean[None, :]) + penalty * jnp.eye(x.shape[1])
    slopes = jnp.linalg.solve(gram, centred.T @ (y - y_mean[None, :]))
    return jnp.concatenate([slopes, (y_mean - x_mean @ slopes)[None, :]])


def apply_ridge(coefficients: jax.Array, x: jax.Array) -> jax.Array:
    """Predictions [n, c] at x [n, d] of coefficients [d + 1, c]."""
    return x @ coefficients[:-1] + coefficients[-1:]


def ridge_by_folds(
    x: jax.Array, y: jax.Array, weights: jax.Array, penalties: jax.Array, folds: int = 4
) -> tuple[jax.Array, jax.Array]:
    """(coefficients [d + 1, c], penalty []): `ridge` with the penalty [p] of the least held-out squared error.

    Points of weight above 0 are dealt into `folds` without regard to their labels' period.
    """
    seen = (weights > 0).astype(x.dtype)
    place = jnp.cumsum(seen) - 1
    fold = jnp.floor((place * GOLDEN) % 1.0 * folds)

    def held_out(penalty: jax.Array, which: jax.Array) -> jax.Array:
        outside = weights * (fold == which).astype(x.dtype)
        error = apply_ridge(ridge(x, y, weights - outside, penalty), x) - y
        return outside @ (error**2).sum(1)

    each = jax.vmap(jax.vmap(held_out, (None, 0)), (0, None))(penalties, jnp.arange(folds, dtype=x.dtype))
    best = penalties[each.sum(1).argmin()]
    return ridge(x, y, weights, best), best


def k_means(key: jax.Array, x: jax.Array, k: int, restarts: int = 8, rounds: int = 20) -> jax.Array:
    """Clusters int32 [n] of points [n, d]: Lloyd's rounds from `k` of the points, the best of several restarts."""
    order = jnp.argsort(jax.random.uniform(key, (restarts, x.shape[0])), axis=1)

    def squares(centres: jax.Array) -> jax.Array:
        return ((x[:, None, :] - centres[None, :, :]) ** 2).sum(-1)

    def step(centres: jax.Array, _: None) -> tuple[jax.Array, None]:
        member = jax.nn.one_hot(squares(centres).argmin(1), k, dtype=x.dtype)
        sizes = member.sum(0)[:, None]
        return jnp.where(sizes > 0, member.T @ x / jnp.maximum(sizes, 1.0), centres), None

    def start(places: jax.Array) -> tuple[jax.Array, jax.Array]:
        centres, _ = jax.lax.scan(step, x[places], None, length=rounds)
        apart = squares(centres)
        return apart.argmin(1), apart.min(1).sum()

    clusters, errors = jax.vmap(start)(order[:, :k])
    return clusters[errors.argmin()].astype(jnp.int32)


def normalised_mutual_information(a: jax.Array, b: jax.Array, of_a: int, of_b: int) -> jax.Array:
    """Mutual information of two labellings int32 [n] over the mean of their entropies, 0 to 1; 1 for two constants."""
    joint = jax.nn.one_hot(a, of_a).T @ jax.nn.one_hot(b, of_b) / a.shape[0]
    own = _entropy(joint.sum(1)) + _entropy(joint.sum(0))
    shared = own - _entropy(joint)
    return jnp.where(own > 0, 2 * shared / jnp.where(own > 0, own, 1.0), 1.0)


def _entropy(p: jax.Array) -> jax.Array:
    return -jnp.where(p > 0, p * jnp.log(jnp.where(p > 0, p, 1.0)), 0.0).sum()


def auc(scores: jax.Array, positive: jax.Array, weights: jax.Array | None = None) -> jax.Array:
    """Chance that a positive's score [n] is above a negative's, ties half.

    `positive` [n] is 0 or 1, `weights` [n] 0 for points that are absent.
    """
    there = jnp.ones(scores.shape) if weights is None else weights
    yes = there * positive
    no = there * (1 - positive)
    above = (jnp.sign(scores[:, None] - scores[None, :]) + 1) / 2
    return yes @ above @ no / jnp.maximum(yes.sum() * no.sum(), 1.0)


def average_precision(scores: jax.Array, positive: jax.Array) -> jax.Array:
    """Mean over the positives of the precision among all that score [n] as high or higher."""
    reached = (scores[None, :] >= scores[:, None]).astype(scores.dtype)
    precision = reached @ positive / reached.sum(1)
    return positive @ precision / jnp.maximum(positive.sum(), 1.0)


def kendall_tau(a: jax.Array, b: jax.Array) -> jax.Array:
    """Kendall's tau-b of two rankings [n], -1 to 1; 0 where one is constant."""
    first = jnp.sign(a[:, None] - a[None, :])
    second = jnp.sign(b[:, None] - b[None, :])
    scale = jnp.sqrt((first**2).sum() * (second**2).sum())
    return jnp.where(scale > 0, (first * second).sum() / jnp.where(scale > 0, scale, 1.0), 0.0)


def spearman(a: jax.Array, b: jax.Array) -> jax.Array:
    """Correlation of the ranks of two lists [n], ties at their mean rank; 0 where one is constant."""
    first = _centred_ranks(a)
    second = _centred_ranks(b)
    scale = jnp.sqrt((first**2).sum() * (second**2).sum())
    return jnp.where(scale > 0, (first * second).sum() / jnp.where(scale > 0, scale, 1.0), 0.0)


def _centred_ranks(a: jax.Array) -> jax.Array:
    return jnp.sign(a[:, None] - a[None, :]).sum(1) / 2


def r_squared(prediction: jax.Array, target: jax.Array) -> jax.Array:
    """One minus the squared error over the target's variance, both [n]: 0 for the mean, 1 for no error."""
    spread = ((target - target.mean()) ** 2).mean()
    return 1 - ((prediction - target) ** 2).mean() / spread
