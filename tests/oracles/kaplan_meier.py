"""Kaplan–Meier in exact fractions: no rounding until a figure is read.

Written from Kaplan and Meier (1958) for the curve, Greenwood (1926) for its variance and
Kalbfleisch and Prentice §1.4 for intervals on the log(-log) scale.
"""

import math
from collections import Counter
from fractions import Fraction
from statistics import NormalDist

HALF = Fraction(1, 2)
Z_95 = NormalDist().inv_cdf(0.975)


class Curve:
    def __init__(self, observations):
        """`observations`: pairs of a time and whether it ended then; otherwise it is censored."""
        ended = Counter(time for time, did_end in observations if did_end)
        # (time, survival, lower, upper) from each time on at which something ended.
        self.steps = []
        survival, greenwood, upper = Fraction(1), Fraction(0), 1.0
        for time in sorted(ended):
            # Whoever is censored at this very time was still at risk.
            at_risk = sum(1 for other, _ in observations if other >= time)
            left = at_risk - ended[time]
            survival *= Fraction(left, at_risk)
            lower = 0.0
            if left:
                greenwood += Fraction(ended[time], at_risk * left)
                log = math.log(survival)
                width = Z_95 * math.sqrt(greenwood) / abs(log)
                lower = math.exp(log * math.exp(width))
                upper = math.exp(log * math.exp(-width))
            self.steps.append((time, survival, lower, upper))

    def survival_at(self, time):
        return next((s for t, s, _, _ in reversed(self.steps) if t <= time), Fraction(1))

    def quantile(self, share):
        """The first time by which this share has ended, or None."""
        return next((t for t, s, _, _ in self.steps if s <= 1 - share), None)

    def median_interval(self):
        low = next((t for t, _, lower, _ in self.steps if lower <= HALF), None)
        high = next((t for t, _, _, upper in self.steps if upper <= HALF), None)
        return low, high
