"""The static files of a node: texts that follow from a cluster and its fabric alone."""
