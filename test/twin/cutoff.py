"""Cut-off tolerances (`100% by 15:30 Asia/Tokyo on Mon-Fri`): their moments, worked out with Python's own time zones."""

import datetime
import zoneinfo
from dataclasses import dataclass

DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
UTC = datetime.timezone.utc
MICROSECOND = datetime.timedelta(microseconds=1)

# Where clocks are put forward or back: a day or two before it, and times of day that then do not exist or exist twice.
ZONES = {
    'Asia/Tokyo': ['2026-11-20', '2027-01-01'],
    'America/New_York': ['2026-10-31', '2027-03-12'],
    'Europe/London': ['2026-10-24', '2027-03-27'],
    'Australia/Lord_Howe': ['2026-10-02', '2027-04-02'],
    'America/St_Johns': ['2026-10-31', '2027-03-13'],
    'Asia/Kathmandu': ['2026-02-27'],
    'UTC': ['2026-12-30'],
}
TIMES = ['15:30', '09:00', '24:00', '00:00', '01:30', '02:30', '02:15', '01:59:59', '02:00', '23:59:30', '12:00']


@dataclass
class CutOff:
    node: str
    level: float
    time: str
    zone: str
    weekdays: list = None  # numbers, 0 = Monday; None = no such condition
    calendar: str = None
    except_calendar: str = None
    form: str = 'by'

    def text(self):
        text = f'{self.level * 100:g}% by {self.time} {self.zone}'
        if self.weekdays is not None:
            text += ' on ' + ','.join(DAYS[day] for day in self.weekdays)
        elif self.calendar:
            text += f' on calendar {self.calendar}'
        return text + (f' except calendar {self.except_calendar}' if self.except_calendar else '')

    def holds_on(self, day, calendars):
        return (self.weekdays is None or day.weekday() in self.weekdays) and \
               (self.calendar is None or day in calendars[self.calendar]) and \
               (self.except_calendar is None or day not in calendars[self.except_calendar])

    def moments(self, start, horizon, calendars):
        """The cut-off moments in [start, start + horizon), in microseconds after the start, in order."""
        zone = zoneinfo.ZoneInfo(self.zone)
        hours, minutes, seconds = (self.time.split(':') + ['0'])[:3]
        time = datetime.timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))
        day = start.astimezone(zone).date() - datetime.timedelta(days=2)
        moments = set()
        while day < (start + horizon * MICROSECOND).astimezone(zone).date() + datetime.timedelta(days=2):
            if self.holds_on(day, calendars):
                local = datetime.datetime.combine(day, datetime.time()) + time
                moment = (instant(local, zone) - start) // MICROSECOND
                if 0 <= moment < horizon:
                    moments.add(moment)
            day += datetime.timedelta(days=1)
        return sorted(moments)


def instant(local, zone):
    """A local time as PostgreSQL takes it: one that does not exist with the offset before the gap, one that exists twice the second
    time."""
    first, second = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    exists = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local
    return (second if exists else first).astimezone(UTC)


def random_start(rng):
    """(start, zone): a day near a change of clocks there."""
    zone = rng.choice(list(ZONES))
    day = datetime.datetime.fromisoformat(rng.choice(ZONES[zone])).replace(tzinfo=UTC)
    return day + datetime.timedelta(minutes=rng.choice([0, rng.randint(0, 1440)])), zone


def random_calendars(rng, start):
    days = [start.date() + datetime.timedelta(days=offset) for offset in range(-3, 90)]
    return {name: set(rng.sample(days, rng.randint(5, 60))) for name in ('jp-bank', 'month-end')}


def random_cut_off(rng, node, zone):
    result = CutOff(node, rng.choice([1.0, 1.0, 0.9, 0.5, 0.25]), rng.choice(TIMES),
                    zone if rng.random() < 0.8 else rng.choice(list(ZONES)))
    kind = rng.random()
    if kind < 0.35:
        result.weekdays = sorted(rng.sample(range(7), rng.randint(1, 6)))
    elif kind < 0.6:
        result.calendar = 'jp-bank'
    if rng.random() < 0.3:
        result.except_calendar = 'month-end'
    return result
