"""`make bench`: run all measurements, or those that are named.

ARGS="claims list" runs two; ARGS=--quick only shows that each works.
"""

import sys

from bench import claims, devices, fleets, lists, starts, strangers

MEASUREMENTS = {
    "start": starts.run,
    "list": lists.run,
    "claims": claims.run,
    "imports": fleets.run_imports,
    "approvals": fleets.run_approvals,
    "strangers": strangers.run,
    "handshakes": devices.run_handshakes,
    "events": devices.run_events,
}


def main(arguments: list[str]) -> int:
    """Run what was asked for; 2 if there is no such measurement."""
    asked = [each for each in arguments if not each.startswith("-")]
    if unknown := [each for each in asked if each not in MEASUREMENTS]:
        print(f"{', '.join(unknown)}: choose from {', '.join(MEASUREMENTS)}")
        return 2
    for name in asked or MEASUREMENTS:
        MEASUREMENTS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
