"""Short word lists that the check reads sentences by, all in folded forms."""

from __future__ import annotations

from index.language.normalize import folded


def _set(text: str) -> frozenset[str]:
    return frozenset(folded(text).split())


FUNCTION = _set(  # words that join others and say nothing of their own
    """
    في من الى على عن مع بين حتى منذ خلال عند لدى نحو ضمن عبر حول دون بدون سوى رغم بعد قبل فوق تحت أمام خلف وراء ضد إزاء لدن كل بعض
    أو أم بل لكن لكنه لكنها ولكن و ف ب ل ك ثم حيث إذ إذا إن أن أنه أنها أنهم إنه إنها إنهم بأن بأنه بأنها لأن لأنه لأنها كأن لعل ليت لو لولا كي لكي
    هو هي هم هن هما أنا نحن أنت أنتم هذا هذه هذان هذين هاتان هاتين هؤلاء ذلك تلك أولئك ذاك هنا هناك هنالك الذي التي الذين اللذان اللذين اللتان اللتين اللواتي اللاتي
    ما ماذا متى أين كيف كم لماذا هل أي أية أيضا قد لقد كان كانت كانوا يكون تكون وكان وكانت يكن تكن يكونوا ويكون وتكون ستكون سيكون ليست وكانوا كما مما فيما بما عما ممن عمن إنما إما أما إلا غير حين حينما عندما بينما كلما مهما
    به بها بهم له لها لهم لنا لي لك فيه فيها فيهم منه منها منهم عليه عليها عليهم إليه إليها إليهم عنه عنها عنهم معه معها معهم لديه لديها لديهم بينه بينها بينهم
    وفي ومن وعلى وإلى وعن ومع وهو وهي وهم وقد ولقد وأن وإن وأنه وأنها وأنهم كذلك وذلك وهذا وهذه بذلك لذلك لهذا بهذا فقد فإن ليكون لتكون التى
    الأقل يقل يا سوف س قام قامت تم يتم جدا فقط مثل مثلا نفس ذات جميع عدة كافة أحد إحدى لم لن لا ليس ليست ولم ولن ولا وليس عدم بلا
    the a an and or but nor so yet of in on at by for from with to into onto upon over under between among through during within without about against toward towards
    as than then that this these those it its itself he him his himself she her hers herself they them their theirs themselves we us our ours i me my mine you your yours
    who whom whose which what when where why how is are was were be been being am do does did done has have had having will would shall should can could may might must
    not no nor there here also too very just only such same own each every both either neither other another any some if because while although though since until unless
    least s t re ve ll d m n never
    """
)
REPORTING = _set(  # verbs of saying and what goes with them: any report may use them
    """
    قال قالت يقول تقول وقال وقالت قائلا أكد أكدت يؤكد وأكد أعلن أعلنت وأعلن يعلن أوضح وأوضح أضاف وأضاف أشار وأشار ذكر ذكرت وذكر أفاد أفادت صرح مشيرا مؤكدا مضيفا موضحا لافتا
    say said says tell told according added stated states claimed
    """
)
NEGATORS = _set(
    """
    لا لم لن ليس ليست ليسوا لست غير عدم دون بدون بلا ولا ولم ولن وليس وليست لما
    not no never none nobody nothing neither nor without cannot t non
    """
)
ORDINARY = _set(  # of news prose: rare in lists of words, and yet no names
    """
    بحسب حسب وفق وفقا طبقا بينهما بينهم بينها نفسه نفسها نفسهم ذاته ذاتها كلا كلتا كليهما كلاهما جاء جاءت يأتي تأتي جرى جرت يجري تجري هدفه هدفها مهمة مهمته مهمتها
    الطرفان الطرفين الجانبان الجانبين البلدان البلدين لقاء لقاءه لقاءها لقاءهما لقائه خبر خبران خبرين تقرير تقريران وصف وصفت وصفه وصفها ذكرتها ذكره التقى التقت التقيا اجتمع اجتمعت
    استقبل استقبلت زار زارت بحث بحثا بحثت تناول تناولت شمل شملت ضم ضمت ترأس ترأست رافق رافقت حضر حضرت شارك شاركت عقد عقدت دام دامت استمر استمرت بلغ بلغت تضمن تضمنت
    منهما منهم لهما لهم معهما معهم عنهما عنهم فيهما فيهم أيضا كذلك آنذاك حينها عقب خلاله خلالها إثر تجاه حيال بشأن بخصوص
    respectively meanwhile according regarding concerning alongside whereas thereby
    """
)
DENIALS = _set(  # verbs that say of something that it is not so, or was not done
    """
    نفى نفت ينفي تنفي ونفى ونفت نفيه نفيها نافيا رفض رفضت يرفض ترفض ورفض ورفضت رفضه رفضها رافضا رافضة أنكر أنكرت ينكر تنكر كذب كذبت استبعد استبعدت يستبعد تستبعد
    فشل فشلت يفشل تفشل أخفق أخفقت امتنع امتنعت منع منعت يمنع تمنع ألغى ألغت يلغي تلغي
    deny denies denied denying refuse refuses refused refusing reject rejects rejected rejecting fail fails failed failing dismiss dismissed ruled rule ban bans banned banning refute refuted decline declined
    prevent prevented avoid avoided stop stopped unable unlikely hardly barely lack lacks lacked cancel cancelled canceled
    """
)
HEDGES = _set(  # a thing said with them is not said without
    """
    ربما قد يمكن يحتمل محتمل محتملة مزعوم مزعومة يزعم زعم زعمت يعتقد تعتقد يرجح ترجح مرجح متوقع متوقعة يتوقع تتوقع توقعات شبهة اشتباه يشتبه مشتبه كاد كادت يكاد تكاد احتمال خطة تخطط يعتزم تعتزم ينوي تنوي سابق السابق سابقا
    may might could would possible possibly probable probably likely perhaps maybe alleged allegedly reportedly suspected believed understood thought claims claimed expected expects plan plans planned
    potential potentially proposed attempted former formerly almost nearly some seems seemed appears appeared suggest suggests rumoured
    """
)
LEADING = _set(  # behind them a name is not who does it; behind "by" it is
    """
    في من إلى على عن مع بين لدى نحو ضد يد رفقة برفقة أمام ضمن حول
    of with from to for in at on against over about into between than under inside near s
    """
)
THAT = _set("أن إن بأن أنه أنها إنه إنها بأنه بأنها that")  # what is said stands behind them
CONTENT = 0.3  # the weight from which a word says something of its own
QUALIFIERS = DENIALS | NEGATORS | HEDGES  # with one of them a thing is not simply said
