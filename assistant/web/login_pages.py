"""Render the login page and the lines for requests that are turned away."""

from __future__ import annotations

from assistant.rendering.plain_text import escaped
from index.messages.catalog import section

AGAIN = '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0"><title>Isnad</title>'
_FORM = """<!doctype html>
<html lang="ar" dir="rtl"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>إسناد · Isnad</title><style>
:root{color-scheme:light dark}
body{font:1.05rem/1.7 system-ui,"Noto Sans Arabic","Segoe UI",Tahoma,sans-serif;
  display:grid;min-height:90vh;place-items:center;margin:1rem}
main{width:min(22rem,100%%)}form{display:grid;gap:.9rem}
h1{font-size:1.5rem;margin:0}label{display:grid;grid-template-columns:1fr auto;gap:.2rem}label input{grid-column:1/-1}
input,button{font:inherit;padding:.5rem .7rem;border:1px solid #888;border-radius:.4rem}
button{background:#0b5c4a;color:#fff;border-color:#0b5c4a;cursor:pointer}
[role=alert]{margin:0;color:#b3261e}[role=alert] span{display:block;text-align:left}
@media(prefers-color-scheme:dark){[role=alert]{color:#ffb4ab}}
</style></head><body><main><form method="post" action="login"><h1>إسناد <span lang="en" dir="ltr">Isnad</span></h1>
%(alert)s<label>%(name)s<input name="name" autocomplete="username" dir="auto" required autofocus></label>
<label>%(password)s<input name="password" type="password" autocomplete="current-password" dir="ltr" required></label>
<input type="hidden" name="next" value="%(onward)s"><button>%(log_in)s</button></form></main></body></html>
"""


def form(onward: str, trouble: str = "") -> str:
    """Return the login page; `trouble` is a message of the section `login`.

    `onward` is the path that it leads to.
    """
    arabic, english = (section("login", language) for language in ("ar", "en"))
    both = {
        name: f'<span>{escaped(arabic[name])}</span> <span lang="en" dir="ltr">{escaped(english[name])}</span>'
        for name in arabic
    }
    alert = f'<p role="alert">{both[trouble]}</p>' if trouble else ""
    return _FORM % {**both, "alert": alert, "onward": escaped(onward)}


def line(key: str) -> str:
    """Return the line, in English, with which a program's request is turned away."""
    return section("guard", "en")[key]
