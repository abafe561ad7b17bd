"""The fields of vectors that a question is asked of: their encoders, and one likeness of all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from lepton_local.errors import InputError, VersionError
from lepton_local.models.carried import beside
from lepton_local.models.roles import Encoder
from lepton_local.models.scale import Scale, on_common_scale
from lepton_local.search.checks import check_model
from lepton_local.store.entry import EncoderId
from lepton_local.store.index import Index
from lepton_local.store.names import PICTURES, QUESTION, TEXT, field_name
from lepton_local.store.storage import rebuild


class Fields:
    """Some fields of an index, whose encoders are loaded when they are first needed."""

    def __init__(
        self,
        index: Index,
        names: Sequence[str],
        given: Mapping[str, Encoder],
        load: Callable[[str], Encoder],
    ) -> None:
        """given: encoders that need not be loaded; load: gives the one of a name or folder.

        Raises InputError for a field that the index, or one of its members, lacks, and VersionError
        for an encoder that did not make its vectors.
        """
        self._index, self._load = index, load
        self.made = {name: _made(index, name) for name in names}
        self.seen = frozenset(n for n, each in self.made.items() if each.of == PICTURES)
        self._encoders: dict[str, Encoder] = {}
        for name, encoder in given.items():
            check_model(encoder, Encoder, "encoder")
            self._encoders[name] = self._checked(encoder, _made(index, name))

    @property
    def only(self) -> frozenset[str]:
        """Those that alone are asked where no other is: fields of pictures find nothing else."""
        return self.seen if len(self.seen) == len(self.made) else frozenset()

    def encoder(self, name: str) -> Encoder:
        """The encoder of a field. Raises ModelError, or VersionError for another one."""
        if name not in self._encoders:
            made = _made(self._index, name)
            own = [each for each in self._encoders.values() if each.digest == made.digest]
            model = beside(self._index.members[0].storage.place, made.model, made.digest)
            self._encoders[name] = self._checked(own[0] if own else self._load(model), made)
        return self._encoders[name]

    def encoders(self, language: str) -> dict[str, Encoder]:
        """Those that are asked in a language: of several, the ones that were made for it, if any
        were.
        """
        every = {name: self.encoder(name) for name in self.made if name not in self.seen}
        chosen = {n: each for n, each in every.items() if reads(each, language)} or every
        return {**chosen, **{name: self.encoder(name) for name in sorted(self.seen)}}

    def alike(self, name: str) -> Callable[[str, Sequence[str]], np.ndarray]:
        """A text, others -> their likeness to it (n,), by the encoder of a field, on the common
        scale.
        """
        encoder = self.encoder(name)

        def likeness(text: str, others: Sequence[str]) -> np.ndarray:
            rows = encoder.encode([text, *others], kind="question")
            return self.likeness({name: rows[1:] @ rows[0]})

        return likeness

    def likeness(self, cosines: Mapping[str, np.ndarray]) -> np.ndarray:
        """The mean likeness (n,) of passages over the fields that have a vector of them, each on
        the common scale; of a picture, what is seen in it counts alone where that is more: its
        name may say nothing. cosines: (n,) each, NaN where there is none.
        """
        scaled = np.array(
            [
                on_common_scale(each, Scale(self.made[name].unrelated, self.made[name].related))
                for name, each in cosines.items()
            ]
        )
        seen = np.array([name in self.seen for name in cosines], dtype=bool)
        there = ~np.isnan(scaled[~seen])
        total = np.where(there, scaled[~seen], 0.0).sum(axis=0)
        read = np.where(there.any(axis=0), total / np.maximum(there.sum(axis=0), 1), np.nan)
        best = np.fmax.reduce([read, *scaled[seen]])
        return np.asarray(np.nan_to_num(best, nan=0.0))

    def of_texts(self, cosines: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Those by field that are of texts, all but that of the questions; all, if it is alone."""
        kept = {name: each for name, each in cosines.items() if not self._asks(name)}
        return kept or dict(cosines)

    def _asks(self, name: str) -> bool:
        own = self.made.get(TEXT)
        return name == QUESTION and own is not None and self.made[name].digest == own.digest

    def _checked(self, encoder: Encoder, made: EncoderId) -> Encoder:
        if encoder.digest != made.digest:
            raise VersionError(
                f"{self._index.place} was encoded by {made.name} ({made.digest}), not by "
                f"{encoder.name} ({encoder.digest})",
                advice=rebuild(self._index.place),
            )
        return encoder


def built_with(index: Index) -> tuple[str, ...]:
    """The fields that an index was built with, of several indexes those that all have."""
    manifests = [member.manifest for member in index.members]
    further = map(field_name, manifests[0].config.further)
    return TEXT, *(name for name in further if all(name in each.encoders for each in manifests))


def with_questions(index: Index, names: Sequence[str]) -> tuple[str, ...]:
    """These fields of an index (those that it was built with, if none is named), and that of the
    questions that stand above their answers, where it has their vectors, unless only pictures are
    asked for.
    """
    asked = names or built_with(index)
    encoders = [member.manifest.encoders for member in index.members]
    there = all(
        QUESTION in each and each[QUESTION].digest == each[TEXT].digest for each in encoders
    )
    reads_any = any(name not in encoders[0] or encoders[0][name].of == TEXT for name in asked)
    return tuple(dict.fromkeys((*asked, *([QUESTION] * (there and reads_any)))))


def reads(model: object, language: str) -> bool:
    """Whether a model was made for a language; one that does not say is taken to read them all."""
    languages: frozenset[str] = getattr(model, "languages", frozenset())
    return not languages or language in languages


def _made(index: Index, name: str) -> EncoderId:
    """What made a field's vectors, in all members the same."""
    first = index.members[0].manifest.encoders.get(name)
    for member in index.members:
        made = member.manifest.encoders.get(name)
        if made is None or first is None:
            there = ", ".join(member.manifest.encoders)
            raise InputError(
                f"field {name!r} is not in {member.path}, which has {there}",
                advice=f"lepton-index add-field {member.path} --encoder NAME --name {name}",
            )
        if made.digest != first.digest:
            raise VersionError(
                f"the field {name} of {member.path} was encoded by {made.name} ({made.digest}), "
                f"and that of {index.place} by {first.name} ({first.digest})",
                advice=rebuild(str(member.path)),
            )
    assert first is not None
    return first
