"""A simulator of order events: what RedTrack would book, and which events each ad channel would get. Pure and offline.

What is not known of the live services and decides the answer is an assumption, and a set-up is proved only when each of
its answers, and each pair that meets in one connection, comes out right.
"""
