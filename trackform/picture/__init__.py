"""The account as a picture: what a click passes through, from the ad channel to the conversion types. No script."""

from trackform.picture.draw import draw
from trackform.picture.marks import Mark, marks_of

__all__ = ["Mark", "draw", "marks_of"]
