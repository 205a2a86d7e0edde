"""What refers to what is declared on the fields; every list of it says the same."""

from trackform.account_file.references import references
from trackform.account_file.sections import SECTIONS
from trackform.export import embedded
from trackform.export import fields as export

ALL = [each for section in SECTIONS for each in references(section)]


def test_export_names_the_same() -> None:
    assert tuple((each.key, each.section) for each in references("funnels")) == embedded.MEMBERS
    for section in SECTIONS:
        said = {name for each in references(section) for name in (each.field, each.weights) if name}
        assert said <= export.COMPOSED.get(section, set()), section
