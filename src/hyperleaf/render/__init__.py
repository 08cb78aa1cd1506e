"""The plan becomes files: Kubernetes objects, FRR text, filters, sheets; a pure function each."""
