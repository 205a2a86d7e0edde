"""The core: objects, and all that is the same for every object. Names no vendor."""

import gc

# What is loaded by now, Pulumi's SDK with its hundred thousand objects, stays as long as the process. To look through
# it for garbage, again and again while our modules load, takes a sixth of the time of a short run.
gc.freeze()
# An account of thousands of objects stays as long, too: after every 700 new objects, Python's own number, a look for
# garbage takes another sixth.
gc.set_threshold(50_000)
