"""`python -m toybench` is `toybench`."""

from toybench.cli import main

if __name__ == "__main__":
    main()
