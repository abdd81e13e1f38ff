"""The log with pauses, worked out from its rows alone, against our readings and figures.

    python paused_log.py PAUSED.csv PAUSED.json

Of the answer's file only `ours` and `figures` are looked at, and only to compare.
"""

import csv
import json
import statistics
import sys
from collections import Counter, defaultdict
from fractions import Fraction

from kaplan_meier import Curve
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


def readings_of(requests, clock):
    """Start and reading of every run of a clock."""
    return [
        (instant(raw["started_at"]), Spell(raw, calendar(CALENDAR), AS_OF).reading())
        for rows in requests.values()
        for raw in spells_of(rows, clock)
    ]


def days(ms):
    return Fraction(ms, MS_PER_DAY)


def mean_of(values, mean):
    return mean(values) if values else None


def figures(clock, readings):
    count = Counter(reading.status for reading in readings)
    stopped = [reading for reading in readings if reading.status == "stopped"]
    still_open = [reading for reading in readings if reading.status in ("running", "paused")]
    within = sum(reading.met is True for reading in stopped)
    missed_stopped = sum(reading.met is False for reading in stopped)
    missed_open = sum(reading.met is False for reading in still_open)
    # A cancelled one is censored when it was cancelled, an open one at the moment of asking.
    curve = Curve([(days(r.elapsed_ms), r.status == "stopped") for r in readings])
    low, high = curve.median_interval()
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
        "kaplan_meier_days": {
            "median": curve.quantile(Fraction(50, 100)),
            "median_low": low,
            "median_high": high,
            "p85": curve.quantile(Fraction(85, 100)),
            "p95": curve.quantile(Fraction(95, 100)),
        },
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
    yours = dict(theirs)
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


def check_figures(ours, readings):
    found = []
    by_clock = {figures["clock"]: figures for figures in ours["clocks"]}
    if by_clock.keys() != CLOCKS.keys() or len(ours["clocks"]) != len(CLOCKS):
        found.append(f"clocks: ours {sorted(by_clock)}, oracle {sorted(CLOCKS)}")
    for name, clock in CLOCKS.items():
        theirs = figures(clock, [reading for _, reading in readings[name]])
        mine = by_clock.get(name, {})
        mine = {key: value for key, value in mine.items() if key not in LABELS | {"clock"}}
        wrong = differing(name, mine, theirs)
        counts = ", ".join(f"{theirs[key]} {key}" for key in ("stopped", "open", "cancelled", "paused"))
        print(f"figures of {name}: {len(readings[name])} runs ({counts}), {len(wrong)} differ")
        found += wrong
    return found


def check(rows, answer):
    requests = rows_by_request(rows)
    readings = {name: readings_of(requests, clock) for name, clock in CLOCKS.items()}
    found = [] if instant(answer["as_of"]) == AS_OF else [f"asked as of {answer['as_of']}"]
    if instant(answer["figures"]["figures_as_of"]) != AS_OF:
        found.append(f"figures as of {answer['figures']['figures_as_of']}")
    found += check_readings(answer["requests"], readings["confirm"])
    found += check_figures(answer["figures"], readings)
    # Every way to be censored, or the comparison says too little.
    seen = Counter(reading.status for _, reading in readings["confirm"])
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
