"""Write index/language/dates/months.json.

The names of the months in Arabic and English, from Unicode CLDR through Babel.

    python -m tools.make_months

CLDR knows the four Arabic traditions of the Gregorian months by country; newspapers use some spellings that it does not
list, and Babel carries no Islamic months, so both stand here.
"""

from __future__ import annotations

import json
from pathlib import Path

from babel import Locale
from babel.localedata import locale_identifiers

TABLE = Path(__file__).parent.parent / "index" / "language" / "dates" / "months.json"

NEWSPAPERS = {
    "كانون ثاني": 1, "كانون ثان": 1, "ابريل": 4, "إبريل": 4, "افريل": 4, "يونيه": 6, "يوليه": 7, "جويليه": 7,
    "اوت": 8, "اغسطوس": 8, "سبتنبر": 9, "اكتوبر": 10, "أوكتوبر": 10, "تشرين اول": 10, "نوفنبر": 11, "تشرين ثاني": 11,
    "تشرين ثان": 11, "ديسنبر": 12, "كانون اول": 12,
}  # fmt: skip
HIJRI = {
    1: ["محرم", "المحرم", "محرم الحرام", "Muharram"],
    2: ["صفر", "Safar"],
    3: ["ربيع الأول", "ربيع أول", "Rabi al-Awwal", "Rabi' al-awwal", "Rabi I"],
    4: ["ربيع الآخر", "ربيع الثاني", "ربيع ثاني", "Rabi al-Thani", "Rabi' al-thani", "Rabi al-Akhir", "Rabi II"],
    5: ["جمادى الأولى", "جمادى الأول", "جماد الأول", "جماد أول", "Jumada al-Awwal", "Jumada al-Ula", "Jumada I"],
    6: ["جمادى الآخرة", "جمادى الثانية", "جمادى الثاني", "جماد الثاني", "جماد الآخر", "جماد ثاني", "Jumada al-Thani",
        "Jumada al-Akhirah", "Jumada II"],
    7: ["رجب", "Rajab"],
    8: ["شعبان", "Shaban", "Sha'ban", "Shaaban"],
    9: ["رمضان", "رمضان المبارك", "Ramadan"],
    10: ["شوال", "Shawwal"],
    11: ["ذو القعدة", "ذي القعدة", "ذوالقعدة", "Dhu al-Qadah", "Dhu al-Qi'dah", "Dhul Qadah"],
    12: ["ذو الحجة", "ذي الحجة", "ذوالحجة", "Dhu al-Hijjah", "Dhul Hijjah", "Dhul-Hijja"],
}  # fmt: skip


def gregorian() -> dict[str, list[str]]:
    """Every Gregorian month by number with its Arabic and English names, CLDR's first."""
    names: dict[int, list[str]] = {month: [] for month in range(1, 13)}
    for identifier in [
        "en",
        *sorted(identifier for identifier in locale_identifiers() if identifier.split("_")[0] == "ar"),
    ]:
        for width in ("wide", "abbreviated"):
            for month, name in Locale.parse(identifier).months["format"][width].items():
                if name not in names[month]:
                    names[month].append(name)
    names[9].append("Sept")
    for name, month in NEWSPAPERS.items():
        if name not in names[month]:
            names[month].append(name)
    return {str(month): listed for month, listed in names.items()}


def main() -> None:
    """Write the table."""
    table = {"gregorian": gregorian(), "hijri": {str(month): listed for month, listed in HIJRI.items()}}
    TABLE.write_text(json.dumps(table, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
