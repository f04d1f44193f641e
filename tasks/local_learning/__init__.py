"""Train a small feed-forward network without sending errors backwards through its own weights.

A learner answers scores of classes; some tasks also ask for the weight change it would make, and judge that.
Shapes: b batch, d features, c classes, h hidden units, l layers.
"""

from toybench.tasks.local_learning._mixture import (
    Classifier,
    Estimator,
    Examples,
    Layer,
    Mixture,
    Modulated,
    Rule,
    Spec,
    World,
    assemble,
    cosine,
    forward,
    gradient,
    hidden_cosine,
    loss,
    output_error,
    pointwise_loss,
    proximal_point,
    slope,
    squash,
    through_input,
    transposed,
    zeros,
)

__all__ = [
    "Classifier",
    "Estimator",
    "Examples",
    "Layer",
    "Mixture",
    "Modulated",
    "Rule",
    "Spec",
    "World",
    "assemble",
    "cosine",
    "forward",
    "gradient",
    "hidden_cosine",
    "loss",
    "output_error",
    "pointwise_loss",
    "proximal_point",
    "slope",
    "squash",
    "through_input",
    "transposed",
    "zeros",
]
