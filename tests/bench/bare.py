"""The floor of the pipeline: the same scikit-learn and cleanlab calls on texts in memory; prints seconds and MB."""

from __future__ import annotations

import sys
import time

import numpy as np
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.utils.extmath import randomized_svd

from quality.learning.classifier import MAX_SPARSE_WORK
from quality.learning.text import WORD
from tests.bench.topics import peak_memory, texts


def main(count: int) -> None:
    """Find the label errors."""
    made = list(texts(count))
    contents, labels = [text for text, _ in made], np.array([given for _, given in made])
    began = time.perf_counter()
    common = {"sublinear_tf": True, "min_df": 2, "dtype": np.float32}
    words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=WORD, max_features=60_000, **common)
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), max_features=100_000, **common)
    light = words.fit_transform(contents)
    matrix = hstack([light, characters.fit_transform(contents)], format="csr")
    _, _, axes = randomized_svd(matrix, n_components=128, n_iter=3, power_iteration_normalizer="LU", random_state=0)
    embedding = matrix @ axes.T
    embedding /= np.linalg.norm(embedding, axis=1, keepdims=True)
    model = LogisticRegression(C=3, max_iter=300)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    learned = light if matrix.nnz * np.unique(labels).size > MAX_SPARSE_WORK else matrix
    values = cross_val_predict(model, learned, labels, cv=folds, method="predict_proba")
    model.fit(learned, labels)
    find_label_issues(labels, values, filter_by="both", n_jobs=1)
    get_label_quality_scores(labels, values)
    seconds = time.perf_counter() - began
    sys.stdout.write(f"{seconds} {peak_memory()}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
