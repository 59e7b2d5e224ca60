"""`python -m speechdrop`."""

from speechdrop.cli.app import main

if __name__ == "__main__":
    main()
