"""Calendars of Minatono Bank, computed from the rules: days a Japanese bank is open, month-ends, and 五十日 (gotobi).

gotobi: the 5th, 10th, 15th, 20th, 25th and 30th (in February the last day), the day by which companies pay; on a closed day the
business day before it, as payroll does.
"""
import datetime


def holidays(year):
    """Japan's national holidays of a year by the Act on National Holidays as in force for 2026 and 2027."""
    def nth_monday(month, n):
        first = datetime.date(year, month, 1)
        return first + datetime.timedelta((7 - first.weekday()) % 7 + 7 * (n - 1))

    def equinox(month, base):  # the astronomical day, by the usual approximation for 1980 to 2099
        return datetime.date(year, month, int(base + 0.242194 * (year - 1980)) - (year - 1980) // 4)

    fixed = [(1, 1), (2, 11), (2, 23), (4, 29), (5, 3), (5, 4), (5, 5), (8, 11), (11, 3), (11, 23)]
    days = {datetime.date(year, month, day) for month, day in fixed}
    days |= {nth_monday(1, 2), nth_monday(7, 3), nth_monday(9, 3), nth_monday(10, 2), equinox(3, 20.8431), equinox(9, 23.2488)}
    one = datetime.timedelta(1)
    for day in sorted(days):  # a holiday on a Sunday moves to the next day that is none
        if day.weekday() == 6:
            while day in days:
                day += one
            days.add(day)
    # a day between two holidays is one itself
    days |= {day + one for day in days if day + 2 * one in days and (day + one).weekday() != 6}
    return days


def calendars(first=2026, last=2027):
    closed = set().union(*(holidays(year) for year in range(first, last + 1)))
    day, business = datetime.date(first, 1, 1), []
    while day.year <= last:
        year_end = (day.month, day.day) in {(12, 31), (1, 1), (1, 2), (1, 3)}
        if day.weekday() < 5 and day not in closed and not year_end:
            business.append(day)
        day += datetime.timedelta(1)

    def on_or_before(day):
        return max(b for b in business if b <= day)

    month_ends = sorted({max(b for b in business if (b.year, b.month) == (d.year, d.month)) for d in business})
    gotobi = set()
    for year, month in sorted({(d.year, d.month) for d in business}):
        last_day = (datetime.date(year + month // 12, month % 12 + 1, 1) - datetime.timedelta(1)).day
        for number in (5, 10, 15, 20, 25, min(30, last_day)):
            gotobi.add(on_or_before(datetime.date(year, month, number)))
    return [{"code": code, "days": [day.isoformat() for day in sorted(days)]}
            for code, days in (("jp-bank", business), ("jp-gotobi", gotobi), ("jp-month-end", month_ends))]
