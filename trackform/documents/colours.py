"""What colours mean on a terminal. They can be read on black and on white; yellow, cyan and blue cannot."""

BAD = "red"
DOUBTFUL = "magenta"
GOOD = "green"
"""For single words of a verdict: on some white terminals it is pale."""
