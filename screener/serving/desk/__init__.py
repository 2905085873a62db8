"""The page alive: a server on this machine alone that answers the questions of one store, and shows them.

1. `server` binds a loopback port and prints an address that opens one browser once; `guard` lets in that browser only.
2. A room (`rooms`) has controls; what they say is checked by the front door, as the words of a command are.
3. `jobs` computes: a screen in a thread, one at a time, beside the market that was read; a back-test and a sweep in a
   process of their own (`work`), which can be ended at any moment and leaves nothing half-written.
4. `views` makes the answer: HTML out of the sections of the page, the JSON of the command, and that command.
5. `review` is the one room that writes: a decision about a proposal that waits, and no more.
"""
