"""The conformal benchmark: what its papers claim, and what runs beside the default cells."""

from toybench import Benchmark, Better, Bound, Claim, Equivalent, Tuning

FEW_POINTS = tuple(f"multilabel_risk[calibration={n}]" for n in (10, 20))
RISKS = (*FEW_POINTS, "multilabel_risk", "multilabel_risk[calibration=200]")
ONE_LABEL = "multilabel_risk[labels=one]"
CHANGE, IID, DRIFT = "multilabel_stream", "multilabel_stream[shift=iid]", "multilabel_stream[shift=drift]"
CHEAP, COSTLY = "selective_prediction[cost=0.05]", "selective_prediction[cost=0.2]"
REJECTIONS = (CHEAP, "selective_prediction", COSTLY)
RICH = "selective_prediction[rejector=quadratic]"
CLASSES, FRAGILE = "attribute_classes", "attribute_classes[fragile=0.4,training=robust]"
FULL = "attribute_classes[views=full]"
BANANA = "bivariate_regions"
REGIONS = ("st_dqr", "probabilistic_conformal", "directional_qr", "naive_quantile_box", "conformal_ball")
NO_RULES = "colep_star[weight=0]"
CONTROLLERS = ("conformal_risk_control", "empirical_threshold", "rcps_hoeffding_bentkus", "rcps_betting")
STREAMERS = ("conformal_risk_control", "nonexchangeable_crc", "window_crc", "adaptive_conformal")
SCORES = (
    "Ten labels with noisy logistic scores instead of images or text; expectations over 128 calibration sets a seed."
)
SHIFT = "A fixed scorer whose labels shift instead of a model that is refitted as the stream goes; 16 streams a seed."
REJECT = "A linear rejector of two inputs, fitted exactly, instead of a fine-tuned language model."
CIRCUIT = (
    "Linear models with exact bounds instead of smoothed networks, one circuit a class, and one threshold on the true "
    "class's normalised score instead of a binary set a class."
)

benchmark = Benchmark(
    field="uncertainty",
    tuning=Tuning(trials=6, seeds=2),
    variants=(*FEW_POINTS, RISKS[-1], ONE_LABEL, IID, DRIFT, CHEAP, COSTLY, RICH, FRAGILE, FULL),
    ablations=(NO_RULES,),
    only={
        **dict.fromkeys((*FEW_POINTS, RISKS[-1]), CONTROLLERS),
        ONE_LABEL: ("conformal_risk_control", "split_conformal", "empirical_threshold"),
        IID: STREAMERS,
        DRIFT: STREAMERS,
        FULL: ("robust_conformal", "colep_star"),
    },
    claims=(
        Claim(
            paper="angelopoulos2022conformal",
            says="With the finite-sample correction the expected share of missed labels is at most alpha for any number "
            "of calibration points, and within 2 / (n + 1) of it.",
            differs=SCORES,
            conditions=(
                *(Bound(risk, "conformal_risk_control", "risk_excess", below=0.0) for risk in RISKS),
                *(Bound(risk, "conformal_risk_control", "slack_times_n", below=2.0, above=0.0) for risk in RISKS),
            ),
        ),
        Claim(
            paper="angelopoulos2022conformal",
            says="Without the correction the threshold chosen on few calibration points exceeds the risk on average.",
            differs=f"{SCORES} Few is read as 10 and 20; from 50 on the excess is too small to see.",
            conditions=tuple(Bound(risk, "empirical_threshold", "risk_excess", above=0.0) for risk in FEW_POINTS),
        ),
        Claim(
            paper="angelopoulos2022conformal",
            kind="theorem",
            says="Where the loss is miscoverage, conformal risk control is split conformal prediction.",
            differs="Single-label classification with noisy scores, 50 calibration points.",
            conditions=(
                Equivalent(ONE_LABEL, "conformal_risk_control", "split_conformal", 1e-6, "risk_excess"),
                Equivalent(ONE_LABEL, "conformal_risk_control", "split_conformal", 1e-6, "set_size"),
            ),
        ),
        Claim(
            paper="farinhas2023nonexchangeable",
            says="After a change point and under drift, weights that fade with age keep the risk nearer to alpha than "
            "equal weights, which let it rise above alpha.",
            differs=f"{SHIFT} The gap is that of a moving average of 100 steps, in units of the risk.",
            conditions=(
                *(
                    Better(s, "nonexchangeable_crc", "conformal_risk_control", "risk_gap", 0.02)
                    for s in (CHANGE, DRIFT)
                ),
                *(Bound(s, "conformal_risk_control", "late_excess", above=0.0) for s in (CHANGE, DRIFT)),
            ),
        ),
        Claim(
            paper="farinhas2023nonexchangeable",
            says="Without a shift fading weights cost little: the risk stays below alpha, and near it.",
            differs=f"{SHIFT} Little is read as 0.02 of the risk.",
            conditions=(
                Equivalent(IID, "nonexchangeable_crc", "conformal_risk_control", 0.02, "risk_gap"),
                Bound(IID, "nonexchangeable_crc", "late_excess", below=0.0, above=-0.03),
                Bound(IID, "conformal_risk_control", "late_excess", below=0.0, above=-0.03),
            ),
        ),
        Claim(
            paper="feldman2021calibrated",
            says="Quantile regions formed in a learned latent space and mapped back are smaller than directional regions "
            "and boxes of quantiles formed on the response, at the same coverage.",
            differs="One input, a latent space of two values, 1,500 steps; all regions are calibrated on the same pairs.",
            conditions=(
                Better(BANANA, "st_dqr", "directional_qr", "volume", margin=0.4),
                Better(BANANA, "st_dqr", "naive_quantile_box", "volume", margin=0.4),
                *(Bound(BANANA, method, "coverage", below=0.92, above=0.88) for method in REGIONS),
            ),
        ),
        Claim(
            paper="feldman2021calibrated",
            says="The quantile region in the latent space has its own part in this: balls round plain samples of the same "
            "autoencoder give larger regions.",
            differs="The paper does not have this comparison; without it the gain could be the autoencoder's alone.",
            note="Balls round plain samples of the same autoencoder are as small: the gain is the autoencoder's.",
            conditions=(Better(BANANA, "st_dqr", "probabilistic_conformal", "volume"),),
        ),
        Claim(
            paper="mohri2023learning",
            says="A rejector trained with the exponential surrogate pays less than the best threshold on the predictor's "
            "own confidence, and accepts far more answers at half of the predictor's error rate.",
            differs=f"{REJECT} The predictor's confidence shows one of its two ways to fail, "
            "as a pilot in which it showed both left a rejector nothing to add.",
            conditions=(
                *(Better(task, "surrogate_rejector", "max_probability", "rejection_loss") for task in REJECTIONS),
                Better("selective_prediction", "surrogate_rejector", "max_probability", "coverage_at_half_error", 0.1),
            ),
        ),
        Claim(
            paper="mohri2023learning",
            says="In a small class of rejectors the exponential surrogate pays less than a correctness classifier trained "
            "with cross-entropy and thresholded at its Bayes rule.",
            differs=REJECT,
            conditions=tuple(
                Better(task, "surrogate_rejector", "correctness_classifier", "rejection_loss") for task in REJECTIONS
            ),
        ),
        Claim(
            paper="mohri2023learning",
            says="The exponential surrogate accepts more answers at half of the predictor's error rate than a correctness "
            "classifier trained with cross-entropy.",
            differs=f"{REJECT} More is read as 0.02 of all answers, the best threshold on each score.",
            note="Both rank the answers almost alike, so that at equal error they accept the same.",
            conditions=tuple(
                Better(task, "surrogate_rejector", "correctness_classifier", "coverage_at_half_error", 0.02)
                for task in ("selective_prediction", RICH)
            ),
        ),
        Claim(
            paper="kang2024colep",
            says="Sets that are made valid under attack by bounds of the score do cover under attack, with and without "
            "reasoning over attributes.",
            differs=f"{CIRCUIT} Gradient attacks on the true class's score; 0.02 is left for the calibration set's noise, "
            "after 0.01 proved too little for it in pilots.",
            conditions=tuple(
                Bound(task, method, "robust_coverage", above=0.88)
                for task in (CLASSES, FRAGILE)
                for method in ("colep_star", "robust_conformal", "adaptive_sets")
            ),
        ),
        Claim(
            paper="kang2024colep",
            says="Exact reasoning over class-attribute rules makes the sets that are valid under attack smaller than those "
            "of the class model, and the class more often right.",
            differs=f"{CIRCUIT} The class model sees its own block of the input only.",
            conditions=(
                *(Better(t, "colep_star", "robust_conformal", "robust_set_size", 1.0) for t in (CLASSES, FRAGILE)),
                *(Better(t, "colep_star", "robust_conformal", "accuracy", 0.1) for t in (CLASSES, FRAGILE)),
            ),
        ),
        Claim(
            paper="kang2024colep",
            says="Certified coverage is higher with reasoning than without, for the adaptive score that the paper's "
            "baseline uses.",
            differs=f"{CIRCUIT} The adaptive score isn't smoothed.",
            note="Reasoning widens the certificate by the attributes' own intervals, which spends what it gains where the class model is not fragile.",
            conditions=tuple(
                Better(task, "colep_star", "adaptive_sets", "certified_coverage", 0.02) for task in (CLASSES, FRAGILE)
            ),
        ),
        Claim(
            paper="kang2024colep",
            says="Certified coverage is higher with reasoning than without, also against the plain probability of the class "
            "model as a score.",
            differs=CIRCUIT,
            note="The coverage of the true class depends on its own score alone; intervals of attributes can only widen that score's worst case.",
            conditions=tuple(
                Better(task, "colep_star", "robust_conformal", "certified_coverage") for task in (CLASSES, FRAGILE)
            ),
        ),
    ),
)
