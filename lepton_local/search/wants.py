"""What kind of answer a question wants: a phrase answers who, when and how many; why and how, and
whoever asks to explain or describe, want whole sentences.
"""

from __future__ import annotations

import re

PHRASE, SENTENCES = "phrase", "sentences"

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


def wanted(question: str) -> str:
    """The kind of answer: PHRASE or SENTENCES."""
    return SENTENCES if _WANT.match(question) else PHRASE
