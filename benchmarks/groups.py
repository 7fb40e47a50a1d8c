"""`python -m benchmarks.groups`: lists for groups of 2 and 4 on ml-100k.

The newest fifth of each user's events is held out. Groups of random, similar and dissimilar tastes
get lists from the ranker that reads all members together, and from the aggregators of the
literature over what the same ranker says of each member alone.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.group_figures import Values, figures_of_model, figures_of_peers, lines
from benchmarks.held_out import PEOPLE_TOGETHER, people_together
from benchmarks.results import described, write_result
from commands.stages import Stages, fetch_dataset
from evaluation.batches import batches
from evaluation.groups.candidates import FilteredSearch, find_candidates
from evaluation.groups.forming import KINDS, form_groups, mean_similarity
from evaluation.groups.lists import Score, rank_for_groups
from evaluation.groups.measures import LIST_K, group_values, targets_found
from evaluation.groups.people import People, read_people
from evaluation.requests import Requests, read_requests
from evaluation.saved_models import Ranker, RetrievalModel
from schemas.artifacts import Artifact
from schemas.config import Config, EvaluateConfig, load_config
from serving.retriever import open_retriever


@dataclasses.dataclass(frozen=True)
class GroupSettings:
    """What groups are formed.

    Attributes:
        sizes: Members of a group.
        people: People of each size and kind, each in one group.
        like_threshold: Rating from which on a held-out item is liked.
        seed: Of forming them.
    """

    sizes: tuple[int, ...] = (2, 4)
    people: int = 400
    like_threshold: float = 4.0
    seed: int = 1


class Models(NamedTuple):
    """What is measured: one retrieval model with its index, and rankers of several seeds."""

    towers: RetrievalModel
    search: FilteredSearch
    rankers: list[Score]


class Cell(NamedTuple):
    """Groups of one kind and size.

    Attributes:
        values: Of each list, a group's mean over the rankers.
        figures: What the groups are like.
    """

    values: Values
    figures: dict[str, float]


def run(
    name: str,
    source: Artifact,
    config: Config,
    settings: GroupSettings,
    seeds: Sequence[int],
    runs: Path,
) -> Path:
    """Trains retrieval once and a ranker with each seed, forms groups and measures their lists.

    What was prepared or trained before with the same settings is taken as it is.

    Args:
        name: Of the result.
        source: The data.
        config: Settings; the ranker's seed is replaced. The split has one history for all of a
            user's requests.
        settings: Of the groups.
        seeds: Of the ranker.
        runs: Directory of the artefacts.

    Returns:
        The file `docs/results/<name>.json`.
    """
    prepared = Stages(runs, config).prepare(source, [])
    requests = read_requests(prepared.path, "test")
    models = train_models(requests, config, seeds, runs)
    figures, peers = measure_groups(requests, models, settings, config.evaluate)
    told: dict[str, Any] = {
        stage: dataclasses.asdict(getattr(config, stage))
        for stage in ("prepare", "retrieval", "ranking", "evaluate")
    } | {"groups": dataclasses.asdict(settings)}
    told |= {"seeds": list(seeds), "split": prepared.figures["split"]}
    return write_result(name, described(source, prepared), seeds[0], told, figures, peers)


def train_models(requests: Requests, config: Config, seeds: Sequence[int], runs: Path) -> Models:
    """Both stages, or what was trained before with the same settings."""
    stages = Stages(runs, config)
    retrieval, index = stages.train_retrieval(), stages.index()
    towers = RetrievalModel(
        retrieval.path, requests.item_ids, retrieval.manifest["config"]["history_len"]
    )
    retriever = open_retriever(index)

    def search(
        queries: np.ndarray, k: int, barred: Sequence[np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        hits = retriever.search(queries, k, barred)
        return hits.rows, hits.valid

    rankers: list[Score] = []
    for seed in seeds:
        ranking = dataclasses.replace(config.ranking, seed=seed)
        trained = Stages(runs, dataclasses.replace(config, ranking=ranking)).train_ranking()
        rankers.append(Ranker(trained.path, towers, ranking.history_len).score)
    return Models(towers, search, rankers)


def measure_groups(
    requests: Requests, models: Models, settings: GroupSettings, config: EvaluateConfig
) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Forms groups of every size and kind and measures their lists: figures, and those of peers."""
    people = read_people(requests)
    figures: dict[str, float] = {"people": len(people)}
    peers: dict[str, dict[str, float]] = {}
    for size, kind in product(settings.sizes, KINDS):
        cell, most = f"{kind}_{size}", settings.people // size
        groups = form_groups(people, kind, size, most, settings.like_threshold, settings.seed)
        found = measure_cell(requests, people, groups, models, settings, config)
        print(*lines(cell, found.values), sep="\n", flush=True)
        figures |= {f"{cell}_{figure}": value for figure, value in found.figures.items()}
        figures |= figures_of_model(cell, found.values, config)
        for peer, values in figures_of_peers(cell, found.values).items():
            peers.setdefault(peer, {}).update(values)
    return figures, peers


def measure_cell(
    requests: Requests,
    people: People,
    groups: np.ndarray,
    models: Models,
    settings: GroupSettings,
    config: EvaluateConfig,
) -> Cell:
    """Lists of groups of one kind and size, and what they are worth."""
    values: dict[str, list[np.ndarray]] = {}
    found = there_are = 0
    for rows in batches(np.arange(len(groups)), config.batch_size):
        part = groups[rows]
        candidates = find_candidates(
            requests, people, part, models.towers, models.search, config.candidates
        )
        hits, targets = targets_found(candidates, people, part, settings.like_threshold)
        found, there_are = found + hits, there_are + targets
        of_seeds = [
            rank_for_groups(requests, people.row[part], candidates, score, LIST_K)
            for score in models.rankers
        ]
        for name in of_seeds[0]:
            of_list = [
                group_values(lists[name], people, part, settings.like_threshold)
                for lists in of_seeds
            ]
            values.setdefault(name, []).append(np.mean(of_list, axis=0))
    return Cell(
        {name: np.concatenate(parts) for name, parts in values.items()},
        {
            "groups": len(groups),
            "similarity": round(mean_similarity(people, groups), 4),
            "targets_per_member": round(there_are / groups.size, 2),
            "targets_among_candidates": round(found / there_are, 4),
        },
    )


def main() -> None:
    """Trains what is missing, prints the figures and writes the result."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.groups", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data"), help="of fetched datasets")
    parser.add_argument("--runs", type=Path, default=PEOPLE_TOGETHER)
    parser.add_argument("--config", type=Path, help="TOML; its split and tasks are replaced")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], help="of the ranker")
    parser.add_argument("--people", type=int, default=GroupSettings.people)
    arguments = parser.parse_args()
    source = fetch_dataset("ml-100k", arguments.data)
    config = people_together(load_config(arguments.config))
    settings = GroupSettings(people=arguments.people)
    print(run("groups", source, config, settings, arguments.seeds, arguments.runs))


if __name__ == "__main__":
    main()
