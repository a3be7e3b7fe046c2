"""Texts as numbers: word and character n-grams weighted by TF-IDF, and their truncated SVD."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.utils.extmath import randomized_svd

from labeling.errors import Invalid
from quality.learning.arrays import Features, Floats, Mask, Matrix, unit_rows

MAX_CHARACTERS = 20_000
"""Of a longer text only the beginning is read: what it is about shows there."""

WORD = r"(?u)\b\w+\b"

AXES_FROM = 20_000
"""Texts that the axes of the embedding are learned from, drawn at random where there are more."""

RARE_BELOW = 200
"""With fewer texts than this, n-grams that occur once are kept."""


class TfidfEncoder:
    """Word 1-2-grams and character 3-5-grams, both TF-IDF, side by side; their SVD as embedding.

    Works offline and for every language that has characters: character n-grams see inside words, so that languages
    without spaces and misspellings are not lost.

    Parameters
    ----------
    dimensions
        Length of the embedding, at most; few or very similar texts have less to tell.
    words, characters
        How many of the most frequent n-grams of each sort to keep.
    seed
        Of the randomized SVD.
    """

    name = "tfidf"

    def __init__(self, *, dimensions: int = 128, words: int = 60_000, characters: int = 100_000, seed: int = 0) -> None:
        self.dimensions = dimensions
        self.words = words
        self.characters = characters
        self.seed = seed

    @property
    def settings(self) -> dict[str, Any]:
        """Return all that decides the numbers besides the texts."""
        return {
            "dimensions": self.dimensions,
            "words": self.words,
            "characters": self.characters,
            "axes_from": AXES_FROM,
            "seed": self.seed,
        }

    def encode(self, items: Iterable[str], fit: Mask) -> Features:
        """Return the features of the texts.

        Parameters
        ----------
        items
            n texts.
        fit
            Shape (n,): the texts that vocabulary, weights and axes are learned from.

        Returns
        -------
        Features
            `matrix` is sparse with rows of length 1, `light` is its words alone, `embedding` has at most `dimensions`
            columns.

        Raises
        ------
        Invalid
            When no text at all is to be learned from.
        """
        texts = [item[:MAX_CHARACTERS] for item in items]
        if not texts or not fit.any():
            raise Invalid("There are no texts to learn from.")
        least = 2 if int(fit.sum()) >= RARE_BELOW else 1
        common: dict[str, Any] = {"sublinear_tf": True, "min_df": least, "dtype": np.float32, "lowercase": True}
        parts = [
            _weighted(
                texts,
                fit,
                TfidfVectorizer(ngram_range=(1, 2), token_pattern=WORD, max_features=self.words, **common),
            ),
            _weighted(
                texts,
                fit,
                TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), max_features=self.characters, **common),
            ),
        ]
        matrix = csr_matrix(hstack(parts, format="csr", dtype=np.float32)) / np.float32(np.sqrt(2))
        return Features(matrix=matrix, embedding=unit_rows(self._reduced(matrix, fit)), light=csr_matrix(parts[0]))

    def _reduced(self, matrix: Matrix, fit: Mask) -> Floats:
        rows = np.flatnonzero(fit)
        if rows.size > AXES_FROM:
            rows = np.sort(np.random.default_rng(self.seed).choice(rows, AXES_FROM, replace=False))
        learned = matrix if rows.size == matrix.shape[0] else matrix[rows]
        wanted = min(self.dimensions, learned.shape[0], learned.shape[1])
        if learned.nnz == 0:
            return np.zeros((matrix.shape[0], 1), dtype=np.float32)
        _, values, axes = randomized_svd(
            learned, n_components=wanted, n_iter=3, power_iteration_normalizer="LU", random_state=self.seed
        )
        # Axes without any strength point wherever rounding left them.
        axes = axes[values > values[0] * 1e-5]
        reduced: Floats = np.asarray(matrix @ axes.T, dtype=np.float32)
        return reduced


def _weighted(texts: list[str], fit: Mask, vectorizer: Any) -> Matrix:
    """Return the weights of the n-grams; a sort of which no text has any gives one empty column."""
    try:
        if fit.all():
            return vectorizer.fit_transform(texts)
        vectorizer.fit([text for text, learned in zip(texts, fit, strict=True) if learned])
    except ValueError as error:
        # scikit-learn's only way to say that nothing is left to count.
        if "empty vocabulary" in str(error) or "no terms remain" in str(error):
            return csr_matrix((len(texts), 1), dtype=np.float32)
        raise
    return vectorizer.transform(texts)
