"""Dates as writers put them."""

from datetime import date

import pytest

from searchkit.dates import find_date

DAY = date(2024, 8, 17)

MONTHS = {
    "en": "January February March April May June July August September October November December",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "hi": "जनवरी फ़रवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर",
}


@pytest.mark.parametrize(
    "text",
    [
        "2024-08-17",
        "2024-8-17",
        "2024-08-17T10:00:00Z",
        "17 August 2024",
        "August 17, 2024",
        "Aug. 17 2024",
        "17 aug 2024",
        "17th August, 2024",
        "August 17th, 2024",
        "2024 Aug 17",
        "17 AUG 2024",
        "Lördagen den 17 augusti 2024",
        "le samedi 17 août 2024",
        "17 aou\u0302t 2024",
        "17 aout 2024",
        "17 अगस्त, 2024",
        "१७ अगस्त २०२४",
        "2024年8月17日",
        "2024 年 08 月 17 日",
        "２０２４年８月１７日",
        "17\u00a0August\u202f2024",
        "Published 2024 Aug 17. doi:10.1016/x",
        "2023;5:12. 17 August 2024",
    ],
)
def test_a_day_is_read_as_people_write_it(text: str) -> None:
    assert find_date(text) == DAY


@pytest.mark.parametrize(
    ("code", "number", "name"),
    [(code, number, name) for code, names in MONTHS.items() for number, name in enumerate(names.split(), 1)],
)
def test_every_month_has_its_name(code: str, number: int, name: str) -> None:
    assert find_date(f"3 {name} 2021") == date(2021, number, 3)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1er mars 2020", date(2020, 3, 1)),
        ("3 févr. 2020", date(2020, 2, 3)),
        ("3 फरवरी 2020", date(2020, 2, 3)),
        ("3 सितम्बर 2020", date(2020, 9, 3)),
        ("Sept. 3, 2020", date(2020, 9, 3)),
        ("3 May 2020, changed 4 June 2021", date(2020, 5, 3)),
        ("29 February 2024", date(2024, 2, 29)),
    ],
)
def test_short_names_and_old_spellings_are_read(text: str, day: date) -> None:
    assert find_date(text) == day


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2024",
        "August 2024",
        "17 August",
        "17/08/2024",  # or the eighth of May?
        "08-17-2024",
        "30 February 2024",
        "2024-13-01",
        "2024年8月",
        "17 August 1824",
        "117 August 2024",
        "17 August 20245",
        "17 Augustus 2024",
        "17 dismay 2024",
        "Nature 2005;437:1272-1278",
        "12345-01-02",
    ],
)
def test_what_is_no_day_or_not_certain_is_not_read(text: str) -> None:
    assert find_date(text) is None
