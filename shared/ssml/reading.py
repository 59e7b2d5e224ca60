"""Reads SSML: well-formed XML without the dangerous parts, at most 256 elements deep, every fault with its place.

What the elements mean is decided in `elements`; this module owns the parser and the words of its errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import errors

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import XMLParser

from shared.batchapi.model import Background
from shared.errors import InputError
from shared.ssml.elements import Document
from shared.ssml.spans import Span

DEEPEST = 256


def parse(text: str, *, fetching: bool = False) -> tuple[Span, ...]:
    """The spans of an SSML document; with `fetching`, recordings and lexicons are asked for rather than left out.

    Raises InputError with line and column: it is not well-formed, has a document type or entities, is too deep, has
    phones that are none, or is not `<speak>` around `<voice>`.
    """
    return _read(text, fetching=fetching).spans()


def background(text: str) -> Background | None:
    """What is to be heard behind an SSML document that `parse` has read."""
    return _read(text, fetching=True).background() if "backgroundaudio" in text else None


def check(text: str) -> None:
    """Raises InputError as `parse` does."""
    parse(text)


def _read(text: str, *, fetching: bool) -> Document:
    target = _Target(Document(fetching=fetching))
    parser = XMLParser(target=target, forbid_dtd=True)
    target.parser = parser
    try:
        parser.feed(text.removeprefix("\ufeff"))
        parser.close()
    except ParseError as error:
        raise _not_well_formed(error, target) from error
    except DefusedXmlException as error:
        raise InputError(
            "it has a document type or an entity, which are not read",
            where=target.here(),
            remedy="Remove the <!DOCTYPE …> and write characters instead of entities.",
        ) from error
    except UnicodeEncodeError as error:
        raise InputError(
            "it has half of a surrogate pair, which is no character",
            where=_place(text.count("\n", 0, error.start) + 1, error.start - text.rfind("\n", 0, error.start)),
            remedy="Remove that character.",
        ) from error
    return target.document


class _Target:
    """What the parser calls: keeps the open elements and their places, and hands all to the document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.open: list[tuple[str, int, int]] = []
        self.parser: XMLParser | None = None

    def here(self) -> str:
        return _place(*self._position())

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        line, column = self._position()
        if len(self.open) == DEEPEST:
            raise InputError(
                f"more than {DEEPEST} elements lie in each other",
                where=_place(line, column),
                remedy="Close elements before opening others.",
            )
        self.open.append((tag, line, column))
        self.document.start(tag, attributes, self.here)

    def end(self, tag: str) -> None:
        self.open.pop()
        self.document.end()

    def data(self, text: str) -> None:
        self.document.data(text, lambda: self._before(text))

    def close(self) -> None:
        """Asked for by the parser."""

    def _before(self, text: str) -> str:
        """Where `text` begins to be more than white space; it ends here."""
        line, column = self._position()
        spaces, words = text[: -len(text.lstrip())], text.lstrip()
        line -= words.count("\n")
        if "\n" in spaces:
            return _place(line, len(spaces) - spaces.rfind("\n"))
        return f"line {line}" if "\n" in words else _place(line, max(column - len(words), 1))

    def _position(self) -> tuple[int, int]:
        assert self.parser is not None
        expat = self.parser.parser
        return expat.CurrentLineNumber, expat.CurrentColumnNumber + 1


def _place(line: int, column: int) -> str:
    return f"line {line}, column {column}"


def _not_well_formed(error: ParseError, target: _Target) -> InputError:
    line, column = error.position
    why, remedy = _FAULTS.get(error.code, (f"it is not well-formed XML ({errors.messages[error.code]})", _GENERAL))
    opened = ""
    if not target.open and error.code == errors.codes[errors.XML_ERROR_NO_ELEMENTS]:
        why = "there is nothing in it"
    elif target.open:
        tag, *place = target.open[-1]
        opened = f"<{_plain_name(tag)}>, opened at {_place(*place)},"
    return InputError(why.format(opened=opened), where=_place(line, column + 1), remedy=remedy)


def _plain_name(tag: str) -> str:
    return tag.rpartition("}")[2]


_GENERAL = "Make it well-formed XML: every tag closed, every attribute quoted, & written as &amp; and < as &lt;."
_NAMESPACE = 'Declare the prefix in <speak>, e.g. xmlns:mstts="http://www.w3.org/2001/mstts".'

_FAULTS: Mapping[int, tuple[str, str]] = {
    errors.codes[message]: fault
    for message, fault in {
        errors.XML_ERROR_NO_ELEMENTS: (
            "it ends before {opened} is closed",
            "Put the text into <speak …><voice name=…>…</voice></speak>, all tags closed.",
        ),
        errors.XML_ERROR_SYNTAX: (
            "it does not begin with an element",
            "Put the text into <speak …><voice name=…>…</voice></speak>, or send it as plain text.",
        ),
        errors.XML_ERROR_UNCLOSED_TOKEN: ("it ends inside of a tag, comment or instruction", _GENERAL),
        errors.XML_ERROR_TAG_MISMATCH: (
            "the closing tag here does not match: {opened} is still open",
            "Close elements in the reverse order of their opening.",
        ),
        errors.XML_ERROR_INVALID_TOKEN: (
            "a character that XML does not allow here: a bare & or <, a value without quotes, or a control character",
            _GENERAL,
        ),
        errors.XML_ERROR_UNDEFINED_ENTITY: (
            "an entity here is not one of XML's own five",
            "Write the character itself, or its number such as &#160;.",
        ),
        errors.XML_ERROR_BAD_CHAR_REF: (
            "the number of a character here is not one that XML allows",
            "Remove it or write the character itself.",
        ),
        errors.XML_ERROR_DUPLICATE_ATTRIBUTE: ("an attribute is given twice in one tag", "Remove one of the two."),
        errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT: (
            "something follows after the end of the document's only element",
            "Remove it, or put everything into one <speak>.",
        ),
        errors.XML_ERROR_UNBOUND_PREFIX: ("a prefix here is not declared", _NAMESPACE),
    }.items()
}
