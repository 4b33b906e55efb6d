"""The words of the page in Arabic and in English. Both languages have every field, or the program does not start."""

from __future__ import annotations

import re
from typing import Literal

from index.records import Value

Language = Literal["ar", "en"]


class Words(Value, frozen=True, kw_only=True):
    """Everything that the page itself says, in one language. `{}` and `{name}` are filled in where they are used."""

    language: Language
    direction: Literal["rtl", "ltr"]
    name: str
    tagline: str
    # asking
    ask: str
    ask_hint: str
    send: str
    stop: str
    stopped: str
    new: str
    searching: str
    welcome: str
    welcome_more: str
    newest: str
    you: str
    editing: str
    # the answer
    source: str
    supported: str
    partly: str
    unsupported: str
    unchecked: str
    note: str
    borne_out_all: str
    borne_out_some: str  # {supported} {all}
    incomplete: str
    stopped_early: str
    still_writing: str
    unreachable: str
    lost: str
    too_large: str  # {size}
    sources: str
    copies: str
    undated: str
    untitled: str
    conflicts: str
    closest: str
    closest_open: str
    why: str
    reasons: str
    written_by_model: str
    # below the answer
    retry: str
    edit: str
    good: str
    bad: str
    wrong_citation: str
    missing: str
    wrong_fact: str
    thanks: str
    # the article
    article: str
    close: str
    copy_quote: str
    copy_link: str
    copied: str
    no_article: str
    no_place: str
    quoted: str
    # filters
    filters: str
    since: str
    until: str
    languages: str
    publishers: str
    clear_filters: str
    bad_date: str
    # articles
    articles: str
    articles_search: str
    articles_shown: str  # {shown} {all}
    add: str
    adding: str
    added: str
    changed: str
    unchanged: str
    refused: str
    passed_over: str
    kept: str
    kept_because: str  # {unread}
    remove: str
    removed: str
    mine: str
    mine_none: str
    # conversations
    conversations: str
    conversations_search: str
    conversations_none: str
    rename: str
    delete: str
    delete_sure: str
    export_md: str
    export_json: str
    share: str
    shared: str
    shared_view: str
    save: str
    more: str
    # the state
    menu: str
    switch: str
    switch_to: Language
    theme: str
    engine_quotes: str
    engine_model: str  # {model}
    add_key: str
    goes_to: str  # {host}
    stays: str
    count_articles: str  # {count}
    newest_is: str  # {date}
    cost: str  # {cost}
    tokens: str  # {tokens}
    # what went wrong
    empty: str
    too_long: str
    too_many: str
    budget: str
    budget_all: str
    busy: str
    not_text: str
    unreadable: str
    no_store: str
    failed: str
    not_yours: str


ARABIC = Words(
    language="ar",
    direction="rtl",
    name="إسناد",
    tagline="لكل جملة مصدرها",
    ask="السؤال",
    ask_hint="اسأل المقالات…",
    send="اسأل",
    stop="أوقف",
    stopped="أُوقفت الإجابة قبل أن تكتمل.",
    new="محادثة جديدة",
    searching="يبحث في المقالات…",
    welcome="اسأل المقالات، والمس المصدر",
    welcome_more="بعد كل جملة رقم مصدرها. انقره لتقرأ الكلام نفسه في موضعه من المقال. وما لا يسنده مصدر يُعلَّم بأنه غير مسند.",
    newest="من المقالات",
    you="أنت",
    editing="تعدّل سؤالًا سابقًا؛ ما بعده يُحذف عند الإرسال.",
    source="المصدر",
    supported="مسندة",
    partly="مسندة جزئيًا",
    unsupported="غير مسندة",
    unchecked="لم تُفحص",
    note="ملاحظة",
    borne_out_all="كل الجمل مسندة ({all} من {all})",
    borne_out_some="{supported} من {all} من الجمل مسندة",
    incomplete="انقطعت الإجابة قبل أن تكتمل.",
    stopped_early="أُوقف السؤال قبل أن تبدأ الإجابة.",
    still_writing="ما زالت الإجابة السابقة تُكتب؛ انتظر اكتمالها أو أوقفها.",
    unreachable="تعذّر فتح المقال: الخادم لا يرد. أعد تحميل الصفحة.",
    lost="انقطع الاتصال بالخادم، وتُعاد المحاولة. سؤالك محفوظ في مكانه.",
    too_large="الملفات أكبر مما يُقبل: {size} ميغابايت على الأكثر في المرة.",
    sources="المصادر",
    copies="وبالنص نفسه في",
    undated="بلا تاريخ",
    untitled="بلا عنوان",
    conflicts="المصادر تختلف",
    closest="أقرب ما في المقالات",
    closest_open="افتح المقال عند هذا الموضع",
    why="السبب",
    reasons="ملاحظات",
    written_by_model="كتبها {model}",
    retry="أعد المحاولة",
    edit="عدّل",
    good="إجابة جيدة",
    bad="فيها خلل",
    wrong_citation="مصدر خاطئ",
    missing="ناقصة",
    wrong_fact="معلومة خاطئة",
    thanks="حُفظت ملاحظتك، شكرًا.",
    article="المقال",
    close="أغلق المقال",
    copy_quote="انسخ الاقتباس",
    copy_link="انسخ الرابط",
    copied="نُسخ",
    no_article="هذا المقال لم يعد موجودًا.",
    no_place="هذا الموضع ليس في المقال.",
    quoted="الموضع المقتبس",
    filters="حصر البحث",
    since="من تاريخ",
    until="إلى تاريخ",
    languages="اللغة",
    publishers="الناشر",
    clear_filters="ألغِ الحصر",
    bad_date="التاريخ يُكتب هكذا: 2025-01-31",
    articles="المقالات",
    articles_search="ابحث في العناوين",
    articles_shown="{shown} من {all}",
    add="أضف مقالات",
    adding="تُقرأ الملفات…",
    added="أُضيف",
    changed="جُدّد",
    unchanged="كما هو",
    refused="رُفض",
    passed_over="تُرك",
    kept="بقي",
    kept_because="قد يكون في {unread}، ولم تمكن قراءته.",
    remove="احذف",
    removed="حُذف {file}.",
    mine="ما أضفتَه",
    mine_none="لم تُضف شيئًا بعد.",
    conversations="المحادثات",
    conversations_search="ابحث في المحادثات",
    conversations_none="لا محادثات هنا.",
    rename="غيّر الاسم",
    delete="احذف",
    delete_sure="تُحذف المحادثة نهائيًا. متأكد؟",
    export_md="نزّل Markdown",
    export_json="نزّل JSON",
    share="انسخ رابط المشاركة",
    shared="نُسخ رابط للقراءة فقط.",
    shared_view="محادثة شاركها غيرك، للقراءة فقط.",
    save="احفظ",
    more="خيارات المحادثة",
    menu="القائمة",
    switch="English",
    switch_to="en",
    theme="فاتح أو داكن",
    engine_quotes="بلا مفتاح: الإجابات اقتباسات من المقالات",
    engine_model="يكتب الإجابات {model}",
    add_key="لتكتبها نماذج اللغة، شغّل إسناد بعد هذين السطرين:",
    goes_to="السؤال ومقاطع المقالات تُرسل إلى {host}",
    stays="لا شيء يغادر هذا الجهاز",
    count_articles="عدد المقالات {count}",
    newest_is="أحدثها {date}",
    cost="الكلفة حتى الآن {cost}",
    tokens="رموز النموذج {tokens}",
    empty="اكتب سؤالًا أولًا.",
    too_long="السؤال طويل. اسأل بألفي حرف على الأكثر.",
    too_many="أسئلة كثيرة في وقت قصير. انتظر دقيقة ثم اسأل.",
    budget="بلغت الكلفة الحد المسموح لليوم. جرّب غدًا، أو راجع المشرف.",
    budget_all="بلغت كلفة الصفحة حدّ اليوم. جرّب غدًا.",
    not_text="السؤال ليس نصًا.",
    unreadable="في السؤال محارف لا تُقرأ. اكتبه من جديد.",
    busy="يسأل كثيرون الآن. انتظر قليلًا ثم أعد المحاولة.",
    no_store="لا مقالات بعد. أضف مقالات، أو شغّل: isnad index FOLDER",
    failed="تعذّر ذلك: {why}",
    not_yours="هذه المحادثة غير موجودة، أو ليست لك.",
)

ENGLISH = Words(
    language="en",
    direction="ltr",
    name="Isnad",
    tagline="Every sentence, its source",
    ask="Question",
    ask_hint="Ask the articles…",
    send="Ask",
    stop="Stop",
    stopped="The answer was stopped before it was complete.",
    new="New conversation",
    searching="Searching the articles…",
    welcome="Ask the articles, touch the source",
    welcome_more="After each sentence stands the number of its source. Choose it to read the very words where they stand. "
    "What no source bears out is marked.",
    newest="Among the articles",
    you="You",
    editing="You are editing an earlier question; what follows it is removed when you send.",
    source="Source",
    supported="borne out",
    partly="partly borne out",
    unsupported="not borne out",
    unchecked="not checked",
    note="note",
    borne_out_all="Every sentence is borne out ({all} of {all})",
    borne_out_some="{supported} of {all} sentences are borne out",
    incomplete="The answer broke off before it was complete.",
    stopped_early="Stopped before the answer began.",
    still_writing="The answer before is still being written; wait for its end, or stop it.",
    unreachable="The article could not be opened: the server does not answer. Load the page again.",
    lost="The connection to the server is lost; trying again. Your question stays where it is.",
    too_large="The files are larger than is taken: at most {size} MB at a time.",
    sources="Sources",
    copies="word for word also in",
    undated="undated",
    untitled="untitled",
    conflicts="The sources differ",
    closest="The closest passages",
    closest_open="Open the article here",
    why="why",
    reasons="Notes",
    written_by_model="Written by {model}",
    retry="Try again",
    edit="Edit",
    good="Good answer",
    bad="Something is wrong",
    wrong_citation="Wrong citation",
    missing="Missing",
    wrong_fact="Wrong fact",
    thanks="Your note is kept. Thank you.",
    article="Article",
    close="Close the article",
    copy_quote="Copy the quote",
    copy_link="Copy the link",
    copied="Copied",
    no_article="This article is no longer here.",
    no_place="The article has no such place.",
    quoted="The quoted words",
    filters="Narrow the search",
    since="From",
    until="To",
    languages="Language",
    publishers="Publisher",
    clear_filters="Search everywhere",
    bad_date="A date is written like this: 2025-01-31",
    articles="Articles",
    articles_search="Search the titles",
    articles_shown="{shown} of {all}",
    add="Add articles",
    adding="Reading the files…",
    added="added",
    changed="renewed",
    unchanged="unchanged",
    refused="refused",
    passed_over="passed over",
    kept="kept",
    kept_because="It may be in {unread}, which could not be read.",
    remove="Remove",
    removed="{file} was removed.",
    mine="Added by you",
    mine_none="You have added nothing yet.",
    conversations="Conversations",
    conversations_search="Search conversations",
    conversations_none="No conversations here.",
    rename="Rename",
    delete="Delete",
    delete_sure="This deletes the conversation for good. Are you sure?",
    export_md="Download Markdown",
    export_json="Download JSON",
    share="Copy a link to share",
    shared="A read-only link was copied.",
    shared_view="Somebody shared this conversation with you. It is read-only.",
    save="Save",
    more="Conversation options",
    menu="Menu",
    switch="العربية",
    switch_to="ar",
    theme="Light or dark",
    engine_quotes="No key: answers are quotations from the articles",
    engine_model="Answers are written by {model}",
    add_key="To have a language model write them, start Isnad after these two lines:",
    goes_to="Questions and passages are sent to {host}",
    stays="Nothing leaves this computer",
    count_articles="{count} articles",
    newest_is="newest {date}",
    cost="cost so far {cost}",
    tokens="model tokens {tokens}",
    empty="Write a question first.",
    too_long="The question is too long. Ask in at most 2,000 characters.",
    too_many="Many questions in a short time. Wait a minute, then ask.",
    budget="Today's budget is spent. Try tomorrow, or see whoever runs this page.",
    budget_all="The page's budget of today is spent. Try tomorrow.",
    not_text="The question is not text.",
    unreadable="The question holds characters that cannot be read. Write it anew.",
    busy="Many people are asking at the moment. Wait a little and try again.",
    no_store="There are no articles yet. Add some, or run: isnad index FOLDER",
    failed="That did not work: {why}",
    not_yours="There is no such conversation, or it is not yours.",
)

WORDS: dict[Language, Words] = {"ar": ARABIC, "en": ENGLISH}
LANGUAGES = {"ar": "العربية", "en": "English", "fr": "Français", "tr": "Türkçe", "fa": "فارسی", "de": "Deutsch"}


def chosen(cookie: str | None, accepted: str | None) -> Language:
    """The language of the page: what the visitor chose, else Arabic or English by what the browser prefers, Arabic where it says nothing.

    >>> chosen(None, "en-GB,en;q=0.9"), chosen("ar", "en-GB"), chosen(None, "fr-FR,fr;q=0.9,ar;q=0.5"), chosen(None, None)
    ('en', 'ar', 'ar', 'ar')
    """
    if cookie in ("ar", "en"):
        return "ar" if cookie == "ar" else "en"
    for one in re.findall(r"[a-z]{2,3}", re.sub(r"-\w+|;\s*q=[\d.]+", "", (accepted or "").lower())):
        if one == "ar" or one == "en":
            return "ar" if one == "ar" else "en"
    return "ar"
