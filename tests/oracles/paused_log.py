"""The log with pauses, worked out from its rows alone, against our readings and figures.

    python paused_log.py PAUSED.csv PAUSED.json

Of the answer's file only `ours` and `figures` are looked at, and only to compare.
"""

import csv
import datetime as dt
import json
import math
import statistics
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from fractions import Fraction

from curves import Waits
from kaplan_meier import Z_95, Curve
from spell import Spell, differences
from working_time import calendar, instant

AS_OF = instant("2026-07-01T12:00:00Z")
CALENDAR = "scotland-bank-holidays"
MS_PER_DAY = 86_400_000
COUNTING = {"counts_first_day": False, "count_day": "at-end", "roll": None}
# What the workflow of the log says, once more: target, and which rows do what.
CLOCKS = {
    "confirm": {
        "target": 10,
        "start": "Received",
        "stop": "Confirmed",
        "cancel": ["Withdrawn"],
        "pause": "Asked",
    },
    "answer": {
        "target": 5,
        "start": "Asked",
        "stop": "Answered",
        "cancel": ["Confirmed", "Withdrawn"],
        "pause": None,
    },
}
# Texts beside the figures, from the workflow's file.
LABELS = {"title", "group"}


def rows_by_request(path):
    """What was known at the moment of the figures, in order of time."""
    requests = defaultdict(list)
    with open(path, encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            requests[row["request"]].append((instant(row["time"]), row["activity"]))
    return {
        name: sorted(row for row in rows if row[0] <= AS_OF) for name, rows in requests.items()
    }


def spells_of(rows, clock):
    """Each run of a clock in the rows of one request, as the form that Spell reads."""
    spell = None
    for at, activity in rows:
        if activity == clock["start"]:
            spell = {
                "started_at": at.isoformat(),
                "ended_at": None,
                "status": "running",
                "target": {"working-days": clock["target"]},
                "counting": COUNTING,
                "pauses": [],
            }
        if spell is None:
            continue
        # It is paused while the request stands in that state: any other row leaves it.
        if spell["pauses"] and not spell["pauses"][-1]["to"]:
            spell["pauses"][-1]["to"] = at.isoformat()
        if activity == clock["pause"]:
            spell["pauses"].append({"from": at.isoformat(), "to": None})
        elif activity == clock["stop"] or activity in clock["cancel"]:
            spell["ended_at"] = at.isoformat()
            spell["status"] = "stopped" if activity == clock["stop"] else "cancelled"
            yield spell
            spell = None
    if spell:
        yield spell


@dataclass
class Run:
    started: dt.datetime
    # The row that ended it, in small letters as the events of the workflow.
    ended_by: str | None
    # Wait since the request's first row.
    childs: Fraction
    reading: object


def runs_of(requests, clock):
    """Every run of a clock with its reading."""
    found = []
    for rows in requests.values():
        at_time = {at: activity for at, activity in rows}
        for raw in spells_of(rows, clock):
            end = instant(raw["ended_at"]) if raw["ended_at"] else None
            waited = (end or AS_OF) - rows[0][0]
            found.append(
                Run(
                    started=instant(raw["started_at"]),
                    ended_by=at_time[end].lower() if end else None,
                    childs=Fraction(round(waited / dt.timedelta(milliseconds=1)), MS_PER_DAY),
                    reading=Spell(raw, calendar(CALENDAR), AS_OF).reading(),
                )
            )
    return found


def days(ms):
    return Fraction(ms, MS_PER_DAY)


def mean_of(values, mean):
    return mean(values) if values else None


def quantiles(observations):
    curve = Curve(observations)
    low, high = curve.median_interval()
    return {
        "median": curve.quantile(Fraction(50, 100)),
        "median_low": low,
        "median_high": high,
        "p85": curve.quantile(Fraction(85, 100)),
        "p95": curve.quantile(Fraction(95, 100)),
    }


def wilson(met, count):
    """Where the score test just does not refuse a share: the roots of its equation."""
    if not count:
        return None
    z, p = Z_95**2, met / count
    a, b, c = count + z, -(2 * count * p + z), count * p * p
    root = math.sqrt(b * b - 4 * a * c)
    return [max((-b - root) / (2 * a), 0.0), min((-b + root) / (2 * a), 1.0)]


def outcomes(runs):
    """Chance of each way to end by some days, from `curves`, which counts who was at risk afresh."""
    names = sorted({run.ended_by for run in runs if run.ended_by})
    waits = Waits(
        (0, days(run.reading.elapsed_ms), names.index(run.ended_by) if run.ended_by else None)
        for run in runs
    )
    return [
        {
            "outcome": name,
            "count": sum(run.ended_by == name for run in runs),
            "chance_by_days": {str(day): waits.chance(k, Fraction(day)) for day in (1, 5, 10, 20, 40)},
        }
        for k, name in enumerate(names)
    ]


def rank(ages, percent):
    """Of the ages in order the first that so many per cent do not exceed."""
    return next(age for n, age in enumerate(sorted(ages), 1) if 100 * n >= percent * len(ages))


def figures(clock, runs):
    readings = [run.reading for run in runs]
    count = Counter(reading.status for reading in readings)
    stopped = [reading for reading in readings if reading.status == "stopped"]
    still_open = [reading for reading in readings if reading.status in ("running", "paused")]
    within = sum(reading.met is True for reading in stopped)
    missed_stopped = sum(reading.met is False for reading in stopped)
    missed_open = sum(reading.met is False for reading in still_open)
    # A cancelled one is censored when it was cancelled, an open one at the moment of asking.
    waits = [(days(r.elapsed_ms), r.status == "stopped") for r in readings]
    curve = Curve(waits)
    adjusted = [(days(r.elapsed_ms - r.paused_ms), r.status == "stopped") for r in readings]
    undecided = len(still_open) - missed_open
    ages = [days(r.elapsed_ms) for r in still_open]
    closed = [days(reading.elapsed_ms) for reading in stopped]
    decided = within + missed_stopped + missed_open
    elapsed = sum(reading.elapsed_ms for reading in readings)
    return {
        "target": f"{clock['target']}wd",
        "started": len(readings),
        "stopped": len(stopped),
        "open": len(still_open),
        "cancelled": count["cancelled"],
        "paused": count["paused"],
        "within_target": within,
        "missed_stopped": missed_stopped,
        "missed_open": missed_open,
        "share_within_target": Fraction(within, decided) if decided else None,
        "share_interval": wilson(within, decided),
        "share_bounds": [
            Fraction(within, decided + undecided),
            Fraction(within + undecided, decided + undecided),
        ],
        "open_within_target_share": Fraction(undecided, len(still_open)) if still_open else None,
        "kaplan_meier_days": quantiles(waits),
        "adjusted_for_pauses_days": quantiles(adjusted),
        "childs_wait_days": quantiles([(run.childs, run.reading.status == "stopped") for run in runs]),
        "outcomes": outcomes(runs),
        "fewest_at_risk": None,
        "open_ages_snapshot_days": {"p50": rank(ages, 50), "p90": rank(ages, 90)} if ages else None,
        "survival_at_days": {str(day): curve.survival_at(day) for day in (1, 5, 10, 20, 40)},
        "closed_only_days": {
            "mean": mean_of(closed, statistics.mean),
            "median": mean_of(closed, statistics.median),
        },
        "oldest_open_days": max((days(r.elapsed_ms) for r in still_open), default=None),
        "median_working_days_stopped": mean_of(
            [reading.working_days for reading in stopped], statistics.median
        ),
        "pause_share": Fraction(sum(r.paused_ms for r in readings), elapsed) if elapsed else None,
    }


def is_number(value):
    return isinstance(value, (int, float))


def differing(name, ours, theirs):
    """Sentences; a figure that only one side has is a difference too."""
    if isinstance(ours, list) and isinstance(theirs, (list, tuple)) and len(ours) == len(theirs):
        pairs = enumerate(zip(ours, theirs))
        return [text for at, (a, b) in pairs for text in differing(f"{name}[{at}]", a, b)]
    if isinstance(ours, dict) and isinstance(theirs, dict):
        found = []
        for key in sorted(ours.keys() | theirs.keys()):
            if key not in ours or key not in theirs:
                found.append(f"{name}.{key}: only {'ours' if key in ours else 'the oracle'} has it")
            else:
                found += differing(f"{name}.{key}", ours[key], theirs[key])
        return found
    theirs = float(theirs) if isinstance(theirs, Fraction) else theirs
    same = abs(ours - theirs) <= 1e-9 if is_number(ours) and is_number(theirs) else ours == theirs
    return [] if same else [f"{name}: ours {ours}, oracle {theirs}"]


def check_readings(ours, theirs):
    mine = {instant(request["started_at"]): request["ours"] for request in ours}
    yours = {run.started: run.reading for run in theirs}
    found = []
    if not len(ours) == len(mine) == len(theirs) == len(yours):
        found.append(f"requests: ours {len(ours)}, oracle {len(theirs)}, or a start that is not alone")
    for start in sorted(mine.keys() | yours.keys()):
        if start not in mine or start not in yours:
            found.append(f"{start}: only {'ours' if start in mine else 'the oracle'} has it")
        else:
            found += [f"{start} {text}" for text in differences(mine[start], yours[start])]
    print(f"log with pauses: {len(mine.keys() & yours.keys())} requests, {len(found)} readings differ")
    return found


def figures_of(runs):
    """By clock; worked out once, whatever it is held against."""
    return {name: figures(clock, runs[name]) for name, clock in CLOCKS.items()}


def check_figures(ours, readings, wanted):
    found = []
    by_clock = {figures["clock"]: figures for figures in ours["clocks"]}
    if by_clock.keys() != CLOCKS.keys() or len(ours["clocks"]) != len(CLOCKS):
        found.append(f"clocks: ours {sorted(by_clock)}, oracle {sorted(CLOCKS)}")
    for name, theirs in wanted.items():
        mine = by_clock.get(name, {})
        mine = {key: value for key, value in mine.items() if key not in LABELS | {"clock"}}
        wrong = differing(name, mine, theirs)
        counts = ", ".join(f"{theirs[key]} {key}" for key in ("stopped", "open", "cancelled", "paused"))
        print(f"figures of {name}: {len(readings[name])} runs ({counts}), {len(wrong)} differ")
        found += wrong
    return found


def check(rows, answer):
    requests = rows_by_request(rows)
    readings = {name: runs_of(requests, clock) for name, clock in CLOCKS.items()}
    found = [] if instant(answer["as_of"]) == AS_OF else [f"asked as of {answer['as_of']}"]
    if instant(answer["figures"]["figures_as_of"]) != AS_OF:
        found.append(f"figures as of {answer['figures']['figures_as_of']}")
    found += check_readings(answer["requests"], readings["confirm"])
    found += check_figures(answer["figures"], readings, figures_of(readings))
    # Every way to be censored, or the comparison says too little.
    seen = Counter(run.reading.status for run in readings["confirm"])
    for status in ("stopped", "running", "paused", "cancelled"):
        if not seen[status]:
            found.append(f"no request of the log is {status}")
    return found


if __name__ == "__main__":
    with open(sys.argv[2], encoding="utf-8") as file:
        sentences = check(sys.argv[1], json.load(file))
    for sentence in sentences[:20]:
        print(f"  {sentence}")
    sys.exit(1 if sentences else 0)
