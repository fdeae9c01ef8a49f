"""`python -m replications.ema_scaling_rule`: the command that makes the table of this finding's runs."""

from scalinglaws.sweeps.command import command_of_finding

if __name__ == "__main__":
    command_of_finding(__spec__.parent)
