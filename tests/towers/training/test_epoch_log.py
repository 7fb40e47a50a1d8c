import json

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from towers.training.epoch_log import EpochLog

import tensorflow as tf  # isort: skip  (after the modules above, which prepare the process)

EPOCHS = [{"epoch": 1, "loss": 2.5, "ndcg@10": 0.25}, {"epoch": 2, "loss": 1.5, "ndcg@10": 0.5}]


def test_every_epoch_is_a_line_and_a_step_of_tensorboard(tmp_path):
    with EpochLog(tmp_path, "candidate") as log:
        for figures in EPOCHS:
            log.write(figures)
    lines = (tmp_path / "candidate.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == EPOCHS
    events = EventAccumulator(str(tmp_path / "candidate"))
    events.Reload()
    for name in ("loss", "ndcg@10"):
        points = [(e.step, float(tf.make_ndarray(e.tensor_proto))) for e in events.Tensors(name)]
        assert points == [(figures["epoch"], figures[name]) for figures in EPOCHS]
    assert "epoch" not in events.Tags()["tensors"]
