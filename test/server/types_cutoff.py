#!/usr/bin/env python3
"""The first cut-off moment below a level, against a search of Python's own through zoneinfo, day by day.

Local times that do not exist or exist twice: PostgreSQL takes the offset before the change for those that do not exist, and the
one after it for those that exist twice: of the two readings the one with the smaller offset."""
import os
import random
import subprocess
import sys
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

SEED = int(os.environ.get("SEED", "20261121"))
CASES = 40000 if os.environ.get("OPRES_LONG") else 6000
ZONES = ["Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Tokyo", "UTC", "America/Sao_Paulo", "Asia/Beirut",
         "Pacific/Chatham", "Asia/Kathmandu", "Pacific/Apia", "Africa/Casablanca", "America/St_Johns", "Antarctica/Troll"]
NAMES = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
DAY = 86400 * 10**6
UTC = timezone.utc
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(moment):
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment_of(day, seconds, zone):
    """The moment of a local time, as microseconds since 1970."""
    local = datetime(day.year, day.month, day.day) + timedelta(seconds=seconds)
    offset = min(local.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    return microseconds(local.replace(tzinfo=UTC) - offset)


def breach(case, calendars):
    for stretch in case["stretches"]:
        moment = first_cut_off(case, stretch, calendars)
        if moment is not None:
            return moment
    return None


def first_cut_off(case, stretch, calendars):
    begin, end = case["start"] + stretch[0], case["start"] + stretch[1]
    zone = ZoneInfo(case["zone"])
    day = (EPOCH + timedelta(microseconds=begin)).astimezone(zone).date() - timedelta(days=3)
    best = None
    for _ in range((end - begin) // DAY + 8):
        counts = day.weekday() in case["weekdays"]
        if case["on"]:
            counts = day in calendars[case["on"]]
        if case["except"] and day in calendars[case["except"]]:
            counts = False
        if counts:
            moment = moment_of(day, case["seconds"], zone)
            if begin <= moment < end and (best is None or moment < best):
                best = moment
        day += timedelta(days=1)
    return None if best is None else best - case["start"]


def changes(name, year):
    """Moments in that year at which the zone's offset changes, to the hour."""
    zone, moment, found = ZoneInfo(name), datetime(year, 1, 1, tzinfo=UTC), []
    last = moment.astimezone(zone).utcoffset()
    while moment.year == year:
        moment += timedelta(hours=1)
        offset = moment.astimezone(zone).utcoffset()
        if offset != last:
            found.append(microseconds(moment))
        last = offset
    return found


def random_case(rng, calendars, changes_of):
    zone = rng.choice(ZONES)
    case = {"zone": zone, "on": None, "except": None, "weekdays": list(range(7))}
    year = rng.choice([1999, 2007, 2011, 2018, 2021, 2024, 2026, 2026, 2030, 2036, 2041])
    near = changes_of(zone, year)
    if near and rng.random() < 0.7:
        start = rng.choice(near) + rng.randrange(-3 * DAY, 3 * DAY)
    else:
        start = microseconds(datetime(year, 1, 1, tzinfo=UTC)) + rng.randrange(365 * DAY)
    case["start"] = start // 10**6 * 10**6 if rng.random() < 0.5 else start
    case["from"] = rng.choice([0, rng.randrange(3 * DAY), rng.randrange(400 * DAY)])
    case["to"] = case["from"] + 1 + rng.choice([rng.randrange(3600 * 10**6), rng.randrange(2 * DAY), rng.randrange(40 * DAY),
                                                rng.randrange(500 * DAY)])
    case["seconds"] = rng.choice([rng.randrange(86401), 60 * rng.randrange(0, 240), 86400, 0, 2 * 3600 + 900, 86400 - 60])
    if rng.random() < 0.3:  # on the edge: the stretch begins or ends at a cut-off
        day = (EPOCH + timedelta(microseconds=start + case["from"])).astimezone(ZoneInfo(zone)).date() + timedelta(days=rng.randrange(3))
        edge = moment_of(day, case["seconds"], ZoneInfo(zone)) - case["start"]
        length = case["to"] - case["from"]
        if edge > length and rng.random() < 0.5:
            case["from"], case["to"] = edge - length, edge + rng.randrange(2)
        elif edge > 0:
            case["from"], case["to"] = edge, edge + length
    case["stretches"] = [(case["from"], case["to"])]
    for _ in range(rng.choice([0, 0, 1, 5])):
        begin = case["stretches"][-1][1] + 1 + rng.randrange(rng.choice([3600 * 10**6, 2 * DAY]))
        case["stretches"].append((begin, begin + 1 + rng.randrange(rng.choice([3600 * 10**6, 2 * DAY]))))
    kind = rng.randrange(5)
    if kind == 1:
        case["weekdays"] = sorted(rng.sample(range(7), rng.randrange(1, 6)))
    elif kind == 2:
        case["on"] = rng.choice(list(calendars))
    if rng.random() < 0.3:
        case["except"] = rng.choice(list(calendars))
    return case


def tolerance_text(case, rng):
    hours, rest = divmod(case["seconds"], 3600)
    text = f"{rng.choice(['100%', '50%'])} by {hours:02}:{rest // 60:02}:{rest % 60:02} {case['zone']}"
    if case["on"]:
        text += f" on calendar {case['on']}"
    elif len(case["weekdays"]) < 7:
        text += " on " + ",".join(NAMES[day] for day in case["weekdays"])
    if case["except"]:
        text += f" except calendar {case['except']}"
    return text


def make_calendars(rng):
    first = date(1998, 12, 1)
    days = [first + timedelta(days=i) for i in range(46 * 366)]
    return {"weekdays": {day for day in days if day.weekday() < 5 and rng.random() < 0.95},
            "month-ends": {day for day in days if (day + timedelta(days=1)).day == 1},
            "rare": {day for day in days if rng.random() < 0.005},
            "mixed": {day for day in days if rng.random() < 0.5}}


def psql(script):
    return subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"], input=script, text=True, check=True,
                          stdout=subprocess.PIPE).stdout


def main():
    print(f"seed {SEED}, {CASES} cases")
    rng = random.Random(SEED)
    calendars = make_calendars(rng)
    known = {}

    def changes_of(zone, year):
        if (zone, year) not in known:
            known[zone, year] = changes(zone, year)
        return known[zone, year]

    cases = [random_case(rng, calendars, changes_of) for _ in range(CASES)]
    for case in cases:
        case["text"] = tolerance_text(case, rng)
    script = ["CREATE EXTENSION opres;", "SET TimeZone = 'UTC';", "COPY opres.calendar_day (calendar, day) FROM stdin;"]
    script += [f"{name}\t{day}" for name, days in calendars.items() for day in sorted(days)] + ["\\."]
    script += ["CREATE TEMP TABLE cases (number int, tolerance opres.impact_tolerance, curve opres.level_curve,",
               "  start timestamptz, horizon interval);", "COPY cases FROM stdin;"]
    for number, case in enumerate(cases):
        start = EPOCH + timedelta(microseconds=case["start"])
        curve = ", ".join(f"{begin}us: 0, {end}us: 1" for begin, end in case["stretches"])
        script.append(f"{number}\t{case['text']}\t{{{curve}}}\t{start.isoformat()}\t{case['stretches'][-1][1]} us")
    script += ["\\.", "SELECT number, (extract(epoch FROM opres.breached_at(curve, tolerance, horizon, start)) * 1000000)::bigint",
               "FROM cases ORDER BY number;"]
    answers = dict(line.split("|") for line in psql("\n".join(script)).splitlines())

    passed = failed = found = 0
    for number, case in enumerate(cases):
        expected = breach(case, calendars)
        got = answers[str(number)]
        found += expected is not None
        if got == ("" if expected is None else str(expected)):
            passed += 1
        else:
            failed += 1
            start = EPOCH + timedelta(microseconds=case["start"])
            print(f"{case['text']} after {start}, {case['stretches']}: got {got or 'none'}, expected {expected}")
    if not 0.3 * CASES < found < 0.97 * CASES:
        print(f"{found} of {CASES} cases have a cut-off: the cases are not worth much")
        failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
