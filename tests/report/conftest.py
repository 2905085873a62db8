"""Reports are read where they are printed: the command line of the tests of commands."""

from tests.commands.conftest import cli as cli
from tests.commands.conftest import synthetic_db as synthetic_db
