"""Many runs of one function: over processes and machines, resumed, with the code that they rest on."""
