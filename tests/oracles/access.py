"""Who may do and read what, worked out from the rules that people wrote, for every cell that was tried.

    python access.py ACCESS-RULES.csv CELLS.jsonl [--summary]

A cell says how somebody stands to a request, what was tried, through which door, and what the engine
answered. This program knows the rules and those facts and nothing of the engine.

What an act is answered with: `taken`; `forbidden` (another role's); `hidden` (as if there were no
request); `not now` (the state, or what others did, does not allow it); `no role` (nobody is let in);
`unfit` (the data were wrong: the cell says nothing). A reading is `shown` or `closed`.
"""

import collections
import csv
import json
import sys
from dataclasses import dataclass

COLUMNS = ["kind", "what", "who", "states", "concern", "door", "answer", "why", "source"]
ANSWERS = {"never": 0, "yes": 1, "no": 2}
REFUSED = {"forbidden", "hidden", "not now", "no role"}
SHOWN_MAX = 8


@dataclass(frozen=True)
class Rule:
    line: int
    kind: str
    what: frozenset
    who: tuple
    states: frozenset
    concern: frozenset
    door: frozenset
    answer: str
    why: str
    source: str

    def fits(self, cell):
        return (
            any(parts <= cell["stands"] for parts in self.who)
            and ("any" in self.states or self.states & cell["states"])
            and ("any" in self.concern or self.concern & cell["concern"])
            and ("any" in self.door or cell["door"] in self.door)
        )


def several(text):
    return [one.strip() for one in text.split("/")]


def read_rules(path):
    with open(path, encoding="utf-8", newline="") as file:
        lines = [(number, line) for number, line in enumerate(file, 1) if not line.startswith("#")]
    rows = csv.reader(line for _, line in lines)
    head = next(rows)
    if head != COLUMNS:
        raise SystemExit(f"{path}: the columns are {head}, and not {COLUMNS}")
    rules = []
    for (number, _), row in zip(lines[1:], rows, strict=True):
        if len(row) != len(COLUMNS):
            raise SystemExit(f"{path}:{number}: {len(row)} columns, and not {len(COLUMNS)}")
        kind, what, who, states, concern, door, answer, why, source = row
        if kind not in ("act", "read") or answer not in ANSWERS:
            raise SystemExit(f"{path}:{number}: {kind}, {answer}: act or read; yes, no or never")
        who = tuple(frozenset(part.strip() for part in one.split("+")) for one in several(who))
        parts = [frozenset(several(text)) for text in (states, concern, door)]
        rules.append(Rule(number, kind, frozenset(several(what)), who, *parts, answer, why, source))
    return rules


def read_cells(path):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            cell = json.loads(line)
            cell["stands"] = frozenset([*cell["stands"], "anybody"])
            for name in ("what", "states", "concern"):
                cell[name] = frozenset(cell[name])
            yield cell


class Book:
    """The rules by what they are about, so that a cell meets those few alone."""

    def __init__(self, rules):
        self.by_what = collections.defaultdict(list)
        for rule in rules:
            for what in rule.what:
                self.by_what[rule.kind, what].append(rule)
        self.met = collections.Counter()

    def judge(self, kind, what, cell):
        """The rule that decides; `None` where no line speaks of it, which is a no."""
        deciding = None
        for one in what:
            for rule in self.by_what.get((kind, one), ()):
                if rule.fits(cell):
                    self.met[rule.line] += 1
                    order = (ANSWERS[rule.answer], "any act" in rule.what, rule.line)
                    if deciding is None or order < deciding[0]:
                        deciding = (order, rule)
        return deciding[1] if deciding else None


def is_yes(rule):
    return rule is not None and rule.answer == "yes"


def wanted_of_act(book, cell):
    """The answers that are right, and the rule that says so."""
    rule = book.judge("act", cell["what"] | {"any act"}, cell)
    if "person without a role" in cell["stands"]:
        return {"no role"}, rule
    if is_yes(rule):
        return ({"taken"} if cell["possible"] else {"not now"}), rule
    if cell["fixture"] is None:
        return {"forbidden"}, rule
    if not is_yes(book.judge("read", {"outline"}, cell)):
        return {"hidden"}, rule
    if "service account" in cell["stands"] and "service account for whoever asked" not in cell["stands"]:
        # The account may see it, and the person that it speaks for may not.
        return {"forbidden", "not now", "hidden"}, rule
    return {"forbidden", "not now"}, rule


def wanted(book, cell):
    if cell["kind"] == "act":
        return wanted_of_act(book, cell)
    rule = book.judge("read", cell["what"], cell)
    return ({"shown"} if is_yes(rule) else {"closed"}), rule


def difference(book, cell):
    """What is wrong with the answer to a cell, and the rule; `None` where it is right."""
    right, rule = wanted(book, cell)
    if cell["answer"] in right:
        return None
    if cell["answer"] in REFUSED and right & {"forbidden", "hidden"}:
        return "refused in another way", right, rule
    if cell["answer"] in ("taken", "shown"):
        return "open, and should be closed", right, rule
    if right & {"taken", "shown", "not now"}:
        return "closed, and should be open", right, rule
    return "not answered", right, rule


def sources_of(rule):
    return several(rule.source.replace(";", "/")) if rule else ["no line speaks of it"]


def told(cell, found):
    what, right, rule = found
    line = f"line {rule.line}, {rule.answer}: {rule.why}" if rule else "no line opens it"
    return (
        f"  {what}: {' and '.join(sorted(cell['what']))} | {cell['by']} ({', '.join(sorted(cell['stands'] - {'anybody'}))})"
        f" | {cell['fixture']} | {cell['door']} | answered {cell['answer']} {cell['detail']}, right is {' or '.join(sorted(right))} | {line}"
    )


def compare(rules, cells):
    book = Book(rules)
    cells = list(cells)
    found = [(cell, one) for cell in cells for one in [difference(book, cell)] if one]
    return cells, found, book


def report(rules, cells, found, book, whole):
    doors = collections.Counter((cell["kind"], cell["door"], cell["answer"]) for cell in cells)
    print(f"access: {len(rules)} rules, {len(cells)} cells, {len(found)} differences")
    for (kind, door, answer), count in sorted(doors.items()):
        print(f"  {kind} by {door}: {count} {answer}")
    by_source = collections.defaultdict(list)
    for cell, one in found:
        for source in sources_of(one[2]):
            by_source[source].append((cell, one))
    for source, ones in sorted(by_source.items()):
        kinds = collections.Counter((cell["kind"], one[0]) for cell, one in ones)
        words = ", ".join(f"{count} {kind} {what}" for (kind, what), count in sorted(kinds.items()))
        print(f"{source}: {len(ones)} differences ({words})")
    groups = collections.defaultdict(list)
    for cell, one in found:
        groups[one[2].line if one[2] else 0, one[0], cell["kind"], tuple(sorted(cell["what"]))].append((cell, one))
    for (line, what, kind, about), ones in sorted(groups.items()):
        print(f"line {line}: {what}: {kind} {' and '.join(about)}: {len(ones)}")
        for cell, one in ones if whole else ones[:SHOWN_MAX]:
            print(told(cell, one))
    idle = [rule.line for rule in rules if not book.met[rule.line]]
    if idle:
        print(f"lines that no cell met: {', '.join(map(str, idle))}")


if __name__ == "__main__":
    rules = read_rules(sys.argv[1])
    cells, found, book = compare(rules, read_cells(sys.argv[2]))
    report(rules, cells, found, book, "--summary" not in sys.argv)
    sys.exit(1 if found or not cells else 0)
