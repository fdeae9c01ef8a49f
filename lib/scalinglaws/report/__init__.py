"""A report on a person's own runs: from a table in a file to a page with figures, intervals and sentences.

Read in this order: `reading` (the file, row by row), `names` (what columns are called elsewhere),
`expressions` (units by arithmetic), `preparing` (runs out of rows, and what was left out and why);
`concerns` (what looks like a mistake), `intervals` (the method that covers), `analysis` (everything that
is computed, by the modules that compute it everywhere else); `drawing`, `sentences` and `page` (what is
shown). The command `scalinglaws fit` is these in a row.
"""
