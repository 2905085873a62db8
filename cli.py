"""The command line of a checkout: the same app as the installed `screener`."""

from screener.commands.app import main

if __name__ == "__main__":
    main()
