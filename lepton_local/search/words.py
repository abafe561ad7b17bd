"""The words of a question as an index knows them: their stems, and the nearest spelling of those
that it does not know.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from lepton_local.corpus.words import terms
from lepton_local.search.prefix import beginning
from lepton_local.store.index import Index


@dataclass(frozen=True, slots=True, order=True)
class Word:
    """A word of a question. `forms` are its stems in the languages of the index, sorted.

    A document was stemmed in its own language, so a word stands in it in one of these forms. They
    count as one term: a stem that few documents share, because theirs is another language, would
    otherwise pass for a rare and telling word.
    """

    forms: tuple[str, ...]
    weight: float = 1.0  # how often it was asked


def question_words(
    index: Index, text: str, prefixes: Sequence[str] = ()
) -> tuple[list[Word], dict[str, str]]:
    """The words to search by, and which of those asked were replaced by their nearest spelling.

    prefixes: "invo" counts as one word, whatever those are that begin so.
    """
    stems = [terms(text, language=language) for language in index.statistics.languages or ("en",)]
    if len({len(each) for each in stems}) == 1:
        alike = [tuple(sorted(set(forms))) for forms in zip(*stems, strict=True)]
    else:  # a stemmer left nothing of some word: its neighbours cannot be told apart any more
        alike = [(term,) for each in stems for term in each]
    words = [Word(forms, float(count)) for forms, count in Counter(alike).items()]
    corrections = {}
    long = dict.fromkeys(re.findall(r"[^\W\d_]{6,}", text))
    formed = {word: sorted(forms_of(word, index.statistics.languages)) for word in long}
    known = index.statistics.frequencies(list(formed.values()))
    for (word, forms), passages in zip(formed.items(), known, strict=True):
        if forms and not passages:
            from lepton_local.search.spelling import nearest  # only a misspelt word pays for it

            found = nearest(index, word, forms)
            if found is not None:
                corrections[word] = found.written
                words.append(Word((found.term,)))
    for prefix in dict.fromkeys(prefixes):
        # The stem of a word may be shorter than the prefix.
        begun = forms_of(prefix, index.statistics.languages) | {f"{beginning(prefix)}*"}
        words.append(Word(tuple(sorted(begun))))
    return words, corrections


def forms_of(word: str, languages: Sequence[str]) -> set[str]:
    """The terms that a word becomes in any of these languages."""
    return {term for language in languages or ("en",) for term in terms(word, language=language)}
