"""Route templates of HTTP triggers, in ASP.NET's notation, as rules of werkzeug.

Known: `{name}`, `{name?}` at the end, `{*name}` (the rest of the path). Constraints (`{id:int}`) are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

_PARAMETER = re.compile(r"\{(\*{0,2})(\w+)(\??)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    template: str
    """With the prefix, without a leading slash."""
    rules: tuple[str, ...]
    """In werkzeug's notation; two where the last parameter may be missing."""

    @classmethod
    def parse(cls, template: str) -> Self:
        """Raises ValueError."""
        path = "/" + template.strip("/")
        rule = _PARAMETER.sub(lambda match: f"<path:{match[2]}>" if match[1] else f"<{match[2]}>", path)
        if "{" in rule or "}" in rule:
            raise ValueError(f"route is '{template}'; the devhost knows {{name}}, {{name?}} and {{*name}} only.")
        last = list(_PARAMETER.finditer(path))[-1:]
        if last and (last[0][1] or last[0][3]):
            without = path[: last[0].start()].rstrip("/") or "/"
            return cls(template=template, rules=(rule, _PARAMETER.sub(r"<\2>", without)))
        return cls(template=template, rules=(rule,))
