"""Rules: what an estate must not say, one function and one code each."""
