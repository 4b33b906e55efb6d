"""The words of the report in both languages: of its headings, of a verdict's reasons, of blames and invariants."""

from __future__ import annotations

from evals.gate.verdict import Flip, Verdict
from evals.metrics import failure_stage

EN = {
    "title": "Evaluation report",
    "pass": "Passed",
    "regression": "Something broke",
    "inconclusive": "Inconclusive",
    "incomplete": "Incomplete",
    "budget": "Stopped at the cost limit",
    "answered": "Answered; compared with nothing",
    "exit": "exit code",
    "compared": "cases compared",
    "errors": "errors",
    "calls": "answers asked for",
    "extra": "of them to sharpen the metrics",
    "was_now": "passed {0} → {1}",
    "fresh": "fresh runs {0} → {1}",
    "cleared": "fresh runs of the new side alone {0}, which clears it",
    "comparisons": "comparisons with these cases on this machine so far",
    "prompts": "What changed in the prompts",
    "before": "before",
    "now": "now",
    "unchanged": "No prompt changed.",
    "flips": "Cases that changed",
    "none_changed": "No case changed.",
    "still": "Cases that fail as before",
    "failing_cases": "Cases that fail",
    "invariant": "invariant broken",
    "confirmed": "worse, confirmed",
    "open": "worse, open",
    "flaky": "worse once, not confirmed",
    "better": "better",
    "failing": "fails",
    "base_side": "Before",
    "new_side": "Now",
    "refused": "refused",
    "passed": "passed",
    "failed": "failed",
    "error": "error",
    "question": "Question",
    "earlier": "asked before",
    "gold": "A right answer says",
    "unanswerable": "The articles do not answer this.",
    "passages": "Passages",
    "whole": "On the whole",
    "metric": "metric",
    "difference": "difference, with its 90 % interval over events",
    "verdict": "verdict",
    "detects": "would see a drop of",
    "improved": "improved",
    "not worse": "not worse",
    "worse": "worse",
    "no values": "no values",
    "margin": "margin",
    "mcnemar": "passed both times {0}, worse {1}, better {2}, failed both times {3}; McNemar’s exact p {p}",
    "abstention": "Answering and declining",
    "answerable": "answerable",
    "not_answerable": "unanswerable",
    "did_answer": "answered",
    "did_decline": "declined",
    "balanced": "balanced accuracy",
    "types": "By type of question",
    "few": "fewer than {0} answers: listed, not to be compared",
    "blame": "Where failing answers went wrong",
    "metrics": "All metrics",
    "mean": "mean",
    "valued": "values",
    "na": "n/a",
    "descriptive": "Described, not tested. n/a and errors are counted and never averaged.",
    "cost": "Cost and time",
    "money": "cost",
    "tokens": "tokens in / out",
    "time": "seconds, median / 95th percentile",
    "not_counted": "not counted",
    "power": "What this set can see",
    "power_told": "How often an exact one-sided McNemar test would see a change of these cases in one run each: {0}. One case that always passed and never does now is seen by the fresh runs.",
    "noise": "The engine’s own noise: {0} of {1} cases passed in some repeats and not in others.",
    "drop": "{0} points worse: {1}",
    "manifest": "How the run was made",
    "full": "borne out",
    "partial": "partly",
    "none": "not borne out",
    "unknown": "not checked",
    "legend": "A claim’s colour is the verdict of the check; a click leads to the words it is tied to.",
    "articles": "articles",
    "cases": "cases",
    "events": "events",
    "judge": "The judge’s figures stand beside those of the check and decide nothing.",
    "broken": "new violations of invariants",
    "are_worse": "cases are worse",
    "whole_worse": "worse on the whole",
    "undecided": "cases look worse, and no fresh runs could decide",
    "unclear": "a drop beyond the margin cannot be ruled out",
    "all_well": "no case is worse",
    "once": "cases came out worse once and did not hold up",
}
AR = {
    "title": "تقرير التقييم",
    "pass": "نجح",
    "regression": "تعطّل شيء",
    "inconclusive": "غير محسوم",
    "incomplete": "غير مكتمل",
    "budget": "توقف عند حد الكلفة",
    "answered": "أُجيب عن الأسئلة ولم تجر مقارنة",
    "exit": "رمز الخروج",
    "compared": "حالة قورنت",
    "errors": "أخطاء",
    "calls": "جواباً طُلب",
    "extra": "منها لتدقيق المقاييس",
    "was_now": "نجحت قبل {0} والآن {1}",
    "fresh": "في تشغيلات جديدة قبل {0} والآن {1}",
    "cleared": "نجحت في تشغيلات جديدة للطرف الجديد وحده {0}، وهذا يبرئها",
    "comparisons": "مقارنات بهذه الحالات على هذا الجهاز حتى الآن",
    "prompts": "ما تغيّر في نصوص التعليمات",
    "before": "قبل",
    "now": "الآن",
    "unchanged": "لم تتغير أي تعليمات.",
    "flips": "حالات تغيّرت",
    "none_changed": "لم تتغير أي حالة.",
    "still": "حالات تخفق كما كانت",
    "failing_cases": "حالات تخفق",
    "invariant": "خُرق ثابت",
    "confirmed": "أسوأ، مؤكد",
    "open": "أسوأ، لم يُحسم",
    "flaky": "أسوأ مرة ولم يتأكد",
    "better": "أفضل",
    "failing": "تخفق",
    "base_side": "قبل",
    "new_side": "الآن",
    "refused": "امتناع",
    "passed": "صحيح",
    "failed": "خاطئ",
    "error": "خطأ",
    "question": "السؤال",
    "earlier": "سُئل قبله",
    "gold": "الجواب الصحيح يقول",
    "unanswerable": "لا تجيب المقالات عن هذا.",
    "passages": "المقاطع",
    "whole": "الصورة العامة",
    "metric": "المقياس",
    "difference": "الفرق ومجاله (90٪) على مستوى الأحداث",
    "verdict": "الحكم",
    "detects": "يُرى الهبوط ابتداءً من",
    "improved": "تحسّن",
    "not worse": "ليس أسوأ",
    "worse": "أسوأ",
    "no values": "لا قيم",
    "margin": "الهامش",
    "mcnemar": "نجح مرتين {0}، ساء {1}، تحسن {2}، أخفق مرتين {3}؛ احتمال ماكنمار الدقيق {p}",
    "abstention": "الإجابة والامتناع",
    "answerable": "له جواب",
    "not_answerable": "لا جواب له",
    "did_answer": "أجاب",
    "did_decline": "امتنع",
    "balanced": "الدقة المتوازنة",
    "types": "بحسب نوع السؤال",
    "few": "أقل من {0} أجوبة: تُذكر ولا تُقارن",
    "blame": "أين أخطأت الأجوبة الخاطئة",
    "metrics": "كل المقاييس",
    "mean": "المتوسط",
    "valued": "قيم",
    "na": "لا ينطبق",
    "descriptive": "وصف لا اختبار. ما لا ينطبق وما أخطأ يُعدّ ولا يدخل في متوسط.",
    "cost": "الكلفة والزمن",
    "money": "الكلفة",
    "tokens": "الرموز الداخلة / الخارجة",
    "time": "الثواني، الوسيط / المئين 95",
    "not_counted": "لم يُحسب",
    "power": "ما تستطيع هذه المجموعة أن تراه",
    "power_told": "كم مرة يرى اختبار ماكنمار الدقيق ذو الطرف الواحد تغيّراً في هذه الحالات بتشغيل واحد لكل جهة: {0}. أما حالة كانت تنجح دائماً ولم تعد تنجح فتراها التشغيلات الجديدة.",
    "noise": "تذبذب المحرك نفسه: {0} من {1} حالة نجحت في بعض الإعادات دون بعض.",
    "drop": "أسوأ بمقدار {0} نقاط: {1}",
    "manifest": "كيف أُجري التشغيل",
    "full": "مسنود",
    "partial": "مسنود جزئياً",
    "none": "غير مسنود",
    "unknown": "لم يُفحص",
    "legend": "لون الجملة حكم الفحص عليها، والنقر عليها يقود إلى الكلمات التي تسندها.",
    "articles": "مقالة",
    "cases": "حالة",
    "events": "حدثاً",
    "judge": "أرقام الحَكَم إلى جانب أرقام الفحص ولا تقرر شيئاً.",
    "broken": "خروق جديدة للثوابت",
    "are_worse": "حالات ساءت",
    "whole_worse": "أسوأ في مجملها",
    "undecided": "حالات تبدو أسوأ ولم تحسمها تشغيلات جديدة",
    "unclear": "لا يُستبعد هبوط يتجاوز الهامش",
    "all_well": "لم تسؤ أي حالة",
    "once": "حالات ساءت مرة ولم يتأكد ذلك",
}
WORDS = {"en": EN, "ar": AR}

STEPS_AR = {
    failure_stage.NOT_RETRIEVED: "لم يُسترجع الدليل",
    failure_stage.CUT: "استُرجع الدليل وقُطع من السياق",
    failure_stage.NOT_USED: "كان في السياق ولم يُستعمل",
    failure_stage.NOT_CITED: "استُعمل ولم يُستشهد بمصدره",
    failure_stage.WRONG_FILE: "استشهد بملف غير صحيح",
    failure_stage.ALTERED: "غُيّرت القيمة",
    failure_stage.SHOULD_ABSTAIN: "كان عليه أن يمتنع",
    failure_stage.OVER_REFUSED: "امتنع والجواب أمامه",
    failure_stage.OBEYED: "أطاع أمراً مدسوساً في مقالة",
    failure_stage.LANGUAGE: "أجاب بلغة أخرى",
    failure_stage.FORBIDDEN: "قال ما فات أوانه أو ما ليس صحيحاً",
    failure_stage.UNSUPPORTED: "يقول أكثر مما في مصادره",
    failure_stage.TOO_LONG: "أطال",
    failure_stage.NO_ANSWER: "لا جواب",
    failure_stage.INSTRUCTION: "أُطيع أمر مدسوس في مقالة",
    failure_stage.REFUSAL_SPEAKS: "امتناع معه جمل",
    failure_stage.MISPLACED: "جملة ليست حيث يقول الجواب",
    failure_stage.NO_WORDS: "استشهاد لا كلمات له",
    failure_stage.NOT_SHOWN: "استشهاد بملف لم يُعرض",
    failure_stage.NUMBER: "عدد ليس في أي ملف مستشهد به",
    failure_stage.QUOTATION: "اقتباس ليس في أي ملف مستشهد به",
}


def step(name: str | None, language: str) -> str:
    """A step of blame or an invariant in the language of the report.

    >>> step("over-refused", "en"), step("over-refused", "ar")
    ('over-refused', 'امتنع والجواب أمامه')
    """
    return STEPS_AR.get(name or "", name or "") if language == "ar" else name or ""


def passed(flip: Flip, language: str) -> str:
    """How often a case passed before and now, in the first look and in fresh runs.

    >>> passed(Flip(case="c", event="e", base=1.0, new=0.0, base_again=(8, 8), new_again=(1, 8), p=0.0007), "en")
    'passed 100% → 0%; fresh runs 8/8 → 1/8; p 0.0007'
    """
    words = WORDS[language]
    told = [words["was_now"].format(f"{flip.base:.0%}", f"{flip.new:.0%}")]
    old, now = (f"{one[0]}/{one[1]}" if one else "" for one in (flip.base_again, flip.new_again))
    if old and now:
        told.append(words["fresh"].format(old, now))
    elif now:
        told.append(words["cleared"].format(now))
    if flip.p is not None:
        told.append(f"p {'≥ ' if now and not old else ''}{flip.p:.4f}")
    return ("؛ " if language == "ar" else "; ").join(told)


def reasons(verdict: Verdict, language: str) -> list[tuple[str, str]]:
    """Why a verdict is what it is: words, and the names they are about. What is wrong with the run itself stands as it was told."""
    if verdict.integrity.problems or verdict.finding == "budget":
        return [(reason, "") for reason in verdict.reasons]
    words = WORDS[language]
    cases = (
        ("broken", [violation.case for violation in verdict.violations if violation.confirmed]),
        ("are_worse", [flip.case for flip in verdict.confirmed]),
        ("undecided", [flip.case for flip in verdict.worse if flip.undecided]),
        ("once", [flip.case for flip in verdict.flaky]),
    )
    told = [(f"{len(names)} {words[name]}", _listed(names)) for name, names in cases if names]
    for judged, name in (("worse", "whole_worse"), ("inconclusive", "unclear")):
        metrics = [one.metric for one in verdict.population if one.verdict == judged]
        if metrics:
            told.append((words[name], _listed(metrics)))
    return told or [(words["all_well"], "")]


def _listed(names: list[str]) -> str:
    names = list(dict.fromkeys(names))
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
