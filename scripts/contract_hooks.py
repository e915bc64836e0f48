"""What a generator of requests can't know: which cursors a list has handed out, that a request names one account, how to
make lines of text quickly, and that it has just ended its own session."""

import os
import re
from urllib.parse import quote

import schemathesis
from hypothesis import strategies

from server import PASSWORD, Server

# Lines of text by example: the pattern in the document still holds each of them, and decides what is none.
END = strategies.sampled_from("aZ0_-.&'äßéñøЖяλ東京אبन\U0001f3ed")
INSIDE = strategies.text(strategies.sampled_from("aZ0_-.&' äßéñøЖяλ東京אبन\U0001f3ed/\\\"<>{}%;#"), max_size=60)
LINES = strategies.one_of(END, strategies.builds(lambda a, b, c: a + b + c, END, INSIDE, END))
schemathesis.openapi.format("line", LINES)


# Of a head the server reads 32 KiB.
LONGEST_VALUE = 20_000


class Signed:
    """The operator's token. A sequence of requests can end the session that it is of; the next then gets another."""

    def __init__(self):
        self.server = Server.at(os.environ["FREEHOLD_CONTRACT_URL"])
        self.token = None

    def header(self):
        if self.token is None:
            self.token = self.server.sign_in_admin()
        return f"Bearer {self.token}"


signed = Signed()


@schemathesis.auth()
class Auth:
    def get(self, case, context):
        del case, context
        return signed.header()

    def set(self, case, data, context):
        del data, context
        case.headers = {**(case.headers or {}), "Authorization": signed.header()}


@schemathesis.hook
def after_call(context, case, response):
    del context, case
    if response.status_code == 401 and response.request.headers.get("Authorization") == f"Bearer {signed.token}":
        signed.token = None


@schemathesis.hook
def before_call(context, case, kwargs):
    """A request that is to be valid has no cursor, for any that is made up is refused, as it must be; it names one
    account and one enterprise, in the body if there is one; and its dates are in order and not over. No query is longer than the
    server reads, and no guess at the operator's password closes the sign-in that the other requests need."""
    del context, kwargs
    for name, value in (case.query or {}).items():
        if isinstance(value, str) and len(quote(value)) > LONGEST_VALUE:
            case.query[name] = "x" * 5000
    if case.path == "/api/me/email" and isinstance(case.body, dict) and isinstance(case.body.get("password"), str):
        case.body["password"] = PASSWORD
    if case.path == "/api/auth/change-password" and isinstance(case.body, dict) and isinstance(case.body.get("oldPassword"), str):
        case.body.update(oldPassword=PASSWORD, newPassword=PASSWORD)
    if is_positive(case) and case.query:
        case.query.pop("cursor", None)
        if isinstance(case.body, dict):
            case.query.pop("accountId", None)
            case.query.pop("enterpriseId", None)
    if is_positive(case) and isinstance(case.body, dict):
        in_order(case.body)
        if (case.method, case.path) == ("POST", "/api/users") and case.body.get("endDate"):
            # A user is not created after their last day.
            case.body["endDate"] = max(case.body["endDate"], "2999-12-31")
    if is_positive(case) and case.headers and not re.fullmatch(r'\*|(W/)?"[!#-~]*"', case.headers.get("If-Match", "*")):
        # The generator takes the quotes off, which are a part of every ETag.
        case.headers["If-Match"] = '"1"'


def in_order(body):
    """Lets nothing begin before 1900 or end before it begins, which no schema can say; an update may begin it with a day
    that is stored."""
    for part in [body, body.get("technicalUser"), *(body.get("licenses") or [])]:
        if isinstance(part, dict) and isinstance(part.get("startDate"), str):
            part["startDate"] = max(part["startDate"], "1900-01-01")
        if isinstance(part, dict) and part.get("endDate"):
            part["endDate"] = max(part.get("startDate") or "9999-12-31", part["endDate"])


def is_positive(case):
    return case.meta is None or case.meta.generation.mode.is_positive
