"""What both ends of Canting must agree on: pure, without I/O, clock or chance.

Read in this order: `changes` (what a fact is), `log` (how facts are chained), `batch` (how they
travel), `frontier` (what a party holds), `exchange` (who says what), `ledger` (what it means).
"""
