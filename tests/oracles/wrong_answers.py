"""An oracle that cannot disagree is none: each answer altered by a little must be seen.

    python wrong_answers.py CASES.jsonl PAUSED.csv PAUSED.json CURVES.jsonl ACCESS-RULES.csv CELLS.jsonl
"""

import contextlib
import collections
import copy
import dataclasses
import datetime as dt
import io
import itertools
import json
import sys

import access
import clocks
import curves
import paused_log
from spell import Spell, differences
from working_time import calendar, instant


def altered(value):
    if value is None:
        return 1.0
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value + 2e-9 * max(1.0, abs(value))
    return instant(value) + dt.timedelta(milliseconds=1) if "T" in value else value + "?"


def leaves(tree, path=()):
    """The way to each value of a tree of dicts and lists."""
    if isinstance(tree, (dict, list)):
        for key, below in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from leaves(below, (*path, key))
    else:
        yield path


def with_altered(tree, path):
    tree = copy.deepcopy(tree)
    branch = tree
    for key in path[:-1]:
        branch = branch[key]
    new = altered(branch[path[-1]])
    branch[path[-1]] = new.isoformat() if isinstance(new, dt.datetime) else new
    return tree


def wrong_cases(path):
    with open(path, encoding="utf-8") as lines:
        cases = [json.loads(line) for line in itertools.islice(lines, 50)]
    for case in cases:
        spell = Spell(case["spell"], calendar(case["spell"]["calendar"]), instant(case["as_of"]))
        for name, value in case["ours"].items():
            # A due time may be absent; then it is a time that is too much.
            wrong = case["as_of"] if name == "due_at" and value is None else altered(value)
            wrong = wrong.isoformat() if isinstance(wrong, dt.datetime) else wrong
            yield f"case {case['case']} {name}", differences({**case["ours"], name: wrong}, spell.reading())


def wrong_log(rows, path):
    with open(path, encoding="utf-8") as file:
        answer = json.load(file)
    requests = paused_log.rows_by_request(rows)
    readings = {
        name: paused_log.runs_of(requests, clock) for name, clock in paused_log.CLOCKS.items()
    }
    wanted = paused_log.figures_of(readings)
    for place in leaves(answer["figures"]["clocks"]):
        if place[-1] not in paused_log.LABELS:
            wrong = with_altered(answer["figures"], ("clocks", *place))
            yield f"figures {place}", paused_log.check_figures(wrong, readings, wanted)
    fewer = answer["requests"][1:]
    yield "a request less", paused_log.check_readings(fewer, readings["confirm"])
    twice = [*fewer, fewer[0]]
    yield "a request twice", paused_log.check_readings(twice, readings["confirm"])


def wrong_curves(path):
    with open(path, encoding="utf-8") as lines:
        cases = [json.loads(line) for line in itertools.islice(lines, 10)]
    for number, case in enumerate(cases):
        for place in leaves(case["ours"]):
            wrong = with_altered(case, ("ours", *place))
            yield f"curves {number} {place}", curves.differences(wrong)
        for kind, ours in case["series"]["ours"].items():
            if ours.get("signals"):
                wrong = copy.deepcopy(case)
                wrong["series"]["ours"][kind]["signals"] = []
                yield f"curves {number} {kind} without signals", curves.differences(wrong)
            for place in leaves(ours.get("limits", [])):
                wrong = with_altered(case, ("series", "ours", kind, "limits", *place))
                yield f"curves {number} {kind} {place}", curves.differences(wrong)


def wrong_bank_holidays():
    day, other = dt.date(2026, 1, 1), dt.date(2026, 6, 15)
    lacking = {other: "not in the package"}
    for name, mine, yours in [
        ("a day too much", {day, other}, set()),
        ("a day too few", {other}, {day}),
        ("an exception that the package has", {day, other}, {day, other}),
        ("an exception that nobody has", {day}, {day}),
    ]:
        yield name, clocks.differing_days(mine, yours, lacking)


def other_answer(cell):
    if cell["kind"] == "read":
        return "closed" if cell["answer"] == "shown" else "shown"
    return "forbidden" if cell["answer"] == "taken" else "taken"


def wrong_access(rules_path, cells_path):
    """Every answer of each rule turned round, and each rule turned round over its own cells."""
    rules = access.read_rules(rules_path)
    book = access.Book(rules)
    by_rule = collections.defaultdict(list)
    for cell in access.read_cells(cells_path):
        _, rule = access.wanted(book, cell)
        # What the state refuses is refused by every rule.
        if cell["possible"] and len(by_rule[rule]) < 20 and access.difference(book, cell) is None:
            by_rule[rule].append(cell)
    for rule, cells in by_rule.items():
        line = rule.line if rule else 0
        for cell in cells[:3]:
            wrong = {**cell, "answer": other_answer(cell)}
            yield f"access line {line}, {cell['by']}", access.difference(book, wrong)
        if rule and rule.answer in ("yes", "never"):
            turned = dataclasses.replace(rule, answer="yes" if rule.answer == "never" else "never")
            others = access.Book([turned if one is rule else one for one in rules])
            # Another line may close the same.
            told = [cell for cell in cells if access.wanted(others, cell)[0] != access.wanted(book, cell)[0]]
            if told:
                yield f"access line {line} turned round", all(access.difference(others, cell) for cell in told)


if __name__ == "__main__":
    with contextlib.redirect_stdout(io.StringIO()):
        tried = [
            *wrong_cases(sys.argv[1]),
            *wrong_log(*sys.argv[2:4]),
            *wrong_curves(sys.argv[4]),
            *wrong_bank_holidays(),
            *(wrong_access(*sys.argv[5:7]) if sys.argv[5:7] else []),
        ]
    unseen = [name for name, found in tried if not found]
    print(f"wrong answers: {len(tried)} tried, {len(unseen)} not seen")
    for name in unseen:
        print(f"  {name}")
    sys.exit(1 if unseen or len(tried) < 400 else 0)
