"""Who may ask: everything is refused here, before any route sees it.

A page of somebody else, open in the same browser, can send requests to this machine. It cannot
choose their Host, Origin and Sec-Fetch-Site, and has no token.
https://owasp.org/www-community/attacks/DNS_Rebinding
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qs, urlencode, urlsplit

import anyio
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lepton_local.serve.rates import Rates
from lepton_local.serve.reply import is_program, refused
from lepton_local.serve.sessions import Sessions
from lepton_local.serve.tokens import NOBODY, OWNER, Keys, Token, asking, digest

MOST_BODY = 1 << 16  # bytes
PATIENCE = 10.0  # seconds for a body to arrive
FIELD = "token"
OPEN = "/healthz"  # whether the server lives is no secret
SIGN_IN = "/sign-in"
_UNCOUNTED = ("/style.css", "/page.js")  # parts of each page, which nobody asks for
_FORM = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Who asks?</title>
<main>
<h1>Who asks?</h1>
<p>{words}.</p>
<form method="post" action="/sign-in">
<label>Token <input name="token" type="password" autocomplete="current-password" required></label>
<button>Sign in</button>
</form>
</main>
</html>
"""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self';"
    " img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Guard:
    """An application that only those reach who may."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        port: int,
        names: Iterable[str] = (),
        keys: Keys | None = None,
        sessions: Sessions | None = None,
    ) -> None:
        """names: what this machine is called beside what every machine calls itself; keys: the
        tokens of programs, none: all of this machine may ask; sessions: those of browsers.
        """
        self._app = app
        own = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}
        self._hosts = own | {f"{name.lower()}{end}" for name in names for end in ("", f":{port}")}
        self._keys = keys
        self._sessions = sessions or Sessions()
        self._rates = Rates()
        self._cookie = f"lepton-{port}"  # browsers send a host's cookies to all of its ports

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it: 401, 403, 408, 413, 421, 429."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        asking.set(NOBODY if self._keys is not None else OWNER)
        signs = self._keys is not None and (scope["method"], scope["path"]) == ("POST", SIGN_IN)
        answer = self._refused(scope, headers)
        if answer is None and not signs:
            answer = self._let_in(scope, headers)
        if answer is None:
            try:
                with anyio.fail_after(PATIENCE):
                    body = await _body(headers, receive)
            except TimeoutError:
                answer = _refusal(scope, 408, "the body did not arrive")
            else:
                if body is None:
                    answer = _refusal(scope, 413, f"a body has at most {MOST_BODY:,} bytes")
                elif signs:
                    answer = self._signed_in(scope, body)
                else:
                    receive = _again(body, receive)
        await (answer or self._app)(scope, receive, _with_headers(send))

    def _refused(self, scope: Scope, headers: Mapping[str, str]) -> Response | None:
        if headers.get("host", "").lower() not in self._hosts:
            return _refusal(scope, 421, "this server answers only to its own name")
        origin = headers.get("origin")
        if origin is not None and _host(origin) not in self._hosts:
            return _refusal(scope, 403, "a page of another site may not ask")
        site = headers.get("sec-fetch-site", "none")
        # A link may lead here; what another site's page fetches or sends may not.
        followed = headers.get("sec-fetch-mode") == "navigate" and scope["method"] == "GET"
        if site not in ("none", "same-origin") and not followed:
            return _refusal(scope, 403, "a page of another site may not ask")
        return None

    def _let_in(self, scope: Scope, headers: Mapping[str, str]) -> Response | None:
        if self._keys is None or scope["path"] == OPEN:
            return None
        asked = parse_qs(scope["query_string"].decode("latin-1"))
        (code, *_) = asked.pop(FIELD, [""])
        if code and scope["method"] == "GET" and self._sessions.used(code):
            asking.set(OWNER)
            rest = urlencode(asked, doseq=True)
            here = f"/{scope['path'].lstrip('/')}"  # two slashes would name another host
            to = f"{here}{'?' if rest else ''}{rest}"
            return self._moved(scope, to, self._sessions.begun())
        who = self._who(headers)
        if who is None:
            return _refusal(scope, 401, "The address that was printed serves once; a token, always")
        asking.set(who)
        wait = 0.0 if scope["path"] in _UNCOUNTED else self._rates.wait(who)
        if wait:
            again = math.ceil(wait)
            told = f"this token asks {who.rate} at most, come again in {again:,} s"
            return _refusal(scope, 429, told, {"Retry-After": str(again)})
        return None

    def _signed_in(self, scope: Scope, body: bytes) -> Response:
        """The answer to a token that somebody typed into a browser."""
        assert self._keys is not None
        token = digest(parse_qs(body.decode("latin-1")).get(FIELD, [""])[0].strip())
        who = self._keys.holder(token)
        if who is None:
            return _refusal(scope, 401, "Nobody has this token")
        asking.set(who)
        return self._moved(scope, "/", self._sessions.begun(token))

    def _moved(self, scope: Scope, to: str, secret: str) -> Response:
        moved = RedirectResponse(to, status_code=303)
        secure = scope["scheme"] == "https"  # by our certificate, or by that of a trusted proxy
        moved.set_cookie(self._cookie, secret, httponly=True, samesite="strict", secure=secure)
        return moved

    def _who(self, headers: Mapping[str, str]) -> Token | None:
        assert self._keys is not None
        kind, _, bearer = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self._keys.holder(digest(bearer.strip()))
        cookie = cookie_parser(headers.get("cookie", "")).get(self._cookie, "")
        token = self._sessions.token(cookie)
        return OWNER if token == "" else self._keys.holder(token) if token else None


def _host(origin: str) -> str:
    """Host and port of an origin; "" for what is none."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _refusal(
    scope: Scope, status: int, words: str, headers: Mapping[str, str] | None = None
) -> Response:
    if status == 401:
        headers = {"WWW-Authenticate": "Bearer"}
    if is_program(scope["path"]):
        return refused(words, status, headers)
    if status == 401:
        return HTMLResponse(_FORM.format(words=words), status_code=status, headers=headers)
    return PlainTextResponse(f"{words}\n", status_code=status, headers=headers)


async def _body(headers: Mapping[str, str], receive: Receive) -> bytes | None:
    """All of a body; None for one that is too large, however it says its length."""
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > MOST_BODY:
        return None
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if len(body) > MOST_BODY:
            return None
        if message["type"] != "http.request" or not message.get("more_body", False):
            return body


def _again(body: bytes, receive: Receive) -> Receive:
    """The body that was read, once, and then what comes after it."""
    waiting = [body]

    async def given() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return given


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            more = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
            message = {**message, "headers": [*message["headers"], *more]}
        await send(message)

    return sent
