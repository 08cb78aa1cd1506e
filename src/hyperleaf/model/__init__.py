"""The estate resolved: what was written with every reference followed and every number derived."""
