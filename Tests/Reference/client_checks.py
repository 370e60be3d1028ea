"""What the checks by real clients have in common: each is a function whose docstring is its name."""
import sys

checks = []


def check(function):
    """Registers a function as a check; its docstring is its name."""
    checks.append(function)
    return function


def equal(found, expected, what=""):
    assert found == expected, f"{what + ': ' if what else ''}expected {expected!r}, found {found!r}"


def main():
    """Runs all checks and ends the program: with status 0 if none failed."""
    failed = 0
    for function in checks:
        try:
            function()
            print(f"ok   {function.__doc__}", flush=True)
        except Exception as error:            # a check that breaks in any way has failed, the others still run
            failed += 1
            print(f"FAIL {function.__doc__}\n     {type(error).__name__}: {error}", flush=True)
    print(f"{len(checks) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
