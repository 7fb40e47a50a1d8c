"""`python -m benchmarks.ratings`: ratings of ml-100k on five random folds.

Each fold is predicted from all that a user rated in the other four. How many epochs are fitted is
chosen for each fold on a tenth of what it leaves, so on none of its own ratings. That events have
random places and no times was chosen on ratings of fold 0, so the mean of the others is given too.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from pathlib import Path
from statistics import mean, stdev

from benchmarks.rating_folds import Held, deal, fit, hold_out, in_random_order, of_bias, predict
from benchmarks.results import described, write_result
from commands.stages import Stages, fetch_dataset
from evaluation.metrics.errors import mae, rmse
from schemas.artifacts import Artifact
from schemas.config import Config, PrepareConfig, RankingConfig
from schemas.histories import Histories
from schemas.prepared import load_card, load_histories

FOLDS, FOLD_SEED = 5, 1
EVERY_EVENT_FITTED = 1_000_000
"""More events than any user has, so that none is held out in preparation."""
EPOCHS = (3, 5, 8)
RANKING = RankingConfig(
    history_len=1_000,
    pair_batch_size=1,
    like_weight=0.0,
    pair_weight=0.0,
    watch_next_weight=0.0,
)


def main() -> None:
    """Fits all folds, prints the figures and writes the result."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ratings", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data"), help="of fetched datasets")
    parser.add_argument("--runs", type=Path, default=Path("runs/rating-folds"))
    arguments = parser.parse_args()
    source = fetch_dataset("ml-100k", arguments.data)
    config = Config(prepare=PrepareConfig(min_events=EVERY_EVENT_FITTED))
    prepared = Stages(arguments.runs, config).prepare(source, [])
    histories = in_random_order(load_histories(prepared, "fit"), FOLD_SEED)
    fold = deal(histories, FOLDS, FOLD_SEED)
    figures: dict[str, float] = {}
    found: dict[str, list[float]] = {}
    for number in range(FOLDS):
        rest, held = hold_out(histories, fold == number)
        ranking = replace(RANKING, epochs=chosen_epochs(prepared, rest), seed=1 + number)
        of_this = of_fold(prepared, rest, held, ranking) | {"epochs": ranking.epochs}
        print(f"fold {number}: {of_this}", flush=True)
        for name, value in of_this.items():
            found.setdefault(name, []).append(value)
            figures[f"fold_{number}_{name}"] = round(value, 5)
    for name, values in found.items():
        figures |= {name: round(mean(values), 4), f"{name}_deviation": round(stdev(values), 4)}
        figures[f"later_folds_{name}"] = round(mean(values[1:]), 4)
    for figure, value in figures.items():
        print(f"{figure}: {value}")
    settings = {"ranking": asdict(RANKING), "folds": FOLDS, "fold_seed": FOLD_SEED}
    settings |= {"epochs": EPOCHS}
    data = described(source, prepared)
    print(write_result("ratings-ml-100k", data, 1, settings, figures, {}))


def chosen_epochs(prepared: Artifact, histories: Histories) -> int:
    """The number of epochs with the least RMSE on a tenth of the histories' events."""
    rest, held = hold_out(histories, deal(histories, 10, FOLD_SEED) == 0)
    errors = {}
    for epochs in EPOCHS:
        found = of_fold(prepared, rest, held, replace(RANKING, epochs=epochs))
        errors[epochs] = found["rmse_stars"]
        print(f"{epochs} epochs, validation: {found}", flush=True)
    return min(errors, key=lambda epochs: errors[epochs])


def of_fold(
    prepared: Artifact, rest: Histories, held: Held, config: RankingConfig
) -> dict[str, float]:
    """Errors of the ranker and of the bias model, in stars, and the ratio of the two."""
    trainer = fit(prepared, rest, config)
    ours = predict(trainer, rest, held, load_card(prepared).rating_range)
    bias = of_bias(rest, held, prepared)
    figures = {
        "rmse_stars": rmse(ours, held.rating),
        "mae_stars": mae(ours, held.rating),
        "bias_rmse_stars": rmse(bias, held.rating),
        "bias_mae_stars": mae(bias, held.rating),
    }
    return figures | {
        f"{error}_over_bias": figures[f"{error}_stars"] / figures[f"bias_{error}_stars"]
        for error in ("rmse", "mae")
    }


if __name__ == "__main__":
    main()
