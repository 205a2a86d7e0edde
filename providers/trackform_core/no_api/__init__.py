"""Objects that no public API takes: a person enters them, or a bridge does."""
