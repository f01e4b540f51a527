"""Days on which a support desk is closed: Japanese and American public holidays."""

from datetime import date, timedelta

# The year for which the formula of the equinoxes is stated; it holds until 2099.
_EPOCH = 1980


def _nth(year: int, month: int, weekday: int, number: int) -> date:
    """The `number`th weekday (0 is Monday) of a month."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))


def _equinox(year: int, month: int, base: float) -> date:
    drift = 0.242194 * (year - _EPOCH) - (year - _EPOCH) // 4
    return date(year, month, int(base + drift))


def japanese_holidays(year: int) -> list[tuple[date, str]]:
    """National holidays by the law of 2020 and later, with the days off that follow from them."""
    named = {
        date(year, 1, 1): "元日",
        _nth(year, 1, 0, 2): "成人の日",
        date(year, 2, 11): "建国記念の日",
        date(year, 2, 23): "天皇誕生日",
        _equinox(year, 3, 20.8431): "春分の日",
        date(year, 4, 29): "昭和の日",
        date(year, 5, 3): "憲法記念日",
        date(year, 5, 4): "みどりの日",
        date(year, 5, 5): "こどもの日",
        _nth(year, 7, 0, 3): "海の日",
        date(year, 8, 11): "山の日",
        _nth(year, 9, 0, 3): "敬老の日",
        _equinox(year, 9, 23.2488): "秋分の日",
        _nth(year, 10, 0, 2): "スポーツの日",
        date(year, 11, 3): "文化の日",
        date(year, 11, 23): "勤労感謝の日",
    }
    between = {day + timedelta(days=1): "国民の休日" for day in named}
    sandwiched = {
        day: name
        for day, name in between.items()
        if day not in named and day + timedelta(days=1) in named and day.weekday() < 6
    }
    substitutes = {_substitute(day, named): "振替休日" for day in named if day.weekday() == 6}
    return sorted((sandwiched | named | substitutes).items())


def _substitute(sunday: date, named: dict[date, str]) -> date:
    """The first day after a holiday on a Sunday that is none itself."""
    day = sunday + timedelta(days=1)
    while day in named:
        day += timedelta(days=1)
    return day


def american_holidays(year: int) -> list[tuple[date, str]]:
    return [
        (date(year, 1, 1), "New Year's Day"),
        (date(year, 7, 4), "Independence Day"),
        (_nth(year, 9, 0, 1), "Labor Day"),
        (_nth(year, 11, 3, 4), "Thanksgiving"),
        (date(year, 12, 25), "Christmas Day"),
    ]
