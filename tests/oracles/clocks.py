"""Clocks at random, golden vectors and bank holidays against the engine's answers and files.

    python clocks.py CASES.jsonl
"""

import datetime as dt
import json
import sys

import holidays
from govuk_bank_holidays.bank_holidays import BankHolidays

from spell import Spell, differences, end_by
from working_time import FOLDER, calendar, instant

# Working out the engine's golden vectors once more: start, target, due.
VECTORS = [
    ("2026-03-27T16:30:00Z", {"working-hours": 2}, "2026-03-30T09:30:00Z"),
    ("2026-10-23T15:30:00Z", {"working-hours": 1}, "2026-10-26T09:30:00Z"),
    ("2026-03-28T23:00:00Z", {"working-hours": 1}, "2026-03-30T09:00:00Z"),
    ("2026-04-02T15:30:00Z", {"working-hours": 8}, "2026-04-06T15:30:00Z"),
    ("2026-04-02T09:00:00Z", {"working-days": 5}, "2026-04-10T23:00:00Z"),
    ("2026-11-26T10:00:00Z", {"working-days": 3}, "2026-12-03T00:00:00Z"),
    ("2026-12-23T10:00:00Z", {"working-days": 10}, "2027-01-13T00:00:00Z"),
    ("2026-11-14T10:00:00Z", {"working-days": 2}, "2026-11-19T00:00:00Z"),
    ("2026-06-02T08:00:00Z", {"next-working-day-at": "10:00"}, "2026-06-03T09:00:00Z"),
    ("2026-06-02T23:30:00Z", {"next-working-day-at": "10:00"}, "2026-06-03T09:00:00Z"),
    ("2026-06-06T01:00:00Z", {"next-working-day-at": "10:00"}, "2026-06-08T09:00:00Z"),
    ("2026-04-02T11:00:00Z", {"next-working-day-at": "10:00"}, "2026-04-06T09:00:00Z"),
    ("2026-11-27T16:30:00Z", {"next-working-day-at": "10:00"}, "2026-12-01T10:00:00Z"),
    ("2026-12-31T12:00:00Z", {"next-working-day-at": "10:00"}, "2027-01-05T10:00:00Z"),
    ("2026-03-28T23:00:00Z", {"next-working-day-at": "10:00"}, "2026-03-30T09:00:00Z"),
    ("2026-10-24T22:30:00Z", {"next-working-day-at": "10:00"}, "2026-10-26T10:00:00Z"),
]


def check_cases(path):
    wrong = 0
    count = 0
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            case = json.loads(line)
            spell = Spell(case["spell"], calendar(case["spell"]["calendar"]), instant(case["as_of"]))
            found = differences(case["ours"], spell.reading())
            count += 1
            if found:
                wrong += 1
                if wrong <= 5:
                    print(f"case {case['case']}: {'; '.join(found)}\n  {line.strip()}")
    print(f"clocks: {count} cases, {wrong} differ")
    return wrong == 0 and count > 1_000


def check_vectors():
    scotland = calendar("scotland-bank-holidays")
    wrong = [v for v in VECTORS if end_by(scotland, instant(v[0]), v[1]) != instant(v[2])]
    for start, target, due in wrong:
        print(f"vector {start} {target}: the oracle does not say {due}")
    print(f"golden vectors: {len(VECTORS)}, {len(wrong)} differ")
    return not wrong


# Days that a package lacks, each with the reason. An entry that is not needed any more is a
# difference too: it fails until it is taken out.
LACKING = {
    "govuk-bank-holidays": {
        dt.date(2026, 6, 15): "Scotland in the World Cup, proclaimed on 5 February 2026; the package's snapshot is older",
    },
}


def weekdays(days):
    # A bank holiday on a weekend is kept on its substitute day; some lists name both.
    return {day for day in days if day.weekday() < 5}


def differing_days(mine, yours, lacking):
    """Sentences on the days that only one side has, and on exceptions that are none."""
    found = [f"{day} is only ours" for day in sorted(mine - yours - lacking.keys())]
    found += [f"{day} is only theirs" for day in sorted(yours - mine)]
    for day, reason in sorted(lacking.items()):
        if day in yours:
            found.append(f"{day} is an exception no longer, the package has it ({reason})")
        elif day not in mine:
            found.append(f"{day} is an exception for a day that we do not have ({reason})")
    return found


def check_bank_holidays():
    ours = weekdays(calendar("scotland-bank-holidays").closed)
    first, last = min(ours).year, max(ours).year
    snapshot = BankHolidays(use_cached_holidays=True).get_holidays(division=BankHolidays.SCOTLAND)
    packages = {
        "holidays": holidays.country_holidays("GB", subdiv="SCT", years=range(first, last + 1)),
        "govuk-bank-holidays": [holiday["date"] for holiday in snapshot],
    }
    wrong = 0
    for name, days in packages.items():
        theirs = weekdays(days)
        # Ours or theirs may begin earlier or go on for longer; both list whole years.
        years = {day.year for day in theirs} & {day.year for day in ours}
        mine = {day for day in ours if day.year in years}
        yours = {day for day in theirs if day.year in years}
        lacking = LACKING.get(name, {})
        found = differing_days(mine, yours, lacking)
        print(
            f"bank holidays, {name}, {min(years)} to {max(years)}: "
            f"{len(mine & yours)} agree, {len(found)} differ, {len(lacking)} lacking by name"
        )
        for sentence in found:
            print(f"  {sentence}")
        # Three whole years of nine days each, or the comparison says too little.
        wrong += len(found) + (len(mine & yours) < 27)
    return wrong == 0


if __name__ == "__main__":
    assert FOLDER.is_dir(), FOLDER
    results = [check_vectors(), check_bank_holidays(), check_cases(sys.argv[1])]
    sys.exit(0 if all(results) else 1)
