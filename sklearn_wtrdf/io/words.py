"""Words in headers and in names of columns, as regular expressions with an example each."""

from __future__ import annotations

import re
from collections.abc import Mapping

# Words before the name of a quantity that leave it as it is. Others may make it another one, as in log S(Q), and so do
# signs such as ± and √.
USUAL_WORDS = re.compile(
    r"(?:[\s\"'$:;,.()\[\]{}]|(?<=\w)-|\\(?:math|text)[a-z]*|(?:the|total|static|atomic|pair|radial|distribution"
    r"|correlation|differential|function|pdf|reduced|normali[sz]ed|measured|raw|mean|background\Wsubtracted|corrected"
    r"|x-?rays?|neutrons?|photons?|weighted|scattering|structure|factor|faber\Wziman|scattered|diffracted)(?![^\W\d_]))*",
    re.IGNORECASE,
)


class Words:
    """Alternatives of a regular expression.

    Parameters
    ----------
    alternatives : mapping of str to str
        Regular expressions, by an example of a text that each of them recognizes, and no other of them.
    before, after : str, default=""
        Regular expressions of what precedes and follows each alternative, as "^" before the beginning of a name.
    ignore_case : bool, default=True
    """

    def __init__(
        self, alternatives: Mapping[str, str], *, before: str = "", after: str = "", ignore_case: bool = True
    ) -> None:
        self.alternatives, self.before, self.after = alternatives, before, after
        self.flags = re.IGNORECASE if ignore_case else re.NOFLAG
        self.pattern = f"{before}(?:{'|'.join(alternatives.values())}){after}"
        compiled = re.compile(self.pattern, self.flags)
        self.search, self.finditer = compiled.search, compiled.finditer
