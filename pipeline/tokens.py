"""Text to the vocabulary indices of its most telling n-grams, inside the transform graph."""

from __future__ import annotations

import schemas.tf_runtime  # isort: skip  # noqa: F401  before TensorFlow

import tensorflow as tf
import tensorflow_transform as tft

from schemas.cards import Feature

NOT_IN_WORDS = r"[^\p{L}\p{N}]+"
"""Whatever is neither letter nor digit parts two words."""


def ngrams(text: tf.Tensor, most_words: int) -> tf.RaggedTensor:
    """Texts `[batch]` string to n-grams of one to `most_words` words, `[batch, None]` string."""
    lower = tf.strings.lower(text, encoding="utf-8")
    words = tf.strings.split(tf.strings.regex_replace(lower, NOT_IN_WORDS, " "))
    widths = tuple(range(1, most_words + 1))
    return tf.strings.ngrams(words, widths, separator=" ") if most_words > 1 else words


def telling_tokens(text: tf.Tensor, name: str, feature: Feature) -> tf.RaggedTensor:
    """Texts to their `max_tokens` n-grams with the highest TF-IDF, the highest first.

    A text of hundreds of words would cost the models as many look-ups and bury the few that tell
    it from others. n-grams that the vocabulary leaves out are left out here too.

    Args:
        text: `[batch]` string.
        name: Of the feature and its vocabulary.
        feature: The card's options.

    Returns:
        `[batch, None]` int64 indices from 1.
    """
    tokens = ngrams(text, feature.ngrams)
    words = tft.vocabulary(
        tokens,
        vocab_filename=name,
        frequency_threshold=feature.min_count if feature.min_count > 1 else None,
        top_k=feature.max_vocabulary,
    )
    index = tft.apply_vocabulary(tokens, words, default_value=-1)
    index = tf.ragged.boolean_mask(index, index >= 0)
    size = tft.experimental.get_vocabulary_size_by_name(name)
    return _most_telling(index, size, feature.max_tokens) + 1


def _most_telling(index: tf.RaggedTensor, size: tf.Tensor, count: int) -> tf.RaggedTensor:
    """The `count` distinct indices of each row with the highest TF-IDF."""
    # Rows without a word, such as those of users, are no part of the corpus.
    written = index.row_lengths() > 0
    documents = tf.ragged.boolean_mask(index, written).to_sparse()
    # tft.tfidf 1.21 breaks on a vocabulary of one word (it squeezes the counts to a scalar).
    found, weight = tft.tfidf(documents, tf.maximum(size, 2))
    dense_weight = tf.sparse.to_dense(weight, default_value=-1.0)
    order = tf.argsort(dense_weight, direction="DESCENDING", stable=True)[:, :count]
    best = tf.gather(tf.sparse.to_dense(found), order, batch_dims=1)
    real = tf.gather(dense_weight, order, batch_dims=1) >= 0
    lengths = tf.scatter_nd(
        tf.where(written),
        tf.reduce_sum(tf.cast(real, tf.int64), axis=1),
        tf.shape(written, out_type=tf.int64),
    )
    # Not validated: TFT runs an assertion before it knows the weights that it depends on.
    return tf.RaggedTensor.from_row_lengths(tf.boolean_mask(best, real), lengths, validate=False)
