"""Charged particles that repel and attract each other, sampled alike in all directions: the papers' own data, shrunk.

The signs of five unit charges are hidden. Particle i feels

    F_i = sum_j q_i q_j (x_i - x_j) / (|x_i - x_j|^2 + 0.36)^1.5

whose softening keeps close encounters, which nothing predicts, from making up the error. At the start positions have
a standard deviation of 0.87 and velocities of 0.37 along each axis. Turning a scene changes nothing in distribution,
so that augmentation and turned test scenes are as good as the plain ones.
"""

import jax
import jax.numpy as jnp

from toybench.tasks.particle_motion._scenes import ParticleScenes


class ChargedParticles(ParticleScenes):
    """Hidden signs, no direction of their own."""

    softening: float = 0.36  # added to squared distances
    position: float = 0.87  # standard deviation along each axis
    velocity: float = 0.37  # standard deviation along each axis

    def spreads(self) -> tuple[jax.Array, jax.Array]:
        return jnp.full(3, self.position), jnp.full(3, self.velocity)

    def link(self, uniform: jax.Array) -> jax.Array:
        sign = jnp.where(uniform[:, 0] < 0.5, 1.0, -1.0)
        return sign[:, :, None] * sign[:, None] * (1 - jnp.eye(self.particles))[None]

    def push(self, square: jax.Array) -> jax.Array:
        return (square + self.softening) ** -1.5
