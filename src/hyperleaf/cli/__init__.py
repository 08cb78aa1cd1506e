"""The command line: arguments in, sentences, tables or JSON out; truth is decided elsewhere."""
