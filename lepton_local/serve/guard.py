"""Who may ask: everything is refused here, before any route sees it.

A page of somebody else, open in the same browser, can send requests to this machine. It cannot
choose their Host, Origin and Sec-Fetch-Site, and does not have the token.
https://owasp.org/www-community/attacks/DNS_Rebinding
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from urllib.parse import parse_qs, urlencode, urlsplit

import anyio
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BODY = 1 << 16  # bytes
PATIENCE = 10.0  # seconds for a body to arrive
FIELD = "token"
OPEN = "/healthz"  # whether the server lives is no secret

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def new_token() -> str:
    """A token that nobody guesses."""
    return secrets.token_urlsafe(32)


class Guard:
    """An application that only those reach who may."""

    def __init__(self, app: ASGIApp, *, port: int, token: str = "") -> None:
        """token: what whoever asks must have; "": nothing. Only its digest is kept."""
        self._app = app
        self._hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}
        self._digest = _digest(token) if token else None
        self._cookie = f"lepton-{port}"  # browsers send a host's cookies to all of its ports

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it: 401, 403, 408, 413, 421."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        answer = self._refused(scope, headers) or self._let_in(scope, headers)
        if answer is None:
            try:
                with anyio.fail_after(PATIENCE):
                    body = await _body(headers, receive)
            except TimeoutError:
                answer = _refusal(408, "the body did not arrive")
            else:
                if body is None:
                    answer = _refusal(413, f"a body has at most {MOST_BODY:,} bytes")
                else:
                    receive = _again(body, receive)
        await (answer or self._app)(scope, receive, _with_headers(send))

    def _refused(self, scope: Scope, headers: Mapping[str, str]) -> Response | None:
        if headers.get("host", "").lower() not in self._hosts:
            return _refusal(421, "this server answers only to its own name")
        origin = headers.get("origin")
        if origin is not None and _host(origin) not in self._hosts:
            return _refusal(403, "a page of another site may not ask")
        site = headers.get("sec-fetch-site", "none")
        # A link may lead here; what another site's page fetches or sends may not.
        followed = headers.get("sec-fetch-mode") == "navigate" and scope["method"] == "GET"
        if site not in ("none", "same-origin") and not followed:
            return _refusal(403, "a page of another site may not ask")
        return None

    def _let_in(self, scope: Scope, headers: Mapping[str, str]) -> Response | None:
        if self._digest is None or scope["path"] == OPEN:
            return None
        asked = parse_qs(scope["query_string"].decode("latin-1"))
        if self._is_token(asked.pop(FIELD, [""])[0]):
            rest = urlencode(asked, doseq=True)
            here = f"/{scope['path'].lstrip('/')}"  # two slashes would name another host
            moved = RedirectResponse(f"{here}{'?' if rest else ''}{rest}", status_code=303)
            given = parse_qs(scope["query_string"].decode("latin-1"))[FIELD][0]
            moved.set_cookie(self._cookie, given, httponly=True, samesite="strict")
            return moved
        kind, _, bearer = headers.get("authorization", "").partition(" ")
        cookie = cookie_parser(headers.get("cookie", "")).get(self._cookie, "")
        if kind.lower() == "bearer" and self._is_token(bearer.strip()):
            return None
        if self._is_token(cookie):
            return None
        return _refusal(401, "open the address that lepton-search serve printed", bearer=True)

    def _is_token(self, given: str) -> bool:
        return self._digest is not None and hmac.compare_digest(_digest(given), self._digest)


def _host(origin: str) -> str:
    """Host and port of an origin; "" for what is none."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _refusal(status: int, words: str, *, bearer: bool = False) -> Response:
    challenge = {"WWW-Authenticate": "Bearer"} if bearer else {}
    return PlainTextResponse(f"{words}\n", status_code=status, headers=challenge)


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
