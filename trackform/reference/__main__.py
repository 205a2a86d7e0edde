"""``python -m trackform.reference`` writes the pages below the working directory."""

import sys

from trackform.reference.pages import write_pages
from trackform_core.errors import TrackformError

try:
    write_pages()
except TrackformError as error:
    sys.exit(f"Error: {error}")
