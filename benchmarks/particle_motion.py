"""The particle_motion benchmark: what its papers claim, and what runs beside the default cells."""

from toybench import Benchmark, Better, Bound, Claim, Tuning

BONDS = "bonded_particles"
CHARGES = "charged_particles"
ONE_KIND = "eqmotion[kinds=1]"
FRAMES = ("frame_mlp", "frame_gnn")
AUGMENTED = ("augmented_gnn", "augmented_mlp")

SIZES_DIFFER = (
    "600 scenes of five particles with 8 past and 8 future frames, and networks of width 16 and 48 trained for 500 "
    "batches of 16, instead of 3000 to 5000 scenes and networks of width 60 to 64."
)
BONDS_DIFFER = (
    f"{SIZES_DIFFER} Hidden bonds of rest length 1 instead of charges, in scenes that lie along one axis; test scenes "
    "are turned at random. Augmented networks see eight turned copies of a scene a step, one is usual. 0.06 is 5 % of "
    "what constant velocity misses."
)
CHARGES_DIFFER = (
    f"{SIZES_DIFFER} The papers' charged particles, with softened forces. Augmented networks see eight turned copies "
    "of a scene a step. 0.015 is 5 % of what constant velocity misses."
)


def closer(
    task: str, method: str, others: tuple[str, ...], margin: float, metric: str = "ade_rotated"
) -> tuple[Better, ...]:
    """Lower error of a method than of others."""
    return tuple(Better(task=task, method=method, than=other, metric=metric, margin=margin) for other in others)


benchmark = Benchmark(
    field="graphs",
    tuning=Tuning(trials=5, seeds=3),
    ablations=(ONE_KIND,),
    edges={
        "linear_equivariant.penalty": "there are far more rows than weights: all penalties of 0.001 and less are alike",
    },
    only={
        BONDS: (
            "linear_equivariant",
            "mlp_motion",
            *AUGMENTED,
            "egnn",
            *FRAMES,
            "group_average_mlp",
            "eqmotion",
            ONE_KIND,
        ),
        CHARGES: ("linear_equivariant", *AUGMENTED, "egnn", *FRAMES, "eqmotion"),
    },
    claims=(
        Claim(
            paper="xu2023eqmotion",
            kind="theorem",
            says="EqMotion's answers turn with the scene.",
            differs=f"{SIZES_DIFFER} Read as an error below 1e-4 of the answers' spread, in float32.",
            expected="supported",
            conditions=tuple(
                Bound(task=task, method="eqmotion", metric="equivariance_error", below=1e-4)
                for task in (BONDS, CHARGES)
            ),
        ),
        Claim(
            paper="xu2023eqmotion",
            says="It predicts turned scenes of bonded particles with a lower average displacement error than "
            "networks that learn rotations from turned copies, a message passing one and an MLP.",
            differs=BONDS_DIFFER,
            note="Refuted by the margin alone: the sign is sure, 0.200 against 0.245 and 0.380 (16 seeds), but "
            "0.045 is less than was asked for: a message passing network that sees eight turned copies of each scene "
            "has learned most of it.",
            expected="supported",
            conditions=closer(BONDS, "eqmotion", AUGMENTED, 0.06),
        ),
        Claim(
            paper="xu2023eqmotion",
            says="So it does on charged particles that have no direction of their own.",
            differs=CHARGES_DIFFER,
            note="0.095 against 0.109 and 0.202 (16 seeds): the lead over a message passing network is as large as "
            "the margin, 0.0146.",
            expected="inconclusive",
            conditions=closer(CHARGES, "eqmotion", AUGMENTED, 0.015, "ade"),
        ),
        Claim(
            paper="xu2023eqmotion",
            says="On bonded particles it beats an equivariant linear regression, and the equivariant network EGNN.",
            differs=f"{BONDS_DIFFER} The regression is our control. Against EGNN only the sign is claimed.",
            expected="inconclusive",
            conditions=(
                *closer(BONDS, "eqmotion", ("linear_equivariant",), 0.06),
                *closer(BONDS, "eqmotion", ("egnn",), 0.0),
            ),
        ),
        Claim(
            paper="xu2023eqmotion",
            says="So it does on charged particles.",
            differs=f"{CHARGES_DIFFER} The regression is our control. Against EGNN only the sign is claimed.",
            expected="inconclusive",
            conditions=(
                *closer(CHARGES, "eqmotion", ("linear_equivariant",), 0.015, "ade"),
                *closer(CHARGES, "eqmotion", ("egnn",), 0.0, "ade"),
            ),
        ),
        Claim(
            paper="xu2023eqmotion",
            says="Inferring kinds of interaction makes it better: with one kind for all pairs it predicts bonded "
            "particles worse.",
            differs=f"{BONDS_DIFFER} Read as 0.02, a third of that; the variant has EqMotion's tuned values. The "
            "paper's experiment that recognises relations is not run.",
            note="Refuted by a margin of our own: 0.200 against 0.207 with one kind, ahead in 11 of 16 seeds. "
            "Messages and factors see the pairs' distances, with and without kinds.",
            expected="inconclusive",
            conditions=closer(BONDS, "eqmotion", (ONE_KIND,), 0.02),
        ),
        Claim(
            paper="puny2021frame",
            kind="theorem",
            says="A network that is averaged over the eight frames of a scene turns its answers with the scene.",
            differs=f"{SIZES_DIFFER} Read as an error below 1e-3 of the answers' spread, in float32: where two "
            "variances nearly agree, rounding turns the axes.",
            expected="supported",
            conditions=tuple(
                Bound(task=task, method=method, metric="equivariance_error", below=1e-3)
                for task in (BONDS, CHARGES)
                for method in FRAMES
            ),
        ),
        Claim(
            paper="puny2021frame",
            says="Averaged over frames, an MLP and a message passing network predict turned scenes better than the "
            "same networks that learn rotations from turned copies; the MLP alone is worse still.",
            differs=f"{BONDS_DIFFER} The paper's squared error of the last positions must be lower, too. Against "
            "the MLP alone 0.1 is asked for.",
            note="Refuted by the margin alone: the signs are sure, for the paper's squared error, too. The message "
            "passing network gains 0.060, 0.185 against 0.245, but the MLP only 0.052 of the 0.06 that are asked "
            "for, 0.328 against 0.380 (16 seeds). Alone it has 0.671.",
            expected="supported",
            conditions=(
                *closer(BONDS, "frame_mlp", ("mlp_motion",), 0.1),
                *closer(BONDS, "frame_mlp", ("augmented_mlp",), 0.06),
                *closer(BONDS, "frame_gnn", ("augmented_gnn",), 0.06),
                *closer(BONDS, "frame_mlp", ("mlp_motion", "augmented_mlp"), 0.0, "final_mse_rotated"),
                *closer(BONDS, "frame_gnn", ("augmented_gnn",), 0.0, "final_mse_rotated"),
            ),
        ),
        Claim(
            paper="puny2021frame",
            says="It takes frames: an average over as many random rotations and reflections predicts worse.",
            differs=f"{BONDS_DIFFER} The paper's squared error of the last positions must be lower, too.",
            note="Refuted by the margin alone: the sign is sure, 0.328 against 0.367 (16 seeds), but 0.039 is less "
            "than was asked for. Eight random matrices leave an equivariance error of 0.20.",
            expected="supported",
            conditions=(
                *closer(BONDS, "frame_mlp", ("group_average_mlp",), 0.06),
                *closer(BONDS, "frame_mlp", ("group_average_mlp",), 0.0, "final_mse_rotated"),
            ),
        ),
        Claim(
            paper="puny2021frame",
            says="Both predict turned scenes better than an equivariant linear regression.",
            differs=f"{BONDS_DIFFER} The regression is our control.",
            note="The message passing network does, 0.185 against 0.334; the MLP doesn't, 0.328 (16 seeds). It has "
            "0.26 on its own scenes in a pilot of two seeds, so that more scenes would help it: 3000, as in the "
            "papers, would tell. The flag was set after the numbers.",
            toy="undertrained",
            expected="inconclusive",
            conditions=tuple(one for method in FRAMES for one in closer(BONDS, method, ("linear_equivariant",), 0.06)),
        ),
        Claim(
            paper="puny2021frame",
            says="Charged particles, which have no direction of their own, are predicted better by an MLP with "
            "frames than by one that learns from turned copies.",
            differs=CHARGES_DIFFER,
            note="By mean distance it is the other way round, 0.208 against 0.202, and a linear regression has "
            "0.208, too. By the paper's squared error of the last positions frames are ahead in 16 of 16 seeds, "
            "0.139 against 0.151. Both miss most; 3000 scenes, as in the papers, would tell. The flag was set after "
            "the numbers, as the claim doesn't judge the paper's own error.",
            toy="undertrained",
            expected="inconclusive",
            conditions=closer(CHARGES, "frame_mlp", ("augmented_mlp",), 0.015),
        ),
        Claim(
            paper="puny2021frame",
            says="There, a message passing network with frames has a lower squared error of the last positions "
            "than one that learns from turned copies, and than EGNN.",
            differs=f"{CHARGES_DIFFER} Lower is read as 0.01, 5 % of what constant velocity misses; the paper has a "
            "fifth less than EGNN. Charges are hidden and to be told from the past, instead of given.",
            note="0.0376 against 0.0630 of EGNN and 0.0445 of turned copies (16 seeds): the sign is sure, the "
            "margin isn't reached.",
            expected="inconclusive",
            conditions=closer(CHARGES, "frame_gnn", ("augmented_gnn", "egnn"), 0.01, "final_mse_rotated"),
        ),
    ),
)
