"""How far a measured share may be from the true one."""

from __future__ import annotations

import math

Z_95 = 1.959963984540054
TAIL = 0.025


def wilson(successes: int, trials: int, *, z: float = Z_95) -> tuple[float, float]:
    """Return the Wilson interval of a share.

    Parameters
    ----------
    successes, trials
        Counts, 0 <= successes <= trials.
    z
        Quantile of the normal distribution; the default gives 95 %.

    Returns
    -------
    low, high
        Within [0, 1]; (0, 1) without trials.

    References
    ----------
    Wilson (1927), Probable inference, the law of succession, and statistical inference.
    """
    if trials == 0:
        return 0.0, 1.0
    share = successes / trials
    scale = 1 + z * z / trials
    middle = (share + z * z / (2 * trials)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return max(0.0, middle - half), min(1.0, middle + half)


def beta(right: int, wrong: int) -> tuple[float, float]:
    """Return the 95 % credible interval of an accuracy: Beta(1 + right, 1 + wrong).

    Parameters
    ----------
    right, wrong
        Counts of answers to items whose answer is known.

    Returns
    -------
    low, high
        Within [0, 1], the 2.5th and the 97.5th percentile.
    """
    from scipy.special import betaincinv  # noqa: PLC0415 - heavy: loaded where there is gold, not with every web server

    low, high = betaincinv(1 + right, 1 + wrong, [TAIL, 1 - TAIL])
    return float(low), float(high)
