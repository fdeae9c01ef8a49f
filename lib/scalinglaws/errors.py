"""Errors that a person can mend."""


class UserError(RuntimeError):
    """What is wrong and what to do about it; the command shows this without a traceback."""
