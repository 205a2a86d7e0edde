"""`trackform review`: a preview as something people can read, judge and approve."""
