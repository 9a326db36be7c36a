"""`python -m cyan` is the `cyan` command."""

from cyan.cli.main import main

if __name__ == "__main__":
    main()
