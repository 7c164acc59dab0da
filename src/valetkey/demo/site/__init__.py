"""The tutorial's test site: connect to Aviary, write a status, and see every request on the wire."""
