"""The plan of a leaf, a reflector or a border, as text that FRR (10.3 or later) reads."""
