"""The pictures that a message shows in its page; those that are attached to it are members."""

from __future__ import annotations

import email
from collections.abc import Iterator
from functools import partial

from lepton_local.corpus.formats.depicted import Found, opened
from lepton_local.corpus.formats.headers import attachment_name, mended
from lepton_local.corpus.formats.mail import content, is_shown, parts_of


def pictures_of_mail(data: bytes) -> Iterator[Found]:
    """Those with an address in the message."""
    for part in parts_of(email.message_from_bytes(mended(data))):
        if is_shown(part):
            name = attachment_name(part.get_filename(""))
            yield Found(partial(opened, content(part)), name=name)
