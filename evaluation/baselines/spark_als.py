"""ALS of Spark MLlib: the same model of implicit events as `als`, in another framework."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import sparse

from evaluation.baselines.dot_products import dot_products
from evaluation.histories import RawHistories
from evaluation.requests import Requests

# Round values, the same for every data set.
FACTORS = 64
CONFIDENCE = 2.0
"""Weight of an event beside that of a pair without one, which is 1."""
REGULARISATION = 0.1
"""Of one event: Spark multiplies it with the number of events of a person or an item."""
ITERATIONS = 10
DRIVER_MEMORY = "2g"


@dataclass(frozen=True, eq=False)
class SparkAls:
    """Scores an item by x_u.y_i.

    Criterion of Hu, Koren & Volinsky, "Collaborative filtering for implicit feedback datasets",
    ICDM 2008, its regularisation weighted with the number of events as in Zhou et al., "Large-scale
    parallel collaborative filtering for the Netflix prize", AAIM 2008 (Meng et al., "MLlib: machine
    learning in Apache Spark", JMLR 2016). Spark has factors of the fitted people alone; here x_u is
    solved for the history of the request, by the step that Spark takes itself: people who were not
    fitted get factors too, and no Spark is needed to score.

    Attributes:
        item_factors: float32 `[items, factors]`, y_i; 0 for an item without events.
        confidence: Of an event.
        regularisation: Of one event.
    """

    item_factors: np.ndarray
    confidence: float
    regularisation: float

    @classmethod
    def fit(
        cls,
        histories: RawHistories,
        seed: int,
        factors: int = FACTORS,
        confidence: float = CONFIDENCE,
        regularisation: float = REGULARISATION,
        iterations: int = ITERATIONS,
    ) -> Self:
        """Fits all events in a local Spark (Java 17), with one core: the same sums every time.

        Args:
            histories: The events to fit.
            seed: Of the first factors.
            factors: Length of x_u and y_i.
            confidence: Of an event.
            regularisation: Of one event.
            iterations: Times that all y_i, then all x_u, are solved.
        """
        with tempfile.TemporaryDirectory() as scratch:
            events, fitted = Path(scratch) / "events.parquet", Path(scratch) / "items"
            _write_events(histories, events)
            spark = _session(scratch)
            try:
                from pyspark.ml.recommendation import ALS

                als = ALS(
                    rank=factors,
                    maxIter=iterations,
                    regParam=regularisation,
                    implicitPrefs=True,
                    alpha=confidence - 1,  # Spark's c is 1 + alpha r
                    userCol="user",
                    itemCol="item",
                    ratingCol="count",
                    seed=seed,
                    numUserBlocks=1,
                    numItemBlocks=1,
                )
                model = als.fit(spark.read.parquet(str(events)))
                model.itemFactors.write.parquet(str(fitted))
            finally:
                spark.stop()
            found = pq.read_table(fitted)
        item_factors = np.zeros((histories.items, factors), np.float32)
        values = found["features"].combine_chunks().flatten().to_numpy()
        item_factors[found["id"].to_numpy()] = values.reshape(-1, factors)
        return cls(item_factors, confidence, regularisation)

    def score(self, requests: Requests, rows: np.ndarray) -> np.ndarray:
        """See `evaluation.ranking_protocol.Scorer`."""
        return dot_products(self.users(requests, rows), self.item_factors)

    def users(self, requests: Requests, rows: np.ndarray) -> np.ndarray:
        """Solves (Y'CY + regularisation n I) x = Y'Cp, n events each: float32 `[rows, factors]`."""
        y = self.item_factors.astype(np.float64)
        gram = y.T @ y
        counts = _counts(requests, rows)
        extra = (self.confidence - 1) * counts
        users = np.zeros((len(rows), y.shape[1]), np.float32)
        for row in np.flatnonzero(np.diff(counts.indptr)):  # a solver call each, as Spark's
            part = slice(counts.indptr[row], counts.indptr[row + 1])
            own, weight = y[counts.indices[part]], extra.data[part]
            left = gram + own.T @ (weight[:, None] * own)
            left[np.diag_indices_from(left)] += self.regularisation * len(own)
            users[row] = np.linalg.solve(left, (1 + weight) @ own)
        return users


def _counts(histories: RawHistories, rows: np.ndarray) -> sparse.csr_array:
    """Events of each row with each item: float64 `[rows, items]`."""
    return histories.history_matrix(rows, np.ones(len(histories.events(rows).item)))


def _write_events(histories: RawHistories, path: Path) -> None:
    """One line for each person and item: `user`, `item` int32, `count` float32."""
    counts = _counts(histories, histories.rows).tocoo()
    user, item = (values.astype(np.int32) for values in counts.coords)
    columns = {"user": user, "item": item, "count": counts.data.astype(np.float32)}
    pq.write_table(pa.table(columns), path)


def _session(scratch: str) -> Any:
    from pyspark.sql import SparkSession  # of the extra `spark`

    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": DRIVER_MEMORY,
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.warehouse.dir": scratch,
        "spark.local.dir": scratch,
    }
    builder = SparkSession.builder.master("local[1]").appName("matinee")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    # ALS forgets there how its factors came about; without, the plan outgrows Java's stack.
    session.sparkContext.setCheckpointDir(scratch)
    return session
