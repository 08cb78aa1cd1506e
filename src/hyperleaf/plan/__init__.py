"""What each cluster and each class of node must have, told from the resolved estate alone."""
