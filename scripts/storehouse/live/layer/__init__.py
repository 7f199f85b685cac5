"""The speed layer: the models of now, computed from a build's base and the log after it.

Live is a pure function of a base and the events after its offset, so restart, kill, replay and
hand-over are the same thing: there is no state to recover.
"""
