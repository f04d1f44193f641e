"""The vector_quantization benchmark: what its papers claim, and what runs beside the default cells."""

from toybench import Benchmark, Better, Bound, Claim, Equivalent, Trend, Tuning

COLLAPSE = "codebook_collapse"
LARGE = "codebook_collapse[codes=1024]"
FEWSHOT, FEWSHOT_SHORT, FEWSHOT_LONG = (f"fewshot_discrete_codes{k}" for k in ("", "[length=2]", "[length=8]"))
FEWSHOT_FEW = "fewshot_discrete_codes[classes=30,items=48]"
COMPRESSION, INDEPENDENT = "correlated_latent_compression", "correlated_latent_compression[correlation=0]"
SHAPES = "shape_token_autoregression"

benchmark = Benchmark(
    field="codes and memory",
    tuning=Tuning(trials=6, seeds=2),
    edges={
        "affine_alternating_sync.init_scale": "an error of 0.063 at 0.1 and 0.065 at 1",
        "affine_alternating_sync.lr": "an error of 0.064 at 0.01 and 0.063 at 0.03",
        "continuous_features.temperature": "0.577 at 0.1, 0.574 at 0.3",
        "cvq.init_scale": "the error changes by 1 % over a factor of 10",
        "exact_gradient.lr": "from 0.01 to 0.03 the objective changes by 0.0004 at most",
        "gapped_estimator.lr": "the objective changes by 0.0003 over a factor of 10",
        "multicodebook_vq.lr": "0.418 at 0.03, 0.416 at 0.06",
        "normalized_codes.init_scale": "the error changes by 2 % over a factor of 10",
        "normalized_codes.lr": "an error of 0.0762 at 0.003 and 0.0766 at 0.01",
        "random_restart.init_scale": "the error changes by 3 % at most over a factor of 10",
        "reinforce.lr": "an objective of 0.303 at 0.01 and 0.302 at 0.03",
        "simvq.init_scale": "the error changes by 3 % at most over a factor of 10, up with 256 codes, down with 1,024",
        "simvq.lr": "from 0.01 to 0.03 the error falls by 3 % with 256 codes, by 1 % with 1,024",
        "simvq_free.init_scale": "the error changes by 3 % at most over a factor of 10",
        "st_estimator.lr": "a bound of 9.45 at 0.003 and 9.46 at 0.01",
        "vq_apc.hot": "0.501 and 0.503 at 1 and 2; with 8 codes 0.516, 0.507 and 0.516 at 0.5, 1 and 2",
        "vq_autoencoder.lr": "0.255 at 0.003, 0.256 at 0.01; with less noise 0.633 and 0.627",
    },
    variants=(
        LARGE,
        "discrete_latent_polynomial[exponent=2]",
        "discrete_latent_polynomial[exponent=3]",
        "phone_speaker_sequences[codes=8]",
        "phone_speaker_sequences[codes=64]",
        "phone_speaker_sequences[noise=1]",
        FEWSHOT_SHORT,
        FEWSHOT_LONG,
        FEWSHOT_FEW,
        INDEPENDENT,
    ),
    only={
        "discrete_latent_polynomial[exponent=2]": ("exact_gradient", "st_estimator", "st_gumbel_estimator", "reinmax"),
        "discrete_latent_polynomial[exponent=3]": ("exact_gradient", "st_estimator", "st_gumbel_estimator", "reinmax"),
        "phone_speaker_sequences[codes=8]": ("vq_apc", "feature_kmeans", "apc_kmeans"),
        "phone_speaker_sequences[codes=64]": ("vq_apc", "feature_kmeans", "apc_kmeans"),
        "phone_speaker_sequences[noise=1]": ("vq_apc", "feature_kmeans", "vq_autoencoder"),
        LARGE: ("straight_through", "random_restart", "low_dim_codes", "simvq", "simvq_free"),
        FEWSHOT_SHORT: ("dimco", "cross_entropy_product_codes"),
        FEWSHOT_LONG: ("dimco", "cross_entropy_product_codes"),
        FEWSHOT_FEW: ("dimco", "cross_entropy_product_codes", "sign_hash"),
    },
    claims=(
        Claim(
            paper="zheng2023online",
            says="Pulling rarely chosen codes onto present features keeps far more of the codebook in use than plain "
            "straight-through training, and reconstructs better.",
            differs="One code an example from an MLP on a 16-dimensional mixture instead of a grid of codes an image. "
            "The table also has random restarts, the simple remedy that the paper's has to be compared with.",
            conditions=(
                Better(COLLAPSE, "cvq", "straight_through", "perplexity", margin=0.1),
                Better(COLLAPSE, "cvq", "straight_through", "usage", margin=0.1),
                Better(COLLAPSE, "cvq", "straight_through", "reconstruction_mse", margin=0.005),
            ),
        ),
        Claim(
            paper="huh2023straightening",
            says="Affine codes, alternated optimisation and a synchronised gradient together bring codes and features "
            "closer, with lower error and higher perplexity than plain straight-through training.",
            differs="MLP on a 16-dimensional mixture instead of image models; no replacement of dead codes on top.",
            note=(
                "Perplexity rises by about 0.03 of the codebook, not by the 0.05 asked for; alternated updates alone "
                "raise it more than all three together."
            ),
            conditions=(
                Better(COLLAPSE, "affine_alternating_sync", "straight_through", "reconstruction_mse", margin=0.005),
                Better(COLLAPSE, "affine_alternating_sync", "straight_through", "perplexity", margin=0.05),
                Better(COLLAPSE, "affine_alternating_sync", "straight_through", "embedding_code_divergence"),
            ),
        ),
        Claim(
            paper="zhu2024addressing",
            says="A frozen basis under one learned linear layer keeps more codes in use than plain and low-dimensional "
            "codes, the more so in a larger codebook, and a larger codebook reconstructs better.",
            differs="256 and 1,024 codes of width 32 on a mixture; the paper goes from 1,024 to 262,144 codes of width "
            "128 on images.",
            conditions=(
                Better(COLLAPSE, "simvq", "straight_through", "usage", margin=0.1),
                Better(COLLAPSE, "simvq", "straight_through", "reconstruction_mse"),
                Better(LARGE, "simvq", "straight_through", "usage", margin=0.3),
                Better(LARGE, "simvq", "straight_through", "reconstruction_mse", margin=0.005),
                Better(LARGE, "simvq", "low_dim_codes", "usage", margin=0.1),
                Trend((COLLAPSE, LARGE), ("simvq",), "falls", "reconstruction_mse", margin=0.005),
            ),
        ),
        Claim(
            paper="zhu2024addressing",
            says="With a frozen basis under one learned linear layer nearly all codes are in use, at both sizes.",
            differs="256 and 1,024 codes on a mixture; nearly all is read as more than nine in ten.",
            note=(
                "0.79 of 256 and 0.72 of 1,024 codes are used, against 0.44 and 0.14 without the layer: the direction "
                "holds, nearly all does not, and four times the steps don't change it (0.81 on tuning seeds)."
            ),
            conditions=(
                Bound(COLLAPSE, "simvq", "usage", above=0.9),
                Bound(LARGE, "simvq", "usage", above=0.9),
            ),
        ),
        Claim(
            paper="zhu2024addressing",
            says="In a large codebook a frozen basis under one linear layer reconstructs better than low-dimensional "
            "codes.",
            differs="1,024 codes of width 32 against width 8, on a mixture with 4 intrinsic dimensions.",
            note=(
                "The two reconstruct alike; a mixture with 4 intrinsic dimensions fits into 8-dimensional codes, so "
                "that low-dimensional codes lose nothing here."
            ),
            conditions=(Better(LARGE, "simvq", "low_dim_codes", "reconstruction_mse"),),
        ),
        Claim(
            paper="zhu2024addressing",
            says="In a large codebook training the basis, too, leaves more of it unused than freezing it.",
            differs="1,024 codes on a mixture instead of 65,536 on images.",
            conditions=(Better(LARGE, "simvq", "simvq_free", "usage", margin=0.1),),
        ),
        Claim(
            paper="fifty2024restructuring",
            says="With codes learned by gradient, rotating the gradient instead of copying it lowers the quantisation "
            "error and uses more codes, and reconstructs no worse.",
            differs="MLP on a 16-dimensional mixture instead of VQGANs; the error is relative to the variance of the "
            "features; no worse is read as within 0.005.",
            note=(
                "More codes are used and the reconstruction is better, as claimed, but the relative error doubles: "
                "where few codes live, plain training keeps its features close to them, and spread over more codes "
                "they stay further away."
            ),
            conditions=(
                Better(COLLAPSE, "rotation_trick", "straight_through", "quantization_error"),
                Better(COLLAPSE, "rotation_trick", "straight_through", "usage", margin=0.05),
                Better(COLLAPSE, "rotation_trick", "straight_through", "reconstruction_mse", margin=-0.005),
            ),
        ),
        Claim(
            paper="fifty2024restructuring",
            says="With running-mean codes, rotating the gradient instead of copying it lowers the quantisation error "
            "and uses more codes, and reconstructs no worse.",
            differs="MLP on a 16-dimensional mixture instead of convolutional VQ-VAEs; decay 0.99 and commitment "
            "weight 0.25 on both sides, the paper's 0.8 and 1; the error is relative to the variance of the features; "
            "no worse is read as within 0.005.",
            note=(
                "More codes are used (0.70 against 0.57) at the same reconstruction error, but features spread over "
                "them stay further from their codes relative to their variance."
            ),
            conditions=(
                Better(COLLAPSE, "rotation_trick_ema", "ema", "quantization_error"),
                Better(COLLAPSE, "rotation_trick_ema", "ema", "usage", margin=0.05),
                Better(COLLAPSE, "rotation_trick_ema", "ema", "reconstruction_mse", margin=-0.005),
            ),
        ),
        Claim(
            paper="liu2023bridging",
            says="On polynomial programs over binary latents, ReinMax reaches a lower objective in the same steps than "
            "straight-through estimators of first order, with or without Gumbel noise.",
            differs=(
                "64 latents instead of 128, 16 samples a step instead of 64, 1000 steps instead of 8000 at a higher "
                "learning rate; Gumbel-Rao with 10 draws."
            ),
            conditions=(
                Better("discrete_latent_polynomial", "reinmax", "st_estimator", margin=0.001),
                Better("discrete_latent_polynomial", "reinmax", "st_gumbel_estimator", margin=0.001),
                Better("discrete_latent_polynomial", "reinmax", "rao_gumbel", margin=0.001),
                Better("discrete_latent_polynomial", "reinmax", "gapped_estimator", margin=0.001),
                Better("discrete_latent_polynomial[exponent=2]", "reinmax", "st_estimator", margin=0.001),
                Better("discrete_latent_polynomial[exponent=2]", "reinmax", "st_gumbel_estimator", margin=0.001),
                Better("discrete_latent_polynomial[exponent=3]", "reinmax", "st_estimator", margin=0.001),
                Better("discrete_latent_polynomial[exponent=3]", "reinmax", "st_gumbel_estimator", margin=0.001),
            ),
        ),
        Claim(
            paper="liu2023bridging",
            says="ReinMax's expected gradient is closer in direction to the exact one than that of straight-through "
            "estimators, and is the exact one for a quadratic cost.",
            differs="Judged at random parameters common to all estimators; every estimator has the temperature that "
            "its objective was tuned for.",
            note=(
                "Holds on the polynomial. On the autoencoder the temperature that tuning chose for the bound, 1.5, "
                "costs direction: at temperature 1 ReinMax has a cosine of 0.994 on tuning seeds, ahead of the "
                "others."
            ),
            conditions=(
                Bound("discrete_latent_polynomial[exponent=2]", "reinmax", "gradient_cosine", above=0.95),
                Better("discrete_latent_polynomial", "reinmax", "st_estimator", "gradient_cosine", margin=0.02),
                Better("discrete_latent_polynomial", "reinmax", "st_gumbel_estimator", "gradient_cosine", margin=0.02),
                Better("categorical_vae", "reinmax", "st_estimator", "gradient_cosine", margin=0.02),
                Better("categorical_vae", "reinmax", "st_gumbel_estimator", "gradient_cosine", margin=0.02),
            ),
        ),
        Claim(
            paper="liu2023bridging",
            says="A categorical variational autoencoder trained with ReinMax reaches a better bound than with other "
            "straight-through estimators.",
            differs=(
                "4 latents of 4 categories on 16 synthetic pixels instead of MNIST; the bound is exact, by enumeration."
            ),
            conditions=(
                Better("categorical_vae", "reinmax", "st_estimator"),
                Better("categorical_vae", "reinmax", "st_gumbel_estimator"),
                Better("categorical_vae", "reinmax", "rao_gumbel"),
                Better("categorical_vae", "reinmax", "gapped_estimator"),
            ),
        ),
        Claim(
            paper="chung2020vectorquantized",
            says="Codes that a recurrent network needs for prediction agree with the phones of a sequence better than "
            "clusters of raw frames do, or codes for rebuilding the frame.",
            differs=(
                "Synthetic frames of 10 phones and 10 speakers instead of read speech; one GRU layer of width 32. The "
                "noise was raised from 1 to 2 after a pilot, because at 1 a single frame already tells its phone; the "
                "variant noise=1 shows that side."
            ),
            conditions=(
                Better("phone_speaker_sequences", "vq_apc", "feature_kmeans", "code_phone_nmi", margin=0.05),
                Better("phone_speaker_sequences", "vq_apc", "vq_autoencoder", "code_phone_nmi", margin=0.05),
                Better("phone_speaker_sequences[codes=8]", "vq_apc", "feature_kmeans", "code_phone_nmi", margin=0.05),
            ),
        ),
        Claim(
            paper="chung2020vectorquantized",
            says="As the number of codes shrinks, what they tell about the phone outlives what they tell about the "
            "speaker.",
            differs="8 to 64 codes for 10 phones; information is measured on codes, not by probes on code vectors.",
            conditions=(
                Trend(
                    (
                        "phone_speaker_sequences[codes=8]",
                        "phone_speaker_sequences",
                        "phone_speaker_sequences[codes=64]",
                    ),
                    ("vq_apc",),
                    "grows",
                    "speaker_share",
                    margin=0.02,
                ),
                Bound("phone_speaker_sequences[codes=8]", "vq_apc", "speaker_share", below=0.25),
            ),
        ),
        Claim(
            paper="lee2019discrete",
            says="At the same number of bits, codes trained for information on the label retrieve items of unseen "
            "classes better than softmax features that are product-quantised or cut to their signs.",
            differs=(
                "Gaussian classes seen through a random network instead of photographs, 12 bits an item. 64 classes, "
                "as mini-ImageNet has, were chosen after pilots with 30, where dimco lost; the variant classes=30 "
                "shows that side."
            ),
            note=(
                "Both coders lose most to the 12 bits, not to their training: the features before quantisation reach "
                "0.57, either code about 0.48; against sign bits the claim holds."
            ),
            conditions=(
                Better(FEWSHOT, "dimco", "cross_entropy_product_codes", "unseen_precision", margin=0.02),
                Better(FEWSHOT, "dimco", "sign_hash", "unseen_precision", margin=0.02),
            ),
        ),
        Claim(
            paper="lee2019discrete",
            says="Shorter codes overfit the seen classes less: the gap from seen to unseen classes grows with length.",
            differs="The gap is in precision of retrieval, for codes of 2, 4 and 8 symbols with 8 values.",
            note=(
                "The gap doesn't grow with length: longer codes gain more on unseen than on seen classes, whose "
                "precision is already near that of the features."
            ),
            conditions=(
                Trend((FEWSHOT_SHORT, FEWSHOT, FEWSHOT_LONG), ("dimco",), "grows", "seen_unseen_gap", margin=0.01),
            ),
        ),
        Claim(
            paper="zhu2022unified",
            says="Where the coordinates of a latent depend on one another, cascaded multi-codebook vector quantisation "
            "has less distortion at the same rate than scalar quantisation with a univariate prior.",
            differs="Eight-dimensional mixtures instead of images; 3 and 6 bits a vector by time sharing; entropies "
            "measured symbol by symbol on test vectors.",
            note=(
                "The advantages seen, 0.047 and 0.021, lie at or below the margin of 0.05; a single codebook, the "
                "best of the table, shows that there is more dependence to be used than cascaded codebooks use."
            ),
            conditions=(
                Better(COMPRESSION, "multicodebook_vq", "scalar_factorized", "distortion_at_rate", margin=0.05),
                Better(COMPRESSION, "multicodebook_vq", "scalar_factorized", "distortion_low_rate", margin=0.05),
            ),
        ),
        Claim(
            paper="zhu2022unified",
            says="The advantage of vector over scalar quantisation comes from the dependence between coordinates: it "
            "is large with it and small without.",
            differs="The same coordinates one by one, drawn together or independently; large is read as more than 0.1 "
            "of a variance near 1, small as less.",
            note=(
                "With dependence the advantage is 0.047, without it -0.024: it does come from dependence, but is half "
                "of what was called large beforehand."
            ),
            conditions=(
                Better(COMPRESSION, "multicodebook_vq", "scalar_factorized", "distortion_at_rate", margin=0.1),
                Equivalent(INDEPENDENT, "multicodebook_vq", "scalar_factorized", 0.1, "distortion_at_rate"),
            ),
        ),
        Claim(
            paper="qian2024pushing",
            says="The same transformer generates better shapes from the tokens of a latent vector than from those of a "
            "grid: more samples are valid, and held-out shapes take fewer bits.",
            differs="8 x 8 occupancy grids and two axes instead of volumes and three planes; equal steps, although the "
            "vector's shorter sequence makes a step about half as expensive.",
            note=(
                "On 8 x 8 grids the raw grid is short enough for the transformer to learn well; the vector's codes "
                "have to be learned first and lose bits to it."
            ),
            conditions=(
                Better(SHAPES, "latent_vector_tokens_ar", "grid_tokens_ar", "sample_validity", margin=0.02),
                Better(SHAPES, "latent_vector_tokens_ar", "grid_tokens_ar", "bits_per_shape"),
            ),
        ),
        Claim(
            paper="qian2024pushing",
            says="The joint distribution of a latent vector's tokens depends less on the order in which they are "
            "predicted than that of a grid's tokens, at no loss of detail in the reconstruction.",
            differs="The order's effect is the change in bits a shape from the usual to a random order; no loss is "
            "read as within 0.02 of the intersection over union.",
            conditions=(
                Better(SHAPES, "latent_vector_tokens_ar", "grid_tokens_ar", "order_sensitivity", margin=0.1),
                Better(SHAPES, "latent_vector_tokens_ar", "grid_tokens_ar", "reconstruction_iou", margin=-0.02),
            ),
        ),
    ),
)
