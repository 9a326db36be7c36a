"""The `cyan` command, as it is but for passwords that are hashed quickly.

A test makes accounts of its own, and each costs two hashes. What one costs in
production: tests/integrations/test_secrets.py.
"""

from functools import partial

from cyan.cli.main import main
from cyan.integrations import secrets

if __name__ == "__main__":
    secrets.PasswordCost = partial(secrets.PasswordCost, passes=1, memory=8, lanes=1)
    main()
