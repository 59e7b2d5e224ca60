"""`<say-as interpret-as="address">` in English: the abbreviations of streets, directions and states in full."""

from __future__ import annotations

import re
from collections.abc import Mapping

from shared.ssml.numerals import language_of

_STREETS: Mapping[str, str] = {
    "aly": "Alley",
    "apt": "Apartment",
    "ave": "Avenue",
    "av": "Avenue",
    "blvd": "Boulevard",
    "cir": "Circle",
    "ct": "Court",
    "dr": "Drive",
    "expy": "Expressway",
    "fl": "Floor",
    "hwy": "Highway",
    "ln": "Lane",
    "pkwy": "Parkway",
    "pl": "Place",
    "plz": "Plaza",
    "rd": "Road",
    "rte": "Route",
    "sq": "Square",
    "st": "Street",
    "ste": "Suite",
    "ter": "Terrace",
}
_DIRECTIONS: Mapping[str, str] = {
    "N": "North",
    "E": "East",
    "S": "South",
    "W": "West",
    "NE": "Northeast",
    "NW": "Northwest",
    "SE": "Southeast",
    "SW": "Southwest",
}
_STATES: Mapping[str, str] = {
    "AL": "Alabama",
    "AK": "Alaska",
    "AZ": "Arizona",
    "AR": "Arkansas",
    "CA": "California",
    "CO": "Colorado",
    "CT": "Connecticut",
    "DE": "Delaware",
    "FL": "Florida",
    "GA": "Georgia",
    "HI": "Hawaii",
    "ID": "Idaho",
    "IL": "Illinois",
    "IN": "Indiana",
    "IA": "Iowa",
    "KS": "Kansas",
    "KY": "Kentucky",
    "LA": "Louisiana",
    "ME": "Maine",
    "MD": "Maryland",
    "MA": "Massachusetts",
    "MI": "Michigan",
    "MN": "Minnesota",
    "MS": "Mississippi",
    "MO": "Missouri",
    "MT": "Montana",
    "NE": "Nebraska",
    "NV": "Nevada",
    "NH": "New Hampshire",
    "NJ": "New Jersey",
    "NM": "New Mexico",
    "NY": "New York",
    "NC": "North Carolina",
    "ND": "North Dakota",
    "OH": "Ohio",
    "OK": "Oklahoma",
    "OR": "Oregon",
    "PA": "Pennsylvania",
    "RI": "Rhode Island",
    "SC": "South Carolina",
    "SD": "South Dakota",
    "TN": "Tennessee",
    "TX": "Texas",
    "UT": "Utah",
    "VT": "Vermont",
    "VA": "Virginia",
    "WA": "Washington",
    "WV": "West Virginia",
    "WI": "Wisconsin",
    "WY": "Wyoming",
    "DC": "D.C.",
}
_WORD = re.compile(r"\b([A-Za-z]{1,4})\b\.?")


def address(text: str, _form: str, locale: str) -> str | None:
    """A state's letters count after a comma only: "150th CT NE, Redmond, WA" has a Court and a Northeast."""
    if language_of(locale) != "en":
        return None
    street, comma, rest = text.partition(",")
    return _WORD.sub(_street_word, street) + comma + _WORD.sub(_town_word, rest)


def _street_word(match: re.Match[str]) -> str:
    word = match[1]
    full = _DIRECTIONS.get(word) or (_STREETS.get(word.lower()) if match.start() else None)
    return full or match[0]


def _town_word(match: re.Match[str]) -> str:
    word = match[1]
    return _STATES.get(word) or _DIRECTIONS.get(word) or match[0]
