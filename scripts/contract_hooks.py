"""What a generator of requests can't know: which cursors a list has handed out."""

import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    """A request that is to be valid has no cursor: any that is made up is refused, as it must be."""
    del context, kwargs
    if is_positive(case) and case.query and "cursor" in case.query:
        del case.query["cursor"]


def is_positive(case):
    return case.meta is None or case.meta.generation.mode.is_positive
