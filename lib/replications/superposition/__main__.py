"""`python -m replications.superposition`: the command that makes the tables of this finding's runs."""

from scalinglaws.sweeps.command import command_of_finding

if __name__ == "__main__":
    command_of_finding(__spec__.parent)
