"""Particles on springs of a rest length, hidden and laid at random between pairs; scenes are longer than they are wide.

Isolates what equivariance is worth where data are not turned: the forces don't know directions, but all scenes to
learn from lie along one axis. Each pair of the five particles is bonded with probability 1/2. Particle i feels

    F_i = - sum_j (1 - 1 / r_ij) (x_i - x_j)        over its bonds, r_ij^2 = |x_i - x_j|^2 + 0.01

so that a bond is at rest at length 1: springs of length 0 would make a linear system, which a regression solves. At
the start positions have standard deviations (1.5, 0.5, 0.5) and velocities (0.6, 0.2, 0.2) along the axes. Bonds
can only be told from the past frames. The range is what constant velocity misses.
"""

import jax
import jax.numpy as jnp

from toybench.tasks.particle_motion._scenes import ParticleScenes


class BondedParticles(ParticleScenes):
    """Springs of rest length 1, scenes along one axis."""

    bonded: float = 0.5  # probability of a bond
    softening: float = 0.01  # added to squared distances
    long: float = 1.5  # standard deviation of positions along the first axis
    short: float = 0.5  # and along the others
    speed: float = 0.4  # of velocities, in units of those of positions

    def spreads(self) -> tuple[jax.Array, jax.Array]:
        position = jnp.stack([jnp.asarray(s, jnp.float32) for s in (self.long, self.short, self.short)])
        return position, self.speed * position

    def link(self, uniform: jax.Array) -> jax.Array:
        above = jnp.triu((uniform < self.bonded).astype(jnp.float32), 1)
        return above + jnp.swapaxes(above, 1, 2)

    def push(self, square: jax.Array) -> jax.Array:
        return jax.lax.rsqrt(square + self.softening) - 1.0
