"""The mistakes that the doctor knows, in families: what was done, and what to do instead.

They are looked for in this order. What is special comes before what is general: where two mistakes make the
same signature, the first says more.
"""

from valetkey.doctor.mistakes.body import BODY
from valetkey.doctor.mistakes.encoding import ENCODING
from valetkey.doctor.mistakes.key import KEY
from valetkey.doctor.mistakes.method import METHOD
from valetkey.doctor.mistakes.mistake import Family, Mistake
from valetkey.doctor.mistakes.output import OUTPUT
from valetkey.doctor.mistakes.protocol import PROTOCOL
from valetkey.doctor.mistakes.query import LEFT_OUT, QUERY
from valetkey.doctor.mistakes.repeated import REPEATED
from valetkey.doctor.mistakes.sorting import SORTING
from valetkey.doctor.mistakes.url import URL

__all__ = ["TABLE", "Family", "Mistake"]

TABLE: tuple[Family, ...] = (
    URL,  # scheme, host, port and path of the base string URI
    METHOD,  # the HTTP method
    BODY,  # forms left out, and bodies signed that are no forms
    PROTOCOL,  # oauth_… parameters that were signed unsent, or otherwise than sent
    QUERY,  # parameters of the URL: left out, not decoded, without a value
    REPEATED,  # parameters of one name, arrays, brackets
    KEY,  # the secrets, how they were encoded and put together
    OUTPUT,  # the hash, and how the signature was written
    ENCODING,  # how names, values and the parts of the base string were escaped
    SORTING,  # in which order the parameters were
    LEFT_OUT,  # any one parameter, and any row of them
)
