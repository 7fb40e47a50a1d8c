"""`python -m benchmarks.ratings`: ratings of ml-100k on five random folds.

Each fold is predicted from the other four. How many epochs are fitted is chosen on a tenth of what
the first fold leaves; then every fold is fitted with as many.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from pathlib import Path
from statistics import mean, stdev

from benchmarks.rating_folds import Held, deal, fit, hold_out, of_bias, predict
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
EPOCHS = (5, 10, 20)
RANKING = RankingConfig(
    history_len=100,
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
    histories = load_histories(prepared, "fit")
    fold = deal(histories, FOLDS, FOLD_SEED)
    figures = chosen(prepared, hold_out(histories, fold == 0)[0])
    epochs = min(EPOCHS, key=lambda each: figures[f"validation_epochs_{each}_rmse_stars"])
    figures["epochs"] = epochs
    found: dict[str, list[float]] = {}
    for number in range(FOLDS):
        rest, held = hold_out(histories, fold == number)
        ranking = replace(RANKING, epochs=epochs, seed=1 + number)
        for name, value in of_fold(prepared, rest, held, ranking).items():
            found.setdefault(name, []).append(value)
            figures[f"fold_{number}_{name}"] = round(value, 5)
        print(
            f"fold {number}: { ({name: values[-1] for name, values in found.items()}) }", flush=True
        )
    for name, values in found.items():
        figures |= {name: round(mean(values), 4), f"{name}_deviation": round(stdev(values), 4)}
    for figure, value in figures.items():
        print(f"{figure}: {value}")
    settings = {"ranking": asdict(RANKING), "folds": FOLDS, "fold_seed": FOLD_SEED}
    data = described(source, prepared)
    print(write_result("ratings-ml-100k", data, 1, settings, figures, {}))


def chosen(prepared: Artifact, histories: Histories) -> dict[str, float]:
    """RMSE after each number of epochs, on a tenth of the histories' events."""
    rest, held = hold_out(histories, deal(histories, 10, FOLD_SEED) == 0)
    figures = {}
    for epochs in EPOCHS:
        found = of_fold(prepared, rest, held, replace(RANKING, epochs=epochs))
        figures[f"validation_epochs_{epochs}_rmse_stars"] = round(found["rmse_stars"], 5)
        print(f"{epochs} epochs, validation: {found}", flush=True)
    return figures


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
    return figures | {"rmse_over_bias": figures["rmse_stars"] / figures["bias_rmse_stars"]}


if __name__ == "__main__":
    main()
