"""What is served stands on the store that the command line is tested with."""

from tests.commands.conftest import cli as cli
from tests.commands.conftest import synthetic_db as synthetic_db
