"""What kind of answer a question wants: a phrase answers who, when and how many; why and how, and
whoever asks to explain or describe, want whole sentences; "which harbours" wants all of them.
"""

from __future__ import annotations

import re

from lepton_local.search.expansion import abbreviation

PHRASE, SENTENCES, LIST = "phrase", "sentences", "list"

# How much of something: a phrase answers.
_MEASURE = (
    "many|much|long|old|large|big|high|far|deep|tall|heavy|wide|thick|fast|often|soon|short|small"
    "|close|near|late|early|likely|strong|hot|cold|warm|expensive|cheap|young|few|little|bright"
)
_MASS = (
    "viele?|lange?|alt|groß|hoch|weit|tief|schwer|breit|dick|oft|schnell|bald|spät|früh|teuer"
    "|heißt|heißen|lautet"
)
_NAMED = "called|named|spelled|spelt|written|abbreviated|pronounced"
_WANT = re.compile(
    r"^\W*(?:(?:and|but|so|then|can you|could you|please|und|aber|et|y)\b[ ,]*)*(?:"
    r"why|explain|describe|discuss|outline|summari[sz]e|tell me (?:about|how|why)"
    rf"|how(?! (?:{_MEASURE})\b)(?! (?:is|are|was|were) .*\b(?:{_NAMED})\b)"
    r"|what (?:does|do|did) .*\b(?:do|mean)\b|in what ways?|what (?:is|are) the reasons?"
    r"|what (?:is|are) the (?:steps|procedure|process)|what happens"
    r"|what (?:should|must|can) (?:i|we|you|one) do|what (?:to do|do (?:i|we|you) do)"
    r"|warum|wieso|weshalb|wozu|erkläre?|beschreibe?"
    rf"|wie(?! (?:{_MASS})\b)"
    r"|pourquoi|comment|expliquez?|décri(?:s|vez)"
    r"|por qué|cómo|explica|describe)\b",
    re.IGNORECASE,
)


# Several things: "list the …", "what are the …", and "which" with a word in the plural.
_SEVERAL = re.compile(
    r"^\W*(?:(?:and|but|so|then|can you|could you|please|und|et|y)\b[ ,]*)*(?:"
    r"(?:list|enumerate|name)(?: me)? (?:all|the|every|each|some)|(?:what|which|who) (?:are|were)"
    r"|(?:what|which)(?: (?!is|was|does|has|of)\w+){0,2}?"
    r" (?!(?:is|was|does|has|this|its|us|as)\b)\w*[^\W\dsiu]s(?= \w)"
    r"|welche \w+ (?:sind|gibt|haben|werden|stehen|liegen)|nenne|zähle?|quels|quelles|cuáles"
    r")\b",
    re.IGNORECASE,
)


def wanted(question: str) -> str:
    """The kind of answer: PHRASE, SENTENCES or LIST."""
    if abbreviation(question) is not None:  # whose long form is a phrase
        return PHRASE
    if _WANT.match(question):
        return SENTENCES
    return LIST if _SEVERAL.match(question) else PHRASE
