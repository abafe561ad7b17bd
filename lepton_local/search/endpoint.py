"""A language model on this machine, asked over HTTP as OpenAI's chat endpoint is.

Only this machine is ever talked to: the address is one of the loopback interface, redirections are
not followed, and no proxy is asked.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from lepton_local.errors import InputError, ModelError

SECONDS = 300  # for a whole answer
MOST_BYTES = 1 << 20  # of it
_EXPECTED = "expected http://127.0.0.1:PORT/v1, a model on this machine"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model listens, checked to be this machine."""

    host: str
    port: int
    path: str

    @property
    def url(self) -> str:
        """The address as one line."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}{self.path}"


def endpoint(url: str) -> Endpoint:
    """The endpoint of an address. Raises InputError for one that is not of this machine."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 80
        here = "127.0.0.1" if host == "localhost" else host
        loopback = ipaddress.ip_address(here).is_loopback
    except ValueError:
        loopback = False
    plain = loopback and parts.scheme == "http" and "@" not in parts.netloc
    if not plain or parts.query or parts.fragment:
        raise InputError(f"{url!r} is no address of a writer, {_EXPECTED}")
    return Endpoint(here, port, parts.path.rstrip("/"))


def ask(where: Endpoint, prompt: str) -> tuple[str, str]:
    """What the model there writes, and what it is called. Raises ModelError where none answers."""
    until = time.monotonic() + SECONDS
    listed = _told(where, "GET", "/models", None, until)
    try:
        name = str(listed["data"][0]["id"])
    except (KeyError, IndexError, TypeError):
        name = "unnamed"
    asked = {
        "model": name,
        "messages": [{"role": "user", "content": prompt}],
        "temperature": 0,
        "stream": False,
    }
    answer = _told(where, "POST", "/chat/completions", asked, until)
    try:
        text = answer["choices"][0]["message"]["content"]
    except (KeyError, IndexError, TypeError):
        text = None
    if not isinstance(text, str):
        raise ModelError(f"{where.url} gave no text, expected choices[0].message.content")
    return text, name


def _told(where: Endpoint, method: str, path: str, body: Any, until: float) -> Any:
    connection = http.client.HTTPConnection(where.host, where.port, timeout=SECONDS)
    sent = None if body is None else json.dumps(body).encode()
    try:
        connection.request(
            method, where.path + path, sent, {"Content-Type": "application/json"} if sent else {}
        )
        data = b""
        with connection.getresponse() as reply:
            while part := reply.read1(1 << 16):
                data += part
                if len(data) > MOST_BYTES or time.monotonic() > until:
                    raise ModelError(
                        f"{where.url} goes on and on, expected at most 1 MiB in 5 minutes"
                    )
    except (OSError, http.client.HTTPException) as error:
        raise ModelError(
            f"{where.url} does not answer ({error or type(error).__name__})",
            advice="start the model's server, or leave --writer out",
        ) from None
    finally:
        connection.close()
    if reply.status != 200 and body is not None:
        raise ModelError(f"{where.url}{path} answered {reply.status}, expected 200")
    try:
        return json.loads(data)
    except ValueError:
        if body is None:
            return None
        raise ModelError(f"{where.url}{path} gave no JSON, expected an answer in JSON") from None
