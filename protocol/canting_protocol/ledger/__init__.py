"""What changes mean: one artisan's merged state, a pure function of a set of changes.

`project` is the readable reference; `absorb` touches only what a change touches. Both ends keep the
same tables (`rows`), and a property holds the two equal in every order.
"""
