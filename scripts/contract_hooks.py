"""What a generator of requests can't know: which cursors a list has handed out, and how to make lines of text quickly."""

import schemathesis
from hypothesis import strategies

# Lines of text by example: the pattern in the document still holds each of them, and decides what is none.
END = strategies.sampled_from("aZ0_-.&'äßéñøЖяλ東京אبन\U0001f3ed")
INSIDE = strategies.text(strategies.sampled_from("aZ0_-.&' äßéñøЖяλ東京אبन\U0001f3ed/\\\"<>{}%;#"), max_size=60)
LINES = strategies.one_of(END, strategies.builds(lambda a, b, c: a + b + c, END, INSIDE, END))
schemathesis.openapi.format("line", LINES)


@schemathesis.hook
def before_call(context, case, kwargs):
    """A request that is to be valid has no cursor: any that is made up is refused, as it must be."""
    del context, kwargs
    if is_positive(case) and case.query and "cursor" in case.query:
        del case.query["cursor"]


def is_positive(case):
    return case.meta is None or case.meta.generation.mode.is_positive
