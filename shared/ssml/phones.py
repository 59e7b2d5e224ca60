"""`<phoneme>`: an author's phones, checked. How an engine writes them is the engine's affair.

Only the International Phonetic Alphabet is read; of the other alphabets the text itself is spoken.
"""

from __future__ import annotations

import re

LONGEST = 200
"""Characters of one `ph`: a word's, or a few words'."""

_LETTERS = (
    "abcdefghijklmnopqrstuvwxyzæçðøħŋœɐɑɒɓɔɕɖɗɘəɚɛɜɝɞɟɠɡɢɣɤɥɦɧɨɩɪ"
    "ɫɬɭɮɯɰɱɲɳɴɵɶɷɸɹɺɻɼɽɾɿʀʁʂʃʄʅʆʇʈʉʊʋʌʍʎʏʐʑʒʓʔʕʖʗʘʙʚʛʜʝʞʟʠʡʢʣʤʥʦʧʨᵻβθχǀǁǂǃⱱ"
)
_MODIFIERS = "ˈˌːˑ.|‖‿-͜͡ʰʲʷˠˤⁿˡᵊᵝ˞ˀ'′’"
_UNKNOWN = re.compile(f"[^{re.escape(_LETTERS + _MODIFIERS)}\u0300-\u036f\u02e5-\u02e9↗↘↑↓→\\s]")


def unknown_phone(ph: str) -> str:
    """The first character that is none of the IPA; "" where all are."""
    found = _UNKNOWN.search(ph)
    return found[0] if found else ""
