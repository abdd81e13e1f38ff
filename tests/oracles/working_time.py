"""Working time by another hand: calendars read from their files, arithmetic by zoneinfo alone.

Nothing here is taken from the engine. A day is looked at as a day, an opening hour as an interval
between two instants; there is no cleverness that could hide the same mistake twice.
"""

import datetime as dt
import functools
import pathlib
from zoneinfo import ZoneInfo

import yaml

UTC = dt.timezone.utc
DAY = dt.timedelta(days=1)
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
FOLDER = pathlib.Path(__file__).resolve().parents[2] / "workflows" / "calendars"


def instant(text):
    """An RFC 3339 time in UTC, to the microsecond."""
    return dt.datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


def clock_time(value):
    if value == "24:00":
        return None
    hour, minute = str(value).split(":")[:2]
    return dt.time(int(hour), int(minute))


class Calendar:
    def __init__(self, name):
        text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
        # Times stay texts: YAML 1.1 would read 17:00 as a number.
        raw = yaml.load(text, Loader=yaml.BaseLoader)
        self.zone_name = raw.get("zone")
        self.windows = raw.get("windows") or {}
        self.cut_off = raw.get("cut_off")
        self.closed = set()
        for closure in raw.get("closures", []):
            day = dt.date.fromisoformat(closure["from"])
            last = dt.date.fromisoformat(closure.get("to", closure["from"]))
            while day <= last:
                self.closed.add(day)
                day += DAY
        for below in raw.get("layers", []):
            layer = calendar(below)
            self.closed |= layer.closed
            self.zone_name = self.zone_name or layer.zone_name
            self.windows = self.windows or layer.windows
            self.cut_off = self.cut_off or layer.cut_off
        self.zone = ZoneInfo(self.zone_name)

    def local(self, at):
        return at.astimezone(self.zone)

    def start_of_day(self, day):
        return dt.datetime.combine(day, dt.time(0), self.zone).astimezone(UTC)

    def end_of_day(self, day):
        return self.start_of_day(day + DAY)

    def works(self, day):
        return bool(self.windows.get(WEEKDAYS[day.weekday()])) and day not in self.closed

    def next_working_day(self, day):
        day += DAY
        while not self.works(day):
            day += DAY
        return day

    def nth_after(self, day, count):
        for _ in range(count):
            day = self.next_working_day(day)
        return day

    def day_zero(self, at):
        local = self.local(at)
        late = self.cut_off and local.time() >= clock_time(self.cut_off)
        if self.works(local.date()) and not late:
            return local.date()
        return self.next_working_day(local.date())

    def open_on(self, day):
        if not self.works(day):
            return
        for window in self.windows[WEEKDAYS[day.weekday()]]:
            opens = dt.datetime.combine(day, clock_time(window["open"]), self.zone)
            close = clock_time(window["close"])
            if close is None:
                closes = self.end_of_day(day)
            else:
                closes = dt.datetime.combine(day, close, self.zone).astimezone(UTC)
            yield opens.astimezone(UTC), closes

    def next_working_day_at(self, at, time):
        """That time of the first working day that opens after it and has not come to it yet."""
        day = self.local(at).date()
        while True:
            opens = [opens for opens, _ in self.open_on(day)]
            moment = dt.datetime.combine(day, time, self.zone).astimezone(UTC)
            if opens and min(opens) > at and moment > at:
                return moment
            day += DAY

    def working(self, begin, end):
        total = dt.timedelta()
        day = self.local(begin).date() - DAY
        last = self.local(end).date()
        while day <= last:
            for opens, closes in self.open_on(day):
                total += max(min(closes, end) - max(opens, begin), dt.timedelta())
            day += DAY
        return total

    def add_working(self, at, length):
        day = self.local(at).date() - DAY
        while True:
            for opens, closes in self.open_on(day):
                begin = max(opens, at)
                if begin < closes:
                    if begin + length <= closes:
                        return begin + length
                    length -= closes - begin
            day += DAY


@functools.cache
def calendar(name):
    return Calendar(name)
