"""Set the headers and cookies of every response.

The policy allows what Gradio needs (scripts in the page, eval) and nothing from another host.
"""

from __future__ import annotations

from http.cookies import SimpleCookie

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import Message, Scope, Send

POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self'; "
    "style-src 'self' 'unsafe-inline'; font-src 'self' data:; "
    "script-src 'self' 'unsafe-inline' 'unsafe-eval'; connect-src 'self'; worker-src 'self' blob:; form-action 'self'; "
    "frame-src 'none'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'"
)
HEADS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # no-referrer would make the login form's Origin "null"
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), display-capture=()",
}


class HeaderSender:
    """Sends with our heads on every response."""

    def __init__(self, send: Send, scope: Scope, root: str = "/") -> None:
        self._send, self._scope, self._path, self._root = send, scope, scope["path"], root
        self._secure = scope.get("scheme") == "https"
        self._cookies: list[str] = []
        self._begun = self.ended = False

    def cookie(self, name: str, value: str, age: int | None = None) -> None:
        """Set a cookie that no script reads and no other site sends."""
        jar = SimpleCookie({name: value})
        jar[name]["path"], jar[name]["samesite"], jar[name]["httponly"] = self._root, "Strict", True
        if age is not None:
            jar[name]["max-age"] = age
        if self._secure:
            jar[name]["secure"] = True
        self._cookies.append(jar[name].OutputString())

    async def replace(self, response: Response) -> None:
        """Send this response unless one has begun, and drop the rest of the application's."""
        if not self._begun:
            await response(self._scope, _nothing, self)
        self.ended = True

    async def __call__(self, message: Message) -> None:
        if self.ended:
            return
        if message["type"] == "http.response.start":
            self._begun = True
            heads = MutableHeaders(scope=message)
            for name, value in HEADS.items():
                heads[name] = value
            if self._secure:
                heads["strict-transport-security"] = "max-age=31536000"
            if not self._path.startswith(("/assets/", "/static/")):
                heads.setdefault("cache-control", "no-store")
            for cooky in self._cookies:
                heads.append("set-cookie", cooky)
        await self._send(message)


async def _nothing() -> Message:
    return {"type": "http.disconnect"}
