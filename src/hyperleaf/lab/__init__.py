"""Boots rendered folders and tells by packets whether they do what the estate promises."""
