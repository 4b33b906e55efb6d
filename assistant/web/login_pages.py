"""What the guard itself says: the login page, and one line for each thing that it turns away."""

from __future__ import annotations

from assistant.rendering.plain_text import escaped

SAID = {
    "wrong_host": "This page does not answer to that name; use its address, or start it with --name NAME.",
    "not_found": "There is nothing here.",
    "from_another_site": "Another site may not send this.",
    "too_large": "That is more than is taken at once.",
    "too_many": "That was too often; wait a minute.",
    "no_uploads": "This page takes no articles; whoever runs it adds them with: isnad index FOLDER",
    "no_room": "Too much is being uploaded just now; try again in a few minutes.",
    "wrong_login": "Name or password is wrong.",
    "log_in": "Log in first: at /login, or with name and password in the request (Basic).",
    "failed": "That failed on the server; try again.",
    "unreadable": "That cannot be read.",
}
SHOWN = {
    "wrong": ("الاسم أو كلمة المرور غير صحيحة.", "Name or password is wrong."),
    "too_many": ("محاولات كثيرة؛ انتظر دقيقة.", "Too many tries; wait a minute."),
}
AGAIN = '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0"><title>Isnad</title>'
_FORM = """<!doctype html>
<html lang="ar" dir="rtl"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>إسناد · Isnad</title><style>
:root{color-scheme:light dark}
body{font:1.05rem/1.7 system-ui,"Noto Sans Arabic","Segoe UI",Tahoma,sans-serif;display:grid;min-height:90vh;place-items:center;margin:1rem}
main{width:min(22rem,100%%)}form{display:grid;gap:.9rem}
h1{font-size:1.5rem;margin:0}label{display:grid;grid-template-columns:1fr auto;gap:.2rem}label input{grid-column:1/-1}
input,button{font:inherit;padding:.5rem .7rem;border:1px solid #888;border-radius:.4rem}
button{background:#0b5c4a;color:#fff;border-color:#0b5c4a;cursor:pointer}
[role=alert]{margin:0;color:#b3261e}[role=alert] span{display:block;text-align:left}@media(prefers-color-scheme:dark){[role=alert]{color:#ffb4ab}}
</style></head><body><main><form method="post" action="/login"><h1>إسناد <span lang="en" dir="ltr">Isnad</span></h1>
%(alert)s<label><span>الاسم</span><span lang="en" dir="ltr">Name</span><input name="name" autocomplete="username" dir="auto" required autofocus></label>
<label><span>كلمة المرور</span><span lang="en" dir="ltr">Password</span><input name="password" type="password" autocomplete="current-password" dir="ltr" required></label>
<input type="hidden" name="next" value="%(onward)s"><button>دخول <span lang="en" dir="ltr">Log in</span></button></form></main></body></html>
"""


def form(onward: str, trouble: str = "") -> str:
    """The login page; `onward` is where it leads, `trouble` a key of SHOWN."""
    alert = ""
    if trouble:
        arabic, english = SHOWN[trouble]
        alert = f'<p role="alert">{arabic} <span lang="en" dir="ltr">{english}</span></p>'
    return _FORM % {"alert": alert, "onward": escaped(onward)}
