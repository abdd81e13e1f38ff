"""One run of one clock, read at a moment, from the written rules of how clocks count."""

import datetime as dt
from dataclasses import dataclass

from working_time import DAY, clock_time, instant

MS = dt.timedelta(milliseconds=1)


@dataclass
class Reading:
    status: str
    elapsed_ms: int
    paused_ms: int
    working_days: int
    working_ms: int
    due_at: object
    met: object
    extended: bool
    # By the target without the time that was added to it.
    met_unextended: object
    received_out_of_hours: bool


def end_by(calendar, start, target):
    """When a length that began at `start` is used up, without any pause."""
    unit, count = next(iter(target.items()))
    if unit == "working-days":
        return calendar.end_of_day(calendar.nth_after(calendar.day_zero(start), count))
    if unit == "calendar-days":
        return calendar.end_of_day(calendar.local(start).date() + count * DAY)
    if unit == "working-hours":
        return calendar.add_working(start, dt.timedelta(hours=count))
    if unit == "next-working-day-at":
        return calendar.next_working_day_at(start, clock_time(count))
    return start + dt.timedelta(minutes=count)


class Spell:
    def __init__(self, raw, calendar, as_of):
        self.calendar = calendar
        self.start = instant(raw["started_at"])
        self.counting = raw["counting"]
        (self.unit, self.count), = raw["target"].items()
        # More time counts from the moment that it was given.
        given = [more for more in raw.get("extensions", []) if instant(more["at"]) <= as_of]
        self.stated = self.count
        if given:
            self.count += sum(more["by"][self.unit] for more in given)
        self.extended = bool(given)
        ended = instant(raw["ended_at"]) if raw["ended_at"] else None
        self.ended = ended if ended and ended <= as_of else None
        self.end = self.ended or as_of
        self.pauses = []
        for pause in raw["pauses"]:
            begin = instant(pause["from"])
            if begin > as_of:
                continue
            ends = [instant(pause["to"])] if pause["to"] else []
            if pause.get("at_most"):
                ends.append(end_by(calendar, begin, pause["at_most"]))
            end = min(ends, default=None)
            if end and end > as_of:
                end = None
            if end is None or begin < end:
                self.pauses.append((max(begin, self.start), end))
        self.is_paused = bool(self.pauses) and self.pauses[-1][1] is None
        if self.ended:
            self.status = raw["status"]
        else:
            self.status = "paused" if self.is_paused else "running"

    def runs(self):
        """Stretches in which it ran, up to its end."""
        begin = self.start
        for pause, resumed in self.pauses:
            if begin < min(pause, self.end):
                yield begin, min(pause, self.end)
            if resumed is None:
                return
            begin = resumed
        if begin < self.end:
            yield begin, self.end

    def ran_up_to(self, at):
        return not any(p < at and (r is None or at <= r) for p, r in self.pauses)

    def working_day_counts(self, day):
        return self.counts(day, self.calendar.open_on(day))

    def day_counts(self, day):
        # A calendar day is touched at any hour, a working day in its opening hours.
        if self.unit == "calendar-days":
            return self.counts(day, [(self.calendar.start_of_day(day), self.calendar.end_of_day(day))])
        return self.working_day_counts(day)

    def counts(self, day, hours):
        if self.counting["count_day"] == "at-end":
            return self.ran_up_to(self.calendar.end_of_day(day))
        for opens, closes in hours:
            if not any(p <= opens and (r is None or closes <= r) for p, r in self.pauses):
                return True
        return False

    def ran_until(self):
        return max((end for _, end in self.runs()), default=self.start)

    def working_days(self):
        day_zero = self.calendar.day_zero(self.start)
        until = self.ran_until() if self.ended else self.end
        if self.ended and until <= self.calendar.end_of_day(day_zero):
            return 0
        days, day = 0, self.calendar.next_working_day(day_zero)
        while True:
            over = self.calendar.end_of_day(day)
            if (over >= until) if self.ended else (over > until):
                break
            days += self.working_day_counts(day)
            day = self.calendar.next_working_day(day)
        # The day that it ended in counts too.
        return days + bool(self.ended)

    def due(self):
        if self.unit in ("working-days", "calendar-days"):
            return self.due_by_days()
        if self.unit == "next-working-day-at":
            return end_by(self.calendar, self.start, {self.unit: self.count})
        left = dt.timedelta(hours=self.count) if self.unit == "working-hours" else dt.timedelta(minutes=self.count)
        between = self.calendar.working if self.unit == "working-hours" else lambda a, b: max(b - a, dt.timedelta())
        begin = self.start
        for pause, resumed in self.pauses:
            used = between(begin, pause)
            if used >= left:
                break
            left -= used
            if resumed is None:
                return None
            begin = resumed
        return self.calendar.add_working(begin, left) if self.unit == "working-hours" else begin + left

    def due_by_days(self):
        working = self.unit == "working-days"
        day = self.calendar.day_zero(self.start) if working else self.calendar.local(self.start).date()
        left = self.count
        # Where the first day counts, it counts as every other: not in a pause.
        if not self.counting["counts_first_day"]:
            day = self.calendar.next_working_day(day) if working else day + DAY
        while True:
            if self.day_counts(day):
                left -= 1
                if left == 0:
                    return self.calendar.end_of_day(self.rolled(day))
            elif self.is_paused and self.pauses[-1][0] < self.calendar.end_of_day(day):
                return None
            day = self.calendar.next_working_day(day) if working else day + DAY

    def rolled(self, day):
        if self.counting["roll"] == "next-working-day" and not self.calendar.works(day):
            return self.calendar.next_working_day(day)
        return day

    def out_of_hours(self):
        day = self.calendar.local(self.start).date()
        is_open = any(o <= self.start < c for o, c in self.calendar.open_on(day))
        return not is_open or self.calendar.day_zero(self.start) != day

    def verdict(self, due):
        late = due is not None and self.ran_until() > due
        return False if late else (True if self.status == "stopped" else None)

    def due_as_stated(self):
        added, self.count = self.count, self.stated
        try:
            return self.due()
        finally:
            self.count = added

    def reading(self):
        due = self.due()
        paused = sum(((min(r or self.end, self.end) - p) for p, r in self.pauses if p < self.end), dt.timedelta())
        return Reading(
            status=self.status,
            elapsed_ms=(self.end - self.start) // MS,
            paused_ms=paused // MS,
            working_days=self.working_days(),
            working_ms=sum((self.calendar.working(a, b) for a, b in self.runs()), dt.timedelta()) // MS,
            due_at=due,
            met=self.verdict(due),
            extended=self.extended,
            met_unextended=self.verdict(self.due_as_stated()),
            received_out_of_hours=self.out_of_hours(),
        )


def differences(ours, theirs):
    """Fields of our reading that the oracle reads otherwise."""
    found = []
    for name in Reading.__dataclass_fields__:
        mine, yours = getattr(theirs, name), ours[name]
        if name == "due_at":
            yours = instant(yours) if yours else None
        if mine != yours:
            found.append(f"{name}: ours {yours}, oracle {mine}")
    return found
