"""What papers claim: the tests of `scalinglaws.claims`, a file a module."""
