"""Real components that judge rendered text and objects; nothing here knows hyperleaf's code."""
