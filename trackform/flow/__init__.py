"""A simulator of order events: what RedTrack would book, and what each ad channel would be told. Pure and offline.

Where the answer depends on something that is not known of the live services it is a setting, and a set-up is proved
only when every setting gives the right answer.
"""
