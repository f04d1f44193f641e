"""Sequences in which a phone changes every few frames while a speaker stays for the whole of it.

A frame shows the phone's mean, seen through the speaker's colouring and offset, under noise that makes a single frame
ambiguous: only neighbouring frames together tell the phone. What lies a few frames ahead depends on both, and the
budget of codes decides which of them a predictor pays for. Sizes: 10 phones of about 10 frames, 10 speakers.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.vector_quantization._sequences import (
    SequenceCoder,
    SequenceSpec,
    beyond_chance,
    contingency,
    entropy,
    mutual,
    normalised,
)


class World(NamedTuple):
    """Phone means [p, d], the rows of phone transitions [p, p] summed up, speakers, and a test set."""

    means: jax.Array
    cumulative: jax.Array
    colour: jax.Array  # [s, d, d]
    offset: jax.Array  # [s, d]
    frames: jax.Array  # [n, t, d]
    phone: jax.Array  # int32 [n, t]
    speaker: jax.Array  # int32 [n]


class PhoneSpeakerSequences(Task):
    """Fresh sequences every step; codes are compared with the hidden labels of a test set."""

    codes: int = 16  # how many codes there are; 64 to 512 for some 40 phones in the paper
    phones: int = 10  # number of phones
    speakers: int = 10  # number of speakers
    features: int = 16  # d; 80 in the paper
    length: int = 40  # frames a sequence
    horizon: int = 3  # how many frames ahead prediction looks; 5 in the paper
    stay: float = 0.9  # probability that the next frame has the same phone
    noise: float = 2.0  # standard deviation of a frame's noise; that of the phone means is 1
    timbre: float = 0.5  # standard deviation of a speaker's offset, and size of its colouring
    batch: int = 16  # sequences a step
    test: int = 256  # test sequences

    interface = SequenceCoder
    steps = 600
    metrics = {
        "code_phone_nmi": Metric("max", "mutual information of code and phone over the mean of their entropies"),
        "code_speaker_nmi": Metric("info", "the same of code and speaker, less what shuffled sequences give"),
        "phone_kept": Metric("info", "mutual information of code and phone over the phone's entropy"),
        "speaker_share": Metric("info", "share of the speaker in what codes tell about phone and speaker"),
        "phone_probe": Metric("max", "accuracy of the most frequent phone of a code, on sequences held out for it"),
        "prediction_error": Metric("min", "absolute error of a code's mean frame, `horizon` ahead, on the same"),
        "codes_used": Metric("info", "share of the codes that occur"),
    }

    @property
    def spec(self) -> SequenceSpec:
        return SequenceSpec(self.features, self.length, self.codes, self.horizon, self.batch)

    def sample(self, key: jax.Array) -> World:
        """Phones, their transitions, speakers, and test sequences."""
        p, s, d = self.phones, self.speakers, self.features
        a, b = jax.random.split(key)
        parts = (p * d, s * d * d, s * d, p * p)
        noise = jnp.split(jax.random.normal(a, (sum(parts),)), [sum(parts[:i]) for i in (1, 2, 3)])
        # a few likely successors each, as languages have
        leave = jax.nn.softmax(jnp.where(jnp.eye(p, dtype=bool), -jnp.inf, 2.0 * noise[3].reshape(p, p)))
        rows = self.stay * jnp.eye(p) + (1 - self.stay) * leave
        means, colour = noise[0].reshape(p, d), noise[1].reshape(s, d, d) / d**0.5
        colour = jnp.eye(d)[None] + self.timbre * colour
        world = (means, jnp.cumsum(rows, axis=1), colour, self.timbre * noise[2].reshape(s, d))
        return World(*world, *self.speak(*world, b, self.test))

    def speak(
        self, means: jax.Array, cumulative: jax.Array, colour: jax.Array, offset: jax.Array, key: jax.Array, count: int
    ) -> tuple[jax.Array, jax.Array, jax.Array]:
        """(frames [count, t, d], phone [count, t], speaker [count])."""
        t, d = self.length, self.features
        a, b = jax.random.split(key)
        u = jax.random.uniform(a, (t + 1, count))
        first = (u[0] * self.phones).astype(jnp.int32)
        speaker = (u[1] * self.speakers).astype(jnp.int32)

        def step(phone: jax.Array, u: jax.Array) -> tuple[jax.Array, jax.Array]:
            following = jnp.sum((u[:, None] >= cumulative[phone]).astype(jnp.int32), axis=1)
            return jnp.minimum(following, self.phones - 1), phone

        last, phone = jax.lax.scan(step, first, u[2:])
        phone = jnp.concatenate([phone, last[None]]).T
        clean = jnp.einsum("ntd,nde->nte", means[phone], colour[speaker]) + offset[speaker][:, None, :]
        return clean + self.noise * jax.random.normal(b, (count, t, d)), phone, speaker

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, jax.Array]:
        """Frames [b, t, d] alone."""
        return world, self.speak(*world[:4], key, self.batch)[0]

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        codes = learner.sequence_codes(world.frames)
        phones = contingency(codes, world.phone, (self.codes, self.phones))
        speaker = jnp.broadcast_to(world.speaker[:, None], codes.shape)
        speakers = contingency(codes, speaker, (self.codes, self.speakers))
        of_phone = mutual(phones)
        of_speaker = beyond_chance(codes, world.speaker, (self.codes, self.speakers))
        half = self.test // 2
        fitted = contingency(codes[:half], world.phone[:half], (self.codes, self.phones)).argmax(1)
        used = jax.nn.one_hot(codes, self.codes)[:, : -self.horizon]
        ahead = world.frames[:, self.horizon :]
        total = jnp.einsum("ntc,ntd->cd", used[:half], ahead[:half])
        average = total / jnp.maximum(used[:half].sum((0, 1)), 1.0)[:, None]
        return {
            "code_phone_nmi": normalised(of_phone, phones),
            "code_speaker_nmi": normalised(of_speaker, speakers),
            "phone_kept": of_phone / entropy(phones.sum(0)),
            "speaker_share": of_speaker / jnp.maximum(of_phone + of_speaker, 1e-12),
            "phone_probe": (fitted[codes[half:]] == world.phone[half:]).astype(jnp.float32).mean(),
            "prediction_error": jnp.abs(used[half:] @ average - ahead[half:]).mean(),
            "codes_used": (phones.sum(1) > 0).astype(jnp.float32).mean(),
        }

    def floor(self, world: World) -> Any:
        """One code for everything."""
        return SimpleNamespace(sequence_codes=lambda frames: jnp.zeros(frames.shape[:2], jnp.int32))

    def chance(self, world: World) -> Any:
        """Codes that turn over from frame to frame, whatever the frames are."""
        return SimpleNamespace(sequence_codes=lambda frames: _turn(frames) % self.codes)

    def oracle(self, world: World) -> Any:
        """The phones themselves, as far as there are codes for them; it knows the labels of the test set."""
        return SimpleNamespace(sequence_codes=lambda frames: jnp.minimum(world.phone, self.codes - 1))


def _turn(frames: jax.Array) -> jax.Array:
    n, t = frames.shape[:2]
    return (jnp.arange(n)[:, None] + jnp.arange(t)[None, :]).astype(jnp.int32)
