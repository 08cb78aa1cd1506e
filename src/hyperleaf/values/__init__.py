"""Values of the field that cannot be built wrong: numbers, MACs, names, units, address ranges."""
