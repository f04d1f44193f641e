"""The process_generation benchmark: what its papers claim, and what runs beside the default cells."""

from toybench import Benchmark, Better, Bound, Claim, Equivalent, Tuning

BRIDGES = {2: "well_bridge[h=2]", 4: "well_bridge", 6: "well_bridge[h=6]"}
HOT = "game_frames[temperature=0.1]"

LINE = "A particle on a line, 16 frames, perceptrons, 1,500 steps, instead of tetrapeptides. "
ROOT = (
    "Distances are roots of Jensen-Shannon divergences over ten cells, pooled over frames, as the authors' are, and "
    "over 128 pairs of ends, where they take one pair at a time. "
)
MOTION = (
    "Eight frames of 16 pixels, principal directions and a perceptron, instead of portraits, a learned auto-encoder "
    "and a transformer; 5 network calls. Of the method the authors' sampler alone was read; their training code is not "
    "released. "
)
MOTION_MARGINS = "Margins are 5 % of the range from floor to oracle in the distance, and 10 % in the jitter."
GAME = (
    "A particle that is pushed by three actions, 16 pixels, 4 frames of context, instead of DOOM; judged over the "
    "last 16 of 64 frames. "
)
FIFTH = "The margin is 20 % of what clean context reached on tuning seeds."
SMOOTH = (
    "One-dimensional smooth functions, a mixture of two Gaussian processes, 16 times; one small network with attention "
    "for all, 1,000 steps. Functions whose noise falls as k^-4 alone: rougher ones were not run. "
)
FUNCTION_MARGINS = (
    "Margins are 5 % of the range from floor to oracle in distances and scores, 0.1 in the log of roughness."
)

DISTANCE = 0.011  # 5 % of 0.21
SCORE = 0.03  # 5 % of 0.62
JITTER = 0.095  # 10 %
DRIFT = 0.011  # 20 % of 0.055

benchmark = Benchmark(
    field="generative models",
    first_seed=20_000,
    tuning=Tuning(trials=6, seeds=3),
    variants=(BRIDGES[2], BRIDGES[6], HOT),
    edges={
        "latent_flow_matching.lr": "0.0025 and 0.015 are worse with 4 directions: 0.0158 and 0.0166 against 0.0146",
        "latent_ddpm.latent": "2 directions are worse, 0.0351 against 0.0137",
        "pixel_ddpm.start": "0.03 is worse, 0.0532 at a rate of 0.006, and so is 0.2, 0.0546 at 0.016, against 0.0344",
        "markov_state_model.states": "96 are the cells of the exact answer itself",
        "pixel_flow_matching.lr": "0.001 is alike, 0.0228 against 0.0227",
    },
    claims=(
        Claim(
            paper="jing2024generative",
            says="Flow matching of whole trajectories between two ends has positions nearer to the true law than the "
            "mean path, at every height of the barrier.",
            differs=f"{LINE}{ROOT}A margin of 0.05 is a tenth of the range from floor to oracle.",
            expected="supported",
            conditions=tuple(
                Better(task=task, method="trajectory_flow_matching", than="endpoint_regression", margin=0.05)
                for task in BRIDGES.values()
            ),
        ),
        Claim(
            paper="jing2024generative",
            says="Where crossings are rare it is nearer than roll-outs of a model of one step that may make as many "
            "network calls.",
            differs=f"{LINE}{ROOT}At a barrier of 6. The baseline is ours, resampled by the chance to arrive. A margin "
            "of 0.02 is 5 % of the range.",
            toy="blind",
            note=(
                "Pooled over pairs of ends the flow is at 0.084 and the roll-outs, 21 for 16 paths, at 0.029 (16 "
                "seeds): the few that cross are enough there. Pair by pair, as the authors judge, a trial of one "
                "seed has the flow at 0.12 and the roll-outs at 0.36: a distance of this kind would tell. With four "
                "times as many windows a step the flow reaches 0.055 pooled (3 tuning seeds)."
            ),
            expected="supported",
            conditions=(
                Better(task=BRIDGES[6], method="trajectory_flow_matching", than="one_step_resampling", margin=0.02),
            ),
        ),
        Claim(
            paper="jing2024generative",
            says="It is so where crossings are common, too.",
            differs=f"{LINE}{ROOT}At barriers of 2 and 4; the baseline and the margin as before.",
            toy="blind",
            note=(
                "Pooled over pairs of ends roll-outs are at 0.015 and 0.018 at barriers of 2 and 4, the flow at "
                "0.061 and 0.080 (16 seeds), and the exact draws leave a lead of 0.02 no room. Pair by pair a trial "
                "of one seed has the flow ahead, 0.10 against 0.13 and 0.12 against 0.19: a distance of this kind "
                "would tell."
            ),
            expected="refuted",
            conditions=tuple(
                Better(task=BRIDGES[h], method="trajectory_flow_matching", than="one_step_resampling", margin=0.02)
                for h in (2, 4)
            ),
        ),
        Claim(
            paper="jing2024generative",
            says="It is nearer than a Markov state model counted on the windows that it was trained on.",
            differs=f"{LINE}{ROOT}The authors compare with such models of shorter runs. States of a line are few, "
            "which suits the control.",
            note=(
                "Counted matrices are at 0.0096, 0.0085 and 0.0101, exact draws at 0.008 and 0.007, which leaves a "
                "lead of 0.02 no room, but the flow is behind, at 0.061, 0.080 and 0.084 (16 seeds): on a line a "
                "few hundred crossings fill 96 cells. It is behind pair by pair, too, 0.12 against 0.08 at a "
                "barrier of 6 in a trial of one seed, and at 0.055 with four times as many windows a step (3 tuning "
                "seeds)."
            ),
            expected="refuted",
            conditions=tuple(
                Better(task=task, method="trajectory_flow_matching", than="markov_state_model", margin=0.02)
                for task in BRIDGES.values()
            ),
        ),
        Claim(
            paper="ki2024float",
            read="abstract",
            says="Flow matching in motion's own directions gives sequences of a nearer law, and of a truer smoothness, "
            "than diffusion in pixels, in few calls.",
            differs=f"{MOTION}{MOTION_MARGINS}",
            toy="unequal",
            note=(
                "Its law is nearer, 0.015 against 0.042, its smoothness isn't: the log ratio is off by 0.49 against "
                "0.34 (16 seeds). It lacks the authors' guidance, takes 5 calls where their code takes 9 steps, and "
                "is too smooth for want of calls: 0.50, 0.36, 0.27 and 0.22 with 5, 9, 20 and 50 in a trial of one "
                "seed, 0.48 with four times as many windows a step."
            ),
            expected="supported",
            conditions=(
                Better(task="driven_frames", method="latent_flow_matching", than="pixel_ddpm", margin=0.0027),
                Better(
                    task="driven_frames",
                    method="latent_flow_matching",
                    than="pixel_ddpm",
                    metric="jitter_error",
                    margin=JITTER,
                ),
            ),
        ),
        Claim(
            paper="ki2024float",
            read="abstract",
            says="It is the directions that help: flow matching in pixels does worse.",
            differs=f"{MOTION}{MOTION_MARGINS} The paper does not have this control.",
            toy="unequal",
            note=(
                "The law is nearer by 0.014 (0.008 to 0.018), by seeds too skewed for a verdict; the smoothness is "
                "off by 0.49 against 0.19 of pixels (16 seeds), at 5 calls and without the authors' guidance, as "
                "above."
            ),
            expected="inconclusive",
            conditions=(
                Better(task="driven_frames", method="latent_flow_matching", than="pixel_flow_matching", margin=0.0027),
                Better(
                    task="driven_frames",
                    method="latent_flow_matching",
                    than="pixel_flow_matching",
                    metric="jitter_error",
                    margin=JITTER,
                ),
            ),
        ),
        Claim(
            paper="ki2024float",
            read="abstract",
            says="It is flow matching that helps: diffusion in the same directions does worse.",
            differs=f"{MOTION}{MOTION_MARGINS}",
            toy="unequal",
            note=(
                "The law is nearer by 0.004 (0.0004 to 0.011), where the margin is 0.003; the smoothness is off by "
                "0.49 against 0.35 (16 seeds), at 5 calls and without the authors' guidance, as above."
            ),
            expected="supported",
            conditions=(
                Better(task="driven_frames", method="latent_flow_matching", than="latent_ddpm", margin=0.0027),
                Better(
                    task="driven_frames",
                    method="latent_flow_matching",
                    than="latent_ddpm",
                    metric="jitter_error",
                    margin=JITTER,
                ),
            ),
        ),
        Claim(
            paper="ki2024float",
            read="abstract",
            says="Its sequences under one control differ about as much as true ones, those of a regression not at all.",
            differs=f"{MOTION}About as much is read as 0.2 nearer to the true spread than a regression, whose is 0.",
            expected="supported",
            conditions=(
                Better(
                    task="driven_frames",
                    method="latent_flow_matching",
                    than="sequence_regression",
                    metric="spread_error",
                    margin=0.2,
                ),
            ),
        ),
        Claim(
            paper="valevski2024diffusion",
            says="Noise of announced levels on the context keeps the frames of a game frames when they are fed back, "
            "where those of clean context drift away.",
            differs=f"{GAME}{FIFTH} At a temperature of 0.01. The law of the last frames has no room: with tuned rates "
            "all methods are near the oracle.",
            expected="supported",
            conditions=(
                Better(
                    task="game_frames",
                    method="noise_augmented_context",
                    than="clean_context",
                    metric="frame_error",
                    margin=DRIFT,
                ),
            ),
        ),
        Claim(
            paper="valevski2024diffusion",
            says="It keeps them nearer to the recording, too.",
            differs=f"{GAME}{FIFTH} At a temperature of 0.01; methods are tuned by the drift of frames.",
            note=(
                "Both err alike, 0.768 and 0.766 of the variance (32 seeds), a second recording errs 0.3 and a "
                "regression 0.35: more than half is the models' own. With four times as many moves a step clean "
                "context is ahead, 0.64 against 0.76 (8 tuning seeds)."
            ),
            expected="supported",
            conditions=(
                Better(
                    task="game_frames",
                    method="noise_augmented_context",
                    than="clean_context",
                    metric="rollout_error",
                    margin=0.14,
                ),
            ),
        ),
        Claim(
            paper="valevski2024diffusion",
            says="It keeps the frames of a noisy game frames.",
            differs=f"{GAME}{FIFTH} At a temperature of 0.1. A second recording of such a game errs by 0.7, "
            "frames at random by 1, so the error against the recording is not asked.",
            expected="inconclusive",
            conditions=(
                Better(
                    task=HOT,
                    method="noise_augmented_context",
                    than="clean_context",
                    metric="frame_error",
                    margin=DRIFT,
                ),
            ),
        ),
        Claim(
            paper="valevski2024diffusion",
            says="It takes levels that are announced, and diffusion: under noise of one level, and under regression, "
            "frames drift further.",
            differs=f"{GAME}The controls are ours. The margin is half of that against clean context. At both "
            "temperatures.",
            note=(
                "A regression under noise drifts less, 0.0069 against 0.0274, near the frames' own 0.0053, which "
                "leaves a lead over it no room; noise of one level drifts more, 0.040 (16 to 32 seeds)."
            ),
            expected="inconclusive",
            conditions=tuple(
                Better(
                    task=task, method="noise_augmented_context", than=control, metric="frame_error", margin=DRIFT / 2
                )
                for task in ("game_frames", HOT)
                for control in ("jittered_context", "noisy_regression")
            ),
        ),
        Claim(
            paper="bilos2022modeling",
            says="Diffusion whose noise is a process in time generates functions of a nearer law and a truer roughness "
            "than the same model with white noise, and completes them better.",
            differs=f"{SMOOTH}{FUNCTION_MARGINS}",
            toy="unequal",
            note=(
                "The law is nearer with a smooth process, 0.035 against 0.108, the roughness is undecided (0.33 "
                "against 0.39; 0.79 with an Ornstein-Uhlenbeck process), completions are worse, 0.101 against 0.068 "
                "(32 seeds); with four times as many functions a step white noise is level in the law (0.027 "
                "against 0.030) and stays ahead in completions (0.037 against 0.061, 3 tuning seeds). The authors' "
                "grid has a second kind of target for the processes, white noise, which was not run: it would tell."
            ),
            expected="supported",
            conditions=tuple(
                Better(task="function_draws", method=method, than="iid_noise_diffusion", metric=metric, margin=margin)
                for method in ("gp_noise_diffusion", "ou_noise_diffusion")
                for metric, margin in (("distance", DISTANCE), ("roughness_error", 0.1), ("crps_impute", SCORE))
            ),
        ),
        Claim(
            paper="bilos2022modeling",
            says="It generates functions of a nearer law than a Gaussian process that was fitted.",
            differs=f"{SMOOTH}The control is ours, and knows the modes. A margin of 2.5 % of the range, as the control "
            "lies within 10 % of the oracle.",
            toy="unequal",
            note=(
                "The control is at 0.022, a smooth process at 0.035 (32 seeds), with four times as many functions a "
                "step at 0.030, an Ornstein-Uhlenbeck process at 0.006 (3 tuning seeds). The authors' second kind "
                "of target, white noise, was not run."
            ),
            expected="supported",
            conditions=(
                Better(
                    task="function_draws",
                    method="gp_noise_diffusion",
                    than="fitted_gp",
                    metric="distance",
                    margin=DISTANCE / 2,
                ),
            ),
        ),
        Claim(
            paper="bilos2022modeling",
            says="It completes functions better than a Gaussian process that was fitted.",
            differs=f"{SMOOTH}The control is ours, and knows the modes. Only the sign is claimed.",
            toy="unequal",
            note=(
                "The control scores 0.018, the oracle 0.017, diffusion 0.101 (32 seeds), and 0.061 with four times "
                "as many functions a step (3 tuning seeds). The authors' second kind of target, white noise, was "
                "not run."
            ),
            expected="inconclusive",
            conditions=(
                Better(task="function_draws", method="gp_noise_diffusion", than="fitted_gp", metric="crps_impute"),
            ),
        ),
        Claim(
            paper="franzese2023continuoustime",
            says="Functions of a diffusion in function space are as good at four times as many times as it was trained "
            "on; those of the same kind of network with white noise get worse.",
            differs=f"{SMOOTH}Both are judged at the same 16 times; the first predicts clean values, the second noise. "
            "Worse is read as 5 % of the range from floor to oracle.",
            note="The first holds, -0.004. White noise loses -0.014, nothing, with a wide spread (32 seeds); "
            "trained on four times as many functions a step it loses 0.059 (3 tuning seeds), as claimed.",
            expected="supported",
            conditions=(
                Bound(
                    task="function_draws",
                    method="functional_diffusion",
                    metric="fine_loss",
                    below=DISTANCE,
                ),
                Bound(task="function_draws", method="iid_noise_diffusion", metric="fine_loss", above=DISTANCE),
            ),
        ),
        Claim(
            paper="franzese2023continuoustime",
            says="At many times its functions are of a nearer law than those of a network on a grid, interpolated.",
            differs=f"{SMOOTH}Only the sign is claimed, as both may lie near the oracle.",
            note="0.0133 against 0.0163 (32 seeds): both are within 10 % of the oracle, and no difference is seen.",
            expected="inconclusive",
            conditions=(
                Better(
                    task="function_draws",
                    method="functional_diffusion",
                    than="grid_diffusion",
                    metric="distance_fine",
                ),
            ),
        ),
        Claim(
            paper="franzese2023continuoustime",
            says="With half of the parameters its functions are as good as those of a network on a grid.",
            differs=f"{SMOOTH}7,000 parameters against 16,000. As good is read as within 5 % of the range.",
            note="0.0171 against 0.0165 (32 seeds), with 6,921 parameters against 16,240; the interval lies within "
            "the margin, but seeds are too skewed for a verdict.",
            expected="inconclusive",
            conditions=(
                Equivalent(
                    task="function_draws",
                    method="functional_diffusion",
                    to="grid_diffusion",
                    metric="distance",
                    margin=DISTANCE,
                ),
            ),
        ),
    ),
)
