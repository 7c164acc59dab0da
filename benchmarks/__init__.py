"""How long signing and verifying take, beside other libraries: `make bench`."""
