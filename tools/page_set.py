"""Make pages as newsrooms print them, with what a reader sees in each.

That is the title, the day, the story, and the furniture around it. Own wording, invented names and sites. The ways are those of content management systems and of reports about readers
of pages: days printed beside the text, in the head, in an address, in a dateline, of the last change, of other
stories; site names in titles and headings; rules for comments, share lines, votes, teasers between paragraphs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import NamedTuple


class Page(NamedTuple):
    """A page, and what is right about it; None where that is not known."""

    name: str
    data: bytes
    title: str | None
    day: date | None
    story: tuple[str, ...] = ()  # paragraphs that must be text of the article
    furniture: tuple[str, ...] = ()  # lines that must never be cited


class Story(NamedTuple):
    """A story with the site that prints it."""

    site: str
    section: str
    title: str
    paragraphs: tuple[str, ...]

    @property
    def body(self) -> str:
        return "".join(f"<p>{paragraph}</p>" for paragraph in self.paragraphs)


ARABIC = (
    Story(
        "صحيفة المرفأ", "محليات", "بلدية الزهراء توسع حديقة النهر وتضيف ملاعب للأطفال",
        (
            "أعلنت بلدية الزهراء توسيع حديقة النهر لتبلغ مساحتها 42 ألف متر مربع بعد ضم أرض المحطة القديمة إليها.",
            "وقال رئيس البلدية رامي العطار إن الأعمال تبدأ في الخريف وتستمر عشرة أشهر، وإن كلفتها تبلغ 6 ملايين دينار.",
            "وتضم الحديقة بعد توسيعها خمسة ملاعب للأطفال ومسارا للدراجات طوله ثلاثة كيلومترات ومقهى صغيرا على الماء.",
            "وطالب سكان الحي بأن تبقى أشجار الصفصاف القديمة في مكانها، فوعدت البلدية بألا تقطع منها شجرة واحدة.",
        ),
    ),
    Story(
        "وكالة الأفق للأنباء", "اقتصاد", "ارتفاع صادرات زيت الزيتون من إقليم الجبل بنسبة 18 بالمئة",
        (
            "ارتفعت صادرات زيت الزيتون من إقليم الجبل بنسبة 18 بالمئة خلال الموسم الحالي بحسب اتحاد المنتجين.",
            "وبلغت الكمية المصدرة 21 ألف طن مقابل 17,800 طن في الموسم السابق، وذهب نصفها إلى دول شمال أوروبا.",
            "وعزا رئيس الاتحاد نبيل شاهين الزيادة إلى أمطار الربيع وإلى معصرة جديدة تعمل بالطاقة الشمسية.",
        ),
    ),
    Story(
        "شبكة سهل نيوز", "رياضة", "الوحدة يهزم النجم بثلاثية ويتصدر الدوري قبل جولتين من النهاية",
        (
            "تغلب فريق الوحدة على ضيفه النجم بثلاثة أهداف لهدف مساء السبت في ملعب السهل وتصدر ترتيب الدوري.",
            "وسجل المهاجم طارق بركات هدفين في الشوط الأول، وأضاف زميله وليد صقر الثالث من ضربة جزاء في الدقيقة 78.",
            "وقال مدرب الوحدة إن فريقه لم يفز بشيء بعد، وإن المباراتين الباقيتين أصعب من كل ما مضى.",
        ),
    ),
    Story(
        "موقع الحدث المغاربي", "مجتمع", "متطوعون يرممون مدرسة جبلية أغلقتها الثلوج طوال الشتاء",
        (
            "رمم أربعون متطوعا من مدينة تيغرت مدرسة قرية أسول الجبلية بعدما أغلقتها الثلوج والسيول طوال الشتاء.",
            "واستغرق العمل ثلاثة أسابيع، وتبرع تجار المدينة بالخشب والزجاج، وحملت البغال أكياس الإسمنت إلى القرية.",
            "وقالت المعلمة إيمان أوراغ إن 63 تلميذا عادوا إلى مقاعدهم، وإنهم يدرسون يوميًا من الثامنة.وأوضحت أن الحافلة ستعود قريبا.",
        ),
    ),
    Story(
        "إذاعة الشط", "صحة", "مستشفى الشط يستقبل أول جهاز لعلاج الأورام بالأشعة في الجنوب",
        (
            "استقبل مستشفى الشط العام أول جهاز لعلاج الأورام بالأشعة في محافظات الجنوب، وسيعالج 40 مريضا في اليوم.",
            "وكان المرضى يسافرون إلى العاصمة مسافة 500 كيلومتر لتلقي العلاج، وينتظر بعضهم موعده شهرين.",
            "وأوضح مدير المستشفى الدكتور حازم الربيعي أن ثمانية أطباء تدربوا على الجهاز وأن العلاج فيه بلا مقابل.",
            "ودفعت وزارة الصحة ثلثي الثمن، وجمع أهالي المحافظة الثلث الباقي في حملة دامت ستة أشهر.",
        ),
    ),
    Story(
        "جريدة الميدان", "ثقافة", "معرض للخط العربي في قصر البارود يجمع أعمال خطاطين من تسع دول",
        (
            "افتتح في قصر البارود معرض للخط العربي يضم 120 لوحة لخطاطين من تسع دول، ويستمر حتى نهاية الشهر المقبل.",
            "وتتوسط القاعة الكبرى لوحة للخطاطة سعاد المرزوقي طولها سبعة أمتار كتبتها بخط الثلث في عامين.",
            "ويقيم المعرض ورشة للأطفال صباح كل سبت، والدخول إليه مجاني لطلاب الفنون.",
        ),
    ),
)  # fmt: skip
ENGLISH = (
    Story(
        "The Northford Gazette", "Local", "Northford ferry returns to service after two-year refit",
        (
            "The Northford ferry carried its first passengers in two years on Monday after a refit that cost 9.4 million pounds.",
            "Captain Ines Holloway said the ship now burns a third less fuel and can take 62 cars instead of 48.",
            "Islanders had relied on a small launch that could not sail in strong winds and left them cut off for 31 days last winter.",
        ),
    ),
    Story(
        "Harbour Times", "Business", "Cannery in Port Ellery to hire 140 workers as sardine catch recovers",
        (
            "The cannery in Port Ellery will hire 140 workers this autumn because the sardine catch has doubled since the closed season.",
            "Managing director Tobias Renner said wages would start at 14 dollars an hour and that half the posts were for women returning to work.",
            "The plant closed one of its two lines five years ago when boats came home empty for a whole summer.",
        ),
    ),
    Story(
        "Valley Post", "Science", "Students build a telescope from scrap and find a new comet",
        (
            "Four students of Garrow Valley College built a telescope from scrap metal and used it to find a comet nobody had catalogued.",
            "Their teacher, Priya Nandakumar, said the mirror came from a lighthouse and the mount from a washing machine.",
            "The comet will pass closest to the Earth in March and may be seen with good binoculars before dawn.",
        ),
    ),
)  # fmt: skip

RULES = (
    "نرحب بآرائكم، ويحتفظ الموقع بحق حذف التعليقات التي تخالف شروط النشر أو تسيء إلى الأشخاص.",
    "التعليقات تعبر عن رأي أصحابها ولا تعبر بالضرورة عن رأي الموقع.",
)
RULES_ENGLISH = (
    "We welcome your comments. Please keep them civil and on topic; we may remove those that break our community guidelines.",
    "The views expressed in the comments are those of their authors and do not reflect the position of this newspaper.",
)
WEEKDAYS = ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد")
MONTHS = "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر".split()
LEVANTINE = (
    "كانون الثاني",
    "شباط",
    "آذار",
    "نيسان",
    "أيار",
    "حزيران",
    "تموز",
    "آب",
    "أيلول",
    "تشرين الأول",
    "تشرين الثاني",
    "كانون الأول",
)
MAGHREB = "يناير فبراير مارس أبريل ماي يونيو يوليوز غشت شتنبر أكتوبر نونبر دجنبر".split()
ALGERIAN = "جانفي فيفري مارس أفريل ماي جوان جويلية أوت سبتمبر أكتوبر نوفمبر ديسمبر".split()
INDIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def weekday(day: date) -> str:
    return WEEKDAYS[day.weekday()]


def arabic_day(day: date, months: list[str] | tuple[str, ...] = MONTHS) -> str:
    return f"{day.day} {months[day.month - 1]} {day.year}"


def slashed(day: date) -> str:
    return f"{day:%d/%m/%Y}"


class Draft(NamedTuple):
    """The parts of a page that a way fills in; `day` is the right one."""

    day: date | None
    head: str = ""
    title: str | None = None  # of the head; None: the headline and the site
    headline: str | None = None  # what stands for the headline; None: an h1
    above: str = ""  # above the headline, in the article
    below: str = ""  # between headline and story
    top: str = ""  # above the article
    body: str | None = None
    after: str = ""  # below the story, in the article
    bottom: str = ""  # below the article
    furniture: tuple[str, ...] = ()
    charset: str = "utf-8"
    layout: str = "article"


Way = Callable[[Story, date], Draft]


def json_ld(**fields: object) -> str:
    data = json.dumps({"@context": "https://schema.org", "@type": "NewsArticle", **fields}, ensure_ascii=False)
    return f'<script type="application/ld+json">{data}</script>'


def meta(name: str, content: str) -> str:
    return f'<meta property="{name}" content="{content}">'


def line(text: str, name: str = "") -> str:
    return f'<div class="{name}">{text}</div>' if name else f"<div>{text}</div>"


def others(day: date, *, named: bool = True) -> str:
    """A list of other stories with their days."""
    items = "".join(
        f'<li><a href="/n/{number}">{title}</a> <time datetime="{day - timedelta(days=ago):%Y-%m-%d}T08:00:00">'
        f"{arabic_day(day - timedelta(days=ago))}</time></li>"
        for number, (title, ago) in enumerate(
            (("سوق الخضار ينتقل إلى مبنى جديد", 3), ("قطار الساحل يعود إلى العمل", 400))
        )
    )
    return f'<section class="{"related-news" if named else "box-7"}"><h3>أخبار ذات صلة</h3><ul>{items}</ul></section>'


TICKER = '<div class="bar"><b>عاجل</b> <a href="/n/9">هزة خفيفة شمال الإقليم بلا أضرار</a> <span>09:42</span></div>'
SHARE = ("شارك الخبر على فيسبوك", "انسخ الرابط", "اطبع المقال")


def share_box(lines: tuple[str, ...] = SHARE) -> str:
    return "".join(f"<p>{text}</p>" for text in lines)


ARABIC_WAYS: dict[str, Way] = {
    # the day beside the text
    "weekday and month in two names": lambda s, d: Draft(
        d, below=line(f"{weekday(d)}، {d.day} {LEVANTINE[d.month - 1]}/{MONTHS[d.month - 1]} {d.year}، آخر تحديث 14:21 (GMT+0300)")
    ),
    "published and updated with times": lambda s, d: Draft(
        d, below=line(f"نشر: {slashed(d)} 10:15 | تحديث: {slashed(d + timedelta(days=7))} 09:00", "info")
    ),
    "updated first, in spans": lambda s, d: Draft(
        d,
        below=f"<p><span>آخر تحديث:</span> <span>{arabic_day(d + timedelta(days=2))} - 18:30</span></p>"
        f"<p><span>تاريخ النشر:</span> <span>{arabic_day(d)} - 14:05</span></p>",
    ),
    "labels glued to days": lambda s, d: Draft(d, below=line(f"نُشر في:{slashed(d)}آخر تحديث:{slashed(d + timedelta(days=1))}")),
    "last change in the head, day printed": lambda s, d: Draft(
        d, head=meta("article:modified_time", f"{d + timedelta(days=30)}T10:00:00Z"), below=line(f"الناشر: {s.site} - {slashed(d)}")
    ),
    "byline, section and day": lambda s, d: Draft(d, below=line(f"كتبت: منى حداد - {s.section} - {weekday(d)} {arabic_day(d)}")),
    "Arabic digits": lambda s, d: Draft(d, above=line(slashed(d).translate(INDIC), "hdate")),
    "Arabic digits, year first": lambda s, d: Draft(d, below=line(f"{d:%Y/%m/%d} - ٠٤:٢٠ م".translate(INDIC))),
    "months of Morocco": lambda s, d: Draft(d, below=line(f"{weekday(d)} {arabic_day(d, MAGHREB)} - 12:40", "story_date")),
    "months of Algeria": lambda s, d: Draft(d, below=line(f"يوم : {arabic_day(d, ALGERIAN)}  |  تصفح: 1204")),
    "day in three parts": lambda s, d: Draft(
        d, below=f'<div class="cal"><b>{d.day}</b><i>{MONTHS[d.month - 1]}</i><u>{d.year}</u></div>'
    ),
    "below the story": lambda s, d: Draft(d, after=f"<p><small>تم النشر بتاريخ {arabic_day(d)}</small></p>"),
    "relative, with the day as tip": lambda s, d: Draft(d, below=f'<span title="{d} 10:12:00">قبل ساعتين</span>'),
    "abbreviation of hAtom": lambda s, d: Draft(
        d, below=f'<abbr class="published" title="{d}T10:12:00+02:00">{MONTHS[d.month - 1]} {d.day}</abbr>'
    ),
    "seconds in an attribute": lambda s, d: Draft(
        d, below=f'<span class="date" data-timestamp="{int((d - date(1970, 1, 1)).total_seconds()) + 36_000}"></span>'
    ),
    "today's date on top, own day printed": lambda s, d: Draft(
        d,
        top=line(f"اليوم {weekday(d + timedelta(days=90))} {arabic_day(d + timedelta(days=90))}", "today"),
        below=line(f"{arabic_day(d)} 08:15"),
    ),
    "today's date on top alone": lambda s, d: Draft(
        None, top=f'<div id="top"><span>{weekday(d)} {arabic_day(d)}</span> <a href="/">{s.site}</a></div>{TICKER}'
    ),
    "comments with days": lambda s, d: Draft(
        d,
        below=line(f"منذ {arabic_day(d)}"),
        bottom=f'<div id="comments"><p>سامي: أحسنتم <time datetime="{d + timedelta(days=9)}">بعد أيام</time></p></div>',
        furniture=("سامي: أحسنتم",),
    ),
    "other stories' days on top": lambda s, d: Draft(
        d, top=others(d, named=False), below=f'<time datetime="{d}T06:30:00+03:00">{arabic_day(d)}</time>'
    ),
    "other stories' days alone": lambda s, d: Draft(None, bottom=others(d)),
    "other stories' days alone, no name": lambda s, d: Draft(None, bottom=others(d, named=False)),
    "copyright and a year in the story": lambda s, d: Draft(
        None, body=s.body + "<p>وكانت الأعمال قد توقفت في 12 مارس 2019 ثم استؤنفت بعد عامين.</p>"
    ),
    # the head and the address
    "linked data": lambda s, d: Draft(
        d, head=json_ld(headline=s.title, datePublished=f"{d}T09:00:00+03:00", dateModified=f"{d + timedelta(days=3)}", publisher={"name": s.site})
    ),
    "linked data in a graph": lambda s, d: Draft(
        d,
        head='<script type="application/ld+json">'
        + json.dumps({"@context": "https://schema.org", "@graph": [
            {"@type": "WebPage", "name": f"{s.title} - {s.site}", "dateModified": str(d + timedelta(days=5))},
            {"@type": "NewsArticle", "headline": s.title, "datePublished": f"{d}T21:00:00+03:00"},
            {"@type": "WebSite", "name": s.site}]}, ensure_ascii=False)
        + "</script>",
    ),
    "linked data that is broken": lambda s, d: Draft(
        d,
        head=f'<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "{s.title} "عاجل"", '
        f'"datePublished": "{d}T10:00:00"}}</script>',
        below=line(f"تاريخ النشر : {d}"),
    ),
    "just after midnight": lambda s, d: Draft(d, head=meta("article:published_time", f"{d}T00:30:00+03:00")),
    "Dublin Core": lambda s, d: Draft(d, head=f'<meta name="DC.date.issued" content="{d}"><meta name="DC.title" content="{s.title}">'),
    "microdata": lambda s, d: Draft(d, below=f'<meta itemprop="datePublished" content="{d}T07:00"><span>صباح اليوم</span>'),
    "address with a day": lambda s, d: Draft(d, head=f'<link rel="canonical" href="https://news.example/{d:%Y/%m/%d}/story-1">'),
    "address with eight digits": lambda s, d: Draft(d, head=meta("og:url", f"https://news.example/ar/{d:%Y%m%d}-77.html")),
    "state of a script": lambda s, d: Draft(
        d,
        below=line("منذ ساعات"),
        bottom='<script id="__NEXT_DATA__" type="application/json">'
        + json.dumps({"props": {"article": {"title": s.title, "publishedAt": f"{d}T05:00:00Z"}}}, ensure_ascii=False)
        + "</script>",
    ),
    # agencies' datelines
    "dateline of SANA": lambda s, d: Draft(
        d, body=s.body.replace("<p>", f"<p>دمشق-سانا {d.day}/{d.month}/{d.year}: ", 1), furniture=()
    ),
    "dateline with an agency in brackets": lambda s, d: Draft(
        d, body=s.body.replace("<p>", f"<p>بيروت {d.day}-{d.month}-{d.year} (أ ف ب) - ", 1)
    ),
    "dateline of SPA": lambda s, d: Draft(
        d, body=f"<p>الرياض {d.day} {MONTHS[d.month - 1]} {d.year} م واس</p>{s.body}"
    ),
    "dateline of QNA": lambda s, d: Draft(
        d, body=s.body.replace("<p>", f"<p>الدوحة في {d.day} {MONTHS[d.month - 1]} {d.year} /قنا/ ", 1)
    ),
    "dateline without a year": lambda s, d: Draft(
        d,
        head=f'<link rel="canonical" href="https://news.example/{d:%Y/%m/%d}/1">',
        body=s.body.replace("<p>", f"<p>القاهرة في {d.day} {MONTHS[d.month - 1]} /أ ش أ/ - ", 1),
    ),
    # content management systems
    "old tables in windows-1256": lambda s, d: Draft(
        d, layout="table", charset="windows-1256", below=f"<font size=1>تاريخ النشر : {d}</font><br>"
    ),
    "Joomla": lambda s, d: Draft(
        d,
        below=f'<dl class="article-info"><dd class="create">أنشأ بتاريخ: {weekday(d)}, {d.day} {LEVANTINE[d.month - 1]} {d.year} 10:15</dd>'
        '<dd class="hits">الزيارات: 1290</dd></dl>',
    ),
    "Drupal": lambda s, d: Draft(d, below=f'<div class="submitted">أرسله admin في {weekday(d)}, {slashed(d)} - 10:15</div>'),
    "WordPress": lambda s, d: Draft(
        d,
        below=f'<div class="entry-meta"><time class="entry-date published" datetime="{d}T12:00:00+00:00">{arabic_day(d)}</time>'
        f'<time class="updated" datetime="{d + timedelta(days=11)}T12:00:00+00:00">{arabic_day(d + timedelta(days=11))}</time></div>',
        after=f'<p class="tags-links">الوسوم: {s.section} البلدية الأهالي</p>',
        furniture=(f"الوسوم: {s.section} البلدية الأهالي",),
    ),
    "Blogger": lambda s, d: Draft(
        d, top=f'<h2 class="date-header"><span>{weekday(d)}، {arabic_day(d)}</span></h2>', headline=f'<h3 class="post-title entry-title">{s.title}</h3>'
    ),
    # titles
    "site in the heading": lambda s, d: Draft(
        d,
        top=f'<header><h1 class="logo"><a href="/">{s.site}</a></h1></header>',
        headline=f"<h2>{s.title}</h2>",
        below=line(arabic_day(d)),
    ),
    "site and section in the title": lambda s, d: Draft(d, title=f"{s.title} | {s.section} | {s.site}", headline=f"<h2>{s.title}</h2>", below=line(slashed(d))),
    "no heading": lambda s, d: Draft(
        d, headline=f'<p class="ttl"><b>{s.title}</b></p>', head=meta("og:title", f"{s.title} - {s.site}") + meta("og:site_name", s.site), below=line(f"نشر {d}")
    ),
    "kicker in a heading": lambda s, d: Draft(d, above=f"<h4>{s.section}: أخبار الإقليم</h4>", below=line(f"{arabic_day(d)} الساعة 9:00")),
    "entities in the title": lambda s, d: Draft(
        d, head=meta("og:title", f"&amp;quot;{s.title}&amp;quot;"), headline=f"<h1>&quot;{s.title}&quot;</h1>", below=line(arabic_day(d))
    ),
    # furniture
    "rules of comments": lambda s, d: Draft(
        d, below=line(arabic_day(d)), after="".join(f"<p>{rule}</p>" for rule in RULES), furniture=RULES
    ),
    "share lines and tags": lambda s, d: Draft(d, below=line(slashed(d)) + share_box(), after=share_box(), furniture=SHARE),
    "teasers between the paragraphs": lambda s, d: Draft(
        d,
        below=line(f"نشر في {arabic_day(d)}"),
        body=f"<p>{s.paragraphs[0]}</p><p>شاهد: <a href='/v'>انهيار رصيف الميناء القديم في البطين</a></p><p>{s.paragraphs[1]}</p>"
        f"<p><a href='/r'>اقرأ أيضا: حريق في مستودع للأخشاب شرقي المدينة</a></p>" + "".join(f"<p>{text}</p>" for text in s.paragraphs[2:]),
        furniture=("انهيار رصيف الميناء القديم في البطين", "حريق في مستودع للأخشاب شرقي المدينة"),
    ),
    "a vote": lambda s, d: Draft(
        d,
        below=line(f"تاريخ: {slashed(d)}"),
        after='<div class="poll"><p>هل تؤيد هذا القرار؟</p><p>نعم</p><p>لا</p><p>لا رأي لي</p><script>vote()</script></div>',
        furniture=("هل تؤيد هذا القرار؟", "لا رأي لي"),
    ),
    "newsletter and application": lambda s, d: Draft(
        d,
        below=line(arabic_day(d)),
        after="<p>اشترك في نشرتنا البريدية لتصلك أهم الأخبار كل صباح</p><p>حمّل تطبيقنا على هاتفك</p>",
        furniture=("اشترك في نشرتنا البريدية لتصلك أهم الأخبار كل صباح", "حمّل تطبيقنا على هاتفك"),
    ),
    "disclaimer of an agency": lambda s, d: Draft(
        d,
        below=line(f"{d:%d-%m-%Y | %H:%M}"),
        after="<p>هذا الخبر منقول من وكالة أجنبية، ولا يتحمل الموقع مسؤولية ما ورد فيه.</p><p>جميع حقوق النشر محفوظة، ولا يجوز النقل إلا بإذن.</p>",
        furniture=("جميع حقوق النشر محفوظة، ولا يجوز النقل إلا بإذن.",),
    ),
}  # fmt: skip


def english_day(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


def others_in_english(day: date) -> str:
    return (
        f'<aside class="more"><h3>More from us</h3><p><a href="/1">School roof repaired at last</a> '
        f'<time datetime="{day - timedelta(days=80)}">{english_day(day - timedelta(days=80))}</time></p></aside>'
    )


ENGLISH_WAYS: dict[str, Way] = {
    "published and updated in words": lambda s, d: Draft(
        d, below=line(f"Published {english_day(d)} 10:15 AM EDT | Updated {english_day(d + timedelta(days=3))} 6:02 PM EDT")
    ),
    "updated alone in the head": lambda s, d: Draft(
        d, head=meta("og:updated_time", f"{d + timedelta(days=12)}T10:00:00Z"), below=line(f"By Mona Haddad, {d:%d %b %Y}")
    ),
    "day and minutes to read": lambda s, d: Draft(d, below=line(f"{d:%d %B %Y} · 4 min read")),
    "with a weekday and a zone": lambda s, d: Draft(
        d, below=f"<p>{d:%a %d %b %Y} 10.15 BST</p><p>Last modified on {d + timedelta(days=1):%a %d %b %Y} 08.00 BST</p>"
    ),
    "month first in digits": lambda s, d: Draft(d, below=f'<time datetime="{d}">{d:%m/%d/%Y}</time>'),
    "dotted": lambda s, d: Draft(d, below=line(f"{d:%d.%m.%Y}, 09:30")),
    "dateline of an agency": lambda s, d: Draft(d, body=s.body.replace("<p>", f"<p>PORT ELLERY, {english_day(d)} (Wire) - ", 1)),
    "list of details": lambda s, d: Draft(
        d, below=f"<ul><li>By Mona Haddad</li><li>{s.section}</li><li>{d:%d %B %Y}</li><li>12 comments</li></ul>"
    ),
    "linked data of a list and an article": lambda s, d: Draft(
        d,
        head=json_ld(**{"@type": "ItemList"}, itemListElement=[{"@type": "NewsArticle", "headline": "School roof repaired", "datePublished": "2019-01-01"}])
        + json_ld(headline=s.title, datePublished=f"{d}T22:10:00-05:00"),
    ),
    "parsely": lambda s, d: Draft(d, head=f'<meta name="parsely-pub-date" content="{d}T10:00:00Z"><meta name="parsely-title" content="{s.title}">'),
    "last change and address": lambda s, d: Draft(
        d, head=json_ld(headline=s.title, dateModified=f"{d + timedelta(days=200)}") + f'<link rel="canonical" href="https://paper.example/{d:%Y/%m/%d}/x/">'
    ),
    "address with a month's name": lambda s, d: Draft(d, head=f'<link rel="canonical" href="https://paper.example/{d:%Y/%b/%d}/x">'.lower()),
    "other stories alone": lambda s, d: Draft(None, bottom=others_in_english(d)),
    "today's date on top alone": lambda s, d: Draft(None, top=line(f"{d:%A}, {english_day(d)}", "masthead-date")),
    "copyright alone": lambda s, d: Draft(None, bottom=f"<p>© {d.year} {s.site}. All rights reserved.</p>"),
    "site before the title": lambda s, d: Draft(d, title=f"{s.site}: {s.title}", below=line(f"{d:%d %B %Y}")),
    "site with a slogan in the title": lambda s, d: Draft(
        d, title=f"{s.title} » {s.site} » All the news of the coast", head=meta("og:site_name", s.site), below=line(english_day(d))
    ),
    "heading with a label": lambda s, d: Draft(d, headline=f'<h1><span class="label">Exclusive</span><br>{s.title}</h1>', below=line(english_day(d))),
    "subheading as large": lambda s, d: Draft(
        d, headline=f"<h1>{s.title}</h1><h2>{s.paragraphs[1][:70]}</h2>", title=f"{s.title} - {s.section} - {s.site}", below=line(english_day(d))
    ),
    "shortened title in the head": lambda s, d: Draft(
        d, title=f"{s.title[:40]}…", head=meta("og:title", f"{s.title[:40]}…"), below=line(english_day(d))
    ),
    "rules of comments": lambda s, d: Draft(
        d, below=line(english_day(d)), after="".join(f"<p>{rule}</p>" for rule in RULES_ENGLISH), furniture=RULES_ENGLISH
    ),
    "follow, share, newsletter": lambda s, d: Draft(
        d,
        below=line(english_day(d)) + "<p>Share this article</p>",
        after="<p>Sign up for our daily newsletter</p><p>Follow us on Facebook and Instagram</p>",
        furniture=("Share this article", "Sign up for our daily newsletter", "Follow us on Facebook and Instagram"),
    ),
    "teasers between the paragraphs": lambda s, d: Draft(
        d,
        below=line(english_day(d)),
        body=f"<p>{s.paragraphs[0]}</p><p><b>READ MORE:</b> <a href='/x'>Storm closes the coast road for a week</a></p><p>{s.paragraphs[1]}</p>"
        f"<p>Related: <a href='/y'>How the harbour was saved</a></p><p>{s.paragraphs[2]}</p>",
        furniture=("Storm closes the coast road for a week", "How the harbour was saved"),
    ),
    "a correction below": lambda s, d: Draft(
        d, below=line(english_day(d)), after=f"<p>Correction, {english_day(d + timedelta(days=4))}: an earlier version misspelt a name.</p>"
    ),
}  # fmt: skip


def made_pages() -> Iterator[Page]:
    """Yield every page: each way with a story and a day of its own."""
    for language, ways, stories in (("ar", ARABIC_WAYS, ARABIC), ("en", ENGLISH_WAYS, ENGLISH)):
        for number, (name, way) in enumerate(ways.items()):
            story = stories[number % len(stories)]
            day = date(2015, 3, 14) + timedelta(days=101 * number + 7)
            draft = way(story, day)
            html = render(language, story, draft)
            yield Page(
                f"{language}: {name}",
                html.encode(draft.charset),
                _title(draft, story),
                draft.day,
                story.paragraphs,
                draft.furniture,
            )


def _title(draft: Draft, story: Story) -> str:
    return f'"{story.title}"' if "&quot;" in (draft.headline or "") else story.title


def render(language: str, story: Story, draft: Draft) -> str:
    """Return the HTML of a page."""
    title = draft.title if draft.title is not None else f"{story.title} - {story.site}"
    rights = "جميع الحقوق محفوظة 2027" if language == "ar" else "Copyright 2027"
    headline = draft.headline if draft.headline is not None else f"<h1>{story.title}</h1>"
    inner = f"{draft.above}{headline}{draft.below}{draft.body or story.body}{draft.after}"
    if draft.layout == "table":
        inner = (
            f'<table width="100%"><tr><td width="20%"><a href="/">{story.site}</a></td><td>{inner}</td></tr></table>'
        )
    else:
        inner = f"<article>{inner}</article>"
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="{draft.charset}"><title>{title}</title>{draft.head}</head>'
        f'<body><nav><a href="/">{story.site}</a> <a href="/s">{story.section}</a></nav>{draft.top}'
        f"{inner}{draft.bottom}<footer>{rights} {story.site}</footer></body></html>"
    )
