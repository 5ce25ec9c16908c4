"""A drawn figure."""

import msgspec

from firstdose.deliver.figures.style import STYLE_ELEMENT
from firstdose.terms.words import Text


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A figure with its title, its description for those who do not see it, and its SVG.

    ``svg`` stands alone: its style is inside. A page that has ``FIGURE_CSS`` in its style sheet takes
    ``svg_for_page``, which has no style element.
    """

    key: str
    title: Text
    description: Text
    svg: str

    @property
    def svg_for_page(self) -> str:
        """The same drawing without its own style element."""
        return self.svg.replace(STYLE_ELEMENT, "", 1)
