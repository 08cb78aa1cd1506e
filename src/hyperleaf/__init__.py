"""VM networks for OpenShift Virtualization: one estate in, every object of every cluster out."""

__version__ = "0.1.0"
