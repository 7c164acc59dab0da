"""The middlewares behind servers that aren't ours, on real sockets: the examples, started as a person would
start them.
"""
