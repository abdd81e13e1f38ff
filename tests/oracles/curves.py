"""Curves, chances and limits of random data, worked out once more.

    python curves.py CURVES.jsonl

Waits in exact fractions from the definitions: who was at risk is counted afresh at every age.
Kaplan and Meier (1958), Greenwood (1926), Aalen and Johansen (1978), Marubini and Valsecchi (1995).
"""

import json
import math
import statistics
import sys
from fractions import Fraction

from kaplan_meier import Z_95

OUTCOMES = 3


class Waits:
    def __init__(self, rows):
        self.rows = [(Fraction(a), Fraction(b), outcome) for a, b, outcome in rows]
        self.ages = sorted({end for _, end, outcome in self.rows if outcome is not None and self.at_risk(end)})

    def at_risk(self, age):
        """Looked at before that age, or from the very start, and not ended before it."""
        return sum(
            1
            for entered, end, _ in self.rows
            if end >= age and (entered < age or entered == age == 0)
        )

    def ended(self, age, outcome=None):
        return sum(
            1
            for entered, end, how in self.rows
            if end == age
            and (entered < end or end == 0)
            and how is not None
            and outcome in (None, how)
        )

    def steps(self):
        survival, greenwood, upper, found = Fraction(1), Fraction(0), 1.0, []
        for age in self.ages:
            n, d = self.at_risk(age), self.ended(age)
            if not d:
                continue
            survival *= Fraction(n - d, n)
            lower = 0.0
            if survival:
                greenwood += Fraction(d, n * (n - d))
                log = math.log(survival)
                width = Z_95 * math.sqrt(greenwood) / abs(log)
                lower, upper = math.exp(log * math.exp(width)), math.exp(log * math.exp(-width))
            found.append([float(age), n, d, survival, lower, upper])
        return found

    def quantile(self, share):
        return next((age for age, _, _, survival, _, _ in self.steps() if survival <= 1 - share), None)

    def chance(self, outcome, by):
        """Chance of an outcome by an age, and the 95 % interval of it."""
        before, total, points = Fraction(1), Fraction(0), []
        for age in self.ages:
            if age > by:
                break
            n, d, own = self.at_risk(age), self.ended(age), self.ended(age, outcome)
            if not d:
                continue
            total += before * Fraction(own, n)
            points.append((n, d, own, before, total))
            before *= Fraction(n - d, n)
        if total in (0, 1):
            return [total, float(total), float(total)]
        variance = Fraction(0)
        for n, d, own, survival, so_far in points:
            still = total - so_far
            if n > d:
                variance += still**2 * Fraction(d, n * (n - d))
            variance += survival**2 * Fraction(own * (n - own), n**3)
            variance -= 2 * still * survival * Fraction(own, n**2)
        spread = Z_95 * math.sqrt(max(variance, 0)) / (float(total) * abs(math.log(total)))
        return [total, float(total) ** math.exp(spread), float(total) ** math.exp(-spread)]


def xmr(values):
    centre = statistics.fmean(values)
    ranges = [abs(b - a) for a, b in zip(values, values[1:])]
    most = 3.267 * statistics.fmean(ranges)
    kept = [r for r in ranges if r < most]
    spread = 2.66 * statistics.fmean(kept) if kept else 0.0
    return centre, centre - spread, centre + spread


def limits(kind, case):
    """Values and a centre, lower and upper limit for each."""
    if kind == "xmr":
        return case["values"], [xmr(case["values"])] * len(case["values"])
    if kind == "p":
        centre = sum(a for a, _ in case["shares"]) / sum(b for _, b in case["shares"])
        spreads = [3 * math.sqrt(centre * (1 - centre) / b) for _, b in case["shares"]]
        of = [(centre, max(0.0, centre - s), min(1.0, centre + s)) for s in spreads]
        return [a / b for a, b in case["shares"]], of
    if kind == "g":
        mean = statistics.fmean(case["counts"])
        spread = 3 * math.sqrt(mean * (mean + 1))
        of = (statistics.median(case["counts"]), max(0.0, mean - spread), mean + spread)
        return case["counts"], [of] * len(case["counts"])
    roots = xmr([days ** (1 / 3.6) for days in case["days"]])
    return case["days"], [tuple(max(root, 0) ** 3.6 for root in roots)] * len(case["days"])


def points_signalled(values, of):
    """For each rule the points that it marks, looking at each point's own surroundings."""
    count = len(values)
    side = [(v > c) - (v < c) for v, (c, _, _) in zip(values, of)]
    close = [
        abs(v - c) > 2 / 3 * (up - c if v > c else c - low) for v, (c, low, up) in zip(values, of)
    ]
    def spans(length, holds):
        starts = [at for at in range(count - length + 1) if holds(range(at, at + length))]
        return {point for at in starts for point in range(at, at + length)}
    def rises(span, sign):
        return all((values[b] - values[a]) * sign > 0 for a, b in zip(span, span[1:]))
    return {
        "outside-limits": {i for i, (v, (_, low, up)) in enumerate(zip(values, of)) if not low <= v <= up},
        "seven-on-one-side": spans(7, lambda s: abs(sum(side[i] for i in s)) == 7),
        "seven-rising-or-falling": spans(7, lambda s: rises(s, 1) or rises(s, -1)),
        "two-of-three-close-to-a-limit": spans(
            3, lambda s: abs(sum(side[i] for i in s)) == 3 and sum(close[i] for i in s) >= 2
        ),
    }


def flat(value):
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in flat(item)]
    return [value]


def near(ours, theirs):
    if ours is None or theirs is None:
        return ours is theirs
    return abs(ours - theirs) <= 1e-9 * max(1.0, abs(theirs))


def differences(case):
    waits = Waits(case["waits"])
    found = []
    theirs = {
        "steps": waits.steps(),
        "quantiles": [waits.quantile(Fraction(p, 100)) for p in (50, 85, 95)],
        "chances": [[waits.chance(k, Fraction(day)) for day in case["days"]] for k in range(OUTCOMES)],
    }
    for name, wanted in theirs.items():
        mine, wanted = flat(case["ours"][name]), flat(wanted)
        if len(mine) != len(wanted) or not all(map(near, mine, wanted)):
            found.append(f"{name}: ours {mine}, oracle {[float(w) if w is not None else w for w in wanted]}")
    for kind, ours in case["series"]["ours"].items():
        values, of = limits(kind, case["series"])
        if len(values) < 13:
            if ours != {"too_few": len(values)}:
                found.append(f"{kind}: says something of {len(values)} points")
            continue
        mine = [[one["centre"], one["lower"], one["upper"]] for one in ours.get("limits", [])]
        if len(mine) != len(of) or not all(map(near, flat(mine), flat(of))):
            found.append(f"{kind}: limits differ")
        marked = {rule: set() for rule in points_signalled(values, of)}
        for signal in ours.get("signals", []):
            marked[signal["rule"]] |= set(range(signal["from"], signal["to"]))
        for rule, wanted in points_signalled(values, of).items():
            if marked[rule] != wanted:
                found.append(f"{kind} {rule}: ours {sorted(marked[rule])}, oracle {sorted(wanted)}")
    return found


def main(path):
    wrong = count = 0
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            count += 1
            found = differences(json.loads(line))
            if found:
                wrong += 1
                if wrong <= 5:
                    print(f"set {count}: {'; '.join(found)}")
    print(f"curves and limits: {count} sets, {wrong} differ")
    return wrong == 0 and count >= 1_000


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1]) else 1)
