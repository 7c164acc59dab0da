"""RFC 5849's pieces: pure functions and small frozen values.

Nothing here does I/O, reads a clock, draws a random number, or knows which side of the wire it is on: it
can't, since it imports nothing that could. Read in this order, the files are the RFC:

========================  =========================================================
values, messages          what a value is here; HTTP's headers and answers
encoding                  3.6, percent-encoding, and the form encoding of HTML
parameters                3.4.1.3, where parameters come from, and their order
cases, errors             what a refusal is about; the exceptions, as one tree
credentials               consumers and tokens (1.1)
origin                    scheme, host and port; callbacks
header                    3.5.1, the Authorization header
base_string               3.4.1, the signature base string
signatures                3.4.2 and 3.4.4, the signature methods
answers                   2.1 and 2.3, token answers; the Problem Reporting extension
mistakes                  which mistake made a signature wrong
========================  =========================================================
"""
