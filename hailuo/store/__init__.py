"""What must survive a crash: jobs, the two ledgers, settings, workers."""

from hailuo.store.store import Store

__all__ = ["Store"]
