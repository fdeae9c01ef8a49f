"""TabDPT: does one sum of two power laws hold for an in-context model of tables?"""
