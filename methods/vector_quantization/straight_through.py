"""Plain vector-quantised autoencoder: nearest code forward, identity backward, codes trained by gradient.

**Source**: van den Oord, Vinyals and Kavukcuoglu, "Neural Discrete Representation Learning", 2017,
https://arxiv.org/abs/1711.00937, section 3, equations 1 to 3.

    q(x) = e_j,  j = argmin_k |z(x) - e_k|^2
    loss = |x - D(z + sg(q - z))|^2 + |sg(z) - q|^2 + beta |z - sg(q)|^2

**Differs from the paper**: 1. MLPs instead of convolutions; one code an example. 2. Norms are means over dimensions, as
in most implementations. 3. Codes start from a normal whose scale is tuned; the authors' from a uniform close to 0.

**Shapes**: b examples, d latent width, k codes.
"""

from toybench.methods.vector_quantization._autoencoder import NearestCode


class StraightThrough(NearestCode):
    """The control of the study: every other method changes one thing of it."""
