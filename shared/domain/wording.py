"""What is sent for the texts of a document under its options: plain text where the API's own members say it all, else
SSML written around each text. Borders between the texts stay where they are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from shared.batchapi.model import InputKind
from shared.batchapi.versions import ApiVersion
from shared.domain.options import Options
from shared.errors import InputError
from shared.ssml.write import Writer, is_marked, occurring

MOST_FROZEN = 24_000
"""Characters of options in a version's row, of the 32,000 that a property holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    kind: InputKind
    texts: tuple[str, ...]
    """As they are sent."""
    options: Options
    """Those that act on them: to be frozen."""
    plain: tuple[str, ...] = ()
    """The same before SSML was written around them; empty for an author's own SSML."""

    def forms(self, number: int) -> Iterator[Form]:
        """All texts that sound as input `number` (from 1) does: what was sent for it before need not be sent again."""
        yield Form(kind=self.kind, text=self.texts[number - 1])
        goes_on = number < len(self.texts)
        if not self.plain or is_marked(self.options, self.plain[number - 1], goes_on=goes_on):
            return
        if self.kind is InputKind.SSML:
            yield Form(kind=InputKind.PLAIN_TEXT, text=self.plain[number - 1])
        else:
            written = Writer(self.options).write(self.plain[number - 1], goes_on=goes_on)
            yield Form(kind=InputKind.SSML, text=written)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """An input in a job of this kind. Two of equal text sound the same where their `job_options` are equal too."""

    kind: InputKind
    text: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def worded(kind: InputKind, texts: Sequence[str], options: Options, api: ApiVersion) -> Wording:
    """An author's SSML is left as it is. Raises InputError: the options are too long to be kept."""
    if kind is InputKind.SSML:
        return Wording(kind=kind, texts=tuple(texts), options=options.for_ssml())
    options, sent = _narrowed(options, texts), tuple(texts)
    if _needs_ssml(options, texts, api):
        kind, sent = InputKind.SSML, written(texts, options)
    return Wording(kind=kind, texts=sent, options=options, plain=tuple(texts))


def written(texts: Sequence[str], options: Options) -> tuple[str, ...]:
    """Plain texts of one document as SSML."""
    writer, last = Writer(options), len(texts)
    return tuple(writer.write(text, goes_on=number < last) for number, text in enumerate(texts, 1))


def _needs_ssml(options: Options, texts: Sequence[str], api: ApiVersion) -> bool:
    """One text that needs it is enough: a job takes inputs of one kind."""
    if (options.role or options.style_degree != 1) and not api.roles:
        return True
    last = len(texts)
    return any(is_marked(options, text, goes_on=number < last) for number, text in enumerate(texts, 1))


def _narrowed(options: Options, texts: Sequence[str]) -> Options:
    """With those words of the lexicon that stand in the texts."""
    found = {word for text in texts for word in occurring(options.lexicon, text)}
    options = replace(options, lexicon={word: said for word, said in options.lexicon.items() if word in found})
    size = len(json.dumps(options.as_json(), ensure_ascii=False))
    if size > MOST_FROZEN:
        raise InputError(
            f"The lexicon's words that stand in it take {size:,} characters, and the limit is {MOST_FROZEN:,}",
            where="lexicon",
            remedy="Shorten the lexicon in the option files, and drop the document again.",
        )
    return options
