"""`python -m sklearn_wtrdf.cli`."""

from sklearn_wtrdf.cli.main import main

if __name__ == "__main__":
    main()
