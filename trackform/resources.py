"""RedTrack and Digistore24 as Pulumi resources: the same that the account file is turned into, for Python programs."""

from trackform_core.account import Account as Account  # noqa: PLC0414 -- offered to programs
from trackform_core.dynamic import KindResource
from trackform_digistore24 import resources as of_digistore24
from trackform_digistore24.resources import *  # noqa: F403 -- each vendor says what it has, once
from trackform_redtrack import resources as of_redtrack
from trackform_redtrack.resources import *  # noqa: F403

RESOURCES: tuple[type[KindResource], ...] = (  # type: ignore[no-redef] # of both vendors, in place of either's
    *of_redtrack.RESOURCES,
    *of_digistore24.RESOURCES,
)
"""Every kind, in the order in which a set-up is built."""

__all__ = [Account.__name__, *(resource.__name__ for resource in RESOURCES)]  # noqa: PLE0604 -- names, which it cannot see
