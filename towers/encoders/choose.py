"""The encoder that a configuration names."""

from __future__ import annotations

from schemas.config import RetrievalConfig
from towers.encoders.cnn import DilatedCnn
from towers.encoders.encoder import Encoder
from towers.encoders.gru import Gru
from towers.encoders.mean import RecencyMean
from towers.encoders.transformer import Transformer


def new_encoder(config: RetrievalConfig) -> Encoder:
    """A history encoder with fresh weights, built."""
    dim, blocks, dropout = config.embedding_dim, config.blocks, config.dropout
    gated = config.gated
    encoder: Encoder
    if config.encoder == "mean":
        encoder = RecencyMean(dim, blocks, dropout, gated, name="encoder")
    elif config.encoder == "gru":
        encoder = Gru(dim, blocks, dropout, name="encoder")
    elif config.encoder == "cnn":
        encoder = DilatedCnn(dim, blocks, dropout, gated, name="encoder")
    else:
        encoder = Transformer(
            dim,
            config.history_len,
            blocks,
            config.heads,
            dropout,
            relative=config.positions == "relative",
            time_bias=config.time_bias,
            gated=gated,
            name="encoder",
        )
    encoder.build()
    return encoder
