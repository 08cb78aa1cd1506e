"""A cluster's API: rendered objects are compared with it, applied in order, waited for, pruned."""
