from swms.audit import trail
from swms.invariants import invariant


@invariant("5. the audit chain recomputes and agrees with its anchor")
def chain_is_whole():
    report = trail.verify()
    if not report.ok:
        yield report.fault
