"""What a file must be before a row of it is stored. Any breach refuses the load (odd single rows: `findings`).

Each file alone:

1. `shape.shaped`    symbols in one spelling, NaN is missing, whole numbers are whole, declared columns and types.
2. `shape.distinct`  equal rows once; the same key with other values is a conflict.
3. `shape.refuse_rows` each row: the checks and closed lists that its table declares.
4. `units`           amount ÷ volume outside low … high: the units are wrong.
5. `raw`             prices off the fen, or a column or title that says so: adjusted prices.

6. `subjects`        a rated stock is a symbol.

Then with the store:

7. `context`         sessions, the present time, kinds, ids; `contracts`: what a fact stands in.
8. `cross`           when all is written: tables against each other, and new rows against those they replace.
"""
