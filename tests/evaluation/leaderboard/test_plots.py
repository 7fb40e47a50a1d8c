import re

import numpy as np
import pytest

from evaluation.leaderboard import plots

NAMES = [f"model {number}" for number in range(20)]


def labels(monkeypatch: pytest.MonkeyPatch, across: list[float], up: list[float]) -> list[tuple]:
    """Ends of the labels of a picture, in pixels, as they lie when it is written."""
    found = []
    written = plots.to_svg

    def to_svg(figure):
        svg = written(figure)
        texts = [text for text in figure.axes[0].texts if text.get_text()]
        found.extend(text.get_window_extent() for text in texts)
        return svg

    monkeypatch.setattr(plots, "to_svg", to_svg)
    plots.trade_off(NAMES[: len(up)], across, up, "model 1", "across", "up")
    return [(box.x0, box.y0, box.x1, box.y1) for box in found]


def test_labels_of_a_crowd_do_not_cover_each_other(monkeypatch):
    rng = np.random.default_rng(1)
    across, up = (rng.random((2, 20)) * [[1.0], [0.2]]).tolist()
    up[:5], across[:5] = [0.15, 0.151, 0.149, 0.15, 0.152], [0.5, 0.501, 0.502, 0.499, 0.5]
    boxes = labels(monkeypatch, across, up)
    assert len(boxes) == 20
    for number, (left, below, right, above) in enumerate(boxes):
        for x0, y0, x1, y1 in boxes[:number]:
            assert not (x0 < right and left < x1 and y0 < above and below < y1)


def test_where_nothing_is_free_every_name_is_there_still(monkeypatch):
    assert len(labels(monkeypatch, [0.5] * 20, [0.1] * 20)) == 20


def test_an_axis_of_time_has_times_that_people_expect(monkeypatch):
    shown = []
    written = plots.to_svg

    def to_svg(figure):
        svg = written(figure)
        shown.extend(text.get_text() for text in figure.axes[0].get_xticklabels())
        return svg

    monkeypatch.setattr(plots, "to_svg", to_svg)
    plots.trade_off(NAMES[:2], [0.01, 7_200], [0.1, 0.2], None, "time", "up", seconds=True)
    assert {"0.1 s", "1 s", "10 s", "1 min", "10 min", "1 h"} <= set(shown)


def test_pictures_of_one_model_can_be_drawn():
    pictures = [
        plots.intervals(["a"], [0.0], [(0.0, 0.0)], None, "x"),
        plots.trade_off(["a"], [0.0], [0.0], "a", "x", "y"),
        plots.calibration({"a": [[3.0, 3.0, 1]]}, "x", "y"),
        plots.learning({"a": [0.1]}, "y"),
    ]
    for svg in pictures:
        assert re.search(rb"<svg [^>]*viewBox", svg)
