"""A process of its own for strategies: it knows what was known, it can open nothing, and it can be stopped.

1. `process` starts one clean process without a market, a store or an environment (`python -m …confined.child`) and
   asks it to fork once for each run: whatever a run kept is gone with it, and no run reads the memory of another.
   Where Python cannot fork, each run starts a process.
2. Before anything else that process gives up its rights (`landlock`), and each run stands behind `barrier`, an audit
   hook that cannot be taken off.
3. `feed` tells a run, session by session, what became known, and not a row more: what the process does not hold cannot
   be used, however memory is searched. In the process `fed` stands for the market, and cuts panels of it.
4. What comes back is JSON: a strategy never hands this process anything that would be executed.
"""
