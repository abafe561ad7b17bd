"""Scripts that are written without spaces between words, as the insides of a character class."""

from __future__ import annotations

# Thai and Lao, Burmese, Khmer.
SOUTH_EAST = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
# Kana with its halfwidth forms, Bopomofo, Han.
EAST = (
    "\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
UNSPACED = EAST + SOUTH_EAST
